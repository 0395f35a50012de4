#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// A bucket as the account's list has it.
struct BucketEntry {
  BucketName name;
  std::optional<Region> region = std::nullopt;  ///< None: the list does not say.
  /// When it was made, as the list has it: tells a bucket from an earlier one of the same name.
  std::string created = {};

  bool operator==(const BucketEntry&) const = default;
};

/// The buckets of an account as a whole, in every region: which there are, what their owner wrote
/// on them, and how an empty one goes.
///
/// Threads: any. Errors: as BucketAdmin.
class BucketCensus {
 public:
  virtual ~BucketCensus() = default;

  virtual Result<std::vector<BucketEntry>> buckets(Deadline deadline, std::stop_token stop) = 0;
  /// The bucket's own tags (not those of its objects); empty when it has none.
  virtual Result<std::map<std::string, std::string>> tags(const BucketName& bucket,
                                                          Deadline deadline,
                                                          std::stop_token stop) = 0;
  /// No object, no version and no delete marker is in it.
  virtual Result<bool> is_empty(const BucketName& bucket, Deadline deadline,
                                std::stop_token stop) = 0;
  /// Removes the bucket, but never anything in it. Errors: also changed, when it is not empty.
  virtual Result<void> remove_empty(const BucketName& bucket, Deadline deadline,
                                    std::stop_token stop) = 0;
};

}  // namespace cordon
