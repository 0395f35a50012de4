#include "operations/quarantined_objects.h"

#include <algorithm>
#include <utility>

#include "core/own_buckets.h"
#include "operations/member_buckets.h"
#include "operations/quarantines.h"
#include "quarantine/removal.h"

namespace cordon {
namespace {

using MaybeBucket = std::optional<BucketName>;
using State = QuarantineListing::State;

constexpr std::chrono::hours kListLimit{1};
// Larger objects are copied by parts, and may have to be read.
constexpr std::chrono::hours kRestoreLimit{6};
constexpr std::chrono::minutes kDeleteLimit{5};
constexpr std::chrono::minutes kSearchLimit{2};

// The first of them that has the version which the id names.
Result<MaybeBucket> holder_among(const std::vector<BucketName>& quarantines, const std::string& id,
                                 MemberBuckets& buckets, const Runtime& runtime) {
  const Deadline deadline = Deadline::after(runtime.clock, kSearchLimit);
  for (const BucketName& bucket : quarantines) {
    CORDON_TRY(const ObjectRef stored, parse_quarantine_id(id, bucket));
    if (quarantines.size() == 1) return MaybeBucket(bucket);
    const Result<ObjectHead> head = buckets.store().head(stored, deadline, runtime.stop);
    if (head) return MaybeBucket(bucket);
    if (head.error().code == Errc::cancelled) return head.error();
  }
  return MaybeBucket();
}

// The one that is named, else every one.
Quarantines known_quarantines(DeploymentAccess& access, const Runtime& runtime,
                              const Settings& settings,
                              const std::optional<BucketName>& quarantine) {
  const Deadline deadline = Deadline::after(runtime.clock, kSearchLimit);
  if (!quarantine) return all_quarantines(access, settings, deadline, runtime.stop);
  Quarantines one{{*quarantine}};
  if (is_own_bucket(*quarantine, settings.policies)) return one;
  // Whose it is, if it is a former one. Else it has to be ours, as every bucket without a word.
  const auto earlier = earlier_quarantines(access, settings, deadline, runtime.stop);
  if (!earlier) one.unseen.push_back("quarantines of earlier settings: " + earlier.error().what);
  return one;
}

// --- list --------------------------------------------------------------------------------------

// With `after`: from the one on that has that version.
Result<Quarantines> chosen_quarantines(DeploymentAccess& access, const Runtime& runtime,
                                       const Settings& settings, MemberBuckets& buckets,
                                       const QuarantineListRequest& request) {
  Quarantines all = known_quarantines(access, runtime, settings, request.quarantine);
  if (request.quarantine || !request.after) return all;
  CORDON_TRY(const MaybeBucket holder, holder_among(all.buckets, *request.after, buckets, runtime));
  if (!holder) {
    return Error{Errc::invalid, "no quarantine has " + *request.after +
                                    " (any more); name the one to go on in with --quarantine"};
  }
  all.configured = all.buckets.size();
  all.buckets.erase(all.buckets.begin(),
                    std::find(all.buckets.begin(), all.buckets.end(), *holder));
  return all;
}

Result<QuarantineQuery> first_query(const QuarantineListRequest& request,
                                    const BucketName& quarantine) {
  QuarantineQuery query{.quarantine = quarantine,
                        .bucket = request.bucket,
                        .prefix = request.prefix,
                        .count_max = request.count_max};
  if (request.after) {
    CORDON_TRY(query.after, parse_quarantine_id(*request.after, quarantine));
  }
  return query;
}

// Whose rights end at this region is told, and that is all.
State failure_state(const Error& error, bool is_configured) {
  if (error.code == Errc::not_found) return State::missing;
  return error.code == Errc::denied && !is_configured ? State::out_of_reach : State::failed;
}

QuarantineListing list_one(const QuarantineQuery& query, bool is_configured, MemberBuckets& buckets,
                           const Runtime& runtime,
                           const std::function<void(const QuarantineEntry&)>& on_entry,
                           const ProgressListener& progress) {
  QuarantineListing listing{.quarantine = query.quarantine};
  const auto counted = [&](const QuarantineEntry& entry) {
    ++listing.count;
    if (entry.unread) ++listing.unread;
    on_entry(entry);
  };
  const Result<std::optional<ObjectRef>> last =
      list_quarantine(buckets.store(), buckets.catalogue(), query, counted, progress,
                      Deadline::after(runtime.clock, kListLimit), runtime.stop);
  if (last) {
    listing.more = *last;
  } else {
    listing.state = failure_state(last.error(), is_configured);
    listing.error = last.error();
  }
  return listing;
}

// --- restore -----------------------------------------------------------------------------------

// Whether agents of the place look for marks where this was quarantined: in the same region, or in
// the quarantine that the policy of the place names.
Result<bool> is_looked_for(DeploymentAccess& access, MemberBuckets& buckets,
                           const Settings& settings, const BucketName& place,
                           const BucketName& quarantine, Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const BucketName at,
             quarantine_at(access, buckets, settings, {place, ObjectKey()}, deadline, stop));
  if (at == quarantine) return true;
  CORDON_TRY(const Region there, buckets.region_of(place, deadline, stop));
  CORDON_TRY(const Region here, buckets.region_of(quarantine, deadline, stop));
  return there == here;
}

// All that is passed outlives what it gives, but for `quarantine`.
RestorePorts ports_of(DeploymentAccess& access, MemberBuckets& buckets, const Clock& clock,
                      const Settings& settings, const BucketName& quarantine) {
  return {
      .store = buckets.restoring_store(),
      .catalogue = access.catalogue(),
      .clock = clock,
      .is_own = [&settings](
                    const BucketName& bucket) { return is_own_bucket(bucket, settings.policies); },
      .is_watched =
          [&buckets](const BucketName& bucket, Deadline deadline, std::stop_token stop) {
            return buckets.is_watched(bucket, deadline, std::move(stop));
          },
      .is_here =
          [&access, &buckets, &settings, quarantine](const BucketName& bucket, Deadline deadline,
                                                     std::stop_token stop) {
            return is_looked_for(access, buckets, settings, bucket, quarantine, deadline,
                                 std::move(stop));
          },
      .list_allowed =
          [&access](const std::vector<AllowEntry>& entries, Deadline deadline,
                    std::stop_token stop) {
            return access.settings_writer().allow(entries, deadline, std::move(stop));
          },
      .before = {},
      .tag_keys = keys_in_force(settings.tags)};
}

// Whose bucket the place is stands in the record, which was not read where this fails.
Error with_member_advice(Error error, const Settings& settings) {
  if (error.code != Errc::denied || settings.accounts.empty()) return error;
  error.what +=
      "; where the place is a bucket of a member account, its role needs the rights that cordon "
      "iam "
      "member --restore prints; or restore to a bucket of this account with --to s3://B/K";
  return error;
}

}  // namespace

