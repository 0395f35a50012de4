#include "core/event.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "core/surrogate_escapes.h"

namespace cordon {
namespace {

namespace json = boost::json;

// Deeper than any event by far; a parser that recurses must not be led on.
constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kBucketBytesMax = 255;
constexpr std::size_t kIdBytesMax = 1024;  // Version ids, ETags, sequencers.
constexpr std::size_t kPrincipalBytesMax = 512;
constexpr std::size_t kRegionBytesMax = 64;

Error malformed(std::string_view where, std::string_view what) {
  return Error{Errc::invalid, std::string(where) + ": " + std::string(what)};
}

const json::object* member_object(const json::object& in, std::string_view name) {
  const json::value* found = in.if_contains(name);
  return found == nullptr ? nullptr : found->if_object();
}

std::optional<std::string> member_text(const json::object& in, std::string_view name) {
  const json::value* found = in.if_contains(name);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string(text->data(), text->size());
}

using MaybeText = std::optional<std::string>;

// What need not be there (a version, an ETag, a sequencer): none where it is anything that it
// cannot be, so that the object is scanned all the same.
MaybeText optional_id(const json::object& in, std::string_view name) {
  MaybeText text = member_text(in, name);
  const bool is_id =
      text && !text->empty() && text->size() <= kIdBytesMax &&
      std::all_of(text->begin(), text->end(), [](char c) { return c >= '!' && c <= '~'; });
  return is_id ? std::move(text) : std::nullopt;
}

std::optional<Region> optional_region(const json::object& in, std::string_view name) {
  MaybeText text = optional_id(in, name);
  if (!text || text->size() > kRegionBytesMax) return std::nullopt;
  return Region(*std::move(text));
}

std::optional<std::uint64_t> optional_size(const json::object& in) {
  const json::value* found = in.if_contains("size");
  if (found == nullptr) return std::nullopt;
  if (const std::uint64_t* number = found->if_uint64()) return *number;
  const std::int64_t* number = found->if_int64();
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

Result<BucketName> checked_bucket(MaybeText name, std::string_view where) {
  if (!name || name->empty()) return malformed(where, "no bucket name");
  if (name->size() > kBucketBytesMax) return malformed(where, "the bucket name is too long");
  for (const char c : *name) {
    // The name becomes a host or a path of ours: nothing that could lead elsewhere.
    if (c <= ' ' || c >= '\x7f' || c == '/' || c == '\\' || c == '?' || c == '#' || c == '@' ||
        c == '%') {
      return malformed(where, "a bucket cannot have this name");
    }
  }
  return BucketName(*std::move(name));
}

Result<ObjectKey> checked_key(std::string key, std::string_view where) {
  if (key.empty()) return malformed(where, "the object key is empty");
  if (key.size() > kKeyBytesMax) return malformed(where, "the object key is too long");
  if (!is_utf8(key)) return malformed(where, "the object key is not UTF-8");
  return ObjectKey(std::move(key));
}

std::optional<SystemTime> time_of(const json::object& in, std::string_view name) {
  const MaybeText text = member_text(in, name);
  if (!text) return std::nullopt;
  Result<SystemTime> time = parse_rfc3339(*text);
  if (!time) return std::nullopt;  // Only shown and measured; no reason to lose the object.
  return *time;
}

std::optional<std::string> principal_of(MaybeText text) {
  if (!text || text->empty()) return std::nullopt;
  return utf8_clean(*text, kPrincipalBytesMax);
}

ETag unquoted_etag(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return ETag(std::move(text));
}

bool is_url_encoded(KeyEncoding encoding, std::string_view source) {
  switch (encoding) {
    case KeyEncoding::url:
      return true;
    case KeyEncoding::raw:
      return false;
    case KeyEncoding::by_source:
      return source != "ceph:s3";
  }
  return true;
}

bool is_known_source(std::string_view source) {
  return source == "aws:s3" || source == "ceph:s3" || source == "minio:s3" || source == "rustfs:s3";
}

struct ObjectFields {
  std::string_view version_name;
  std::string_view etag_name;
};

// What records and EventBridge events have in common: what the object's description may say.
ObjectEvent described(const json::object& object, const ObjectFields& names) {
  ObjectEvent event;
  MaybeText version = optional_id(object, names.version_name);
  MaybeText etag = optional_id(object, names.etag_name);
  event.sequencer = optional_id(object, "sequencer");
  event.size = optional_size(object);
  if (version) event.object.version = VersionId(*std::move(version));
  if (etag) event.etag = unquoted_etag(*std::move(etag));
  if (event.etag && event.etag->empty()) event.etag.reset();
  return event;
}

// --- S3 event records ------------------------------------------------------------------------

Result<std::string> created_or_other(const json::object& record, std::string_view where) {
  const MaybeText version = member_text(record, "eventVersion");
  if (!version) return malformed(where, "no eventVersion");
  // 2.x adds fields and changes none; anything else would be another format.
  if (!version->starts_with("2.")) return malformed(where, "eventVersion is not 2.x");
  MaybeText name = member_text(record, "eventName");
  if (!name || name->empty()) return malformed(where, "no eventName");
  // Configurations write "s3:ObjectCreated:Put", AWS's events do not; some servers' events do.
  if (name->starts_with("s3:")) name->erase(0, 3);
  return *std::move(name);
}

// Not all that begins with ObjectCreated: some stores announce there what happens to the tags,
// retention and holds of an object, so that our own tags would come back as a new object, for ever.
// ObjectSynced: an object that replication brought into this zone.
bool is_new_object(std::string_view event_name) {
  constexpr std::array<std::string_view, 5> kNames{
      "ObjectCreated:Put", "ObjectCreated:Post", "ObjectCreated:Copy",
      "ObjectCreated:CompleteMultipartUpload", "ObjectSynced:Create"};
  return std::find(kNames.begin(), kNames.end(), event_name) != kNames.end();
}

struct SpelledKey {
  ObjectKey key;
  std::optional<ObjectKey> otherwise;
};

// The key as the sender's dialect means it, and as it is if the sender does not keep to that.
Result<SpelledKey> decode_key(std::string text, bool is_encoded, std::string_view where) {
  Result<std::string> decoded = form_decode(text);
  if (!decoded || *decoded == text) {
    // What cannot be decoded was never encoded.
    CORDON_TRY(ObjectKey key, checked_key(std::move(text), where));
    return SpelledKey{std::move(key), std::nullopt};
  }
  std::string& meant = is_encoded ? *decoded : text;
  std::string& other = is_encoded ? text : *decoded;
  Result<ObjectKey> otherwise = checked_key(std::move(other), where);
  Result<ObjectKey> key = checked_key(std::move(meant), where);
  if (!key && otherwise) return SpelledKey{*std::move(otherwise), std::nullopt};
  if (!key) return key.error();
  SpelledKey spelled{*std::move(key), std::nullopt};
  if (otherwise) spelled.otherwise = *std::move(otherwise);
  return spelled;
}

Result<ObjectEvent> decode_record(const json::object& record, const DecodeOptions& options,
                                  std::string_view where) {
  const MaybeText source = member_text(record, "eventSource");
  if (!source) return malformed(where, "no eventSource");
  if (options.key_encoding == KeyEncoding::by_source && !is_known_source(*source)) {
    return malformed(
        where, "eventSource is unknown, so is how it writes keys: " + utf8_clean(*source, 64) +
                   "; start the agents with --event-keys url or raw, then replay it");
  }
  const json::object* s3 = member_object(record, "s3");
  const json::object* bucket = s3 == nullptr ? nullptr : member_object(*s3, "bucket");
  const json::object* object = s3 == nullptr ? nullptr : member_object(*s3, "object");
  if (bucket == nullptr || object == nullptr) return malformed(where, "no s3.bucket or s3.object");

  ObjectEvent event = described(*object, {"versionId", "eTag"});
  event.source = EventSource::s3_event;
  CORDON_TRY(event.object.bucket, checked_bucket(member_text(*bucket, "name"), where));
  MaybeText key = member_text(*object, "key");
  if (!key) return malformed(where, "no object key");
  CORDON_TRY(SpelledKey spelled,
             decode_key(*std::move(key), is_url_encoded(options.key_encoding, *source), where));
  event.object.key = std::move(spelled.key);
  event.key_spelled_otherwise = std::move(spelled.otherwise);
  event.time = time_of(record, "eventTime");
  if (const json::object* identity = member_object(record, "userIdentity")) {
    event.principal = principal_of(member_text(*identity, "principalId"));
  }
  event.region = optional_region(record, "awsRegion");
  return event;
}

// Nothing for a record of another event, whose name is then in `other`.
using MaybeEvent = std::optional<ObjectEvent>;
Result<MaybeEvent> decode_one(const json::value& value, const DecodeOptions& options,
                              std::string_view where, std::string& other) {
  const json::object* record = value.if_object();
  if (record == nullptr) return malformed(where, "not an object");
  CORDON_TRY(const std::string name, created_or_other(*record, where));
  if (!is_new_object(name)) {
    other = utf8_clean(name, 64);
    return MaybeEvent();
  }
  CORDON_TRY(ObjectEvent event, decode_record(*record, options, where));
  return MaybeEvent(std::move(event));
}

Result<DecodedMessage> decode_records(const json::array& records, const DecodeOptions& options) {
  if (records.size() > kRecordsMax) {
    return malformed("Records", "more than " + std::to_string(kRecordsMax));
  }
  EventRecords found;
  std::string other;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string where = "Records[" + std::to_string(i) + "]";
    Result<MaybeEvent> event = decode_one(records[i], options, where, other);
    if (!event) {
      found.bad.push_back({i, event.error().what});
    } else if (*event) {
      found.events.push_back(**std::move(event));
      found.places.push_back(i);
    }
  }
  if (!records.empty() && found.bad.size() == records.size()) {
    return Error{Errc::invalid, found.bad.front().why};
  }
  if (!found.events.empty() || !found.bad.empty()) return DecodedMessage(std::move(found));
  if (other.empty()) return DecodedMessage(IgnoredMessage{"no records"});
  return DecodedMessage(IgnoredMessage{"event " + other});
}

// The only event of a message that is no list of records.
Result<DecodedMessage> single(ObjectEvent event) {
  EventRecords found;
  found.events.push_back(std::move(event));
  found.places.push_back(0);
  return DecodedMessage(std::move(found));
}

// --- EventBridge -----------------------------------------------------------------------------

void take_envelope(const json::object& envelope, ObjectEvent& event) {
  event.time = time_of(envelope, "time");
  event.region = optional_region(envelope, "region");
  const MaybeText account = member_text(envelope, "account");
  if (account && account->size() == 12 && parse_u64(*account)) event.account = AccountId(*account);
}

// The ARN of the file share among the event's resources.
MaybeText share_among(const json::object& envelope) {
  const json::value* resources = envelope.if_contains("resources");
  if (resources == nullptr || !resources->is_array()) return std::nullopt;
  for (const json::value& resource : resources->get_array()) {
    const json::string* arn = resource.if_string();
    if (arn == nullptr || arn->size() > kIdBytesMax) continue;
    const std::string_view text(arn->data(), arn->size());
    if (!is_utf8(text)) continue;
    if (text.starts_with("arn:") && text.find(":storagegateway:") != std::string_view::npos &&
        text.find(":share/") != std::string_view::npos) {
      return std::string(text);
    }
  }
  return std::nullopt;
}

// "Storage Gateway Object Upload Event" names one file. "Storage Gateway File Upload Event" usually
// says only that everything up to some moment is there, file by file announced before.
Result<DecodedMessage> decode_gateway(const json::object& envelope, std::string_view type) {
  constexpr std::string_view kWhere = "detail";
  const bool is_upload =
      type == "Storage Gateway Object Upload Event" || type == "Storage Gateway File Upload Event";
  const json::object* detail = member_object(envelope, "detail");
  if (!is_upload) return DecodedMessage(IgnoredMessage{"event " + utf8_clean(type, 64)});
  if (detail == nullptr) return malformed(kWhere, "missing");
  MaybeText path = member_text(*detail, "object-key");
  if (!path && type == "Storage Gateway File Upload Event") {
    return DecodedMessage(IgnoredMessage{"a working set was uploaded, file by file"});
  }
  if (!path) return malformed(kWhere, "no object-key");
  path->erase(0, path->find_first_not_of('/'));
  if (path->empty()) return malformed(kWhere, "the object-key is empty");
  const MaybeText share = share_among(envelope);
  if (!share) return malformed("resources", "no file share");

  ObjectEvent event;
  event.source = EventSource::gateway;
  GatewayUpload upload{.share_arn = *share, .path = *path};
  upload.prefix = member_text(*detail, "prefix");
  if (upload.prefix && upload.prefix->size() > kKeyBytesMax) {
    return malformed(kWhere, "the prefix is too long");
  }
  if (const MaybeText bucket = member_text(*detail, "bucket-name")) {
    CORDON_TRY(event.object.bucket, checked_bucket(bucket, kWhere));
  }
  CORDON_TRY(event.object.key, checked_key(upload.prefix.value_or("") + *path, kWhere));
  take_envelope(envelope, event);
  event.upload = std::move(upload);
  return single(std::move(event));
}

Result<DecodedMessage> decode_event_bridge(const json::object& envelope, std::string_view type) {
  constexpr std::string_view kWhere = "detail";
  const MaybeText source = member_text(envelope, "source");
  if (source == "aws.storagegateway") return decode_gateway(envelope, type);
  if (source != "aws.s3") {
    return malformed(
        "source", "events of " + utf8_clean(source.value_or("nobody"), 64) + " are not understood");
  }
  if (type != "Object Created") {
    return DecodedMessage(IgnoredMessage{"event " + utf8_clean(type, 64)});
  }
  const json::object* detail = member_object(envelope, "detail");
  const json::object* bucket = detail == nullptr ? nullptr : member_object(*detail, "bucket");
  const json::object* object = detail == nullptr ? nullptr : member_object(*detail, "object");
  if (bucket == nullptr || object == nullptr) return malformed(kWhere, "no bucket or no object");

  ObjectEvent event = described(*object, {"version-id", "etag"});
  event.source = EventSource::eventbridge;
  CORDON_TRY(event.object.bucket, checked_bucket(member_text(*bucket, "name"), kWhere));
  MaybeText key = member_text(*object, "key");
  if (!key) return malformed(kWhere, "no object key");
  CORDON_TRY(event.object.key, checked_key(*std::move(key), kWhere));
  take_envelope(envelope, event);
  event.principal = principal_of(member_text(*detail, "requester"));
  return single(std::move(event));
}

// --- Envelopes -------------------------------------------------------------------------------

Result<json::value> parse_bounded(std::string_view text, std::string_view where) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  // One record with half a surrogate pair must not make the others unreadable: they are checked one
  // by one.
  const std::string readable = surrogates_as_bytes(text);
  json::parse_options limits;
  limits.max_depth = kDepthMax;
  limits.allow_invalid_utf8 = true;
  boost::system::error_code failure;
  json::value value = json::parse(readable, failure, {}, limits);
  if (failure) return malformed(where, "not JSON (" + failure.message() + ")");
  return value;
}

// --- scan requests ---------------------------------------------------------------------------

Result<DecodedMessage> decode_scan_request(const json::object& request) {
  constexpr std::string_view kWhere = "scan request";
  const json::object* object = member_object(request, "object");
  if (object == nullptr) return malformed(kWhere, "no object");
  ObjectEvent event = described(*object, {"versionId", "eTag"});
  event.source = EventSource::retro;
  CORDON_TRY(event.object.bucket, checked_bucket(member_text(request, "bucket"), kWhere));
  CORDON_TRY(event.object.key, checked_key(member_text(*object, "key").value_or(""), kWhere));
  event.time = time_of(request, "time");
  if (const json::value* force = request.if_contains("force")) {
    if (!force->is_bool()) return malformed(kWhere, "force is neither true nor false");
    event.is_forced = force->get_bool();
  }
  if (const json::value* act = request.if_contains("act")) {
    if (!act->is_bool()) return malformed(kWhere, "act is neither true nor false");
    event.acts_anywhere = act->get_bool();
  }
  return single(std::move(event));
}

Result<DecodedMessage> decode_content(const json::value& value, const DecodeOptions& options) {
  const json::object* content = value.if_object();
  if (content == nullptr) return malformed("message", "not a JSON object");
  if (const json::value* records = content->if_contains("Records")) {
    if (!records->is_array()) return malformed("Records", "not a list");
    return decode_records(records->get_array(), options);
  }
  if (const MaybeText type = member_text(*content, "detail-type")) {
    return decode_event_bridge(*content, *type);
  }
  if (member_text(*content, "schema") == kScanRequestSchema) {
    if (!options.takes_scan_requests) {
      return malformed("scan request", "taken from the sweep queue only");
    }
    return decode_scan_request(*content);
  }
  if (member_text(*content, "Event") == "s3:TestEvent") {
    return DecodedMessage(IgnoredMessage{"s3:TestEvent"});
  }
  return malformed("message", "no kind of event that is known");
}

// SNS says what it is; an S3 or EventBridge event has no member Type.
MaybeText sns_type(const json::value& value) {
  const json::object* envelope = value.if_object();
  if (envelope == nullptr || envelope->if_contains("Records") != nullptr) return std::nullopt;
  if (envelope->if_contains("TopicArn") == nullptr) return std::nullopt;
  return member_text(*envelope, "Type");
}

}  // namespace

