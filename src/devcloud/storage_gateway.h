#pragma once

#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <string>

#include "devcloud/aws_error.h"
#include "devcloud/call.h"

namespace cordon::cloud {

/// Storage Gateway: file shares of gateways that do not exist, as far as other software asks for
/// them (which bucket, NFS or SMB, upload notifications, cache refresh). Nothing is mounted.
///
/// Threads: any.
class StorageGatewayService {
 public:
  explicit StorageGatewayService(const Basics& basics) : basics_(basics) {}

  ServerResponse handle(const Call& call, std::string_view action);

 private:
  using Json = boost::json::object;
  using Reply = Answer<Json>;

  enum class Kind : unsigned char { nfs, smb };

  struct Share {
    Kind kind = Kind::nfs;
    std::string client_token;
    Json info;  ///< As Describe tells it.
  };

  Reply run(const Call& call, std::string_view action, const Json& in);
  Reply create(const Call& call, const Json& in, Kind kind);
  Reply update(const Call& call, const Json& in, Kind kind);
  Reply describe(const Call& call, const Json& in, Kind kind);
  Reply list(const Call& call, const Json& in);
  Reply remove(const Call& call, const Json& in);
  Reply notify(const Call& call, const Json& in);

  Answer<Share*> share_locked(const Call& call, const std::string& arn);

  const Basics& basics_;
  std::mutex mutex_;
  std::map<std::string, Share> shares_;  ///< By ARN.
};

}  // namespace cordon::cloud
