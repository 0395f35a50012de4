#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/ports/bucket_census.h"
#include "testing/fake_admins.h"

namespace cordon {

/// The buckets of any number of FakeBucketAdmins, which outlive it.
class FakeBucketCensus final : public BucketCensus {
 public:
  explicit FakeBucketCensus(std::vector<FakeBucketAdmin*> regions) : regions_(std::move(regions)) {}

  std::map<std::string, std::map<std::string, std::string>> tags_of;  ///< by bucket
  std::map<std::string, std::string> created;                         ///< by bucket
  std::set<std::string> filled;             ///< Buckets with something in them.
  std::set<std::string> foreign;            ///< Another account's: not listed.
  std::map<std::string, Error> tag_errors;  ///< by bucket
  std::optional<Error> list_error;
  bool tells_regions = true;

  Result<std::vector<BucketEntry>> buckets(Deadline, std::stop_token) override {
    if (list_error) return *list_error;
    std::vector<BucketEntry> all;
    for (FakeBucketAdmin* region : regions_) {
      for (const auto& [name, bucket] : region->buckets) {
        if (foreign.contains(name)) continue;
        BucketEntry entry{.name = BucketName(name), .created = created[name]};
        if (tells_regions) entry.region = bucket.region;
        all.push_back(std::move(entry));
      }
    }
    return all;
  }
  Result<std::map<std::string, std::string>> tags(const BucketName& bucket, Deadline,
                                                  std::stop_token) override {
    const auto error = tag_errors.find(bucket.str());
    if (error != tag_errors.end()) return error->second;
    const auto tags = tags_of.find(bucket.str());  // Asked by several threads at a time.
    return tags == tags_of.end() ? std::map<std::string, std::string>() : tags->second;
  }
  Result<bool> is_empty(const BucketName& bucket, Deadline, std::stop_token) override {
    for (FakeBucketAdmin* region : regions_) {
      if (region->buckets.contains(bucket.str())) return !filled.contains(bucket.str());
    }
    return Error{Errc::not_found, "no bucket " + bucket.str()};
  }
  Result<void> remove_empty(const BucketName& bucket, Deadline, std::stop_token) override {
    if (filled.contains(bucket.str())) return Error{Errc::changed, "it is not empty"};
    for (FakeBucketAdmin* region : regions_) region->buckets.erase(bucket.str());
    return {};
  }

 private:
  std::vector<FakeBucketAdmin*> regions_;
};

}  // namespace cordon
