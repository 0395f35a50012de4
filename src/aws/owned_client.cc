#include "aws/owned_client.h"

#include <string>

namespace cordon {
namespace {

constexpr const char* kOwner = "x-amz-expected-bucket-owner";
constexpr const char* kSourceOwner = "x-amz-source-expected-bucket-owner";

// "/bucket/key?versionId=..."; what stands before the second slash needs no decoding, since a
// bucket's name holds nothing that is encoded.
std::optional<BucketName> source_bucket(const Headers& headers) {
  std::string_view source = headers.get("x-amz-copy-source").value_or("");
  if (source.starts_with('/')) source.remove_prefix(1);
  const std::size_t slash = source.find('/');
  if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
  return BucketName(std::string(source.substr(0, slash)));
}

}  // namespace

Result<HttpResponse> OwnedClient::call(const AwsCall& call, Deadline deadline, std::stop_token stop,
                                       const BodyReceiver* receiver) {
  const bool is_of_a_bucket =
      call.service == AwsService::s3 && call.bucket && call.operation != "CreateBucket";
  if (!is_of_a_bucket) {
    return inner_.call(call, deadline, std::move(stop), receiver);
  }
  AwsCall owned = call;
  if (!owned.headers.get(kOwner)) owned.headers.add(kOwner, owner_(*call.bucket).str());
  const std::optional<BucketName> source = source_bucket(call.headers);
  if (source && !owned.headers.get(kSourceOwner)) {
    owned.headers.add(kSourceOwner, owner_(*source).str());
  }
  return inner_.call(owned, deadline, std::move(stop), receiver);
}

}  // namespace cordon
