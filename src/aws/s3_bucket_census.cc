#include "aws/s3_bucket_census.h"

#include <utility>

#include "aws/bounded_xml.h"
#include "aws/s3_bucket_list.h"

namespace cordon {
namespace {

constexpr std::size_t kTagsBytesMax = 256U << 10U;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kVersionsBytesMax = 1U << 20U;

AwsCall call_for(const char* operation, const char* method, const BucketName& bucket) {
  return AwsCall{
      .service = AwsService::s3, .operation = operation, .method = method, .bucket = bucket};
}

}  // namespace

Result<std::map<std::string, std::string>> decode_bucket_tags(std::string_view xml) {
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, xml, "GetBucketTagging", "Tagging", kTagsBytesMax));
  std::map<std::string, std::string> tags;
  for (const pugi::xml_node tag : root.child("TagSet").children("Tag")) {
    if (tags.size() == kTagsMax) return broken_reply("GetBucketTagging", "more than 50 tags");
    tags.insert_or_assign(text_of(tag, "Key"), text_of(tag, "Value"));
  }
  return tags;
}

Result<bool> names_no_version(std::string_view xml) {
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root, parse_xml(document, xml, "ListObjectVersions",
                                                  "ListVersionsResult", kVersionsBytesMax));
  // A page may be empty and not be the last.
  return !root.child("Version") && !root.child("DeleteMarker") &&
         text_of(root, "IsTruncated") != "true";
}

Result<std::vector<BucketEntry>> S3BucketCensus::buckets(Deadline deadline, std::stop_token stop) {
  return list_buckets(client_, deadline, stop);
}

Result<std::map<std::string, std::string>> S3BucketCensus::tags(const BucketName& bucket,
                                                                Deadline deadline,
                                                                std::stop_token stop) {
  AwsCall call = call_for("GetBucketTagging", "GET", bucket);
  call.query.emplace_back("tagging", "");
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (response) return decode_bucket_tags(response->body);
  // Only this code says that there are none: nothing else may look like a bucket without tags.
  if (response.error().remote_code == "NoSuchTagSet") return std::map<std::string, std::string>();
  return response.error();
}

Result<bool> S3BucketCensus::is_empty(const BucketName& bucket, Deadline deadline,
                                      std::stop_token stop) {
  AwsCall call = call_for("ListObjectVersions", "GET", bucket);
  call.query.emplace_back("versions", "");
  call.query.emplace_back("max-keys", "1");
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  return names_no_version(response.body);
}

Result<void> S3BucketCensus::remove_empty(const BucketName& bucket, Deadline deadline,
                                          std::stop_token stop) {
  const Result<HttpResponse> response =
      client_.call(call_for("DeleteBucket", "DELETE", bucket), deadline, std::move(stop));
  if (response) return {};
  if (response.error().remote_code != "BucketNotEmpty") return response.error();
  return Error{
      Errc::changed, "bucket " + bucket.str() + " is not empty", {}, response.error().remote_code};
}

}  // namespace cordon
