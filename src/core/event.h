#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "core/object_ref.h"
#include "core/scan_result.h"

namespace cordon {

/// What a Storage Gateway tells of an upload: a path in a file share. It is one of several events
/// of one file, and it names no version.
struct GatewayUpload {
  std::string share_arn;
  std::string path;                                  ///< In the share, without a leading '/'.
  std::optional<std::string> prefix = std::nullopt;  ///< Of the share in its bucket, as told.

  bool operator==(const GatewayUpload&) const = default;
};

/// "This object was created", from whichever source.
struct ObjectEvent {
  EventSource source = EventSource::s3_event;
  ObjectRef object;
  /// The key as it is when the sender writes keys otherwise than its dialect promises: decoded
  /// where `object` has it as it stands, and the other way round. To be tried when nothing is at
  /// `object`.
  std::optional<ObjectKey> key_spelled_otherwise = std::nullopt;
  std::optional<ETag> etag = std::nullopt;
  std::optional<std::uint64_t> size = std::nullopt;
  std::optional<std::string> sequencer = std::nullopt;
  std::optional<SystemTime> time = std::nullopt;
  std::optional<std::string> principal = std::nullopt;
  std::optional<Region> region = std::nullopt;
  std::optional<AccountId> account = std::nullopt;
  /// Set for uploads through a gateway, whose bucket (possibly empty) and key are then only what
  /// the gateway said.
  std::optional<GatewayUpload> upload = std::nullopt;
  /// A scan request that wants the engine asked whatever the object's tags say.
  bool is_forced = false;
  /// A scan request that wants the routes followed also where the bucket is not protected.
  bool acts_anywhere = false;

  bool operator==(const ObjectEvent&) const = default;
};

/// The member `schema` of a Cordon scan request.
inline constexpr const char* kScanRequestSchema = "cordon.scan-request/1";

/// A message that needs no work, and why (a test event, a removal, a tagging event).
struct IgnoredMessage {
  std::string why;
  bool operator==(const IgnoredMessage&) const = default;
};

/// A record that was not understood.
struct BadRecord {
  std::size_t place = 0;  ///< Among the message's records, from 0.
  std::string why;        ///< Begins with the place: "Records[1]: no eventName".
  bool operator==(const BadRecord&) const = default;
};

/// What the records of one message tell. Those of something else than a new object are left out.
struct EventRecords {
  std::vector<ObjectEvent> events;
  std::vector<std::size_t> places = {};  ///< Of each event, among the message's records.
  std::vector<BadRecord> bad = {};       ///< The others are good, and to be handled.
  bool operator==(const EventRecords&) const = default;
};

using DecodedMessage = std::variant<EventRecords, IgnoredMessage>;

/// Records in one message; S3 sends one, other sources may batch.
inline constexpr std::size_t kRecordsMax = 1000;
/// The longest message that a queue delivers.
inline constexpr std::size_t kMessageBytesMax = 1U << 20U;

/// How object keys stand in S3 event records (never in EventBridge events, whose keys are raw).
enum class KeyEncoding : std::uint8_t {
  by_source,  ///< What the record's `eventSource` is known to do: aws:s3, minio:s3 and rustfs:s3
              ///< url, ceph:s3 raw.
  url,        ///< Form-URL-encoded.
  raw,        ///< As they are: for stand-ins that claim to be aws:s3 and do not encode.
};

/// What the senders of a queue are known to do, and may do: for `decode_message`.
struct DecodeOptions {
  KeyEncoding key_encoding = KeyEncoding::by_source;
  /// Whether scan requests are taken. They say what is to be done, which whoever may only announce
  /// objects must not: they belong into the sweep queue, to which nobody else may send.
  bool takes_scan_requests = false;
};

/// Decodes the body of one queue message: an SNS envelope or raw delivery of S3 event records 2.x,
/// EventBridge "Object Created", the upload events of Storage Gateway, a Cordon scan request, or
/// s3:TestEvent (docs/formats/events.md).
///
/// A record that is malformed is told beside the good ones, so that it keeps none of them from
/// being scanned; whoever acknowledges the message has to put it somewhere first (`only_records`).
/// What a record need not say (version, ETag, size, sequencer, who uploaded) is left out where it
/// is malformed: the object is known by its bucket and key. A byte order mark says nothing. Pure;
/// foreign bytes.
/// Errors: invalid, with what is wrong and where; also when no record is good.
Result<DecodedMessage> decode_message(std::string_view body, const DecodeOptions& options = {});

/// The message of only these records, without the envelope that it came in. Pure.
/// Errors: invalid when it has no such records.
Result<std::string> only_records(std::string_view body, const std::vector<std::size_t>& places);

}  // namespace cordon
