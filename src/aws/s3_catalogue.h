#pragma once

#include "aws/service_client.h"
#include "core/ports/bucket_catalogue.h"

namespace cordon {

/// S3's list of versions, and documents written with If-Match. `client` outlives it.
class S3Catalogue final : public BucketCatalogue {
 public:
  explicit S3Catalogue(ServiceClient& client) : client_(client) {}

  Result<CataloguePage> list(const CatalogueQuery& query, Deadline deadline,
                             std::stop_token stop) override;
  Result<ETag> write(const ObjectRef& place, const std::string& document,
                     const std::optional<ETag>& if_match, Deadline deadline,
                     std::stop_token stop) override;

 private:
  ServiceClient& client_;
};

/// The reply to ListObjectVersions. Pure; foreign. Errors: unavailable when it is not exactly that,
/// or holds another bucket's answer.
Result<CataloguePage> decode_version_page(std::string_view xml, const BucketName& bucket);

}  // namespace cordon
