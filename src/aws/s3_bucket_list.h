#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/service_client.h"
#include "core/ports/bucket_census.h"

namespace cordon {

/// One page of ListBuckets.
struct BucketEntryPage {
  std::vector<BucketEntry> buckets;
  std::string continuation;  ///< Empty on the last page.
};

/// ListAllMyBucketsResult. Errors: unavailable (no such document). Pure.
Result<BucketEntryPage> decode_bucket_entries(std::string_view xml);

/// All buckets of the account, page by page. Errors: the client's; invalid when there is no end.
Result<std::vector<BucketEntry>> list_buckets(ServiceClient& client, Deadline deadline,
                                              const std::stop_token& stop);

}  // namespace cordon
