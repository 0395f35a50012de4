#pragma once

#include <optional>
#include <utility>

#include "aws/service_client.h"
#include "core/ports/object_store.h"

namespace cordon {

/// Says with every S3 call about a bucket whose it has to be (x-amz-expected-bucket-owner), and
/// with every copy also whose its source has to be. A name says nothing about that: it comes in a
/// message that anybody may have sent, or belonged to somebody who deleted the bucket since, and
/// whoever has it now would get what is copied there. S3 answers 403 when it is another's.
///
/// It stands between the adapters and the client, so that no request can be forgotten. A call that
/// says whose the bucket is keeps what it says; a bucket that is to be made is nobody's. Threads:
/// any; `inner` outlives it.
class OwnedClient final : public ServiceClient {
 public:
  OwnedClient(ServiceClient& inner, BucketOwner owner) : inner_(inner), owner_(std::move(owner)) {}

  const Region& region() const override { return inner_.region(); }
  Result<HttpResponse> call(const AwsCall& call, Deadline deadline, std::stop_token stop,
                            const BodyReceiver* receiver = nullptr) override;

 private:
  ServiceClient& inner_;
  const BucketOwner owner_;
};

}  // namespace cordon
