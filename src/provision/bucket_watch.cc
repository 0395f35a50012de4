// Watching is polling, on purpose: S3 tells of new buckets through CloudTrail only, which costs
// money, takes minutes and has to be set up in every region, while one list a minute finds a bucket
// in any of them. A round therefore costs one list, one look at the tags of each bucket (a tag may
// be added at any time), and nothing at all for buckets that are protected. Those are looked at
// every ten minutes, at the price of two requests each; only what differs is written.

#include "provision/bucket_watch.h"

#include <algorithm>

#include "base/parallel_for.h"
#include "core/glob.h"
#include "core/own_buckets.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;

constexpr std::chrono::seconds kFirstRetry{30};
constexpr std::chrono::seconds kLastRetry{1800};
constexpr std::chrono::minutes kSurveyLimit{10};
// One look takes some 50 ms of waiting.
constexpr std::size_t kLookupThreads = 32;
constexpr std::size_t kLookupsPerThreadMin = 8;

std::chrono::seconds retry_after(int failures) {
  std::chrono::seconds wait = kFirstRetry;
  for (int i = 1; i < failures && wait < kLastRetry; ++i) wait *= 2;
  return std::min(wait, kLastRetry);
}

bool is_change(const ProvisionStep& step) {
  return step.state == State::created || step.state == State::changed;
}

// The bucket itself; what its region has is looked at once for all of them.
bool is_in_place(const ProvisionReport& report) {
  return std::none_of(report.steps.begin(), report.steps.end(),
                      [](const ProvisionStep& step) { return step.state == State::missing; });
}

std::string changes_of(const ProvisionReport& report) {
  std::string out;
  for (const ProvisionStep& step : report.steps) {
    if (is_change(step)) out += (out.empty() ? "" : ", ") + std::string(name_of(step.part));
  }
  return out;
}

}  // namespace

std::string_view name_of(WatchEvent::Kind kind) {
  switch (kind) {
    case WatchEvent::Kind::protect:
      return "protected";
    case WatchEvent::Kind::repair:
      return "repaired";
    case WatchEvent::Kind::unprotect:
      return "unprotected";
    case WatchEvent::Kind::fail:
      return "failed";
  }
  return "failed";
}

BucketWatch::BucketWatch(WatchOptions options, BucketCensus& census, Protection& protection,
                         GatewayLink& gateways, const Clock& clock, Listener listener)
    : options_(std::move(options)),
      census_(census),
      protection_(protection),
      gateways_(gateways),
      clock_(clock),
      listener_(std::move(listener)) {}

void BucketWatch::run(std::chrono::seconds interval,
                      const std::function<void(const Error&)>& trouble, std::stop_token stop) {
  SteadyTime next = clock_.steady_now();
  while (clock_.wait_until(next, stop)) {
    next = clock_.steady_now() + interval;
    const Result<WatchRound> done = round(stop);
    if (!done && done.error().code != Errc::cancelled) trouble(done.error());
  }
}

Result<WatchRound> BucketWatch::round(std::stop_token stop) {
  CORDON_TRY(std::vector<BucketEntry> all, census_.buckets(limit(), stop));
  PolicySet policies;
  if (options_.policies) {
    CORDON_TRY(policies, options_.policies(limit(), stop));
  }
  linked_.clear();
  const std::vector<BucketEntry> entries = candidates(std::move(all), policies);
  const SteadyTime now = clock_.steady_now();
  const std::vector<Result<bool>> chosen = choose(entries, now, stop);
  CORDON_TRY(Looks looks, look(entries, chosen, now, stop));
  WatchRound round{.buckets = entries.size()};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped while looking at buckets"};
    Known& known = known_[entries[i].name];
    if (chosen[i] && *chosen[i]) ++round.chosen;
    if (is_due(chosen[i], known, now)) {
      const Result<void> done = chosen[i] ? attend(entries[i], *chosen[i], known, looks, stop)
                                          : Result<void>(chosen[i].error());
      if (done) known.failures = 0;
      const bool gone = !done && done.error().code == Errc::not_found;
      if (!done && !gone) fail(entries[i], known, done.error());
    }
    if (known.failures > 0) ++round.failed;
    if (chosen[i] && *chosen[i] && known.is_protected && known.failures == 0) ++round.in_place;
  }
  return round;
}

