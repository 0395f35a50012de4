// How things are: the looking half of Protection. Nothing here writes.

#include "provision/protection.h"

#include <algorithm>
#include <utility>

#include "base/parallel_for.h"
#include "core/partition.h"
#include "provision/event_path.h"
#include "provision/if_there.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;

// One look at a bucket is three or four requests, which are spent waiting.
constexpr std::size_t kLookupThreads = 32;
constexpr std::size_t kLookupsPerThreadMin = 8;

bool complete(const ProvisionReport& report) {
  return std::none_of(report.steps.begin(), report.steps.end(), [](const ProvisionStep& step) {
    return step.state == State::missing || step.state == State::removed;
  });
}

}  // namespace

Result<ProvisionReport> Protection::status(const BucketName& bucket, Deadline deadline,
                                           std::stop_token stop) {
  CORDON_TRY(Place place, place_of(bucket, deadline, stop));
  ProvisionReport report{.bucket = bucket, .region = place.region, .steps = {}};
  const WiringNames names = names_in(place.region);
  CORDON_TRY(inspect_region(place, names, report, deadline, stop));
  CORDON_TRY(inspect_quarantine(place, report, deadline, stop));
  CORDON_TRY(inspect_keys(place, names, report, deadline, stop));
  CORDON_TRY(wiring_of(place, names, bucket).inspect(report, deadline, stop));
  report.is_protected = complete(report);
  compare_with_set(known_set(deadline, stop), report);
  // The bucket is protected without it, only no console hears of it.
  CORDON_TRY(inspect_results_queue(report, deadline, std::move(stop)));
  return report;
}

Result<void> Protection::inspect_results_queue(ProvisionReport& report, Deadline deadline,
                                               std::stop_token stop) {
  const Result<ResultsQueue::Found> found = results_queue_.find(deadline, std::move(stop));
  if (found) {
    report.add(ProvisionPart::results_queue, found->queue.arn, State::present);
    return {};
  }
  if (found.error().code != Errc::not_found) return found.error();
  report.add(ProvisionPart::results_queue, deployment_.results_queue(), State::missing,
             "no console is told of problems; run: cordon bucket protect " + report.bucket.str());
  return {};
}

// Whoever may not look does without: agents ask the bucket then, and so may we.
std::optional<ProtectedDocument> Protection::known_set(Deadline deadline,
                                                       std::stop_token stop) const {
  if (register_ == nullptr) return std::nullopt;
  Result<ProtectedDocument> set = register_->current(deadline, std::move(stop));
  if (!set) return std::nullopt;
  return *std::move(set);
}

// The set remembers what was to be protected when nothing in the bucket does any more.
void Protection::compare_with_set(const std::optional<ProtectedDocument>& set,
                                  ProvisionReport& report) const {
  if (!set) return;
  const auto entry = set->buckets.find(report.bucket);
  const bool is_listed = entry != set->buckets.end() && entry->second.region == report.region &&
                         entry->second.ways.contains(kByEvents);
  const bool is_wired = report.has(ProvisionPart::notification, State::present);
  if (is_wired && !is_listed) {
    report.add(ProvisionPart::protected_set, report.bucket.str(), State::missing,
               "agents ask the bucket each time they forget it; run: cordon bucket protect " +
                   report.bucket.str());
  }
  if (is_wired || !is_listed) return;
  for (ProvisionStep& step : report.steps) {
    if (step.part != ProvisionPart::notification) continue;
    step.note = "it was protected, and somebody took this away; " + step.note;
  }
}

Result<ProvisionReport> Protection::region_status(const Region& region, Deadline deadline,
                                                  std::stop_token stop) {
  CORDON_TRY(Place place, place_in(region));
  ProvisionReport report{.bucket = BucketName(), .region = region, .steps = {}};
  CORDON_TRY(inspect_region(place, names_in(region), report, deadline, stop));
  CORDON_TRY(inspect_quarantine(place, report, deadline, std::move(stop)));
  report.is_protected = complete(report);
  return report;
}

