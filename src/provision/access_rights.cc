// Least privilege, derived from what is configured. Each right here is asked for by some request of
// src/aws; tests/e2e/test_iam.py runs the roles with exactly these policies, and fails when one is
// denied something and when one has something that no scenario used. The tables in
// docs/runbook/permissions.md are printed from here.

#include "provision/access_rights.h"

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <set>

namespace cordon {
namespace {

using Texts = std::vector<std::string>;

// Where the routes of a bucket lead.
struct Ways {
  bool removes = false;              ///< Some route takes objects away from the bucket.
  std::set<BucketName> quarantines;  ///< Where some route puts objects.
  std::set<BucketName> mark_places;  ///< Where what was allowed is looked up.
  std::set<std::pair<std::string, std::string>> destinations;  ///< Bucket and prefix.
};

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
Ways ways_of(const AccessFacts& facts, const BucketName& bucket) {
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

// The ARNs of what a deployment owns.
class Names {
 public:
  explicit Names(const AccessFacts& facts)
      : facts_(facts), partition_(partition_of(facts.region)) {}

  std::string bucket(const BucketName& name, const std::string& below = "") const {
    return "arn:" + partition_ + ":s3:::" + name.str() + (below.empty() ? "" : "/" + below);
  }
  std::string regional(const std::string& service, const std::string& name) const {
    return regional_in(facts_.region, service, name);
  }
  std::string regional_in(const Region& region, const std::string& service,
                          const std::string& name) const {
    return "arn:" + partition_ + ":" + service + ":" + region.str() + ":" + facts_.account.str() +
           ":" + name;
  }
  BucketName quarantine() const {
    return facts_.deployment.quarantine_bucket(facts_.account, facts_.region);
  }
  BucketName system() const { return facts_.deployment.system_bucket(facts_.account); }
  std::string notification_topic() const {
    return regional_in(facts_.settings.notifications.region.value_or(facts_.region), "sns",
                       facts_.deployment.notification_topic());
  }

 private:
  const AccessFacts& facts_;
  const std::string partition_;
};

// Collects statements; one without resources is left out.
// Ours have at most one star, at the end.
bool covers(const std::string& pattern, const std::string& resource) {
  if (!pattern.ends_with('*')) return pattern == resource;
  return resource.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
}

bool allows(const AccessStatement& statement, const std::string& action,
            const std::string& resource) {
  return std::ranges::find(statement.actions, action) != statement.actions.end() &&
         std::ranges::any_of(statement.resources,
                             [&](const std::string& pattern) { return covers(pattern, resource); });
}

// Whether the others together allow all that this one does.
bool is_superfluous(const AccessStatement& one, const std::vector<AccessStatement>& all) {
  const auto by_another = [&](const std::string& action, const std::string& resource) {
    return std::ranges::any_of(all, [&](const AccessStatement& other) {
      return &other != &one && allows(other, action, resource);
    });
  };
  return std::ranges::all_of(one.actions, [&](const std::string& action) {
    return std::ranges::all_of(
        one.resources, [&](const std::string& resource) { return by_another(action, resource); });
  });
}

class Rights {
 public:
  void add(std::string sid, Texts actions, Texts resources, std::string why) {
    std::sort(resources.begin(), resources.end());
    resources.erase(std::unique(resources.begin(), resources.end()), resources.end());
    if (resources.empty()) return;
    statements_.push_back(
        {std::move(sid), std::move(actions), std::move(resources), std::move(why)});
  }
  /// Without what only repeats others: features with a wide reach swallow what is for one bucket.
  std::vector<AccessStatement> take() && {
    for (std::size_t i = statements_.size(); i-- > 0;) {
      if (!is_superfluous(statements_[i], statements_)) continue;
      statements_.erase(statements_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return std::move(statements_);
  }

 private:
  std::vector<AccessStatement> statements_;
};

// What every bucket of `facts` adds to a list of resources.
Texts each(const AccessFacts& facts, const std::function<std::string(const BucketName&)>& arn) {
  Texts out;
  for (const BucketName& bucket : facts.buckets) out.push_back(arn(bucket));
  return out;
}

const Texts kCopyActions = {"s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging",
                            "s3:GetObject", "s3:GetObjectVersion", "s3:AbortMultipartUpload"};

void add_roles(const AccessFacts& facts, Rights& rights) {
  Texts roles;
  for (const MemberAccount& member : facts.settings.accounts) {
    if (!member.buckets.empty()) roles.push_back(member.role_arn);
  }
  rights.add("TakeOnRoles", {"sts:AssumeRole"}, std::move(roles),
             "buckets of other accounts, in a role of each");
}

// Without those that are reached in a role.
AccessFacts with_own_buckets(AccessFacts facts) {
  std::erase_if(facts.buckets, [&](const BucketName& bucket) {
    return account_of(facts.settings.accounts, bucket) != nullptr;
  });
  return facts;
}

// What agents do with the objects of protected buckets, without what leads them there.
void add_objects(const AccessFacts& facts, const Names& names, Rights& rights) {
  const auto objects = [&](const BucketName& bucket) { return names.bucket(bucket, "*"); };
  rights.add("ReadObjects", {"s3:GetObject", "s3:GetObjectVersion"}, each(facts, objects),
             "retrieve the bytes to scan");
  rights.add("TagObjects",
             {"s3:GetObjectTagging", "s3:GetObjectVersionTagging", "s3:PutObjectTagging",
              "s3:PutObjectVersionTagging"},
             each(facts, objects), "merge the verdict into the owner's tags");
}

void add_settings_reading(const Names& names, Rights& rights) {
  rights.add("ReadSettings", {"s3:GetObject"}, {names.bucket(names.system(), "settings.json")},
             "the settings document");
  rights.add("SeeThatThereAreNoSettings", {"s3:ListBucket"}, {names.bucket(names.system())},
             "without it a document that is missing looks like a forbidden one");
}

// Where the routes of some buckets lead, as resources.
struct RoutePlaces {
  Texts removing;
  Texts quarantined;
  Texts marks;
  Texts quarantines;
  Texts destinations;
  Texts destination_buckets;
  /// Of the last two, those in buckets that are reached in a member's role.
  Texts member_destinations;
  Texts member_destination_buckets;
};

RoutePlaces places_of(const AccessFacts& facts, const Names& names,
                      const std::vector<BucketName>& buckets) {
  RoutePlaces places;
  for (const BucketName& bucket : buckets) {
    const Ways ways = ways_of(facts, bucket);
    if (ways.removes) places.removing.push_back(names.bucket(bucket, "*"));
    for (const BucketName& quarantine : ways.quarantines) {
      places.quarantined.push_back(names.bucket(quarantine, bucket.str() + "/*"));
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

void append(Texts& to, const Texts& more) { to.insert(to.end(), more.begin(), more.end()); }

// The agent's own part: everything for its own buckets. Copies from buckets of `members` are made
// in their roles, and looked at by us, before and after.
void add_routes(const AccessFacts& facts, const Names& names,
                const std::vector<BucketName>& members, Rights& rights) {
  RoutePlaces own = places_of(facts, names, facts.buckets);
  const RoutePlaces theirs = places_of(facts, names, members);
  own.quarantines.push_back(names.bucket(names.quarantine()));
  append(own.marks, theirs.marks);
  append(own.quarantines, theirs.quarantines);
  Texts looked = theirs.quarantined;
  append(looked, theirs.destinations);
  append(own.destinations, own.member_destinations);
  append(own.destination_buckets, theirs.destination_buckets);
  rights.add("RemoveObjects", {"s3:DeleteObject", "s3:DeleteObjectVersion"},
             std::move(own.removing),
             "remove exactly the version that was scanned, after its copy was verified");
  rights.add("Quarantine", kCopyActions, std::move(own.quarantined),
             "copy to quarantine, with the tags, and verify the copy");
  rights.add("ReadAllowMarks", {"s3:GetObject"}, std::move(own.marks),
             "whether somebody allowed exactly this object");
  rights.add("SeeThatQuarantineIsFree", {"s3:ListBucket"}, std::move(own.quarantines),
             "without it a mark or a place that is free looks like a forbidden one");
  rights.add("Destinations", kCopyActions, std::move(own.destinations),
             "copy to the destinations of the routes, with the tags, and verify the copy");
  rights.add("SeeThatDestinationsAreFree", {"s3:ListBucket"}, std::move(own.destination_buckets),
             "without it a free place looks like a forbidden one");
  rights.add("VerifyMembersCopies", {"s3:GetObject", "s3:GetObjectVersion"}, std::move(looked),
             "verify the copies that were made in the roles of other accounts");
}

const Texts kMemberCopyActions = {"s3:PutObject", "s3:PutObjectTagging",
                                  "s3:PutObjectVersionTagging", "s3:AbortMultipartUpload"};

// The part of a role in another account.
void add_member_routes(const AccessFacts& facts, const Names& names, Rights& rights) {
  RoutePlaces places = places_of(facts, names, facts.buckets);
  rights.add("RemoveObjects", {"s3:DeleteObject", "s3:DeleteObjectVersion"},
             std::move(places.removing),
             "remove exactly the version that was scanned, after its copy was verified");
  rights.add("Quarantine", kMemberCopyActions, places.quarantined,
             "copy to quarantine, with the tags");
  Texts destinations = places.destinations;
  append(destinations, places.member_destinations);
  rights.add("Destinations", kMemberCopyActions, std::move(destinations),
             "copy to the destinations of the routes, with the tags");
  rights.add("VerifyCopies", {"s3:GetObject", "s3:GetObjectVersion"},
             std::move(places.member_destinations),
             "verify copies in buckets that are reached in the role as well");
  rights.add("SeeThatDestinationsAreFree", {"s3:ListBucket"},
             std::move(places.member_destination_buckets),
             "without it a free place looks like a forbidden one");
  if (facts.member_features.contains(MemberFeature::restore)) {
    rights.add("TakeFromQuarantine", {"s3:GetObjectVersion"}, std::move(places.quarantined),
               "`cordon quarantine restore`: the copy's source");
  }
}

const Texts kSeeRule = {"events:DescribeRule", "events:ListTargetsByRule"};
const Texts kChangeRule = {"events:PutRule", "events:PutTargets", "events:RemoveTargets",
                           "events:DeleteRule"};

// Which bucket is protected how, and where it is. `rule_actions`: on the rules of buckets whose
// events come by the event bus; only a look tells which those are.
void add_status(const AccessFacts& facts, const Names& names, Texts rule_actions, Rights& rights) {
  const auto bare = [&](const BucketName& bucket) { return names.bucket(bucket); };
  rights.add("SeeBuckets", {"s3:ListBucket", "s3:GetBucketNotification", "s3:GetBucketPolicy"},
             each(facts, bare), "find the region; see our notification and the read gate");
  rights.add("SeeQuarantine", {"s3:GetBucketVersioning"}, {names.bucket(names.quarantine())},
             "whether the quarantine bucket is as it should be");
  rights.add("SeeTopic", {"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"},
             {names.regional("sns", facts.deployment.event_topic())},
             "whether the event topic is there and feeds the queue");
  rights.add("SeeQueues", {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"},
             {names.regional("sqs", facts.deployment.event_queue()),
              names.regional("sqs", facts.deployment.sweep_queue()),
              names.regional("sqs", facts.deployment.dead_letters())},
             "whether the queues are there");
  rights.add(
      "Rules", std::move(rule_actions),
      each(facts,
           [&](const BucketName& bucket) {
             return names.regional("events", "rule/" + facts.deployment.bucket_rule(bucket));
           }),
      "the rule on the event bus, for a bucket whose own notifications leave no room for ours");
}

// What a sweep needs beside what an agent has: `cordon sweep` runs with it as well.
void add_sweeping(const AccessFacts& facts, const Names& names, Rights& rights) {
  rights.add("SeeNotifications", {"s3:GetBucketNotification"},
             each(facts, [&](const BucketName& bucket) { return names.bucket(bucket); }),
             "which buckets are protected");
  rights.add("SeeQuarantine", {"s3:GetBucketVersioning"}, {names.bucket(names.quarantine())},
             "asked for with the state of each bucket");
  rights.add("SeeTopic", {"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"},
             {names.regional("sns", facts.deployment.event_topic())},
             "asked for with the state of each bucket");
  rights.add("Rules", kSeeRule,
             each(facts,
                  [&](const BucketName& bucket) {
                    return names.regional("events", "rule/" + facts.deployment.bucket_rule(bucket));
                  }),
             "for a bucket whose events come by the event bus");
  rights.add("FindBuckets", {"s3:ListAllMyBuckets"}, {"*"}, "which buckets are protected");
  rights.add("ListObjects", {"s3:ListBucketVersions"},
             each(facts, [&](const BucketName& bucket) { return names.bucket(bucket); }),
             "look through the bucket");
  rights.add("AskForScans", {"sqs:SendMessage"},
             {names.regional("sqs", facts.deployment.sweep_queue())},
             "ask for the scan of what has no verdict");
  rights.add("KeepCheckpoints", {"s3:GetObject", "s3:PutObject"},
             {names.bucket(names.system(), "sweeps/*")}, "how far a sweep is, and who is at it");
}

}  // namespace

std::vector<AccessStatement> agent_access(const AccessFacts& all) {
  const AccessFacts facts = with_own_buckets(all);
  const Names names(facts);
  const Deployment& deployment = facts.deployment;
  Rights rights;
  rights.add("TakeEvents",
             {"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
              "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"},
             {names.regional("sqs", deployment.event_queue()),
              names.regional("sqs", deployment.sweep_queue())},
             "take events and the requests of sweeps, keep claims alive, acknowledge");
  rights.add("SendDeadLetters", {"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"},
             {names.regional("sqs", deployment.dead_letters())},
             "messages that cannot be handled, with the reason");
  add_objects(facts, names, rights);
  rights.add("SeeThatObjectsAreGone", {"s3:ListBucket"},
             each(facts, [&](const BucketName& bucket) { return names.bucket(bucket); }),
             "without it a missing object looks like a forbidden one");
  std::vector<BucketName> members;
  for (const MemberAccount& member : facts.settings.accounts) {
    members.insert(members.end(), member.buckets.begin(), member.buckets.end());
  }
  add_routes(facts, names, members, rights);
  add_settings_reading(names, rights);
  rights.add("KeepBrake", {"s3:GetObject", "s3:PutObject"},
             {names.bucket(names.system(), Deployment::brake_folder(facts.region) + "*")},
             "hold together with the other agents what new signatures find too much of");
  if (facts.settings.results.cloudwatch) {
    rights.add("WriteResults", {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
               {names.regional("logs", "log-group:" + deployment.log_group() + ":*")},
               "one line for each object");
  }
  if (facts.settings.notifications.enabled) {
    rights.add("Notify", {"sns:Publish"}, {names.notification_topic()},
               "results to the notification topic");
  }
  if (facts.features.contains(OperatorFeature::gateway)) {
    const Texts shares = {names.regional("storagegateway", "share/*")};
    rights.add("SeeFileShares",
               {"storagegateway:DescribeNFSFileShares", "storagegateway:DescribeSMBFileShares"},
               shares, "which bucket and prefix a share shows; without it the event's word counts");
    rights.add("RefreshFileShares", {"storagegateway:RefreshCache"}, shares,
               "optional: clients of the gateway see at once that an object was moved away");
  }
  if (sweep_interval(facts.settings.sweep)) add_sweeping(facts, names, rights);
  rights.add("UseKeys", {"kms:Decrypt", "kms:GenerateDataKey"}, facts.kms_keys,
             "objects and copies under keys of KMS");
  add_roles(facts, rights);
  return std::move(rights).take();
}

std::string access_table(const std::vector<AccessStatement>& statements) {
  const auto listed = [](const Texts& texts) {
    std::string out;
    for (const std::string& text : texts) out += (out.empty() ? "`" : ", `") + text + "`";
    return out;
  };
  std::string out = "| action | resource | why |\n| --- | --- | --- |\n";
  for (const AccessStatement& one : statements) {
    out += "| " + listed(one.actions) + " | " + listed(one.resources) + " | " + one.why + " |\n";
  }
  return out;
}

std::string access_policy(const std::vector<AccessStatement>& statements) {
  const auto listed = [](const Texts& texts) {
    std::string out;
    for (const std::string& text : texts) {
      out += (out.empty() ? "\n        " : ",\n        ") +
             boost::json::serialize(boost::json::string(text));
    }
    return "[" + out + "\n      ]";
  };
  std::string out;
  for (const AccessStatement& one : statements) {
    out += std::string(out.empty() ? "" : ",") + "\n    {\n      \"Sid\": \"" + one.sid +
           "\",\n      \"Effect\": \"Allow\",\n      \"Action\": " + listed(one.actions) +
           ",\n      \"Resource\": " + listed(one.resources) + "\n    }";
  }
  return "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [" + out + "\n  ]\n}\n";
}

namespace {

template <typename P>
void collect_destinations(const P& stated, const Names& names, Texts& out) {
  if (stated.quarantine) out.push_back(names.bucket(*stated.quarantine));
  for (const std::optional<Route>& route :
       {std::optional<Route>(stated.on_clean), std::optional<Route>(stated.on_infected),
        std::optional<Route>(stated.on_unscannable), std::optional<Route>(stated.on_suspicious),
        std::optional<Route>(stated.on_error)}) {
    for (const RouteStep& step : route.value_or(Route())) {
      if (step.to) out.push_back(names.bucket(step.to->bucket));
    }
  }
}

// Of the whole document, since it is looked at as a whole.
Texts destinations_of(const AccessFacts& facts, const Names& names) {
  Texts out;
  const PolicySet& policies = facts.settings.policies;
  collect_destinations(policies.defaults, names, out);
  for (const auto& [region, stated] : policies.regions) collect_destinations(stated, names, out);
  for (const BucketPolicy& one : policies.buckets) collect_destinations(one.stated, names, out);
  return out;
}

// Another private bucket of ours.
const Texts kPrivateBucketActions = {"s3:CreateBucket",
                                     "s3:PutBucketPublicAccessBlock",
                                     "s3:PutBucketOwnershipControls",
                                     "s3:PutBucketVersioning",
                                     "s3:GetEncryptionConfiguration",
                                     "s3:PutBucketPolicy",
                                     "s3:GetLifecycleConfiguration",
                                     "s3:PutLifecycleConfiguration"};

// What an operator may do beside protecting buckets, where it is asked for.
void add_features(const AccessFacts& facts, const Names& names, Rights& rights) {
  const auto has = [&](OperatorFeature feature) { return facts.features.contains(feature); };
  const Deployment& deployment = facts.deployment;
  const std::string queue = names.regional("sqs", deployment.event_queue());
  const std::string dead = names.regional("sqs", deployment.dead_letters());
  const std::string topic = names.regional("sns", deployment.event_topic());
  const std::string gateway_rule = names.regional("events", "rule/" + deployment.gateway_rule());
  const std::string shares = names.regional("storagegateway", "share/*");
  const std::string any_bucket = names.bucket(BucketName("*"));
  const std::string any_rule =
      names.regional("events", "rule/cordon-bucket-" + deployment.name() + "-*");
  const bool watches = has(OperatorFeature::watch);
  if (watches) {
    rights.add("WatchBuckets",
               {"s3:GetBucketTagging", "s3:ListBucket", "s3:GetBucketNotification",
                "s3:PutBucketNotification", "s3:GetBucketVersioning"},
               {any_bucket},
               "`cordon bucket watch`: buckets that are not there yet; their tags say which");
    Texts rule_actions = kSeeRule;
    rule_actions.insert(rule_actions.end(), kChangeRule.begin(), kChangeRule.end());
    rights.add("WatchRules", std::move(rule_actions), {any_rule},
               "the rule of such a bucket whose own notifications leave no room for ours");
  }
  const bool links = has(OperatorFeature::gateway);
  if (!links && (watches || has(OperatorFeature::regions))) {
    rights.add("SeeGatewayRule", kSeeRule, {gateway_rule},
               "whether a bucket's events come from a file share");
  }
  if (has(OperatorFeature::regions)) {
    rights.add("RemoveTopic", {"sns:DeleteTopic"}, {topic}, "`cordon bucket remove-region`");
    const std::string sweeps = names.regional("sqs", deployment.sweep_queue());
    rights.add("RemoveQueues", {"sqs:DeleteQueue"}, {queue, sweeps, dead},
               "`cordon bucket remove-region`");
    if (!watches) {  // Whoever watches has these already.
      rights.add("SeeAllNotifications", {"s3:GetBucketNotification"}, {any_bucket},
                 "whether any bucket still uses the region");
      rights.add("SeeBucketRules", kSeeRule, {any_rule},
                 "whether any bucket still uses the region");
    }
    rights.add("RemoveQuarantine", {"s3:ListBucketVersions", "s3:DeleteBucket"},
               {names.bucket(names.quarantine())}, "only when nothing is in it");
  }
  if (has(OperatorFeature::dead)) {
    rights.add("HandleDeadLetters",
               {"sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"}, {dead},
               "`cordon dead`: look through, give back, drop");
    rights.add("ReplayDeadLetters", {"sqs:SendMessage"},
               {queue, names.regional("sqs", deployment.sweep_queue())},
               "`cordon dead replay`: to the queue that each came from");
  }
  if (links) {
    rights.add("ListFileShares", {"storagegateway:ListFileShares"}, {"*"},
               "`cordon gateway status`");
    rights.add("LinkFileShares",
               {"storagegateway:DescribeNFSFileShares", "storagegateway:DescribeSMBFileShares",
                "storagegateway:UpdateNFSFileShare", "storagegateway:UpdateSMBFileShare"},
               {shares}, "`cordon gateway`: NFS or SMB, bucket, prefix; announcements on and off");
    Texts rule_actions = kSeeRule;
    rule_actions.insert(rule_actions.end(), kChangeRule.begin(), kChangeRule.end());
    rights.add("GatewayRule", std::move(rule_actions), {gateway_rule},
               "the rule that leads uploads of file shares to us");
  }
  if (has(OperatorFeature::brake)) {
    const std::string folder = Deployment::brake_folder(facts.region);
    rights.add("SeeHeldObjects", {"s3:GetObject"}, {names.bucket(names.system(), folder + "*")},
               "`cordon signatures brake`: the state and what is held");
    rights.add("ListHeldObjects", {"s3:ListBucketVersions"}, {names.bucket(names.system())},
               "`cordon signatures brake`");
    rights.add("DecideAboutSignatures", {"s3:PutObject"},
               {names.bucket(names.system(), folder + "state.json")},
               "`cordon signatures confirm`, `reject`");
    rights.add("ReleaseHeldObjects", {"s3:DeleteObjectVersion"},
               {names.bucket(names.system(), folder + "held/*")},
               "after another scan was asked for");
    rights.add("AskForScans", {"sqs:SendMessage"},
               {names.regional("sqs", deployment.sweep_queue())}, "of what was held");
  }
  if (has(OperatorFeature::doctor)) {
    Texts objects = {names.bucket(names.quarantine(), "*")};
    for (const BucketName& bucket : facts.buckets) objects.push_back(names.bucket(bucket, "*"));
    rights.add("LookAtObjects", {"s3:GetObject"}, std::move(objects),
               "`cordon doctor`: whether objects may be read");
    if (!watches) {
      rights.add("ListQuarantine", {"s3:ListBucket"}, {names.bucket(names.quarantine())},
                 "without it an object that is missing looks like a forbidden one");
      rights.add("SeeSystemBucket", {"s3:GetBucketVersioning"}, {names.bucket(names.system())},
                 "whether the settings keep a history");
    }
  }
}

}  // namespace

std::vector<AccessStatement> operator_access(const AccessFacts& all) {
  const AccessFacts facts = with_own_buckets(all);
  const Names names(facts);
  const std::string topic = names.regional("sns", facts.deployment.event_topic());
  Rights rights;
  Texts rule_actions = kSeeRule;
  rule_actions.insert(rule_actions.end(), kChangeRule.begin(), kChangeRule.end());
  add_status(facts, names, std::move(rule_actions), rights);
  rights.add("ListBuckets", {"s3:ListAllMyBuckets"}, {"*"}, "`cordon bucket list`");
  rights.add("ProtectBuckets",
             {"s3:PutBucketNotification", "s3:GetBucketVersioning", "s3:PutBucketPolicy",
              "s3:DeleteBucketPolicy"},
             each(facts, [&](const BucketName& bucket) { return names.bucket(bucket); }),
             "merge our notification; put up the read gate and take it down");
  rights.add("MakeQuarantine", kPrivateBucketActions, {names.bucket(names.quarantine())},
             "the quarantine bucket: private, versioned, encrypted, TLS only");
  rights.add("MakeTopic", {"sns:CreateTopic", "sns:SetTopicAttributes", "sns:Subscribe"}, {topic},
             "the event topic and its policy");
  rights.add("MakeQueues", {"sqs:CreateQueue", "sqs:SetQueueAttributes"},
             {names.regional("sqs", facts.deployment.event_queue()),
              names.regional("sqs", facts.deployment.sweep_queue()),
              names.regional("sqs", facts.deployment.dead_letters())},
             "the event queue, its policy, the sweep queue and the dead letters");
  add_settings_reading(names, rights);
  add_features(facts, names, rights);
  add_roles(facts, rights);
  return std::move(rights).take();
}

std::vector<AccessStatement> member_access(const AccessFacts& facts) {
  const Names names(facts);
  const auto bare = [&](const BucketName& bucket) { return names.bucket(bucket); };
  Rights rights;
  rights.add("ProtectBuckets",
             {"s3:ListBucket", "s3:GetBucketNotification", "s3:PutBucketNotification",
              "s3:GetBucketVersioning"},
             each(facts, bare),
             "find the region, merge our notification; a missing object is not a forbidden one");
  add_objects(facts, names, rights);
  add_member_routes(facts, names, rights);
  const auto has = [&](MemberFeature feature) { return facts.member_features.contains(feature); };
  if (has(MemberFeature::sweep) || sweep_interval(facts.settings.sweep)) {
    rights.add("ListObjects", {"s3:ListBucketVersions"}, each(facts, bare),
               "`cordon sweep`, `cordon scan bucket`: look through the bucket");
  }
  if (has(MemberFeature::gate)) {
    rights.add("Gate", {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"},
               each(facts, bare), "`cordon bucket gate`: put up the read gate and take it down");
  }
  if (has(MemberFeature::restore)) {
    rights.add("RestoreObjects", {"s3:PutObject", "s3:AbortMultipartUpload"},
               each(facts, [&](const BucketName& bucket) { return names.bucket(bucket, "*"); }),
               "`cordon quarantine restore`: copy back what came from the bucket");
  }
  rights.add("UseKeys", {"kms:Decrypt", "kms:GenerateDataKey"}, facts.kms_keys,
             "objects and copies under keys of KMS");
  return std::move(rights).take();
}

std::vector<AccessStatement> console_access(const AccessFacts& facts) {
  const AccessFacts own = with_own_buckets(facts);
  const Names names(facts);
  const auto objects = [&](const BucketName& bucket) { return names.bucket(bucket, "*"); };
  Rights rights;
  add_status(own, names, kSeeRule, rights);
  add_settings_reading(names, rights);
  rights.add("WriteSettings", {"s3:PutObject"}, {names.bucket(names.system(), "settings.json")},
             "`cordon settings apply`, and `restore --allow always`");
  Texts make_system = kPrivateBucketActions;
  make_system.emplace_back("s3:GetBucketVersioning");
  rights.add("MakeSystemBucket", std::move(make_system), {names.bucket(names.system())},
             "the system bucket: private, versioned, encrypted, TLS only");
  if (facts.settings.notifications.enabled) {
    rights.add("MakeNotificationTopic", {"sns:CreateTopic", "sns:GetTopicAttributes"},
               {names.notification_topic()}, "the notification topic");
  }
  rights.add("LookAtDestinations", {"s3:ListBucket", "s3:GetLifecycleConfiguration"},
             destinations_of(facts, names),
             "`cordon settings apply`: whether they are there and drop unfinished uploads");
  Texts quarantined;
  Texts marks;
  Texts quarantines;
  for (const BucketName& bucket : facts.buckets) {
    for (const BucketName& place : ways_of(facts, bucket).mark_places) {
      quarantined.push_back(names.bucket(place, bucket.str() + "/*"));
      marks.push_back(names.bucket(place, ".cordon/*"));
      quarantines.push_back(names.bucket(place));
    }
  }
  rights.add("ListQuarantine", {"s3:ListBucketVersions", "s3:ListBucket"}, std::move(quarantines),
             "`cordon quarantine list`");
  rights.add("TakeFromQuarantine",
             {"s3:GetObjectVersion", "s3:GetObjectVersionTagging", "s3:DeleteObjectVersion"},
             std::move(quarantined), "what is told of an object; the copy's source; its removal");
  rights.add("AllowOnce", {"s3:GetObject", "s3:PutObject"}, std::move(marks),
             "`restore --allow`: the mark");
  rights.add("RestoreObjects", kCopyActions, each(own, objects),
             "`cordon quarantine restore`; the bytes for `cordon verdict`");
  rights.add("ReadVerdicts", {"s3:GetObjectTagging", "s3:GetObjectVersionTagging"},
             each(own, objects), "`cordon verdict`");
  add_roles(facts, rights);
  rights.add("UseKeys", {"kms:Decrypt", "kms:GenerateDataKey"}, facts.kms_keys,
             "objects and copies under keys of KMS");
  return std::move(rights).take();
}

}  // namespace cordon
