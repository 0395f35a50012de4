#include "apps/cordon/commands/provision_text.h"

#include <boost/json.hpp>
#include <cstdio>
#include <string>

#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "operations/provision_documents.h"

namespace cordon {
namespace {

// "created", or what a dry_run makes of it.
std::string state_text(ProvisionStep::State state, bool is_dry_run) {
  using State = ProvisionStep::State;
  const std::string name(name_of(state));
  const bool is_change =
      state == State::created || state == State::changed || state == State::removed;
  return is_dry_run && is_change ? "would be " + name : name;
}

void print_text(const ProvisionReport& report, bool is_dry_run) {
  if (report.bucket.str().empty()) {
    std::printf("%s:%s\n", shown(region_text(report)).c_str(),
                is_dry_run ? " nothing was changed" : "");
  } else {
    std::printf("%s (%s): %s%s\n", shown(report.bucket.str()).c_str(),
                shown(region_text(report)).c_str(),
                is_dry_run ? "nothing was changed; it would be " : "",
                report.is_protected ? "protected" : "not protected");
  }
  for (const ProvisionStep& step : report.steps) print_step(step, is_dry_run);
}

}  // namespace

std::string region_text(const ProvisionReport& report) {
  return report.region ? report.region->str() : "?";
}

void print_step(const ProvisionStep& step, bool is_dry_run) {
  std::printf("  %-18s %-*s %s%s%s\n", std::string(name_of(step.part)).c_str(), is_dry_run ? 16 : 8,
              state_text(step.state, is_dry_run).c_str(), shown(step.name).c_str(),
              step.note.empty() ? "" : "  - ", shown(step.note).c_str());
}

void print_report(const Process& process, const ProvisionReport& report, bool is_dry_run) {
  if (process.options.json) {
    print_json_line(document_of(report, is_dry_run));
  } else {
    print_text(report, is_dry_run);
  }
  std::fflush(stdout);
}

}  // namespace cordon