Result<DecodedMessage> decode_message(std::string_view body, const DecodeOptions& options) {
  if (body.size() > kMessageBytesMax) return malformed("message", "longer than 1 MiB");
  if (!is_utf8(body)) return malformed("message", "not UTF-8");
  CORDON_TRY(const json::value outer, parse_bounded(body, "message"));
  const MaybeText type = sns_type(outer);
  if (!type) return decode_content(outer, options);
  if (*type == "SubscriptionConfirmation" || *type == "UnsubscribeConfirmation") {
    return DecodedMessage(IgnoredMessage{"SNS " + *type});
  }
  if (*type != "Notification") return malformed("SNS envelope", "unknown Type");
  const MaybeText inner = member_text(outer.get_object(), "Message");
  if (!inner) return malformed("SNS envelope", "no Message");
  CORDON_TRY(const json::value content, parse_bounded(*inner, "SNS message"));
  return decode_content(content, options);
}

Result<std::string> only_records(std::string_view body, const std::vector<std::size_t>& places) {
  CORDON_TRY(json::value content, parse_bounded(body, "message"));
  if (sns_type(content)) {
    const MaybeText inner = member_text(content.get_object(), "Message");
    CORDON_TRY(content, parse_bounded(inner.value_or(""), "SNS message"));
  }
  const json::object* message = content.if_object();
  const json::value* records = message == nullptr ? nullptr : message->if_contains("Records");
  const json::array* all = records == nullptr ? nullptr : records->if_array();
  if (all == nullptr) return malformed("message", "it has no records");
  json::array chosen;
  for (const std::size_t place : places) {
    if (place >= all->size()) return malformed("Records", "there are fewer");
    chosen.push_back((*all)[place]);
  }
  return surrogates_as_escapes(json::serialize(json::object{{"Records", std::move(chosen)}}));
}

}  // namespace cordon