Result<void> Protection::inspect_region(Place& place, const WiringNames& names,
                                        ProvisionReport& report, Deadline deadline,
                                        std::stop_token stop) {
  const std::string remedy = "run: cordon bucket protect " + report.bucket.str();
  const auto record = [&](ProvisionPart part, const std::string& name, bool there) {
    report.add(part, name, there ? State::present : State::missing, there ? "" : remedy);
  };
  const Result<std::string> policy = place.admin.topics.policy(names.topic_arn, deadline, stop);
  if (!policy && policy.error().code != Errc::not_found) return policy.error();
  record(ProvisionPart::topic, names.topic_arn, policy.ok());
  const Result<std::string> wanted =
      wanted_topic_policy(policy ? *policy : "", place.region, deadline, stop);
  // One that cannot be read is not as it should be; `protect` says what is wrong.
  if (!wanted && wanted.error().code != Errc::invalid) return wanted.error();
  record(ProvisionPart::topic_policy, kTopicFromS3Sid,
         policy && wanted && is_same_policy(*policy, *wanted));

  const Result<QueueInfo> queue =
      place.admin.queues.find(deployment_.event_queue(), deadline, stop);
  if (!queue && queue.error().code != Errc::not_found) return queue.error();
  // Which dead letters it has is told with those.
  const bool keeps = queue && keeps_messages(*queue, queue->dead_letter_arn);
  record(ProvisionPart::queue, names.queue_arn, keeps);
  const std::vector<std::string> let_in =
      queue ? topics_let_in(queue->policy) : std::vector<std::string>();
  bool lets_in = std::find(let_in.begin(), let_in.end(), names.topic_arn) != let_in.end();
  if (lets_in) {
    const auto meant = event_queue_policy(queue->policy, names.queue_arn, let_in);
    lets_in = meant && is_same_policy(queue->policy, *meant);
  }
  record(ProvisionPart::queue_policy, kQueueFromTopicSid, lets_in);
  const Result<QueueInfo> dead =
      place.admin.queues.find(deployment_.dead_letters(), deadline, stop);
  if (!dead && dead.error().code != Errc::not_found) return dead.error();
  record(ProvisionPart::dead_letters, arn("sqs", place.region, deployment_.dead_letters()),
         dead && keeps_messages(*dead, "") && queue && queue->dead_letter_arn == dead->arn);

  const Result<QueueInfo> sweep =
      place.admin.queues.find(deployment_.sweep_queue(), deadline, stop);
  if (!sweep && sweep.error().code != Errc::not_found) return sweep.error();
  record(ProvisionPart::sweep_queue, arn("sqs", place.region, deployment_.sweep_queue()),
         sweep && dead && keeps_messages(*sweep, dead->arn));

  bool subscribed = false;
  if (policy) {
    CORDON_TRY(subscribed, hears_everything(place.admin.topics, names.topic_arn, names.queue_arn,
                                            deadline, stop));
  }
  record(ProvisionPart::subscription, names.queue_arn, subscribed);

  const BucketName quarantine = deployment_.quarantine_bucket(account_, place.region);
  const Result<Versioning> stored = place.admin.buckets.versioning(quarantine, deadline, stop);
  if (!stored && stored.error().code != Errc::not_found) return stored.error();
  record(ProvisionPart::quarantine_bucket, quarantine.str(), stored && *stored == Versioning::on);
  return {};
}

// Nobody can give S3 or SNS rights on a key of AWS's own, so nothing arrives under one.
Result<void> Protection::inspect_keys(const Place& place, const WiringNames& names,
                                      ProvisionReport& report, Deadline deadline,
                                      std::stop_token stop) const {
  const Result<std::string> of_topic = place.admin.topics.kms_key(names.topic_arn, deadline, stop);
  if (!of_topic && of_topic.error().code != Errc::not_found) return of_topic.error();
  CORDON_TRY(const auto queue, if_there(place.admin.queues.find(deployment_.event_queue(), deadline,
                                                                std::move(stop))));
  const auto tell = [&](ProvisionPart part, const std::string& name,
                        const std::optional<std::string>& why) {
    if (!why) return;
    report.add(part, name, State::missing,
               *why + "; encrypt it with a key of your own, or without KMS");
  };
  if (of_topic) tell(ProvisionPart::topic, names.topic_arn, shut_topic(*of_topic));
  if (queue) tell(ProvisionPart::queue, names.queue_arn, shut_queue(queue->kms_key));
  return {};
}

// Whether the quarantine is closed: looked at when somebody asks how a region or bucket is, not
// with each list.
Result<void> Protection::inspect_quarantine(const Place& place, ProvisionReport& report,
                                            Deadline deadline, std::stop_token stop) const {
  const BucketName name = deployment_.quarantine_bucket(account_, place.region);
  const std::string remedy = "run: cordon bucket protect " + report.bucket.str();
  if (!report.has(ProvisionPart::quarantine_bucket, State::present)) return {};
  const Result<std::vector<std::string>> lacks =
      place.admin.buckets.private_lacks({.name = name}, deadline, stop);
  if (!lacks && lacks.error().code == Errc::denied) {
    report.add(ProvisionPart::quarantine_bucket, name.str(), State::kept,
               "whether it is closed cannot be seen: " + lacks.error().what);
    return {};
  }
  CORDON_TRY(lacks);
  for (const std::string& what : *lacks) {
    report.add(ProvisionPart::quarantine_bucket, name.str(), State::missing,
               what + " is not as it was meant; " + remedy);
  }
  CORDON_TRY(const std::string present, place.admin.buckets.policy(name, deadline, stop));
  CORDON_TRY(const std::vector<MemberAccount> known, members_(deadline, std::move(stop)));
  const Result<std::string> wanted =
      quarantine_policy(present, name, place.region, tls_only_, known);
  const bool is_meant = wanted && is_same_policy(present, *wanted);
  report.add(ProvisionPart::quarantine_policy, name.str(),
             is_meant ? State::present : State::missing, is_meant ? "" : remedy);
  return {};
}