// One with the tag and in place is due for its next look; one that lost the tag, at once.
bool BucketWatch::is_due(const Result<bool>& chosen, const Known& known, SteadyTime now) {
  return now >= known.next || (chosen && !*chosen && known.failures == 0);
}

// Whether somebody has to do something about a bucket is asked of all that are due at a time: where
// nothing changed, a round changes nothing.
Result<BucketWatch::Looks> BucketWatch::look(const std::vector<BucketEntry>& entries,
                                             const std::vector<Result<bool>>& chosen,
                                             SteadyTime now, std::stop_token stop) {
  std::vector<BucketName> due;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Known& known = known_.at(entries[i].name);
    const bool is_looked_at =
        chosen[i] && is_due(chosen[i], known, now) && (*chosen[i] || is_to_be_freed(known));
    if (is_looked_at) due.push_back(entries[i].name);
  }
  Looks looks;
  if (due.empty()) return looks;
  const Deadline deadline = Deadline::after(clock_, kSurveyLimit);
  CORDON_TRY(Protection::Survey survey, protection_.survey(due, deadline, stop));
  for (std::size_t i = 0; i < due.size(); ++i) looks.buckets.emplace(due[i], std::move(survey[i]));
  looks.incomplete = incomplete_regions(looks.buckets, deadline, stop);
  looks.has_results_queue = protection_.results_queue().find(deadline, std::move(stop)).ok();
  return looks;
}

// Of those buckets. One that nobody can look at counts: `protect` says why.
std::set<Region> BucketWatch::incomplete_regions(
    const std::map<BucketName, Result<ProvisionReport>>& buckets, Deadline deadline,
    const std::stop_token& stop) {
  std::set<Region> regions;
  for (const auto& [bucket, report] : buckets) {
    if (report && report->region) regions.insert(*report->region);
  }
  const std::vector<Region> all(regions.begin(), regions.end());
  std::vector<char> is_complete(all.size(), 0);  // Each thread has its own byte.
  parallel_for(all.size(), {.threads_max = kLookupThreads}, stop, [&](std::size_t i) {
    const Result<ProvisionReport> status = protection_.region_status(all[i], deadline, stop);
    is_complete[i] = status && status->is_protected ? 1 : 0;
  });
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (is_complete[i] != 0) regions.erase(all[i]);
  }
  return regions;
}

// Those that may be touched at all. What is remembered of others is forgotten.
std::vector<BucketEntry> BucketWatch::candidates(std::vector<BucketEntry> all,
                                                 const PolicySet& policies) {
  std::erase_if(all, [&](const BucketEntry& entry) {
    const bool excluded = std::any_of(
        options_.exclude.begin(), options_.exclude.end(),
        [&](const std::string& pattern) { return glob_matches(pattern, entry.name.str()); });
    const bool elsewhere = !options_.only_in.empty() && entry.region &&
                           std::find(options_.only_in.begin(), options_.only_in.end(),
                                     *entry.region) == options_.only_in.end();
    return is_own_bucket(entry.name, policies) || excluded || elsewhere;
  });
  std::map<BucketName, Known> kept;
  for (const BucketEntry& entry : all) {
    const auto at = known_.find(entry.name);
    const bool same = at != known_.end() && at->second.created == entry.created;
    kept[entry.name] = same ? at->second : Known{.created = entry.created};
  }
  known_ = std::move(kept);
  return all;
}

std::vector<Result<bool>> BucketWatch::choose(const std::vector<BucketEntry>& entries,
                                              SteadyTime now, std::stop_token stop) {
  std::vector<Result<bool>> chosen(entries.size(), Result<bool>(true));
  if (!options_.tag) return chosen;
  const auto look = [&](std::size_t i) {
    const Known& known = known_.at(entries[i].name);
    const bool waits = known.failures > 0 && known.next > now;
    const bool rests = known.is_protected && !options_.unprotect && known.next > now;
    if (waits) chosen[i] = false;  // Not used before its next try.
    if (waits || rests) return;
    const auto tags = census_.tags(entries[i].name, limit(), stop);
    if (!tags) {
      chosen[i] = tags.error();
      return;
    }
    const auto tag = tags->find(options_.tag->first);
    chosen[i] = tag != tags->end() && tag->second == options_.tag->second;
  };
  parallel_for(entries.size(),
               {.threads_max = kLookupThreads, .items_per_thread_min = kLookupsPerThreadMin}, stop,
               look);
  return chosen;
}

