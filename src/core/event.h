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

/// "This object was created", from whichever source.
struct ObjectEvent {
  EventSource source = EventSource::s3_event;
  ObjectRef object;
  std::optional<ETag> etag = std::nullopt;
  std::optional<std::uint64_t> size = std::nullopt;
  std::optional<std::string> sequencer = std::nullopt;
  std::optional<SystemTime> time = std::nullopt;
  std::optional<std::string> principal = std::nullopt;
  std::optional<Region> region = std::nullopt;
  std::optional<AccountId> account = std::nullopt;

  bool operator==(const ObjectEvent&) const = default;
};

/// A message that needs no work, and why (a test event, a removal, a tagging event).
struct IgnoredMessage {
  std::string why;
  bool operator==(const IgnoredMessage&) const = default;
};

using DecodedMessage = std::variant<std::vector<ObjectEvent>, IgnoredMessage>;

/// Records in one message; S3 sends one, other sources may batch.
inline constexpr std::size_t kRecordsMax = 1000;

/// How `Records` write object keys.
enum class KeyEncoding : std::uint8_t {
  by_source,  ///< `aws:s3`: form-URL-encoded, as AWS writes them; any other source: as they are.
  url,        ///< Form-URL-encoded, whoever says so.
  raw,        ///< As they are: for stand-ins that call themselves aws:s3 but do not encode.
};

/// Decodes the body of one queue message: an SNS envelope or raw delivery of S3 event records 2.x,
/// EventBridge "Object Created", or s3:TestEvent.
///
/// Keys of `aws:s3` records are form-URL-decoded, as AWS writes them; EventBridge keys are taken as
/// they are, as AWS writes those. Pure; foreign bytes.
/// Errors: invalid, with what is wrong and where.
Result<DecodedMessage> decode_message(std::string_view body,
                                      KeyEncoding keys = KeyEncoding::by_source);

}  // namespace cordon
