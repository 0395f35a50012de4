#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/content_class.h"
#include "core/verdict.h"

namespace cordon {

/// What a deployment wants to be told about, beyond malware. Set by the settings' [engine] table.
struct ScanPolicy {
  bool detect_macros = false;          ///< Office macros are Suspicious.
  bool detect_broken = true;           ///< Damaged executables are Unscannable(unsupported).
  bool encrypted_is_infected = false;  ///< encrypted = "infected" instead of "unscannable".
  bool opaque_is_unscannable = false;  ///< opaque = "unscannable": noise is not Clean.
  /// unopened.CLASS = "clean": content of these that nothing opens does not keep an object from
  /// being Clean.
  ContentClasses may_stay_unopened = {};

  bool operator==(const ScanPolicy&) const = default;
};

/// What the library answered. Everything that is neither "nothing found" nor "found" is `failed`
/// or `out_of_memory`: there is no third way to a verdict.
enum class EngineAnswer : std::uint8_t { nothing_found, found, out_of_memory, failed };

/// A part of the object that could not be looked at, found by our own checks.
struct LayerProblem {
  Reason reason;
  std::string message;
  /// Set when the part is whole and known, and of a kind that nothing here opens.
  std::optional<ContentClass> unopened = std::nullopt;

  bool operator==(const LayerProblem&) const = default;
};

/// All that is known after the engine has returned. The input of `judge`.
struct ScanEvidence {
  EngineAnswer answer = EngineAnswer::failed;
  std::string answer_text = {};         ///< The library's words when it failed.
  std::vector<std::string> names = {};  ///< Every detection and alert, in the order they came.
  bool nameless_detection = false;      ///< The engine found something and did not say what.
  std::uint64_t size = 0;
  std::uint64_t engine_bytes = 0;   ///< The engine's own counter, in bytes.
  std::uint64_t bytes_scanned = 0;  ///< Of all distinct contents that the engine was shown.
  bool root_layer_seen = false;     ///< The engine opened the object itself, in its full length.
  /// The engine had passwords for zip members, and each that had to be opened was, unless a problem
  /// says otherwise. That there are any is what it raises its alert for.
  bool zip_locks_opened = false;
  std::vector<LayerProblem> problems = {};
  /// What the library complained about while it scanned (no descriptors, no space, no memory).
  std::vector<std::string> complaints = {};
};

/// True for the name of malware; false for the engine's soft alerts (encryption, limits, damage,
/// macros, potentially unwanted).
bool is_detection(std::string_view name);

/// The engine's counter is in units of 4,096 bytes; below this size it says nothing.
inline constexpr std::uint64_t kCoverageBytesMin = 16 * 1024;

/// True when the counter says that less than half of the object was looked at.
bool lacks_coverage(const ScanEvidence& evidence);

/// The one place where a scanned object becomes Clean, after every condition held:
///  * the library answered "nothing found" and raised no alert of any kind;
///  * it opened the object in its full length, and complained about nothing on the way;
///  * our own checks of each layer found nothing hidden from it;
///  * its counter covers at least half of the size (16 KiB and larger).
/// A detection wins over everything else. Pure.
Verdict judge(const ScanEvidence& evidence, const ScanPolicy& policy);

/// The library's name as it may appear in tags, logs and on the wire: printable ASCII without
/// spaces, at most 256 bytes.
std::string printable_signature(std::string_view name);

}  // namespace cordon
