#pragma once

#include <vector>

#include <boost/json/fwd.hpp>

#include "provision/provision_report.h"

namespace cordon {

/// The steps of a report, whatever it is about.
boost::json::array document_of(const std::vector<ProvisionStep>& steps);

/// What was found or done for a bucket, or for a region: `bucket` is null then.
boost::json::object document_of(const ProvisionReport& report, bool is_dry_run);

}  // namespace cordon
