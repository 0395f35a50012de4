// Least privilege, derived from what is configured: people at a console and a command line. How it
// is tested: agent_access.cc.

#include <algorithm>
#include <optional>
#include <utility>

#include "provision/access_parts.h"

namespace cordon {
namespace {

// Whether another private bucket of ours is closed.
const Texts kSeePrivateBucketActions = {
    "s3:GetBucketVersioning",        "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketOwnershipControls", "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",  "s3:GetBucketPolicy"};

// Which bucket is protected how, and where it is. `rule_actions`: on the rules of buckets whose
// events come by the event bus; only a look tells which those are.
void add_status(const AccessFacts& facts, const AccessNames& names, Texts rule_actions,
                Rights& rights) {
  const auto bare = [&](const BucketName& bucket) { return names.bucket(bucket); };
  rights.add("SeeBuckets", {"s3:ListBucket", "s3:GetBucketNotification", "s3:GetBucketPolicy"},
             each(facts, bare), "find the region; see our notification and the read gate");
  rights.add("SeeQuarantine", kSeePrivateBucketActions, {names.bucket(names.quarantine())},
             "whether the quarantine bucket is as it should be");
  rights.add("SeeProtectedSet", {"s3:GetObject"},
             {names.bucket(names.system(), Deployment::protected_set().str())},
             "what was protected once, and is not any more");
  rights.add("SeeTopic", {"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"},
             {names.regional("sns", facts.deployment.event_topic())},
             "whether the event topic is there and feeds the queue");
  rights.add("SeeFilters", {"sns:GetSubscriptionAttributes"}, {"*"},
             "whether somebody put a filter on the subscription, which keeps events away");
  rights.add("SeeQueues", {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"},
             {names.regional("sqs", facts.deployment.event_queue()),
              names.regional("sqs", facts.deployment.sweep_queue()),
              names.regional("sqs", facts.deployment.dead_letters())},
             "whether the queues are there");
  rights.add("SeeResultsQueue", {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"},
             {names.results_queue()}, "whether results reach a console");
  rights.add(
      "Rules", std::move(rule_actions),
      each(facts,
           [&](const BucketName& bucket) {
             return names.regional("events", "rule/" + facts.deployment.bucket_rule(bucket));
           }),
      "the rule on the event bus, for a bucket whose own notifications leave no room for ours");
}

template <typename P>
void collect_destinations(const P& stated, const AccessNames& names, Texts& out) {
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
Texts destinations_of(const AccessFacts& facts, const AccessNames& names) {
  Texts out;
  const PolicySet& policies = facts.settings.policies;
  collect_destinations(policies.defaults, names, out);
  for (const auto& [region, stated] : policies.regions) collect_destinations(stated, names, out);
  for (const BucketPolicy& one : policies.buckets) collect_destinations(one.stated, names, out);
  return out;
}

// Another private bucket of ours, where it is missing.
const Texts kMakePrivateBucketActions = {
    "s3:CreateBucket",        "s3:PutBucketPublicAccessBlock", "s3:PutBucketOwnershipControls",
    "s3:PutBucketVersioning", "s3:GetEncryptionConfiguration", "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",     "s3:GetLifecycleConfiguration",  "s3:PutLifecycleConfiguration"};

// The same, and where it is there, whether it is still as it should be.
Texts keep_private_bucket_actions() {
  Texts actions = kMakePrivateBucketActions;
  for (const std::string& look : kSeePrivateBucketActions) {
    if (std::ranges::find(actions, look) == actions.end()) actions.push_back(look);
  }
  return actions;
}

// What an operator or a console may do beside protecting buckets, where it is asked for.
void add_features(const AccessFacts& facts, const AccessNames& names, Rights& rights) {
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
    rights.add("WatchRules", kSeeAndChangeRule, {any_rule},
               "the rule of such a bucket whose own notifications leave no room for ours");
  }
  if (watches || has(OperatorFeature::regions)) {
    rights.add("SeeGatewayRule", kSeeRule, {gateway_rule},
               "whether a bucket's events come from a file share");
  }
  if (has(OperatorFeature::regions)) {
    rights.add("RemoveTopic", {"sns:DeleteTopic"}, {topic}, "`cordon bucket remove-region`");
    const std::string sweeps = names.regional("sqs", deployment.sweep_queue());
    rights.add("RemoveQueues", {"sqs:DeleteQueue"}, {queue, sweeps, dead},
               "`cordon bucket remove-region`");
    rights.add("SeeAllNotifications", {"s3:GetBucketNotification"}, {any_bucket},
               "whether any bucket still uses the region");
    rights.add("SeeBucketRules", kSeeRule, {any_rule}, "whether any bucket still uses the region");
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
  if (has(OperatorFeature::gateway)) {
    rights.add("ListFileShares", {"storagegateway:ListFileShares"}, {"*"},
               "`cordon gateway status`");
    rights.add("LinkFileShares",
               {"storagegateway:DescribeNFSFileShares", "storagegateway:DescribeSMBFileShares",
                "storagegateway:UpdateNFSFileShare", "storagegateway:UpdateSMBFileShare"},
               {shares}, "`cordon gateway`: NFS or SMB, bucket, prefix; announcements on and off");
    rights.add("GatewayRule", kSeeAndChangeRule, {gateway_rule},
               "the rule that leads uploads of file shares to us");
  }
  if (has(OperatorFeature::brake)) {
    const std::string folder = Deployment::brake_folder(facts.region);
    rights.add("SeeHeldObjects", {"s3:GetObject"}, {names.bucket(names.system(), folder + "*")},
               "`cordon signatures brake`: what agents tell, what was decided and what is held");
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
  if (has(OperatorFeature::sweep)) {
    rights.add("ListObjects", {"s3:ListBucketVersions"},
               each(facts, [&](const BucketName& bucket) { return names.bucket(bucket); }),
               "sweeps: look through the bucket");
    rights.add("AskForScans", {"sqs:SendMessage"},
               {names.regional("sqs", deployment.sweep_queue())}, "of what has no verdict");
    rights.add("KeepCheckpoints", {"s3:GetObject", "s3:PutObject"},
               {names.bucket(names.system(), "sweeps/*")}, "how far a sweep is, and who is at it");
  }
  if (has(OperatorFeature::doctor)) {
    Texts objects = {names.bucket(names.quarantine(), "*")};
    for (const BucketName& bucket : facts.buckets) objects.push_back(names.bucket(bucket, "*"));
    rights.add("LookAtObjects", {"s3:GetObject"}, std::move(objects),
               "`cordon doctor`: whether objects may be read");
    rights.add("SeeWhatIsMissing", {"s3:ListBucket"}, {names.bucket(names.quarantine())},
               "without it an object that is missing looks like a forbidden one");
    add_trying(names, /*reads_there=*/true,
               "`cordon doctor`: what a store that is not AWS's does; unused on AWS", rights);
    rights.add("SeeSystemBucket", {"s3:GetBucketVersioning"}, {names.bucket(names.system())},
               "whether the settings keep a history");
    rights.add("SeeBrake", {"s3:GetObject"},
               {names.bucket(names.system(), Deployment::brake_folder(facts.region) + "*")},
               "whether the brake holds");
    rights.add("SeeHeldRecords", {"s3:ListBucketVersions"}, {names.bucket(names.system())},
               "whether objects are held that a decision has not reached");
  }
}

// `facts`: without the buckets that are reached in a role.
void add_protecting(const AccessFacts& facts, const AccessNames& names, Rights& rights) {
  const std::string topic = names.regional("sns", facts.deployment.event_topic());
  rights.add("ListBuckets", {"s3:ListAllMyBuckets"}, {"*"}, "`cordon bucket list`");
  rights.add("ProtectBuckets",
             {"s3:PutBucketNotification", "s3:GetBucketVersioning", "s3:PutBucketPolicy",
              "s3:DeleteBucketPolicy"},
             each(facts, [&](const BucketName& bucket) { return names.bucket(bucket); }),
             "merge our notification; put up the read gate and take it down");
  rights.add("MakeQuarantine", keep_private_bucket_actions(), {names.bucket(names.quarantine())},
             "the quarantine bucket: private, versioned, encrypted, TLS only");
  rights.add("MakeTopic", {"sns:CreateTopic", "sns:SetTopicAttributes", "sns:Subscribe"}, {topic},
             "the event topic and its policy");
  rights.add("ClearFilters", {"sns:SetSubscriptionAttributes"}, {"*"},
             "take away a filter that somebody put on the subscription");
  rights.add("MakeQueues", {"sqs:CreateQueue", "sqs:SetQueueAttributes"},
             {names.regional("sqs", facts.deployment.event_queue()),
              names.regional("sqs", facts.deployment.sweep_queue()),
              names.regional("sqs", facts.deployment.dead_letters())},
             "the event queue, its policy, the sweep queue and the dead letters");
  rights.add("MakeResultsQueue", {"sqs:CreateQueue", "sqs:SetQueueAttributes"},
             {names.results_queue(), names.results_dead_letters()},
             "the queue by which results reach a console, and its dead letters");
  rights.add("SeeResultsDeadLetters", {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"},
             {names.results_dead_letters()}, "whether they are there, and what is in them");
  add_settings_reading(names, rights);
  rights.add("KeepProtectedSet", {"s3:GetObject", "s3:PutObject"},
             {names.bucket(names.system(), Deployment::protected_set().str())},
             "write down what is protected, for the agents");
  rights.add("MakeSystemBucket", kMakePrivateBucketActions, {names.bucket(names.system())},
             "the system bucket: private, versioned, encrypted, TLS only");
}

}  // namespace

std::vector<AccessStatement> operator_access(const AccessFacts& all) {
  const AccessFacts facts = with_own_buckets(all);
  const AccessNames names(facts);
  Rights rights;
  add_status(facts, names, kSeeAndChangeRule, rights);
  add_protecting(facts, names, rights);
  add_features(facts, names, rights);
  add_roles(facts, rights);
  return std::move(rights).take();
}

std::vector<AccessStatement> console_access(const AccessFacts& facts) {
  AccessFacts own = with_own_buckets(facts);
  own.features.erase(OperatorFeature::watch);  // A console does not.
  const bool protects = own.features.contains(OperatorFeature::protect);
  const AccessNames names(facts);
  const auto objects = [&](const BucketName& bucket) { return names.bucket(bucket, "*"); };
  Rights rights;
  add_status(own, names, protects ? kSeeAndChangeRule : kSeeRule, rights);
  add_settings_reading(names, rights);
  rights.add("WriteSettings", {"s3:PutObject"}, {names.bucket(names.system(), "settings.json")},
             "`cordon settings apply`, and `restore --allow always`");
  rights.add("MakeSystemBucket", keep_private_bucket_actions(), {names.bucket(names.system())},
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
  rights.add("ListBuckets", {"s3:ListAllMyBuckets"}, {"*"},
             "`cordon quarantine`: which other regions have one");
  rights.add("ListSettingsHistory", {"s3:ListBucketVersions"}, {names.bucket(names.system())},
             "`cordon quarantine`, `cordon verdict`: which buckets were quarantines once");
  rights.add("ReadSettingsHistory", {"s3:GetObjectVersion"},
             {names.bucket(names.system(), "settings.json")}, "the same");
  rights.add("TakeFromQuarantine",
             {"s3:GetObjectVersion", "s3:GetObjectVersionTagging", "s3:DeleteObjectVersion"},
             std::move(quarantined), "what is told of an object; the copy's source; its removal");
  rights.add("AllowOnce", {"s3:GetObject", "s3:PutObject"}, std::move(marks),
             "`restore --allow`: the mark");
  rights.add("RestoreObjects", kCopyActions, each(own, objects),
             "`cordon quarantine restore`; the bytes for `cordon verdict`");
  rights.add("ReadVerdicts", {"s3:GetObjectTagging", "s3:GetObjectVersionTagging"},
             each(own, objects), "`cordon verdict`");
  rights.add("TakeResults",
             {"sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"},
             {names.results_queue()}, "`cordon console`: what agents report");
  rights.add("SetResultsAside", {"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"},
             {names.results_dead_letters()}, "`cordon console`: messages that are no results");
  if (protects) add_protecting(own, names, rights);
  add_features(own, names, rights);
  add_roles(facts, rights);
  rights.add("UseKeys", {"kms:Decrypt", "kms:GenerateDataKey"}, facts.kms_keys,
             "objects and copies under keys of KMS");
  return std::move(rights).take();
}

}  // namespace cordon
