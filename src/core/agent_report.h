#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "core/object_ref.h"
#include "core/verdict.h"

namespace cordon {

inline constexpr std::string_view kAgentReportSchema = "cordon.agent-report/1";
/// No report is longer.
inline constexpr std::size_t kAgentReportBytesMax = 16U << 10U;

/// What an agent says of itself, every 30 s, in the results queue (docs/formats/agent-report.md).
/// Unknown values are null, never guessed.
struct AgentReport {
  /// Since the agent's start, but for what says otherwise.
  struct Counts {
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    bool operator==(const Counts&) const = default;
  };

  std::string agent;
  std::string deployment;
  AccountId account;
  Region region;
  SystemTime started_at;
  SystemTime reported_at;
  std::string version;                    ///< Of the program.
  std::optional<std::string> engine;      ///< Null: it is not ready.
  std::optional<std::string> signatures;  ///< Their version; null: the engine is not ready.
  std::optional<std::uint64_t> signature_count;
  std::optional<std::uint64_t> signature_age_seconds;  ///< Since the newest of them was made.
  bool are_signatures_refused = false;  ///< A newer set lies there, and it is not taken.
  bool is_sandbox_weak = false;         ///< Not all its layers are there.
  std::uint64_t slots = 0;
  std::uint64_t slots_busy = 0;
  std::uint64_t workers = 0;
  std::map<Disposition, Counts> verdicts;  ///< Those that occurred.
  std::uint64_t skipped = 0;               ///< Objects that their tags spared the engine.
  std::uint64_t forged_tags = 0;
  Counts last_minute;
  std::uint64_t queue_age_millis = 0;  ///< Of the message that was received last.
  std::uint64_t outbox_results = 0;    ///< Not delivered yet.

  bool operator==(const AgentReport&) const = default;
};

/// One line of JSON in ASCII.
std::string to_json(const AgentReport& report);

/// The report that a line of `to_json` tells of. The line may come from anybody who can write to a
/// queue. Members that are not known are passed over; each that is known must have its type. Pure.
/// Errors: invalid, which names the first member that is wrong.
Result<AgentReport> decode_agent_report(std::string_view json);

}  // namespace cordon
