// Least privilege, derived from what is configured: agents, and the roles of member accounts that
// they take on. Each right here and in operator_access.cc is asked for by some request of src/aws;
// tests/e2e/test_iam.py runs the roles with exactly these policies, and fails when one is denied
// something and when one has something that no scenario used. The tables in
// docs/runbook/permissions.md are printed from here.

#include <algorithm>
#include <utility>

#include "provision/access_parts.h"

namespace cordon {
namespace {

// What agents do with the objects of protected buckets, without what leads them there.
void add_objects(const AccessFacts& facts, const AccessNames& names, Rights& rights) {
  const auto objects = [&](const BucketName& bucket) { return names.bucket(bucket, "*"); };
  rights.add("ReadObjects", {"s3:GetObject", "s3:GetObjectVersion"}, each(facts, objects),
             "retrieve the bytes to scan");
  rights.add("TagObjects",
             {"s3:GetObjectTagging", "s3:GetObjectVersionTagging", "s3:PutObjectTagging",
              "s3:PutObjectVersionTagging"},
             each(facts, objects), "merge the verdict into the owner's tags");
}

void append(Texts& to, const Texts& more) { to.insert(to.end(), more.begin(), more.end()); }

// The agent's own part: everything for its own buckets. Copies from buckets of `members` are made
// in their roles, and looked at by us, before and after.
void add_routes(const AccessFacts& facts, const AccessNames& names,
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
  const std::string marks_here = names.bucket(names.quarantine(), ".cordon/*");
  const bool reads_marks =
      std::find(own.marks.begin(), own.marks.end(), marks_here) != own.marks.end();
  rights.add("RemoveObjects", {"s3:DeleteObject", "s3:DeleteObjectVersion"},
             std::move(own.removing),
             "remove exactly the version that was scanned, after its copy was verified");
  // A copy of an object without versions is tagged afterwards, when its tags have been looked at.
  Texts copying = kCopyActions;
  copying.emplace_back("s3:GetObjectVersionTagging");
  rights.add("Quarantine", copying, std::move(own.quarantined),
             "copy to quarantine, with the tags, and verify the copy");
  rights.add("ReadAllowMarks", {"s3:GetObject"}, std::move(own.marks),
             "whether somebody allowed exactly this object");
  rights.add(
      "SeeThatQuarantineIsFree", {"s3:ListBucket", "s3:ListBucketVersions"},
      std::move(own.quarantines),
      "without it a mark or a place that is free looks like a forbidden one; to find what an "
      "agent moved that died before its report");
  if (!own.destinations.empty() || !theirs.destinations.empty()) {
    add_trying(names, reads_marks,
               "whether a store that is not AWS's keeps to conditions; unused on AWS", rights);
  }
  Texts taken_back = own.destinations;
  append(taken_back, theirs.destinations);
  rights.add("TakeBackCopies", {"s3:DeleteObject", "s3:DeleteObjectVersion"}, std::move(taken_back),
             "remove a copy that turned out not to be of what was scanned");
  copying.emplace_back("s3:GetObjectTagging");
  rights.add("Destinations", std::move(copying), std::move(own.destinations),
             "copy to the destinations of the routes, verify the copy, and tag it then");
  rights.add("SeeThatDestinationsAreFree", {"s3:ListBucket", "s3:ListBucketVersions"},
             std::move(own.destination_buckets),
             "without it a free place looks like a forbidden one; to find what an agent moved that "
             "died before its report");
  rights.add("TagMembersCopies",
             {"s3:GetObjectTagging", "s3:GetObjectVersionTagging", "s3:PutObjectTagging",
              "s3:PutObjectVersionTagging"},
             looked, "tag copies of objects without versions when they are verified");
  rights.add("VerifyMembersCopies", {"s3:GetObject", "s3:GetObjectVersion"}, std::move(looked),
             "verify the copies that were made in the roles of other accounts");
}

const Texts kMemberCopyActions = {"s3:PutObject", "s3:PutObjectTagging",
                                  "s3:PutObjectVersionTagging", "s3:AbortMultipartUpload"};

// The part of a role in another account.
void add_member_routes(const AccessFacts& facts, const AccessNames& names, Rights& rights) {
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

// What a sweep needs beside what an agent has: `cordon sweep` runs with it as well.
void add_sweeping(const AccessFacts& facts, const AccessNames& names, Rights& rights) {
  rights.add("SeeQuarantine", {"s3:GetBucketVersioning"}, {names.bucket(names.quarantine())},
             "asked for with the state of each bucket");
  rights.add("SeeTopic", {"sns:GetTopicAttributes"},
             {names.regional("sns", facts.deployment.event_topic())},
             "asked for with the state of each bucket");
  rights.add("ListObjects", {"s3:ListBucketVersions"},
             each(facts, [&](const BucketName& bucket) { return names.bucket(bucket); }),
             "look through the bucket");
  rights.add("AskForScans", {"sqs:SendMessage"},
             {names.regional("sqs", facts.deployment.sweep_queue())},
             "ask for the scan of what has no verdict");
  rights.add("KeepCheckpoints", {"s3:GetObject", "s3:PutObject"},
             {names.bucket(names.system(), "sweeps/*")}, "how far a sweep is, and who is at it");
}

// Where an agent may act: the protected set, and what it does about a name that is not in it. Any
// bucket may be named by a message, so the look is not limited to those that are protected.
void add_protection_looks(const AccessFacts& facts, const AccessNames& names, Rights& rights) {
  rights.add("ReadProtectedSet", {"s3:GetObject"},
             {names.bucket(names.system(), Deployment::protected_set().str())},
             "which buckets are protected");
  rights.add("SeeNotifications", {"s3:GetBucketNotification"}, {names.bucket(BucketName("*"))},
             "whether a bucket is protected that the set does not name");
  rights.add("FindBuckets", {"s3:ListAllMyBuckets"}, {"*"},
             "whether a bucket that may not be looked at is another account's");
  rights.add("SeeBucketRules", kSeeRule,
             {names.regional("events", "rule/cordon-bucket-" + facts.deployment.name() + "-*")},
             "for such a bucket whose events come by the event bus");
  rights.add("SeeSharedTopics", {"sns:ListSubscriptionsByTopic"}, {names.regional("sns", "*")},
             "for such a bucket that tells a shared topic");
  // No resource can be named for this one.
  rights.add("SeeSubscriptions", {"sns:GetSubscriptionAttributes"}, {"*"},
             "which buckets of a shared topic are ours to hear");
  if (!facts.features.contains(OperatorFeature::gateway)) return;
  rights.add("SeeGatewayRule", kSeeRule,
             {names.regional("events", "rule/" + facts.deployment.gateway_rule())},
             "for such a bucket whose uploads a file share announces");
}

// What agents tell each other of new signatures. What people decide (state.json beside it) they
// read only: an agent's role must not be enough to switch signatures off for all.
void add_brake(const AccessFacts& facts, const AccessNames& names, Rights& rights) {
  const auto document = [&](const char* name) {
    return names.bucket(names.system(), Deployment::brake_folder(facts.region) + name);
  };
  rights.add("ReadDecisions", {"s3:GetObject"}, {document("state.json")},
             "what people decided about signatures that find too much");
  rights.add("KeepBrake", {"s3:GetObject", "s3:PutObject"},
             {document("pulled.json"), document("history.json")},
             "tell the other agents that new signatures find too much, and what is familiar");
  rights.add("RecordHeldObjects", {"s3:PutObject"}, {document("held/*")},
             "write down what is held until somebody decides");
}

}  // namespace

std::vector<AccessStatement> agent_access(const AccessFacts& all) {
  const AccessFacts facts = with_own_buckets(all);
  const AccessNames names(facts);
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
  add_protection_looks(facts, names, rights);
  add_brake(facts, names, rights);
  rights.add("TellConsole", {"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"},
             {names.results_queue()}, "results, and how the agent is, for a console");
  if (facts.settings.results.cloudwatch) {
    rights.add(
        "WriteResults",
        {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents"},
        {names.regional("logs", "log-group:" + deployment.log_group() + ":*")},
        "one line for each object, once");
  }
  if (facts.settings.results.eventbridge) {
    rights.add("PutEvents", {"events:PutEvents"}, {names.regional("events", "event-bus/default")},
               "one event for each object");
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

std::vector<AccessStatement> member_access(const AccessFacts& facts) {
  const AccessNames names(facts);
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

}  // namespace cordon
