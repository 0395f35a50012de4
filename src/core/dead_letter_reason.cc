#include "core/dead_letter_reason.h"

#include <array>

#include "base/error.h"

namespace cordon {
namespace {

constexpr std::array kCauses{
    DeadCause::not_protected, DeadCause::malformed, DeadCause::contradicted, DeadCause::denied,
    DeadCause::unavailable,   DeadCause::engine,    DeadCause::unexplained};

constexpr std::string_view kNotProtected = "not-protected: ";
constexpr std::string_view kNotUnderstood = "not understood: ";
constexpr std::string_view kGivenUp = "given up after ";
constexpr std::string_view kNoVerdict = "no verdict from the engine: ";

}  // namespace

std::string_view name_of(DeadCause cause) {
  switch (cause) {
    case DeadCause::not_protected:
      return "not-protected";
    case DeadCause::malformed:
      return "malformed";
    case DeadCause::contradicted:
      return "contradicted";
    case DeadCause::denied:
      return "denied";
    case DeadCause::unavailable:
      return "unavailable";
    case DeadCause::engine:
      return "engine";
    case DeadCause::unexplained:
      return "unexplained";
  }
  return "unexplained";
}

std::optional<DeadCause> parse_dead_cause(std::string_view name) {
  for (const DeadCause cause : kCauses) {
    if (name_of(cause) == name) return cause;
  }
  return std::nullopt;
}

std::string not_protected_reason(const std::string& why) {
  return std::string(kNotProtected) + why;
}

std::string not_understood_reason(const std::string& why) {
  return std::string(kNotUnderstood) + why;
}

std::string given_up_reason(int deliveries, const std::string& why) {
  return std::string(kGivenUp) + std::to_string(deliveries) + " deliveries: " + why;
}

std::string no_verdict_text(const std::string& why) { return std::string(kNoVerdict) + why; }

DeadCause cause_of(std::string_view reason) {
  if (reason.empty()) return DeadCause::unexplained;
  if (reason.starts_with(kNotProtected)) return DeadCause::not_protected;
  if (reason.starts_with(kNotUnderstood)) return DeadCause::malformed;
  if (reason.starts_with(kGivenUp)) {
    const std::size_t colon = reason.find(": ");
    if (colon == std::string_view::npos) return DeadCause::unexplained;
    reason.remove_prefix(colon + 2);
  }
  const std::string_view code = reason.substr(0, reason.find(':'));
  if (code == name_of(Errc::invalid)) return DeadCause::contradicted;
  if (code == name_of(Errc::denied)) return DeadCause::denied;
  if (code == name_of(Errc::worker_died)) return DeadCause::engine;
  // Of its own code, `unavailable`, too.
  if (reason.find(kNoVerdict) != std::string_view::npos) return DeadCause::engine;
  for (const Errc away : {Errc::unavailable, Errc::timeout, Errc::throttled, Errc::not_found}) {
    if (code == name_of(away)) return DeadCause::unavailable;
  }
  return DeadCause::unexplained;
}

}  // namespace cordon
