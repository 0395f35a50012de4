#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/service_client.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/random.h"
#include "base/retry.h"
#include "net/http_client.h"

namespace cordon {

/// Where buckets turned out to be, beside the region of the client. Bounded. Threads: any.
class BucketRegions {
 public:
  std::optional<Region> find(const BucketName& bucket) const;
  void remember(const BucketName& bucket, const Region& region);

 private:
  Guarded<std::map<BucketName, Region>> regions_;
};

/// Where a `SigningClient` sends its calls, and how often it tries one.
struct SigningClientOptions {
  Region region;
  EndpointSettings endpoints = {};
  RetryPolicy retry = {};
};

/// The ServiceClient on HttpClient. Everything given outlives it.
///
/// Beside the retries of base/retry.h, an answer may say what to do better, and then the call is
/// sent again at once, once for each cause: signed by the server's clock, with renewed credentials,
/// or in the bucket's own region.
class SigningClient final : public ServiceClient {
 public:
  struct Dependencies {
    HttpClient& http;
    CredentialsProvider* credentials;  ///< Null: calls are not signed.
    BucketRegions& bucket_regions;
    const Clock& clock;
    Random& random;
    Log& log;
  };

  SigningClient(SigningClientOptions options, Dependencies dependencies)
      : options_(std::move(options)), deps_(dependencies) {}

  const Region& region() const override { return options_.region; }
  Result<HttpResponse> call(const AwsCall& call, Deadline deadline, std::stop_token stop,
                            const BodyReceiver* receiver = nullptr) override;

 private:
  class Exchange;

  SigningClientOptions options_;
  Dependencies deps_;
  RetryBudget budget_;
  /// How far the services' clock is ahead of ours, as far as they complained.
  Guarded<std::chrono::seconds> skew_{std::chrono::seconds(0)};
};

}  // namespace cordon
