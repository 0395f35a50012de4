#pragma once

#include <string_view>

#include "aws/service_client.h"
#include "core/ports/bucket_census.h"

namespace cordon {

/// The buckets of S3. `client` outlives it; a bucket of another region is found there by the
/// client.
class S3BucketCensus final : public BucketCensus {
 public:
  explicit S3BucketCensus(ServiceClient& client) : client_(client) {}

  Result<std::vector<BucketEntry>> buckets(Deadline deadline, std::stop_token stop) override;
  Result<std::map<std::string, std::string>> tags(const BucketName& bucket, Deadline deadline,
                                                  std::stop_token stop) override;
  Result<bool> is_empty(const BucketName& bucket, Deadline deadline, std::stop_token stop) override;
  Result<void> remove_empty(const BucketName& bucket, Deadline deadline,
                            std::stop_token stop) override;

 private:
  ServiceClient& client_;
};

/// Tagging of a bucket. Errors: unavailable (no such document, or more than S3's 50 tags). Pure.
Result<std::map<std::string, std::string>> decode_bucket_tags(std::string_view xml);
/// Whether a ListVersionsResult names nothing. Errors: unavailable (no such document). Pure.
Result<bool> names_no_version(std::string_view xml);

}  // namespace cordon
