#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/object_ref.h"
#include "core/scan_result.h"
#include "core/verdict.h"

// What the console keeps of scan results, and what people ask about it.

namespace cordon {

/// Names one problem for as long as it is known; larger ones became known later.
using ProblemId = std::int64_t;

/// The digest of a result's content in lower case; none where what stands there is no SHA-256.
std::optional<std::string> content_sha256(const ScanResult& result);

/// What makes two finds the same problem: the same content with the same verdict for the same
/// cause. Content whose SHA-256 is not known (it could not be read) is told apart by its object.
///
/// Invariant: exactly one of `sha256` and `object` is set.
struct ProblemKey {
  std::optional<std::string> sha256;  ///< Lower-case hex.
  std::optional<ObjectRef> object;
  Disposition verdict;
  std::string cause;  ///< The first signature's name, or the reason's ("encrypted").

  bool operator==(const ProblemKey&) const = default;
};

/// The problem that a result tells of; none for Clean and InfectedAllowed, which nobody has to act
/// upon.
std::optional<ProblemKey> problem_of(const ScanResult& result);
/// 32 bytes that stand for the key: equal exactly for equal keys.
std::string digest_of(const ProblemKey& key);

/// One version of one object has one state: that of its newest scan. What has no version is the
/// version that S3 calls "null" in lists.
struct ObjectVersion {
  BucketName bucket;
  ObjectKey key;
  VersionId version;

  auto operator<=>(const ObjectVersion&) const = default;
};
/// Of a result that names bucket and key.
ObjectVersion object_version_of(const ScanResult& result);

/// Whole milliseconds, as stores and results have them; times that no clock has become the next
/// that it has.
std::int64_t ms_of(SystemTime time);
SystemTime time_of_ms(std::int64_t ms);

/// Whether a result can be kept: it is about an object, has an id that orders, and its names are of
/// a length that a database indexes. Results of local files are not.
bool is_storable(const ScanResult& result);

/// Somebody has dealt with a problem, or decided that nothing has to be done.
struct HandledMark {
  std::string by;
  SystemTime at;
  std::string why;

  bool operator==(const HandledMark&) const = default;
};

/// `open`: somebody should look. `handled`: somebody did, and no object came to it since. `gone`:
/// the newest scan of every object that it was found in says something else.
enum class ProblemState : std::uint8_t { open, handled, gone };
std::string_view name_of(ProblemState state);
std::optional<ProblemState> parse_problem_state(std::string_view name);

/// Finds of one key, over all objects.
struct Problem {
  ProblemId id = 0;
  std::optional<std::string> sha256;
  Disposition verdict = Disposition::error;
  std::string cause;
  SystemTime first_seen;  ///< Of its scans.
  SystemTime last_seen;
  std::uint64_t objects = 0;  ///< Whose newest scan says so.
  ProblemState state = ProblemState::open;
  std::optional<HandledMark> handled;  ///< The last one; also of a problem that is open again.
  std::optional<ObjectRef> example;  ///< Of its objects the one that became known last; none: gone.

  bool operator==(const Problem&) const = default;
};

/// Each member narrows what is found; empty ones do not.
struct ResultFilter {
  std::optional<BucketName> bucket = std::nullopt;
  std::string key_prefix = {};  ///< Bytes, exactly.
  std::vector<Disposition> verdicts = {};
  std::optional<std::string> signature = std::nullopt;  ///< Any of a result's, by its whole name.
  std::optional<std::string> sha256 = std::nullopt;
  std::optional<SystemTime> since = std::nullopt;  ///< Scanned at it or later.
  std::optional<SystemTime> until = std::nullopt;  ///< Scanned before it.
};

/// The same for problems.
struct ProblemFilter {
  std::vector<ProblemState> states = {};
  std::vector<Disposition> verdicts = {};
  std::optional<BucketName> bucket = std::nullopt;  ///< One of its objects lies there.
  std::optional<std::string> cause = std::nullopt;  ///< Signature or reason, whole.
  std::optional<std::string> sha256 = std::nullopt;
  std::optional<SystemTime> since = std::nullopt;  ///< Last seen at it or later.
};

/// How much was scanned in one bucket on one day (UTC) with one verdict. Outlives its results.
struct Rollup {
  std::chrono::sys_days day;
  BucketName bucket;
  Disposition verdict = Disposition::error;
  std::uint64_t results = 0;
  std::uint64_t skipped = 0;  ///< Of these, spared the engine by a seal.
  std::uint64_t bytes = 0;    ///< Sizes of the objects; stays at 2^63 - 1 once it is there.

  bool operator==(const Rollup&) const = default;
};

/// Days are whole ones in UTC.
struct RollupFilter {
  std::optional<BucketName> bucket = std::nullopt;
  std::optional<std::chrono::sys_days> first = std::nullopt;
  std::optional<std::chrono::sys_days> last = std::nullopt;  ///< Included.
};

/// Whether the result is among what is asked for.
bool matches(const ResultFilter& filter, const ScanResult& result);

}  // namespace cordon
