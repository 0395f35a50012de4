// From a change to its event. Events are noted under the bucket's lock, in the order of the
// changes, and leave afterwards under a lock of their own, so that no lock is held while a topic or
// queue is called, and still two events of one key never overtake each other.

#include <atomic>
#include <boost/json.hpp>

#include "base/text.h"
#include "devcloud/messaging/events.h"
#include "devcloud/messaging/sns.h"
#include "devcloud/messaging/sqs.h"
#include "devcloud/s3/s3.h"

namespace cordon::cloud {
namespace {

std::string detail_type_of(const std::string& name) {
  if (name.starts_with("ObjectCreated:")) return "Object Created";
  if (name.starts_with("ObjectRemoved:")) return "Object Deleted";
  if (name == "ObjectTagging:Put") return "Object Tags Added";
  return "Object Tags Deleted";
}

std::string reason_of(const std::string& name) {
  if (name == "ObjectCreated:Put") return "PutObject";
  if (name == "ObjectCreated:Post") return "POST Object";
  if (name == "ObjectCreated:Copy") return "CopyObject";
  if (name == "ObjectCreated:CompleteMultipartUpload") return "CompleteMultipartUpload";
  return name.starts_with("ObjectRemoved:") ? "DeleteObject" : "";
}

}  // namespace

// Hexadecimal and of one length, so that comparing as text compares in time; strictly increasing.
std::string S3Service::next_sequencer() {
  const auto now = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                                  basics_.clock.system_now().time_since_epoch())
                                                  .count());
  std::uint64_t last = last_sequence_.load();
  std::uint64_t next = 0;
  do {
    next = std::max(now, last + 1);
  } while (!last_sequence_.compare_exchange_weak(last, next));
  std::string out = "00";
  for (int shift = 60; shift >= 0; shift -= 4)
    out.push_back("0123456789ABCDEF"[next >> shift & 15]);
  return out;
}

void S3Service::note_event(const S3Call& s3, Bucket& bucket, std::string name,
                           const std::string& key, const ObjectVersion* object,
                           std::optional<std::uint64_t> bytes) {
  if (bucket.notifications.rules.empty() && !bucket.notifications.event_bridge) return;
  S3Event event;
  event.name = std::move(name);
  event.key = key;
  if (object != nullptr) {
    if (bucket.versioning != BucketVersioning::off) event.version_id = object->id;
    // A marker has the ETag of nothing; a deleted object is named without one.
    if (event.name != "ObjectRemoved:Delete") event.etag = object->etag;
  }
  event.bytes = bytes;
  event.sequencer = next_sequencer();
  event.time = basics_.clock.system_now();
  event.principal_id = "AWS:" + s3.call.identity.user_id;
  if (s3.call.identity.anonymous()) event.principal_id = "Anonymous";
  event.source_ip = s3.call.source_ip;
  event.request_id = s3.call.request_id;
  event.host_id = s3.host_id;
  event.requester = s3.call.identity.account;
  bucket.outbox.push_back(std::move(event));
}

void S3Service::deliver_events(Bucket& bucket) {
  const auto has_events = [&] {
    std::lock_guard lock(bucket.mutex);
    return !bucket.outbox.empty();
  };
  if (!has_events()) return;
  std::lock_guard delivering(bucket.delivery);
  for (;;) {
    NotificationConfiguration configuration;
    S3Event event;
    {
      std::lock_guard lock(bucket.mutex);
      if (bucket.outbox.empty()) return;
      event = std::move(bucket.outbox.front());
      bucket.outbox.pop_front();
      configuration = bucket.notifications;
    }
    deliver_event(bucket, configuration, event);
  }
}

