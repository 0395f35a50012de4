#pragma once

#include <string>

#include "apps/cordon/cli.h"
#include "provision/provision_report.h"

namespace cordon {

/// What a command found or did for a bucket, or for a region when the report names no bucket: text
/// for people, with `--json` one document on a line.
void print_report(const Process& process, const ProvisionReport& report, bool is_dry_run);

/// The region of a report; "?": nobody could find it out.
std::string region_text(const ProvisionReport& report);

/// One step, as a line of a text for people. Changes of a dry run "would be".
void print_step(const ProvisionStep& step, bool is_dry_run);

}  // namespace cordon
