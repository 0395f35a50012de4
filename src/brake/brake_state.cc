#include "brake/brake_state.h"

namespace cordon {
namespace {

using Phase = BrakeState::Phase;

}  // namespace

std::string_view name_of(BrakeState::Phase phase) {
  switch (phase) {
    case Phase::none:
      return "none";
    case Phase::holding:
      return "holding";
    case Phase::confirmed:
      return "confirmed";
    case Phase::rejected:
      return "rejected";
  }
  return "none";
}

bool is_decided(const BrakePull& pull, const BrakeState& decisions) {
  const bool decides = decisions.phase == Phase::confirmed || decisions.phase == Phase::rejected;
  return decides && decisions.set == pull.set && decisions.since == pull.since;
}

std::optional<BrakePull> undecided_pull(const BrakeState& decisions,
                                        const std::optional<BrakePull>& told) {
  if (decisions.phase == Phase::holding) {
    return BrakePull{.set = decisions.set,
                     .names = decisions.names,
                     .agent = decisions.agent,
                     .since = decisions.since,
                     .scanned = decisions.scanned,
                     .infected = decisions.infected};
  }
  return told && !is_decided(*told, decisions) ? told : std::nullopt;
}

BrakeState state_of(const std::optional<BrakePull>& open, BrakeState decisions) {
  if (!open) return decisions;
  decisions.phase = Phase::holding;
  decisions.set = open->set;
  decisions.names = open->names;
  decisions.agent = open->agent;
  decisions.since = open->since;
  decisions.scanned = open->scanned;
  decisions.infected = open->infected;
  return decisions;
}

}  // namespace cordon
