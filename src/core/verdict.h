#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cordon {

/// The six values of the result tag (docs/formats/tags.md). There is no default and no catch-all
/// that maps to clean.
enum class Disposition : std::uint8_t {
  clean,
  infected,
  infected_allowed,
  suspicious,
  unscannable,
  error,
};

/// Why an object is unscannable or in error.
enum class Reason : std::uint8_t {
  encrypted,
  too_large,
  limit,
  archived,
  sse_c,
  unsupported,
  engine_crash,
  timeout,
  coverage,
  access_denied,
  kms,
  staging,
  integrity,
};

std::string_view name_of(Disposition disposition);  ///< "Clean", "InfectedAllowed", ...
std::string_view name_of(Reason reason);            ///< "encrypted", "too-large", ...
/// By the names that `name_of` gives; nothing when there is none of that name.
std::optional<Disposition> parse_disposition(std::string_view name);
std::optional<Reason> parse_reason(std::string_view name);

/// What is known about one object's bytes.
///
/// Invariant: `virus_names` is non-empty exactly for infected, infected_allowed and suspicious;
/// `reason` is set exactly for unscannable and error. `is_consistent` says whether it holds.
struct Verdict {
  Disposition disposition;
  std::optional<Reason> reason = std::nullopt;
  std::string message = {};  ///< For people: about `reason`, or what a clean one leaves unopened.
  std::vector<std::string> virus_names = {};
  std::uint64_t bytes_scanned = 0;

  bool operator==(const Verdict&) const = default;
};

bool is_consistent(const Verdict& verdict);

/// The one place that makes each kind. Clean is made only by the engine's judge (src/clamav) and
/// here for content that needs no engine (empty objects).
Verdict clean_verdict(std::uint64_t bytes_scanned);
Verdict infected_verdict(std::vector<std::string> virus_names, std::uint64_t bytes_scanned);
Verdict unscannable_verdict(Reason reason, std::string message, std::uint64_t bytes_scanned = 0);
Verdict error_verdict(Reason reason, std::string message);

/// Who came to the verdict: part of every scan result.
struct EngineVersion {
  std::string engine;      ///< "ClamAV 1.4.6"
  std::string signatures;  ///< Version or date of the signature set: "27451".

  bool operator==(const EngineVersion&) const = default;
};

}  // namespace cordon
