#include "provision/access_parts.h"

#include "core/glob.h"

namespace cordon {

const Texts kCopyActions = {"s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging",
                            "s3:GetObject", "s3:GetObjectVersion", "s3:AbortMultipartUpload"};
const Texts kSeeRule = {"events:DescribeRule", "events:ListTargetsByRule"};
const Texts kSeeAndChangeRule = {"events:DescribeRule",  "events:ListTargetsByRule",
                                 "events:PutRule",       "events:PutTargets",
                                 "events:RemoveTargets", "events:DeleteRule"};

Texts each(const AccessFacts& facts, const std::function<std::string(const BucketName&)>& arn) {
  Texts out;
  for (const BucketName& bucket : facts.buckets) out.push_back(arn(bucket));
  return out;
}

AccessFacts with_own_buckets(AccessFacts facts) {
  std::erase_if(facts.buckets, [&](const BucketName& bucket) {
    return account_of(facts.settings.accounts, bucket) != nullptr;
  });
  return facts;
}

namespace {

void follow(const Route& route, const BucketName& quarantine, Ways& ways) {
  for (const RouteStep& step : route) {
    switch (step.kind) {
      case RouteStep::Kind::keep:
        break;
      case RouteStep::Kind::remove:
        ways.removes = true;
        break;
      case RouteStep::Kind::quarantine:
        ways.removes = true;
        ways.quarantines.insert(quarantine);
        break;
      case RouteStep::Kind::move:
        ways.removes = true;
        ways.destinations.emplace(step.to->bucket.str(), step.to->prefix);
        break;
      case RouteStep::Kind::copy:
        ways.destinations.emplace(step.to->bucket.str(), step.to->prefix);
        break;
    }
  }
}

// A policy is stated per prefix, so the keys that are prefixes themselves see every one of them.
Ways ways_of_one(const AccessFacts& facts, const BucketName& bucket) {
  std::set<std::string> prefixes = {""};
  for (const BucketPolicy& stated : facts.settings.policies.buckets) {
    if (stated.bucket == bucket) prefixes.insert(stated.prefix);
  }
  Ways ways;
  for (const std::string& prefix : prefixes) {
    const Policy policy =
        resolve_policy(facts.settings.policies, facts.region, bucket, ObjectKey(prefix));
    const BucketName quarantine =
        policy.quarantine.value_or(facts.deployment.quarantine_bucket(facts.account, facts.region));
    ways.mark_places.insert(quarantine);
    for (const Disposition disposition :
         {Disposition::clean, Disposition::infected, Disposition::unscannable,
          Disposition::suspicious, Disposition::error}) {
      follow(route_for(policy, disposition), quarantine, ways);
    }
  }
  return ways;
}

}  // namespace

// Of a pattern: of every bucket that has a policy and may be meant, and of those that have none.
Ways ways_of(const AccessFacts& facts, const BucketName& bucket) {
  Ways ways = ways_of_one(facts, bucket);
  if (bucket.str().find('*') == std::string::npos) return ways;
  for (const BucketPolicy& stated : facts.settings.policies.buckets) {
    if (!glob_matches(bucket.str(), stated.bucket.str())) continue;
    Ways more = ways_of_one(facts, stated.bucket);
    ways.removes = ways.removes || more.removes;
    ways.quarantines.merge(more.quarantines);
    ways.mark_places.merge(more.mark_places);
    ways.destinations.merge(more.destinations);
  }
  return ways;
}

RoutePlaces places_of(const AccessFacts& facts, const AccessNames& names,
                      const std::vector<BucketName>& buckets) {
  RoutePlaces places;
  for (const BucketName& bucket : buckets) {
    const Ways ways = ways_of(facts, bucket);
    if (ways.removes) places.removing.push_back(names.bucket(bucket, "*"));
    for (const BucketName& quarantine : ways.quarantines) {
      const std::string below =
          facts.quarantine_by_letter ? bucket.str().substr(0, 1) + "*" : bucket.str() + "/*";
      places.quarantined.push_back(names.bucket(quarantine, below));
    }
    for (const BucketName& place : ways.mark_places) {
      places.marks.push_back(names.bucket(place, ".cordon/*"));
      places.quarantines.push_back(names.bucket(place));
    }
    for (const auto& [name, prefix] : ways.destinations) {
      const BucketName to(name);
      const std::string below = names.bucket(to, prefix.empty() ? "*" : prefix + "/*");
      const bool is_members = account_of(facts.settings.accounts, to) != nullptr;
      (is_members ? places.member_destinations : places.destinations).push_back(below);
      (is_members ? places.member_destination_buckets : places.destination_buckets)
          .push_back(names.bucket(to));
    }
  }
  return places;
}

void add_trying(const AccessNames& names, bool reads_there, const std::string& why,
                Rights& rights) {
  Texts actions = {"s3:PutObject", "s3:PutObjectTagging", "s3:GetObjectTagging", "s3:DeleteObject",
                   "s3:DeleteObjectVersion"};
  if (!reads_there) actions.emplace_back("s3:GetObject");
  rights.add("TryStore", std::move(actions), {names.bucket(names.quarantine(), ".cordon/probe/*")},
             why);
}

void add_roles(const AccessFacts& facts, Rights& rights) {
  Texts roles;
  for (const MemberAccount& member : facts.settings.accounts) {
    if (!member.buckets.empty()) roles.push_back(member.role_arn);
  }
  rights.add("TakeOnRoles", {"sts:AssumeRole"}, std::move(roles),
             "buckets of other accounts, in a role of each");
}

std::string AccessNames::results_queue() const {
  return regional_in(Region("*"), "sqs", facts_.deployment.results_queue());
}

std::string AccessNames::results_dead_letters() const {
  return regional_in(Region("*"), "sqs", facts_.deployment.results_dead_letters());
}

void add_settings_reading(const AccessNames& names, Rights& rights) {
  rights.add("ReadSettings", {"s3:GetObject"}, {names.bucket(names.system(), "settings.json")},
             "the settings document");
  rights.add("SeeThatThereAreNoSettings", {"s3:ListBucket"}, {names.bucket(names.system())},
             "without it a document that is missing looks like a forbidden one");
}

}  // namespace cordon
