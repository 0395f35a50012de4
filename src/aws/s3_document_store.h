#pragma once

#include "aws/s3_store_probe.h"
#include "aws/service_client.h"
#include "core/ports/document_store.h"

namespace cordon {

/// Which object an `S3DocumentStore` reads and writes: the settings, or another small document of
/// ours.
struct S3DocumentPlace {
  BucketName bucket;
  ObjectKey key{"settings.json"};
  /// Whose the bucket must be. Its name can be guessed before it is taken, and whoever owns it says
  /// what becomes of infected objects.
  AccountId owner;
  /// Another's may refuse conditions that hold; a document that was just looked at is then written
  /// without one.
  StoreOwner store = StoreOwner::aws;
};

/// The settings document as an object of S3, read and written with conditions on its ETag. `client`
/// outlives it.
class S3DocumentStore final : public DocumentStore {
 public:
  S3DocumentStore(ServiceClient& client, S3DocumentPlace place)
      : client_(client), place_(std::move(place)) {}

  Result<std::optional<StoredDocument>> read(const std::optional<ETag>& known, Deadline deadline,
                                             std::stop_token stop) override;
  Result<StoredDocument> write(const std::string& document, const std::optional<ETag>& expected,
                               Deadline deadline, std::stop_token stop) override;

 private:
  AwsCall call_for(const char* operation, const char* method) const;
  Result<StoredDocument> put(const std::string& document, const Headers& condition,
                             Deadline deadline, std::stop_token stop);
  Result<StoredDocument> explain_refusal(const std::string& document, Error refusal,
                                         Deadline deadline, std::stop_token stop);

  ServiceClient& client_;
  const S3DocumentPlace place_;
};

}  // namespace cordon