// --- many buckets ------------------------------------------------------------------------------
//
// What a region has is looked at once, so that a bucket costs two requests: where it is, and what
// it announces.

/// What is known of one region while many buckets are looked at.
struct Protection::RegionSurvey {
  Place place;
  WiringNames names;
  RegionFacts facts;
  bool is_complete;
};

Result<Protection::RegionSurveyPtr> Protection::survey_region(const Region& region,
                                                              Deadline deadline,
                                                              std::stop_token stop) {
  CORDON_TRY(Place place, place_in(region));
  WiringNames names = names_in(region);
  const RegionAdmin admin{place.buckets, place.admin.topics, place.admin.queues};
  CORDON_TRY(RegionFacts facts, look_at_region(admin, wiring_ports(place), names, deadline, stop));
  ProvisionReport parts{.bucket = BucketName(), .region = region, .steps = {}};
  CORDON_TRY(inspect_region(place, names, parts, deadline, std::move(stop)));
  return RegionSurveyPtr(
      new RegionSurvey{place, std::move(names), std::move(facts), complete(parts)});
}

Protection::RegionSurveys Protection::survey_regions(const std::set<Region>& regions,
                                                     Deadline deadline,
                                                     const std::stop_token& stop) {
  const std::vector<Region> all(regions.begin(), regions.end());
  std::vector<Result<RegionSurveyPtr>> found;
  for (std::size_t i = 0; i < all.size(); ++i)
    found.emplace_back(Error{Errc::cancelled, "stopped"});
  parallel_for(all.size(), {.threads_max = kLookupThreads}, stop,
               [&](std::size_t i) { found[i] = survey_region(all[i], deadline, stop); });
  RegionSurveys surveys;
  for (std::size_t i = 0; i < all.size(); ++i) surveys.emplace(all[i], std::move(found[i]));
  return surveys;
}

Result<ProvisionReport> Protection::look_at(const BucketName& bucket,
                                            const Result<RegionSurveyPtr>& region,
                                            Deadline deadline, std::stop_token stop) {
  if (!region) return region.error();
  const auto& [place, names, facts, is_complete] = **region;
  ProvisionReport report{.bucket = bucket, .region = place.region, .steps = {}};
  CORDON_TRY(wiring_of(place, names, bucket).inspect(facts, report, deadline, std::move(stop)));
  report.is_protected = complete(report) && is_complete;
  return report;
}

Result<Protection::Survey> Protection::survey(const std::vector<BucketName>& buckets,
                                              Deadline deadline, std::stop_token stop) {
  CORDON_TRY(RegionAdmin home, regions_(home_));
  CORDON_TRY(BucketAdmin * home_buckets, buckets_in(home_, home));
  const Error stopped{Errc::cancelled, "stopped while looking at buckets"};
  const Parallelism many{.threads_max = kLookupThreads,
                         .items_per_thread_min = kLookupsPerThreadMin};
  std::vector<Result<Region>> where(buckets.size(), stopped);
  {
    ProgressCount progress(progress_, "buckets found", buckets.size());
    parallel_for(buckets.size(), many, stop, [&](std::size_t i) {
      where[i] = home_buckets->region_of(buckets[i], deadline, stop);
      progress.step();
    });
  }
  std::set<Region> regions;
  for (const Result<Region>& one : where) {
    if (one) regions.insert(*one);
  }
  RegionSurveys surveys = survey_regions(regions, deadline, stop);
  Survey reports(buckets.size(), stopped);
  ProgressCount progress(progress_, "buckets", buckets.size());
  parallel_for(buckets.size(), many, stop, [&](std::size_t i) {
    reports[i] = where[i] ? look_at(buckets[i], surveys.at(*where[i]), deadline, stop)
                          : Result<ProvisionReport>(where[i].error());
    progress.step();
  });
  if (stop.stop_requested()) return stopped;
  const std::optional<ProtectedDocument> set = known_set(deadline, std::move(stop));
  for (Result<ProvisionReport>& report : reports) {
    if (report) compare_with_set(set, *report);
  }
  return reports;
}

Result<std::vector<ProvisionReport>> Protection::list(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(RegionAdmin home, regions_(home_));
  CORDON_TRY(BucketAdmin * home_buckets, buckets_in(home_, home));
  CORDON_TRY(const std::vector<BucketName> buckets, home_buckets->list(deadline, stop));
  CORDON_TRY(Survey looked_at, survey(buckets, deadline, std::move(stop)));
  std::vector<ProvisionReport> reports;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (looked_at[i]) {
      reports.push_back(*std::move(looked_at[i]));
      continue;
    }
    if (looked_at[i].error().code == Errc::cancelled) return looked_at[i].error();
    ProvisionReport unknown{.bucket = buckets[i], .region = std::nullopt, .steps = {}};
    unknown.add(ProvisionPart::status, buckets[i].str(), State::missing, looked_at[i].error().what);
    reports.push_back(std::move(unknown));
  }
  return reports;
}

}  // namespace cordon
