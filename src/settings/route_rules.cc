// Routes that lead back.
//
// A route says where an object goes from one policy's place; whether it stays there is said by the
// policy of that place. So the policies are followed together: from every place that a policy
// names, with the part of the key that is known (its prefix), hop by hop, as an object of that
// place would go. Where a policy holds for keys that are known more exactly, both are followed. An
// object that lies below its route's destination stays, and so does one that the patterns keep from
// being scanned, as far as that can be said from the part of the key that is known. The same bound
// as in metadata ends the search: what would be brought on more than kHopsMax times goes round, or
// is so far from where it began that nobody meant it.
//
// Which region a bucket is in is not known here. Each region is looked at as if it had all buckets;
// a circle that takes routes of two regions is left to the bound in metadata.

#include "settings/route_rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "core/provenance.h"
#include "core/route.h"

namespace cordon {
namespace {

constexpr std::array kVerdicts = {Disposition::clean, Disposition::infected,
                                  Disposition::unscannable, Disposition::suspicious,
                                  Disposition::error};
// Of no bucket that has a name: stands for all that no policy names.
const BucketName kAnyOther("(any other bucket)");
// Places that one document can be followed to. Ten thousand policies stay far below.
constexpr std::size_t kStatesMax = 500'000;

std::string_view literal_head(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of("*?"));
}

// From the beginning of the key only: whether no such key, or every one, is matched.
bool never_matches(std::string_view pattern, std::string_view known) {
  const std::string_view head = literal_head(pattern);
  return !known.starts_with(head) && !head.starts_with(known);
}
bool always_matches(std::string_view pattern, std::string_view known) {
  const std::string_view head = literal_head(pattern);
  return pattern.substr(head.size()) == "**" && known.starts_with(head);
}

bool may_be_scanned(const Policy& policy, std::string_view known) {
  const auto never = [&](const std::string& pattern) { return never_matches(pattern, known); };
  const auto always = [&](const std::string& pattern) { return always_matches(pattern, known); };
  return !std::all_of(policy.include.begin(), policy.include.end(), never) &&
         std::none_of(policy.exclude.begin(), policy.exclude.end(), always);
}

const std::optional<Route>& stated_route(const PolicyOverride& stated, Disposition verdict) {
  switch (verdict) {
    case Disposition::clean:
    case Disposition::infected_allowed:
      return stated.on_clean;
    case Disposition::infected:
      return stated.on_infected;
    case Disposition::suspicious:
      return stated.on_suspicious;
    case Disposition::unscannable:
      return stated.on_unscannable;
    case Disposition::error:
      return stated.on_error;
  }
  return stated.on_error;
}

/// Every destination that some route for this verdict has.
std::vector<Destination> destinations_of(const PolicySet& policies, Disposition verdict) {
  std::vector<Destination> all;
  const auto add = [&](const Route& route) {
    for (const RouteStep& step : route) {
      if (step.to) all.push_back(*step.to);
    }
  };
  add(route_for(policies.defaults, verdict));
  for (const auto& [region, stated] : policies.regions) {
    add(stated_route(stated, verdict).value_or(Route()));
  }
  for (const BucketPolicy& entry : policies.buckets) {
    add(stated_route(entry.stated, verdict).value_or(Route()));
  }
  return all;
}

std::string text_of(const BucketName& bucket, const std::string& known) {
  return bucket.str() + (known.empty() ? "" : "/" + known);
}

/// Follows the objects of one verdict through one region.
class Walk {
 public:
  using Chain = std::vector<std::string>;

  Walk(const PolicySet& policies, Region region, Disposition verdict)
      : region_(std::move(region)), verdict_(verdict) {
    PolicySet common{.defaults = policies.defaults, .regions = policies.regions};
    others_ = common;
    for (const BucketPolicy& entry : policies.buckets) {
      by_bucket_.try_emplace(entry.bucket, common).first->second.buckets.push_back(entry);
    }
  }

  /// The places by which an object of this place would be brought on without an end.
  std::optional<Chain> from(const BucketName& bucket, const std::string& known) {
    Chain chain;
    return follow(bucket, known, 0, chain) ? std::optional<Chain>(chain) : std::nullopt;
  }
  bool gave_up() const { return seen_.size() > kStatesMax; }

 private:
  const PolicySet& policies_of(const BucketName& bucket) const {
    const auto own = by_bucket_.find(bucket);
    return own == by_bucket_.end() ? others_ : own->second;
  }