Result<void> BucketWatch::attend(const BucketEntry& entry, bool chosen, Known& known, Looks& looks,
                                 std::stop_token stop) {
  if (chosen) {
    known.rounds_without_tag = 0;
    known.is_free = false;
    return keep_protected(entry, known, looks, std::move(stop));
  }
  const bool is_to_go = is_to_be_freed(known);
  known.rounds_without_tag = std::min(known.rounds_without_tag + 1, options_.rounds_without_tag);
  if (!is_to_go) return {};
  return keep_free(entry, known, looks, std::move(stop));
}

// Counting the round that is under way.
bool BucketWatch::is_to_be_freed(const Known& known) const {
  return options_.tag && options_.unprotect && !known.is_free &&
         known.rounds_without_tag + 1 >= options_.rounds_without_tag;
}

Result<bool> BucketWatch::belongs_to_gateway(const BucketEntry& entry, std::stop_token stop) {
  if (!entry.region) return false;
  auto at = linked_.find(*entry.region);
  if (at == linked_.end()) {
    at = linked_.emplace(*entry.region, gateways_.linked_buckets(*entry.region, limit(), stop))
             .first;
  }
  if (!at->second) return at->second.error();
  return at->second->contains(entry.name);
}

Result<void> BucketWatch::keep_protected(const BucketEntry& entry, Known& known, Looks& looks,
                                         std::stop_token stop) {
  CORDON_TRY(const bool by_gateway, belongs_to_gateway(entry, stop));
  if (by_gateway) return {};
  const Result<ProvisionReport>& before = looks.buckets.at(entry.name);
  CORDON_TRY(before);
  const bool is_whole = !before->region || !looks.incomplete.contains(*before->region);
  if (is_in_place(*before) && is_whole && looks.has_results_queue) {
    known.is_protected = true;
    known.next = clock_.steady_now() + options_.recheck;
    return {};
  }
  CORDON_TRY(const ProvisionReport report,
             protection_.protect(entry.name, limit(), std::move(stop)));
  looks.has_results_queue = true;  // And so has the region what it needs, for all its buckets.
  if (report.region) looks.incomplete.erase(*report.region);
  const bool is_new = report.has(ProvisionPart::notification, State::created);
  const std::string changes = changes_of(report);
  const bool was_protected = std::exchange(known.is_protected, true);
  known.next = clock_.steady_now() + options_.recheck;
  if (changes.empty()) return {};
  listener_(
      {.bucket = entry.name,
       .region = report.region,
       .kind = is_new && !was_protected ? WatchEvent::Kind::protect : WatchEvent::Kind::repair,
       .note = changes});
  return {};
}

Result<void> BucketWatch::keep_free(const BucketEntry& entry, Known& known, const Looks& looks,
                                    std::stop_token stop) {
  const Result<ProvisionReport>& before = looks.buckets.at(entry.name);
  CORDON_TRY(before);
  if (before->has(ProvisionPart::notification, State::present)) {
    CORDON_TRY(const ProvisionReport report,
               protection_.unprotect(entry.name, limit(), std::move(stop)));
    listener_({.bucket = entry.name,
               .region = report.region,
               .kind = WatchEvent::Kind::unprotect,
               .note = "it does not carry the tag"});
  }
  known.is_protected = false;
  known.is_free = true;
  known.next = {};
  return {};
}

void BucketWatch::fail(const BucketEntry& entry, Known& known, const Error& error) {
  if (error.code == Errc::cancelled) return;
  ++known.failures;
  const std::chrono::seconds wait = retry_after(known.failures);
  known.next = clock_.steady_now() + wait;
  listener_({.bucket = entry.name,
             .region = entry.region,
             .kind = WatchEvent::Kind::fail,
             .note = error.what,
             .retry = wait});
}

}  // namespace cordon