void S3Service::deliver_event(const Bucket& bucket, const NotificationConfiguration& configuration,
                              const S3Event& event) {
  for (const NotificationRule& rule : configuration.rules) {
    if (!rule.wants(event.name, event.key)) continue;
    if (!send_to(bucket, rule,
                 s3_event_json(event, bucket.name, bucket.region, owner_id(), rule.id))) {
      basics_.log.warn("devcloud.s3_event_not_delivered",
                       {{"bucket", bucket.name},
                        {"target", rule.arn},
                        {"reason", "no such target, or its policy does not let S3 in"}});
    }
  }
  // There is one bus, and it is the stand-in's own account's.
  if (configuration.event_bridge && bucket.owner == basics_.account) put_on_bus(bucket, event);
}

void S3Service::put_on_bus(const Bucket& bucket, const S3Event& event) {
  boost::json::object object{{"key", event.key}, {"sequencer", event.sequencer}};
  if (event.bytes) object["size"] = *event.bytes;
  if (!event.etag.empty()) object["etag"] = event.etag;
  if (!event.version_id.empty()) object["version-id"] = event.version_id;
  boost::json::object detail{{"version", "0"},
                             {"bucket", {{"name", bucket.name}}},
                             {"object", std::move(object)},
                             {"request-id", event.request_id},
                             {"requester", event.requester},
                             {"source-ip-address", event.source_ip}};
  if (const std::string reason = reason_of(event.name); !reason.empty()) detail["reason"] = reason;
  if (event.name == "ObjectRemoved:Delete") detail["deletion-type"] = "Permanently Deleted";
  if (event.name == "ObjectRemoved:DeleteMarkerCreated") {
    detail["deletion-type"] = "Delete Marker Created";
  }
  events_.put({bucket.region,
               "aws.s3",
               detail_type_of(event.name),
               {make_bucket_arn(bucket.region, bucket.name)},
               std::move(detail),
               event.time});
}

bool S3Service::send_to(const Bucket& bucket, const NotificationRule& rule, std::string body) {
  const std::string source = make_bucket_arn(bucket.region, bucket.name);
  switch (rule.target) {
    case NotificationRule::Target::topic:
      return topics_.publish({.topic_arn = rule.arn,
                              .subject = "Amazon S3 Notification",
                              .message = std::move(body),
                              .principal = "s3.amazonaws.com",
                              .source_arn = source,
                              .source_account = bucket.owner});
    case NotificationRule::Target::queue: {
      SqsService::Delivery delivery{.queue_arn = rule.arn, .body = std::move(body)};
      delivery.principal = "s3.amazonaws.com";
      delivery.source_arn = source;
      delivery.source_account = bucket.owner;
      return queues_.deliver(delivery);
    }
    case NotificationRule::Target::function:
      break;  // Accepted in the settings, never run.
  }
  return true;
}

Answer<void> S3Service::check_destination(const Bucket& bucket,
                                          const NotificationRule& rule) const {
  const std::string source = make_bucket_arn(bucket.region, bucket.name);
  bool accepted = arn_field(rule.arn, 3) == bucket.region;
  switch (rule.target) {
    case NotificationRule::Target::topic:
      accepted = accepted && topics_.accepts({.topic_arn = rule.arn,
                                              .message = "",
                                              .principal = "s3.amazonaws.com",
                                              .source_arn = source,
                                              .source_account = bucket.owner});
      break;
    case NotificationRule::Target::queue: {
      SqsService::Delivery delivery{.queue_arn = rule.arn, .body = ""};
      delivery.principal = "s3.amazonaws.com";
      delivery.source_arn = source;
      delivery.source_account = bucket.owner;
      accepted = accepted && queues_.accepts(delivery);
      break;
    }
    case NotificationRule::Target::function:
      accepted = arn_field(rule.arn, 2) == "lambda";
      break;
  }
  if (accepted) return {};
  return AwsError{400,
                  "InvalidArgument",
                  "Unable to validate the following destination configurations",
                  {{"ArgumentName1", rule.arn},
                   {"ArgumentValue1",
                    "The destination does not exist, is in another region, or its policy does not "
                    "let s3.amazonaws.com send to it"}}};
}

}  // namespace cordon::cloud
