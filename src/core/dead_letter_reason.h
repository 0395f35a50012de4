#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cordon {

/// Why a message could not be handled, as far as it concerns whoever decides about it.
enum class DeadCause : std::uint8_t {
  not_protected,  ///< It tells of a bucket that nobody protected, or of one of Cordon's own.
  malformed,      ///< Not understood: a foreign sender, or a format that we do not know.
  contradicted,   ///< Understood, and impossible.
  denied,         ///< The agent was not allowed to do its work: credentials, clock.
  unavailable,    ///< A service was away, throttled or too slow, delivery after delivery.
  engine,         ///< The engine died on it, delivery after delivery.
  unexplained,    ///< The queue moved it without a word: agents died, or were never able to say.
};

std::string_view name_of(DeadCause cause);
std::optional<DeadCause> parse_dead_cause(std::string_view name);

// The reason travels with the letter as a sentence for people, and its beginning tells the cause:
// letters wait for days, and are read by another version of the program than wrote them.

std::string not_protected_reason(const std::string& why);
std::string not_understood_reason(const std::string& why);
/// `why` begins with the name of the last failure's code: "timeout: ...".
std::string given_up_reason(int deliveries, const std::string& why);
/// What a failure says where the engine never gave a verdict.
std::string no_verdict_text(const std::string& why);

/// The cause that a reason tells. Pure; foreign text.
DeadCause cause_of(std::string_view reason);

}  // namespace cordon
