#pragma once

#include <string>

#include "devcloud/access/key_ring.h"
#include "devcloud/aws_error.h"
#include "devcloud/call.h"
#include "devcloud/query_protocol.h"

namespace cordon::cloud {

/// Security Token Service: who the caller is, and temporary keys for any role of the account.
class StsService {
 public:
  StsService(const Basics& basics, KeyRing& keys) : basics_(basics), keys_(keys) {}

  ServerResponse handle(const Call& call, std::string_view action);

 private:
  Answer<std::string> who_am_i(const Call& call) const;
  Answer<std::string> assume_role(const Call& call, const QueryForm& form);

  const Basics& basics_;
  KeyRing& keys_;
};

}  // namespace cordon::cloud