bool has_no_quarantine(const QuarantineListReport& report) {
  return report.not_asked == 0 &&
         std::all_of(report.listings.begin(), report.listings.end(),
                     [](const QuarantineListing& one) { return one.state == State::missing; });
}

bool is_incomplete(const QuarantineListReport& report) {
  return std::any_of(
      report.listings.begin(), report.listings.end(),
      [](const QuarantineListing& one) { return one.state == State::failed || one.unread > 0; });
}

Result<QuarantineListReport> list_quarantined(
    DeploymentAccess& access, const Runtime& runtime, const Settings& settings,
    const QuarantineListRequest& request,
    const std::function<void(const QuarantineEntry&)>& on_entry) {
  if (!request.bucket && !request.prefix.empty()) {
    return Error{Errc::invalid, "a prefix of keys needs the bucket that they were in"};
  }
  MemberBuckets buckets(access, settings);
  CORDON_TRY(const Quarantines quarantines,
             chosen_quarantines(access, runtime, settings, buckets, request));
  CORDON_TRY(QuarantineQuery query, first_query(request, quarantines.buckets.front()));
  QuarantineListReport report{.not_asked = quarantines.buckets.size(),
                              .unseen = quarantines.unseen};
  for (std::size_t i = 0; i < quarantines.buckets.size() && query.count_max > 0; ++i) {
    query.quarantine = quarantines.buckets[i];
    QuarantineListing listing =
        list_one(query, i < quarantines.configured, buckets, runtime, on_entry, access.progress());
    --report.not_asked;
    query.after.reset();
    query.count_max -= listing.count;
    report.listings.push_back(std::move(listing));
    if (report.listings.back().more) break;
  }
  return report;
}

Result<std::vector<ObjectRef>> locate_quarantined(DeploymentAccess& access, const Runtime& runtime,
                                                  const Settings& settings,
                                                  const std::vector<std::string>& ids,
                                                  const std::optional<BucketName>& quarantine) {
  MemberBuckets buckets(access, settings);
  const std::vector<BucketName> quarantines =
      known_quarantines(access, runtime, settings, quarantine).buckets;
  std::vector<ObjectRef> located;
  for (const std::string& id : ids) {
    CORDON_TRY(const MaybeBucket holder, holder_among(quarantines, id, buckets, runtime));
    CORDON_TRY(ObjectRef stored, parse_quarantine_id(id, holder.value_or(quarantines.front())));
    located.push_back(std::move(stored));
  }
  return located;
}

Result<Restored> restore_quarantined(DeploymentAccess& access, const Runtime& runtime,
                                     const Settings& settings, const RestoreRequest& request,
                                     const std::function<void(std::string_view)>& before) {
  MemberBuckets buckets(access, settings);
  RestorePorts ports = ports_of(access, buckets, runtime.clock, settings, request.stored.bucket);
  ports.before = before;
  Restoration restoration(std::move(ports), request, Deadline::after(runtime.clock, kRestoreLimit),
                          runtime.stop);
  Result<Restored> restored = restoration.run();
  if (!restored) return with_member_advice(restored.error(), settings);
  return restored;
}

Result<QuarantineDeletion> delete_quarantined(DeploymentAccess& access, const Runtime& runtime,
                                              const ObjectRef& stored) {
  const Deadline deadline = Deadline::after(runtime.clock, kDeleteLimit);
  Result<ObjectHead> head = access.store().head(stored, deadline, runtime.stop);
  if (!head && head.error().code == Errc::not_found) {
    return Error{Errc::not_found, "nothing in quarantine has the id " + quarantine_id(stored)};
  }
  CORDON_TRY(head);
  CORDON_TRY(remove_known(access.store(), {stored, *std::move(head)}, deadline, runtime.stop));
  return QuarantineDeletion{stored};
}

}  // namespace cordon
