// Decoding of queue messages. Bodies are foreign bytes: whoever may publish to the topic or send to
// the queue wrote them. A message is decoded whole or not at all, so that no record is lost behind
// a bad one.
//
// Sources disagree about the object key. AWS writes it form-URL-encoded in S3 event records and as
// it is in EventBridge events; Ceph (`ceph:s3`) and some stand-ins write it as it is in both. So
// the rule follows the source, never a guess from the key's looks: `a+b` is a valid key in either
// form.

#include "core/event.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kBodyBytesMax = 1U << 20U;
constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kTextBytesMax = 2048;
constexpr std::size_t kDepthMax = 32;

Error wrong(std::string what) { return Error{Errc::invalid, "event: " + std::move(what)}; }

Result<json::value> parse(std::string_view text) {
  if (text.size() > kBodyBytesMax) return wrong("longer than 1 MiB");
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code failed;
  json::value value = json::parse(json::string_view(text.data(), text.size()), failed,
                                  json::storage_ptr(), options);
  if (failed) return wrong("not JSON: " + failed.message());
  return value;
}

const json::object* object_at(const json::object& parent, const char* name) {
  const json::value* value = parent.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

// A text field: absent, null and empty all mean "not known"; anything but text, or too long, is
// wrong.
Result<std::optional<std::string>> text_at(const json::object& parent, const char* name) {
  const json::value* value = parent.if_contains(name);
  if (value == nullptr || value->is_null()) return std::optional<std::string>();
  const json::string* text = value->if_string();
  if (text == nullptr) return wrong(std::string(name) + " is not a text");
  if (text->size() > kTextBytesMax) return wrong(std::string(name) + " is too long");
  if (text->empty()) return std::optional<std::string>();
  return std::optional<std::string>(std::string(*text));
}

Result<std::string> needed_text_at(const json::object& parent, const char* name) {
  CORDON_TRY(std::optional<std::string> text, text_at(parent, name));
  if (!text) return wrong(std::string(name) + " is missing");
  return *std::move(text);
}

Result<std::optional<std::uint64_t>> size_at(const json::object& parent, const char* name) {
  const json::value* value = parent.if_contains(name);
  if (value == nullptr || value->is_null()) return std::optional<std::uint64_t>();
  json::error_code failed;
  const auto number = value->to_number<std::uint64_t>(failed);
  if (failed) return wrong(std::string(name) + " is not a size");
  return std::optional<std::uint64_t>(number);
}

Result<std::optional<SystemTime>> time_at(const json::object& parent, const char* name) {
  CORDON_TRY(const std::optional<std::string> text, text_at(parent, name));
  if (!text) return std::optional<SystemTime>();
  CORDON_TRY(const SystemTime time, parse_rfc3339(*text));
  return std::optional<SystemTime>(time);
}

template <typename Id>
std::optional<Id> id_of(std::optional<std::string> text) {
  if (!text) return std::nullopt;
  return Id(*std::move(text));
}

// Entity tags come with or without their quotes.
std::optional<ETag> etag_of(std::optional<std::string> text) {
  if (!text) return std::nullopt;
  if (text->size() >= 2 && text->front() == '"' && text->back() == '"') {
    text = text->substr(1, text->size() - 2);
  }
  return ETag(*std::move(text));
}

// Object keys are UTF-8 of 1 to 1,024 bytes; more cannot be asked for and less is no object.
Result<ObjectKey> key_of(const std::string& written, bool url_encoded) {
  std::string key = written;
  if (url_encoded) {
    CORDON_TRY(key, form_decode(written));
  }
  if (key.empty() || key.size() > kKeyBytesMax) return wrong("the key's length is impossible");
  if (!is_utf8(key)) return wrong("the key is not UTF-8");
  return ObjectKey(std::move(key));
}

Result<BucketName> bucket_of(const json::object& parent) {
  const json::object* bucket = object_at(parent, "bucket");
  if (bucket == nullptr) return wrong("bucket is missing");
  CORDON_TRY(std::string name, needed_text_at(*bucket, "name"));
  const bool plain =
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
      std::string::npos;
  if (!plain || name.size() > 255) return wrong("the bucket's name is impossible");
  return BucketName(std::move(name));
}

bool url_encoded(KeyEncoding keys, const std::string& source) {
  switch (keys) {
    case KeyEncoding::by_source:
      return source == "aws:s3";
    case KeyEncoding::url:
      return true;
    case KeyEncoding::raw:
      return false;
  }
  return true;
}

// ---- S3 event records 2.x (S3 user guide, "Event message structure") ----

Result<ObjectEvent> decode_record(const json::object& record, KeyEncoding keys) {
  CORDON_TRY(const std::string source, needed_text_at(record, "eventSource"));
  const json::object* s3 = object_at(record, "s3");
  if (s3 == nullptr) return wrong("s3 is missing");
  const json::object* object = object_at(*s3, "object");
  if (object == nullptr) return wrong("s3.object is missing");
  CORDON_TRY(const std::string written_key, needed_text_at(*object, "key"));

  ObjectEvent event;
  event.source = EventSource::s3_event;
  CORDON_TRY(event.object.bucket, bucket_of(*s3));
  CORDON_TRY(event.object.key, key_of(written_key, url_encoded(keys, source)));
  CORDON_TRY(std::optional<std::string> version, text_at(*object, "versionId"));
  event.object.version = id_of<VersionId>(std::move(version));
  CORDON_TRY(std::optional<std::string> etag, text_at(*object, "eTag"));
  event.etag = etag_of(std::move(etag));
  CORDON_TRY(event.size, size_at(*object, "size"));
  CORDON_TRY(event.sequencer, text_at(*object, "sequencer"));
  CORDON_TRY(event.time, time_at(record, "eventTime"));
  CORDON_TRY(std::optional<std::string> region, text_at(record, "awsRegion"));
  event.region = id_of<Region>(std::move(region));
  if (const json::object* who = object_at(record, "userIdentity")) {
    CORDON_TRY(event.principal, text_at(*who, "principalId"));
  }
  return event;
}

// "ObjectCreated:Put", with or without the "s3:" that some sources put in front.
Result<bool> is_creation(const json::object& record) {
  CORDON_TRY(const std::string name, needed_text_at(record, "eventName"));
  const std::string_view bare =
      name.starts_with("s3:") ? std::string_view(name).substr(3) : std::string_view(name);
  return bare.starts_with("ObjectCreated:");
}

Result<DecodedMessage> decode_records(const json::value& list, KeyEncoding keys) {
  const json::array* records = list.if_array();
  if (records == nullptr) return wrong("Records is not a list");
  if (records->size() > kRecordsMax) return wrong("more than 1,000 records");
  std::vector<ObjectEvent> events;
  for (const json::value& item : *records) {
    const json::object* record = item.if_object();
    if (record == nullptr) return wrong("a record is not an object");
    CORDON_TRY(const std::string version, needed_text_at(*record, "eventVersion"));
    if (!version.starts_with("2.")) return wrong("eventVersion is not 2.x");
    CORDON_TRY(const bool creation, is_creation(*record));
    if (!creation) continue;
    CORDON_TRY(ObjectEvent event, decode_record(*record, keys));
    events.push_back(std::move(event));
  }
  if (events.empty()) return DecodedMessage(IgnoredMessage{"no object was created"});
  return DecodedMessage(std::move(events));
}

// ---- EventBridge (S3 user guide, "EventBridge event message structure") ----

Result<DecodedMessage> decode_bridge(const json::object& message) {
  CORDON_TRY(const std::string type, needed_text_at(message, "detail-type"));
  CORDON_TRY(const std::string source, needed_text_at(message, "source"));
  if (source != "aws.s3") return wrong("EventBridge source is not aws.s3");
  if (type != "Object Created") return DecodedMessage(IgnoredMessage{"no object was created"});
  const json::object* detail = object_at(message, "detail");
  const json::object* object = detail == nullptr ? nullptr : object_at(*detail, "object");
  if (object == nullptr) return wrong("detail.object is missing");
  CORDON_TRY(const std::string key, needed_text_at(*object, "key"));

  ObjectEvent event;
  event.source = EventSource::eventbridge;
  CORDON_TRY(event.object.bucket, bucket_of(*detail));
  CORDON_TRY(event.object.key, key_of(key, false));
  CORDON_TRY(std::optional<std::string> version, text_at(*object, "version-id"));
  event.object.version = id_of<VersionId>(std::move(version));
  CORDON_TRY(std::optional<std::string> etag, text_at(*object, "etag"));
  event.etag = etag_of(std::move(etag));
  CORDON_TRY(event.size, size_at(*object, "size"));
  CORDON_TRY(event.sequencer, text_at(*object, "sequencer"));
  CORDON_TRY(event.time, time_at(message, "time"));
  CORDON_TRY(event.principal, text_at(*detail, "requester"));
  CORDON_TRY(std::optional<std::string> region, text_at(message, "region"));
  event.region = id_of<Region>(std::move(region));
  CORDON_TRY(std::optional<std::string> account, text_at(message, "account"));
  event.account = id_of<AccountId>(std::move(account));
  return DecodedMessage(std::vector<ObjectEvent>{std::move(event)});
}

// ---- Envelopes ----

bool is_text(const json::object& message, const char* name, std::string_view expected) {
  const json::value* value = message.if_contains(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text != nullptr && std::string_view(text->data(), text->size()) == expected;
}

Result<DecodedMessage> decode_content(const json::value& content, KeyEncoding keys) {
  const json::object* message = content.if_object();
  if (message == nullptr) return wrong("not a JSON object");
  if (const json::value* records = message->if_contains("Records")) {
    return decode_records(*records, keys);
  }
  if (message->contains("detail-type")) return decode_bridge(*message);
  if (is_text(*message, "Event", "s3:TestEvent")) {
    return DecodedMessage(IgnoredMessage{"a test event"});
  }
  return wrong("neither S3 records nor an EventBridge event");
}

}  // namespace

Result<DecodedMessage> decode_message(std::string_view body, KeyEncoding keys) {
  CORDON_TRY(const json::value content, parse(body));
  const json::object* envelope = content.if_object();
  // One SNS envelope, never an envelope in an envelope.
  if (envelope != nullptr && is_text(*envelope, "Type", "Notification")) {
    const json::value* message = envelope->if_contains("Message");
    const json::string* text = message == nullptr ? nullptr : message->if_string();
    if (text == nullptr) return wrong("the SNS envelope has no Message");
    CORDON_TRY(const json::value inner, parse(std::string_view(text->data(), text->size())));
    return decode_content(inner, keys);
  }
  return decode_content(content, keys);
}

}  // namespace cordon