  bool follow(const BucketName& bucket, const std::string& known, std::uint64_t hops,
              Chain& chain) {
    if (step_from(bucket, known, hops, chain)) return true;
    for (const BucketPolicy& entry : policies_of(bucket).buckets) {
      const bool is_closer = entry.prefix.size() > known.size() && entry.prefix.starts_with(known);
      if (is_closer && step_from(bucket, entry.prefix, hops, chain)) return true;
    }
    return false;
  }

  bool step_from(const BucketName& bucket, const std::string& known, std::uint64_t hops,
                 Chain& chain) {
    const auto [state, is_new] = seen_.try_emplace({bucket.str(), known}, hops);
    if ((!is_new && state->second >= hops) || gave_up()) return false;
    state->second = hops;
    const Policy policy = resolve_policy(policies_of(bucket), region_, bucket, ObjectKey(known));
    if (!may_be_scanned(policy, known)) return false;
    const Route& route = route_for(policy, verdict_);
    const bool has_arrived = std::any_of(route.begin(), route.end(), [&](const RouteStep& step) {
      return step.to && lies_below(*step.to, bucket, known);
    });
    if (has_arrived) return false;
    chain.push_back(text_of(bucket, known));
    for (const RouteStep& step : route) {
      if (!step.to) continue;
      if (hops == kHopsMax) return true;
      if (follow(step.to->bucket, key_below(*step.to, known), hops + 1, chain)) return true;
    }
    chain.pop_back();
    return false;
  }

  const Region region_;
  const Disposition verdict_;
  PolicySet others_;
  std::map<BucketName, PolicySet> by_bucket_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> seen_;
};

std::set<std::pair<BucketName, std::string>> places_to_begin(
    const PolicySet& policies, const std::vector<Destination>& destinations) {
  std::set<std::pair<BucketName, std::string>> places = {{kAnyOther, ""}};
  for (const BucketPolicy& entry : policies.buckets) places.emplace(entry.bucket, entry.prefix);
  for (const Destination& to : destinations) places.emplace(to.bucket, "");
  return places;
}

std::optional<std::string> problem_in(const PolicySet& policies, const Region& region,
                                      Disposition verdict) {
  const std::vector<Destination> destinations = destinations_of(policies, verdict);
  if (destinations.empty()) return std::nullopt;
  Walk walk(policies, region, verdict);
  for (const auto& [bucket, known] : places_to_begin(policies, destinations)) {
    const auto chain = walk.from(bucket, known);
    if (!chain) continue;
    std::string text = "the routes for " + std::string(name_of(verdict)) + " lead in a circle: ";
    for (std::size_t i = 0; i < chain->size(); ++i) text += (i == 0 ? "" : ", then ") + (*chain)[i];
    return text;
  }
  if (walk.gave_up()) return "the routes are too many to be followed to their ends";
  return std::nullopt;
}

bool is_among_our_own(const Destination& to) {
  return to.prefix == ".cordon" || to.prefix.starts_with(".cordon/");
}

}  // namespace

std::optional<std::string> problem_of_destinations(const PolicySet& policies) {
  std::set<BucketName> quarantines;
  const auto note = [&](const std::optional<BucketName>& bucket) {
    if (bucket) quarantines.insert(*bucket);
  };
  note(policies.defaults.quarantine);
  for (const auto& [region, stated] : policies.regions) note(stated.quarantine);
  for (const BucketPolicy& entry : policies.buckets) note(entry.stated.quarantine);
  for (const Disposition verdict : kVerdicts) {
    for (const Destination& to : destinations_of(policies, verdict)) {
      if (is_among_our_own(to)) {
        return "a route leads to " + text_of(to.bucket, to.prefix) +
               ", where Cordon keeps objects of its own; name another folder";
      }
      if (quarantines.contains(to.bucket) || to.bucket.str().starts_with("cordon-quarantine-")) {
        return "a route leads to " + to.bucket.str() +
               ", which is a quarantine; the step for it is \"quarantine\"";
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> problem_of_circles(const PolicySet& policies) {
  std::vector<Region> regions = {Region("")};
  for (const auto& [region, stated] : policies.regions) regions.push_back(region);
  for (const Region& region : regions) {
    for (const Disposition verdict : kVerdicts) {
      if (auto problem = problem_in(policies, region, verdict)) return problem;
    }
  }
  return std::nullopt;
}

}  // namespace cordon
