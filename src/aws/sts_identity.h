#pragma once

#include <stop_token>
#include <string>

#include "aws/service_client.h"
#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// Whom the credentials in use belong to.
struct CallerIdentity {
  AccountId account;
  std::string arn;
  std::string user_id;
};

/// STS GetCallerIdentity, which needs no permission. Errors: as ServiceClient.
Result<CallerIdentity> caller_identity(ServiceClient& client, Deadline deadline,
                                       std::stop_token stop);

}  // namespace cordon
