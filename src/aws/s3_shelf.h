#pragma once

#include "aws/service_client.h"
#include "core/ports/quarantine_shelf.h"

namespace cordon {

/// S3's list of versions, and documents written with If-Match. `client` outlives it.
class S3Shelf final : public QuarantineShelf {
 public:
  explicit S3Shelf(ServiceClient& client) : client_(client) {}

  Result<ShelfPage> list(const ShelfQuery& query, Deadline deadline, std::stop_token stop) override;
  Result<ETag> write(const ObjectRef& place, const std::string& document,
                     const std::optional<ETag>& if_match, Deadline deadline,
                     std::stop_token stop) override;

 private:
  ServiceClient& client_;
};

/// The reply to ListObjectVersions. Pure; foreign. Errors: unavailable when it is not exactly that,
/// or holds another bucket's answer.
Result<ShelfPage> decode_version_page(std::string_view xml, const BucketName& bucket);

}  // namespace cordon
