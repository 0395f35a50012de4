#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "devcloud/access/access.h"
#include "devcloud/access/iam.h"
#include "devcloud/access/identity_book.h"
#include "devcloud/access/key_ring.h"
#include "devcloud/access/sts.h"
#include "devcloud/faults.h"
#include "devcloud/logs.h"
#include "devcloud/messaging/events.h"
#include "devcloud/messaging/sns.h"
#include "devcloud/messaging/sqs.h"
#include "devcloud/s3/s3.h"
#include "devcloud/storage_gateway.h"

namespace cordon::cloud {

/// All services behind one port: finds out which one a request is for, checks its signature, and
/// hands it over. A function of the request; no socket is needed to try it.
class Dispatcher {
 public:
  /// `faults` may be null: no disturbances, and no path to ask for them.
  Dispatcher(Basics basics, FaultBoard* faults);

  KeyRing& keys() { return keys_; }
  IdentityBook& identities() { return identities_; }

  /// For HttpServerOptions::upload.
  std::shared_ptr<UploadSink> upload(const ServerRequest& head);
  /// The HttpHandler.
  ServerResponse handle(const ServerRequest& request, const std::shared_ptr<UploadSink>& upload,
                        std::stop_token stop);

 private:
  enum class Protocol : std::uint8_t {
    s3,
    sqs_json,
    sqs_query,
    sns,
    events,
    logs,
    gateways,
    sts,
    iam,
    unknown
  };
  struct Route {
    Protocol protocol = Protocol::s3;
    std::string action;     ///< Without its prefix; empty for S3.
    std::string operation;  ///< "sqs:SendMessage"
  };

  Route route(const ServerRequest& request, const RequestTarget& target) const;
  ServerResponse serve(const ServerRequest& request, const std::shared_ptr<UploadSink>& upload,
                       std::stop_token stop);
  ServerResponse run(const Route& route, const Call& call,
                     const std::shared_ptr<UploadSink>& upload);
  Answer<void> authorize_role(const Call& call);
  /// Whether the caller may do this; S3 asks for itself. An error in the protocol's own words.
  Answer<void> authorize(const Route& route, const Call& call);
  ServerResponse run_s3(const Call& call, const std::shared_ptr<UploadSink>& upload);
  /// In the protocol's own words.
  static AwsError auth_error(Protocol protocol, const AuthFailure& failure);
  ServerResponse refuse(Protocol protocol, const AwsError& error, const ServerRequest& request,
                        const std::string& request_id) const;

  const Basics basics_;
  FaultBoard* const faults_;
  KeyRing keys_;
  IdentityBook identities_;
  AccessJudge judge_;
  SqsService sqs_;
  SnsService sns_;
  EventsService events_;
  LogsService logs_;
  StorageGatewayService gateways_;
  StsService sts_;
  IamService iam_;
  S3Service s3_;
};

}  // namespace cordon::cloud
