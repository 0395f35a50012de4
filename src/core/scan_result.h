#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "core/action_kind.h"
#include "core/object_ref.h"
#include "core/verdict.h"

namespace cordon {

/// How an object came to us.
enum class EventSource : std::uint8_t { s3_event, eventbridge, gateway, retro, cli };
std::string_view name_of(EventSource source);

/// What became of it. `held`: until somebody decides about new signatures.
enum class ActionStatus : std::uint8_t { done, pending, failed, skipped, held };
std::string_view name_of(ActionStatus status);

/// Whether the object carries our tags. `no_room`: the owner's tags fill what a store allows;
/// `off`: the settings ask for none.
enum class TaggingState : std::uint8_t { off, done, no_room, failed };
std::string_view name_of(TaggingState state);  ///< "off", "done", "no-room", "failed"

/// One thing that was done with an object because of its verdict.
struct ActionRecord {
  ActionKind kind = ActionKind::keep;
  std::optional<BucketName> bucket = std::nullopt;  ///< Destination of move and copy.
  std::optional<ObjectKey> key = std::nullopt;
  ActionStatus status = ActionStatus::pending;
  std::optional<std::string> detail = std::nullopt;  ///< Why it failed, or what was found.

  bool operator==(const ActionRecord&) const = default;
};

/// One line of the result log, one message of the results queue, one notification body:
/// docs/formats/scan-result.md, schema cordon.scan-result/1. Unknown values are null, never
/// guessed.
struct ScanResult {
  struct Millis {
    std::int64_t queued = 0, fetch = 0, scan = 0, act = 0;
    bool operator==(const Millis&) const = default;
  };

  std::string id;  ///< ULID
  std::string deployment;
  std::optional<AccountId> account;
  std::optional<Region> region;
  std::string agent;
  EventSource source = EventSource::s3_event;
  std::optional<BucketName> bucket;
  std::optional<ObjectKey> key;
  std::optional<std::string> path;  ///< Only for `cordon scan file`.
  std::optional<VersionId> version;
  std::optional<ETag> etag;
  std::optional<std::uint64_t> size;
  std::optional<std::string> sequencer;
  std::optional<SystemTime> event_time;
  SystemTime scanned_at;
  Verdict verdict{.disposition = Disposition::error};
  bool skipped = false;
  std::optional<std::string> sha256;
  std::optional<std::string> engine;
  std::optional<std::string> signatures;
  Millis millis;
  std::optional<std::string> uploaded_by;
  int attempt = 1;
  TaggingState tagging = TaggingState::off;
  std::vector<ActionRecord> actions;

  bool operator==(const ScanResult&) const = default;
};

inline constexpr std::string_view kScanResultSchema = "cordon.scan-result/1";

/// One line of JSON, without a newline. `decode_scan_result` (core/scan_result_decoding.h) reads
/// it.
std::string to_json(const ScanResult& result);

}  // namespace cordon
