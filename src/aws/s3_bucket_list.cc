#include "aws/s3_bucket_list.h"

#include <optional>
#include <utility>

#include "aws/bounded_xml.h"

namespace cordon {
namespace {

// 10,000 buckets are the most that an account can have without asking.
constexpr int kPagesMax = 100;
constexpr const char* kBucketsPerPage = "1000";
constexpr std::size_t kListBytesMax = 8U << 20U;

}  // namespace

Result<BucketEntryPage> decode_bucket_entries(std::string_view xml) {
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, xml, "ListBuckets", "ListAllMyBucketsResult", kListBytesMax));
  BucketEntryPage page;
  for (const pugi::xml_node bucket : root.child("Buckets").children("Bucket")) {
    BucketEntry entry{.name = BucketName(text_of(bucket, "Name"))};
    if (entry.name.str().empty()) return broken_reply("ListBuckets", "a bucket without a name");
    std::string region = text_of(bucket, "BucketRegion");
    if (!region.empty()) entry.region = Region(std::move(region));
    entry.created = text_of(bucket, "CreationDate");
    page.buckets.push_back(std::move(entry));
  }
  page.continuation = text_of(root, "ContinuationToken");
  return page;
}

Result<std::vector<BucketEntry>> list_buckets(ServiceClient& client, Deadline deadline,
                                              const std::stop_token& stop) {
  std::vector<BucketEntry> buckets;
  std::string continuation;
  for (int page_number = 0; page_number < kPagesMax; ++page_number) {
    AwsCall call{.service = AwsService::s3, .operation = "ListBuckets", .method = "GET"};
    // Only a list by pages says where each bucket is.
    call.query.emplace_back("max-buckets", kBucketsPerPage);
    if (!continuation.empty()) call.query.emplace_back("continuation-token", continuation);
    CORDON_TRY(const HttpResponse response, client.call(call, deadline, stop));
    CORDON_TRY(BucketEntryPage page, decode_bucket_entries(response.body));
    for (BucketEntry& bucket : page.buckets) buckets.push_back(std::move(bucket));
    continuation = std::move(page.continuation);
    if (continuation.empty()) return buckets;
  }
  return Error{Errc::invalid, "ListBuckets: more than " + std::to_string(kPagesMax) + " pages"};
}

}  // namespace cordon
