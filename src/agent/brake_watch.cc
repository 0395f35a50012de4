#include "agent/brake_watch.h"

#include <algorithm>
#include <utility>

#include "core/object_ref.h"

namespace cordon {
namespace {

std::string joined(const auto& names) {
  constexpr std::size_t kToldMax = 10;
  std::string out;
  std::size_t told = 0;
  for (const std::string& name : names) {
    if (told++ == kToldMax) return out + ", ...";
    out += (out.empty() ? "" : ", ") + name;
  }
  return out;
}

}  // namespace

BrakeWatch::BrakeWatch(BrakeWatchOptions options, BrakePorts ports)
    : options_(std::move(options)), ports_(std::move(ports)), brake_(ports_.clock) {
  Metrics& metrics = ports_.metrics;
  metrics.describe("cordon_brake_holding",
                   "1 while objects are not taken away because of new signatures");
  metrics.describe("cordon_held_actions_total", "Objects that the brake kept where they were");
  metrics.describe("cordon_signatures_ignored",
                   "Signatures that were rejected, and count for none");
  metrics.set("cordon_brake_holding", {}, 0);
}

Deadline BrakeWatch::limit() const { return Deadline::after(ports_.clock, options_.call_limit); }

BrakeState BrakeWatch::shared() const {
  return shared_.with([](const BrakeState& state) { return state; });
}

void BrakeWatch::begin(std::stop_token stop) {
  (void)look(stop);  // Told there; the next one may find it.
  const auto stored = ports_.history.read(std::nullopt, limit(), std::move(stop));
  if (!stored || !*stored) return;
  const Result<BrakeHistory> history = parse_brake_history((*stored)->document);
  if (history) {
    brake_.recall(*history);
  } else {
    ports_.log.warn("brake.history_refused", {{"why", history.error()}});
  }
}

void BrakeWatch::run(std::stop_token stop) {
  SteadyTime next = ports_.clock.steady_now();
  do {
    (void)look(stop);  // Told there.
    if (ports_.clock.steady_now() < next) continue;
    if (remember(stop)) next = ports_.clock.steady_now() + options_.history_interval;
  } while (ports_.clock.wait_for(options_.interval, stop));
}

// --- the shared state ------------------------------------------------------------------------

Result<void> BrakeWatch::look(std::stop_token stop) {
  std::lock_guard lock(looking_);
  Result<void> looked = look_locked(stop);
  if (looked) tell(stop);
  show();
  return looked;
}

Result<void> BrakeWatch::look_locked(const std::stop_token& stop) {
  const auto found = ports_.state.read(seen_, limit(), stop);
  if (found) {
    is_there_ = true;
    if (*found) {
      take(**found);
    } else {
      enters(place_ == Place::refused ? Place::refused : Place::good);
    }
    return {};
  }
  if (found.error().code == Errc::cancelled) return found.error();
  if (found.error().code == Errc::invalid) {  // Longer than any document of ours.
    refuse(found.error());
    return {};
  }
  if (found.error().code != Errc::not_found) {
    if (enters(Place::away)) {
      ports_.log.warn("brake.away", {{"why", found.error()},
                                     {"meaning",
                                      "what other agents and people decide about new "
                                      "signatures is not seen here"}});
    }
    return Error{Errc::unavailable, "the state of the brake: " + found.error().what};
  }
  seen_.reset();
  is_there_ = false;
  enters(Place::none);
  return {};
}

void BrakeWatch::take(const StoredSettings& stored) {
  seen_ = stored.etag;
  Result<BrakeState> state = parse_brake_state(stored.document);
  if (!state) return refuse(state.error());
  enters(Place::good);
  const BrakeState before = shared();
  shared_.with([&](BrakeState& now) { now = *state; });
  brake_.learn(*state);
  if (*state == before) return;
  const bool is_quiet =
      state->phase == BrakeState::Phase::confirmed || state->phase == BrakeState::Phase::none;
  ports_.log.write(is_quiet ? LogLevel::info : LogLevel::warn, "brake.state",
                   {{"state", name_of(state->phase)},
                    {"signatures", state->set},
                    {"names", joined(state->names)},
                    {"by", state->decided_by.empty() ? state->agent : state->decided_by},
                    {"ignored_signatures", joined(state->ignored)},
                    {"rejected_sets", joined(state->rejected_sets)}});
}

void BrakeWatch::refuse(const Error& why) {
  if (!enters(Place::refused)) return;
  ports_.log.error("brake.refused",
                   {{"where", options_.bucket.str() + "/" + options_.folder + "state.json"},
                    {"why", why},
                    {"meaning",
                     "the last good state stays; when the document is removed, "
                     "agents write it anew"}});
}

// Tells the others that the brake was pulled here, and what the state was when it is gone.
void BrakeWatch::tell(const std::stop_token& stop) {
  std::optional<BrakeState> state = brake_.unshared();
  const BrakeState before = shared();
  if (state) {
    state->agent = options_.agent;
    state->ignored = before.ignored;
    state->rejected_sets = before.rejected_sets;
  } else if (place_ == Place::none && before.phase != BrakeState::Phase::none) {
    state = before;
  }
  // A document of a later version, or a damaged one, may hold decisions: only a person removes it.
  if (!state || place_ == Place::refused) return;
  const auto written =
      ports_.state.write(to_json(*state), is_there_ ? seen_ : std::nullopt, limit(), stop);
  if (written) {
    is_there_ = true;
    return take(*written);
  }
  const Errc code = written.error().code;
  if (code == Errc::changed || code == Errc::cancelled) return;  // The next look tells.
  ports_.log.warn("brake.not_told",
                  {{"why", written.error()},
                   {"meaning",
                    "only this agent holds actions, and what it holds goes to the dead letters; "
                    "cordon settings apply makes the system bucket where there is none"}});
}

bool BrakeWatch::enters(Place place) { return std::exchange(place_, place) != place; }

void BrakeWatch::show() {
  ports_.metrics.set("cordon_brake_holding", {}, brake_.is_holding() ? 1 : 0);
  ports_.metrics.set("cordon_signatures_ignored", {}, static_cast<double>(shared().ignored.size()));
}

// --- one object ------------------------------------------------------------------------------

BrakeRuling BrakeWatch::rule(const HeldObject& found, bool counts, std::stop_token stop) {
  BrakeFinding finding{.object = found.object.bucket.str() + "/" + found.object.key.str(),
                       .names = found.names,
                       .set = found.set,
                       .counts = counts};
  const Brake::Decision decision = brake_.consider(finding, ports_.settings());
  if (decision.pulled) {
    const BrakeState state = brake_.unshared().value_or(BrakeState{});
    ports_.log.error(
        "brake.pulled",
        {{"signatures", state.set},
         {"names", joined(state.names)},
         {"scanned", state.scanned},
         {"infected", state.infected},
         {"meaning",
          "objects in which only new signatures find something are tagged and stay where they are; "
          "look with cordon signatures brake, then cordon signatures confirm or reject"}});
  }
  if (decision.ruling == BrakeRuling::go_on) return decision.ruling;
  // Somebody may have decided a moment ago.
  (void)look(std::move(stop));  // Else it is held, or waits.
  finding.counts = false;
  return brake_.consider(finding, ports_.settings()).ruling;
}

bool BrakeWatch::is_rejected(const std::vector<std::string>& names) const {
  return !names.empty() && shared_.with([&](const BrakeState& state) {
    return std::all_of(names.begin(), names.end(),
                       [&](const std::string& name) { return state.ignored.contains(name); });
  });
}

Result<void> BrakeWatch::record(const HeldObject& held, Deadline deadline, std::stop_token stop) {
  const ObjectRef place{options_.bucket,
                        ObjectKey(options_.folder + "held/" + held_id(held) + ".json")};
  // The look also says whether the bucket is ours: its name can be guessed.
  CORDON_TRY(look(stop));
  const Result<ETag> written =
      ports_.shelf.write(place, to_json(held), std::nullopt, deadline, stop);
  // Changed: an earlier delivery wrote it.
  if (!written && written.error().code != Errc::changed) {
    if (written.error().code == Errc::cancelled) return written.error();
    return Error{Errc::unavailable,
                 "the brake holds it, which cannot be written down: " + written.error().what};
  }
  CORDON_TRY(look(std::move(stop)));
  const BrakeFinding again{
      .object = held.object.key.str(), .names = held.names, .set = held.set, .counts = false};
  const BrakeRuling ruling = brake_.consider(again, ports_.settings()).ruling;
  if (ruling != BrakeRuling::hold && ruling != BrakeRuling::wait) {
    return Error{Errc::unavailable, "the brake was released meanwhile"};
  }
  ports_.metrics.count("cordon_held_actions_total");
  return {};
}

// --- history ---------------------------------------------------------------------------------

bool BrakeWatch::remember(std::stop_token stop) {
  const auto stored = ports_.history.read(history_seen_, limit(), stop);
  if (!stored && stored.error().code != Errc::not_found) return true;  // Another time.
  BrakeHistory theirs = written_;
  if (!stored) {
    history_seen_.reset();
    is_history_foreign_ = false;
  }
  if (stored && *stored) {
    history_seen_ = (*stored)->etag;
    Result<BrakeHistory> read = parse_brake_history((*stored)->document);
    is_history_foreign_ = !read;
    if (!read) {
      ports_.log.warn("brake.history_refused",
                      {{"why", read.error()},
                       {"meaning", "it stays as it is; when it is removed, agents write it anew"}});
      return true;
    }
    theirs = *std::move(read);
    brake_.acquaint(theirs.names);
  }
  if (is_history_foreign_) return true;  // Still the one that is not understood.
  BrakeHistory ours = brake_.history();
  if (ours.set.empty()) return false;
  // Of several sets, that which came last.
  if (theirs.since && (!ours.since || *theirs.since > *ours.since)) {
    ours.set = theirs.set;
    ours.since = theirs.since;
  }
  for (const std::string& name : theirs.names) {
    if (ours.names.size() < kBrakeNamesMax) ours.names.insert(name);
  }
  const bool is_known = stored && ours.set == theirs.set && ours.since == theirs.since &&
                        std::includes(theirs.names.begin(), theirs.names.end(), ours.names.begin(),
                                      ours.names.end()) &&
                        ours.scanned <= 2 * theirs.scanned + 100;
  written_ = theirs;
  if (is_known) return true;
  const auto written = ports_.history.write(to_json(ours), history_seen_, limit(), stop);
  if (!written) {  // Somebody else was faster, or there is no place: the next time.
    const bool alone = written.error().code == Errc::not_found;
    if (std::exchange(is_alone_, alone) || !alone) return true;
    ports_.log.warn("brake.alone",
                    {{"why", written.error()},
                     {"meaning",
                      "without the system bucket this agent's brake knows nothing of "
                      "others, and what it holds goes to the dead letters; cordon "
                      "settings apply makes the bucket"}});
    return true;
  }
  is_alone_ = false;
  history_seen_ = written->etag;
  written_ = std::move(ours);
  return true;
}

}  // namespace cordon
