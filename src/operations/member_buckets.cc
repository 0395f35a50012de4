#include "operations/member_buckets.h"

#include <utility>

#include "core/own_buckets.h"

namespace cordon {

MemberBuckets::MemberBuckets(DeploymentAccess& access, SettingsSource settings)
    : access_(access),
      settings_(std::move(settings)),
      store_([this](const BucketName& bucket) -> ObjectStore& { return store_of(bucket); },
             CopyAs::source),
      restoring_store_(
          [this](const BucketName& bucket) -> ObjectStore& { return store_of(bucket); },
          CopyAs::destination),
      catalogue_([this](const BucketName& bucket) -> BucketCatalogue& {
        const std::optional<MemberAccount> member = owner(bucket);
        return member ? access_.member_ports(*member).catalogue : access_.catalogue();
      }) {}

MemberBuckets::MemberBuckets(DeploymentAccess& access, Settings settings)
    : MemberBuckets(
          access, [kept = std::make_shared<const Settings>(std::move(settings))] { return kept; }) {
}

ObjectStore& MemberBuckets::store_of(const BucketName& bucket) {
  const std::optional<MemberAccount> member = owner(bucket);
  return member ? access_.member_ports(*member).objects : access_.store();
}

std::optional<MemberAccount> MemberBuckets::owner(const BucketName& bucket) const {
  const std::shared_ptr<const Settings> now = settings_();
  const MemberAccount* member = account_of(now->accounts, bucket);
  return member == nullptr ? std::nullopt : std::optional<MemberAccount>(*member);
}

Error MemberBuckets::explained(Error error, const BucketName& bucket) const {
  const std::optional<MemberAccount> member = owner(bucket);
  if (!member || error.code != Errc::denied) return error;
  error.what += "; bucket " + bucket.str() + " is account " + member->id.str() +
                "'s and reached as " + member->role_arn +
                ": cordon iam member --help says how to print what the role there may do";
  return error;
}

Result<BucketPolicyAccess> MemberBuckets::policies(const BucketName& bucket, Deadline deadline,
                                                   std::stop_token stop) {
  return access_.bucket_policies(bucket, owner(bucket), deadline, std::move(stop));
}

Result<Region> MemberBuckets::region_of(const BucketName& bucket, Deadline deadline,
                                        std::stop_token stop) {
  return access_.region_of(bucket, owner(bucket), deadline, std::move(stop));
}

Result<bool> MemberBuckets::is_here(const BucketName& bucket, Deadline deadline,
                                    std::stop_token stop) {
  return access_.is_here(bucket, owner(bucket), deadline, std::move(stop));
}

Result<bool> MemberBuckets::is_watched(const BucketName& bucket, Deadline deadline,
                                       std::stop_token stop) {
  return access_.is_watched(bucket, owner(bucket), deadline, std::move(stop));
}

Result<WatchedBuckets> MemberBuckets::watched(Deadline deadline, std::stop_token stop) {
  WatchedBuckets found;
  CORDON_TRY(found.buckets, access_.watched_buckets(deadline, stop));
  const std::shared_ptr<const Settings> now = settings_();
  // Somebody's mistake: a quarantine that is wired is not looked through all the same.
  std::erase_if(found.buckets,
                [&](const BucketName& bucket) { return is_own_bucket(bucket, now->policies); });
  for (const MemberAccount& member : now->accounts) {
    for (const BucketName& bucket : member.buckets) {
      const Result<bool> here = access_.is_here(bucket, member, deadline, stop);
      const Result<bool> watched =
          here && *here ? access_.is_watched(bucket, member, deadline, stop) : here;
      if (!watched && watched.error().code == Errc::cancelled) return watched.error();
      if (!watched) {
        found.unknown.emplace_back(bucket, explained(watched.error(), bucket));
      } else if (*watched) {
        found.buckets.push_back(bucket);
      }
    }
  }
  return found;
}

}  // namespace cordon
