#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "devcloud/call.h"

namespace cordon::cloud {

/// One thing that a request needs: an action on a resource (an ARN, or "*").
struct AccessNeed {
  std::string action;
  std::string resource;
};

/// What a request to one of the services other than S3 needs, as the Service Authorization
/// Reference has it. `action` is the API's ("SendMessageBatch"), `account` the stand-in's. Empty:
/// nothing (sts:GetCallerIdentity).
std::vector<AccessNeed> needs_of(const Call& call, std::string_view action,
                                 const std::string& account);

}  // namespace cordon::cloud
