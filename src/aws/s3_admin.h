#pragma once

#include <functional>
#include <optional>
#include <string>

#include "aws/service_client.h"
#include "base/log.h"
#include "core/ports/bucket_admin.h"

namespace cordon {

/// What an `S3Admin` expects of every bucket that it is asked about.
struct S3AdminOptions {
  /// The account that a bucket of ours must belong to. A bucket of that name that is somebody
  /// else's is then refused, and nobody's quarantine ends in a stranger's hands.
  std::optional<AccountId> account = std::nullopt;
};

/// S3's bucket configuration, in the region of `client`. `client` and `log` outlive it.
class S3Admin final : public BucketAdmin {
 public:
  S3Admin(ServiceClient& client, S3AdminOptions options, Log& log)
      : client_(client), options_(std::move(options)), log_(log) {}

  Result<std::vector<BucketName>> list(Deadline deadline, std::stop_token stop) override;
  Result<Region> region_of(const BucketName& bucket, Deadline deadline,
                           std::stop_token stop) override;
  Result<Versioning> versioning(const BucketName& bucket, Deadline deadline,
                                std::stop_token stop) override;
  Result<BucketNotifications> notifications(const BucketName& bucket, Deadline deadline,
                                            std::stop_token stop) override;
  Result<void> set_notifications(const BucketName& bucket, const BucketNotifications& configuration,
                                 Deadline deadline, std::stop_token stop) override;
  Result<std::optional<std::uint32_t>> unfinished_upload_days(const BucketName& bucket,
                                                              Deadline deadline,
                                                              std::stop_token stop) override;
  Result<void> ensure_private(const PrivateBucket& bucket, Deadline deadline,
                              std::stop_token stop) override;
  Result<std::vector<std::string>> private_lacks(const PrivateBucket& bucket, Deadline deadline,
                                                 std::stop_token stop) override;
  Result<std::string> policy(const BucketName& bucket, Deadline deadline,
                             std::stop_token stop) override;
  Result<void> set_policy(const BucketName& bucket, const std::string& policy, Deadline deadline,
                          std::stop_token stop) override;

 private:
  Result<void> create(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  Result<bool> is_set(const char* operation, const char* subresource, const BucketName& bucket,
                      const std::function<Result<bool>(std::string_view xml)>& is_as_meant,
                      Deadline deadline, std::stop_token stop);
  Result<void> block_public_access(const PrivateBucket& bucket, Deadline deadline,
                                   std::stop_token stop);
  Result<bool> takes_objects(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  Result<bool> is_encrypted(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  Result<std::string> wanted_lifecycle(const PrivateBucket& bucket, Deadline deadline,
                                       std::stop_token stop);
  Result<void> encrypt(const PrivateBucket& bucket, Deadline deadline, std::stop_token stop);
  Result<void> set_lifecycle(const PrivateBucket& bucket, Deadline deadline, std::stop_token stop);
  Result<std::string> get(const char* operation, const char* subresource, const BucketName& bucket,
                          Deadline deadline, std::stop_token stop);
  Result<void> put(const char* operation, const char* subresource, const BucketName& bucket,
                   std::string body, Deadline deadline, std::stop_token stop);
  Result<void> put_if_known(const char* operation, const char* subresource,
                            const BucketName& bucket, std::string body, Deadline deadline,
                            std::stop_token stop);
  AwsCall call_for(const char* operation, const char* method, const BucketName& bucket) const;

  ServiceClient& client_;
  const S3AdminOptions options_;
  Log& log_;
};

}  // namespace cordon
