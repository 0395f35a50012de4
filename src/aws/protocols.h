#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/fwd.hpp>

#include "aws/service_client.h"

// The two protocols that the services beside S3 speak. Internal to aws.

namespace cordon {

using QueryFields = std::vector<std::pair<std::string, std::string>>;

/// A call of the Query protocol: a form with Action, Version and `fields`; the reply is XML.
AwsCall query_call(AwsService service, std::string operation, std::string_view version,
                   const QueryFields& fields);

/// A call of the JSON protocol of SQS (1.0), CloudWatch Logs and EventBridge (1.1).
AwsCall json_call(AwsService service, std::string operation, const boost::json::object& body);

/// The part of an ARN that names the region, if it has one.
std::optional<Region> region_in_arn(std::string_view arn);

}  // namespace cordon
