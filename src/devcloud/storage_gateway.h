#pragma once

#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "devcloud/aws_error.h"
#include "devcloud/call.h"
#include "devcloud/messaging/events.h"

namespace cordon::cloud {

/// Storage Gateway: file shares of gateways that do not exist, as far as other software asks for
/// them (which bucket, NFS or SMB, upload notifications, cache refresh). Nothing is mounted: that a
/// file was uploaded is told by an action that AWS does not have, DevcloudAnnounceUpload
/// {FileShareARN, Path, Size}, and put on the event bus when the share's notifications are on.
///
/// Threads: any.
class StorageGatewayService {
 public:
  StorageGatewayService(const Basics& basics, EventsService& events)
      : basics_(basics), events_(events) {}

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

  using Events = std::vector<EventsService::Event>;

  Reply run(const Call& call, std::string_view action, const Json& in, Events& told);
  Reply create(const Call& call, const Json& in, Kind kind);
  Reply update(const Call& call, const Json& in, Kind kind);
  Reply describe(const Call& call, const Json& in, Kind kind);
  Reply list(const Call& call, const Json& in);
  Reply remove(const Call& call, const Json& in);
  Reply notify(const Call& call, const Json& in, Events& told);
  Reply refresh(const Call& call, const Json& in, Events& told);
  Reply announce(const Call& call, const Json& in, Events& told);
  EventsService::Event event_of(const Call& call, const Share& share, std::string type,
                                Json detail) const;

  Answer<Share*> share_locked(const Call& call, const std::string& arn);

  const Basics& basics_;
  EventsService& events_;
  std::mutex mutex_;
  std::map<std::string, Share> shares_;  ///< By ARN.
};

}  // namespace cordon::cloud
