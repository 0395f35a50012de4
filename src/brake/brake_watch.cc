#include "brake/brake_watch.h"

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
    : options_(std::move(options)),
      ports_(std::move(ports)),
      brake_(ports_.clock),
      pull_page_{WatchedDocument(ports_.pulled), "pulled.json"},
      decisions_page_{WatchedDocument(ports_.decisions), "state.json"} {
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
  // The decisions first: a pull that is read after them is at most held too long.
  Result<void> looked = look_at_decisions(stop);
  if (looked) looked = look_at_pull(stop);
  if (looked) tell(stop);
  show();
  return looked;
}

Result<void> BrakeWatch::look_at_decisions(const std::stop_token& stop) {
  using State = WatchedDocument::State;
  const State before = decisions_page_.document.state();
  CORDON_TRY(const std::optional<std::string> text, changed_text(decisions_page_, stop));
  if (decisions_page_.document.state() == State::missing && before == State::good) {
    ports_.log.warn("brake.decisions_gone",
                    {{"where", options_.folder + decisions_page_.name},
                     {"meaning",
                      "what was decided about signatures stays in force here, and is unknown to "
                      "agents that start later: decide again"}});
  }
  if (!text) return {};
  Result<BrakeState> decisions = parse_brake_state(*text);
  if (!decisions) {
    refuse(decisions_page_, decisions.error());
    return {};
  }
  decisions_page_.document.enter_good();
  decisions_ = *std::move(decisions);
  weigh();
  return {};
}

Result<void> BrakeWatch::look_at_pull(const std::stop_token& stop) {
  CORDON_TRY(const std::optional<std::string> text, changed_text(pull_page_, stop));
  if (!text) return {};
  Result<BrakePull> pull = parse_brake_pull(*text);
  if (!pull) {
    refuse(pull_page_, pull.error());
    return {};
  }
  pull_page_.document.enter_good();
  told_ = *std::move(pull);
  weigh();
  return {};
}

// What the document says when it is another one than at the last look.
Result<std::optional<std::string>> BrakeWatch::changed_text(Page& page,
                                                            const std::stop_token& stop) {
  using Text = std::optional<std::string>;
  auto found = page.document.look(limit(), stop);
  if (found) {
    if (*found) return Text(std::move((*found)->document));
    page.document.enter_unchanged();
    return Text();
  }
  const Error& error = found.error();
  if (error.code == Errc::cancelled) return error;
  if (error.code == Errc::invalid) {  // Longer than any document of ours.
    refuse(page, error);
    return Text();
  }
  if (error.code == Errc::not_found) {
    page.document.enter_missing();
    return Text();
  }
  if (page.document.enter_away()) {
    ports_.log.warn("brake.away", {{"where", options_.folder + page.name},
                                   {"why", error},
                                   {"meaning",
                                    "what other agents and people say about new signatures is not "
                                    "seen here"}});
  }
  return Error{Errc::unavailable, "the brake's " + std::string(page.name) + ": " + error.what};
}

void BrakeWatch::refuse(Page& page, const Error& why) {
  if (!page.document.enter_refused()) return;
  ports_.log.error("brake.refused",
                   {{"where", options_.bucket.str() + "/" + options_.folder + page.name},
                    {"why", why},
                    {"meaning",
                     "what it said last stays, and no agent writes over it: a person removes it, "
                     "or agents are brought to the version that wrote it"}});
}

// What follows from both documents. A pull that was read once stays open until it is decided about,
// whatever becomes of the document: else whoever may write that could release the brake.
void BrakeWatch::weigh() {
  if (open_ && is_decided(*open_, decisions_)) open_.reset();
  if (!open_) open_ = undecided_pull(decisions_, told_);
  const BrakeState before = shared();
  const BrakeState now = state_of(open_, decisions_);
  shared_.with([&](BrakeState& state) { state = now; });
  brake_.learn(now);
  if (now == before) return;
  const bool is_quiet =
      now.phase == BrakeState::Phase::confirmed || now.phase == BrakeState::Phase::none;
  const bool holds = now.phase == BrakeState::Phase::holding;
  ports_.log.write(is_quiet ? LogLevel::info : LogLevel::warn, "brake.state",
                   {{"state", name_of(now.phase)},
                    {"signatures", now.set},
                    {"names", joined(now.names)},
                    {"by", holds ? now.agent : now.decided_by},
                    {"ignored_signatures", joined(now.ignored)},
                    {"rejected_sets", joined(now.rejected_sets)}});
}

// Tells the others that the brake was pulled: here, or as it was told before and is not any more.
void BrakeWatch::tell(const std::stop_token& stop) {
  using State = WatchedDocument::State;
  const State state = pull_page_.document.state();
  const std::optional<BrakePull> other =
      state == State::missing ? std::nullopt : undecided_pull(decisions_, told_);
  // A document of a later version, or a damaged one: only a person removes it.
  if (other || state == State::refused) return;
  std::optional<BrakePull> pull = open_;
  if (!pull) {
    pull = brake_.unshared();
    if (pull) pull->agent = options_.agent;
  }
  if (!pull) return;
  const auto written =
      ports_.pulled.write(to_json(*pull), pull_page_.document.seen(), limit(), stop);
  if (written) {
    pull_page_.document.know(written->etag);
    pull_page_.document.enter_good();
    // As it is written: texts are cleaned and cut.
    if (Result<BrakePull> kept = parse_brake_pull(written->document)) told_ = *std::move(kept);
    return weigh();
  }
  const Errc code = written.error().code;
  if (code == Errc::changed || code == Errc::cancelled) return;  // The next look tells.
  ports_.log.warn("brake.not_told",
                  {{"why", written.error()},
                   {"meaning",
                    "only this agent holds actions, and what it holds goes to the dead letters; "
                    "cordon settings apply makes the system bucket where there is none, and "
                    "cordon iam agent prints the right to write brake/REGION/pulled.json"}});
}

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
    const BrakePull pull = brake_.unshared().value_or(BrakePull{});
    ports_.log.error(
        "brake.pulled",
        {{"signatures", pull.set},
         {"names", joined(pull.names)},
         {"scanned", pull.scanned},
         {"infected", pull.infected},
         {"meaning",
          "objects in which only new signatures find something are tagged and stay where they are; "
          "look with cordon signatures brake, then cordon signatures confirm or reject"}});
  }
  if (decision.ruling == BrakeRuling::go_on) return decision.ruling;
  // Somebody may have decided a moment ago. Without an answer it is held, or waits.
  if (decision.pulled) {
    (void)look(std::move(stop));  // Also tells.
  } else {
    std::lock_guard lock(looking_);
    (void)look_at_decisions(stop);
    show();
  }
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
  const auto hear = [&]() -> Result<void> {
    std::lock_guard lock(looking_);
    return look_at_decisions(stop);
  };
  // The look also says whether the bucket is ours: its name can be guessed.
  CORDON_TRY(hear());
  const Result<ETag> written =
      ports_.catalogue.write(place, to_json(held), std::nullopt, deadline, stop);
  // Changed: an earlier delivery wrote it.
  if (!written && written.error().code != Errc::changed) {
    if (written.error().code == Errc::cancelled) return written.error();
    return Error{Errc::unavailable,
                 "the brake holds it, which cannot be written down: " + written.error().what};
  }
  CORDON_TRY(hear());
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
  // Of several sets, that which came last; none comes from the future.
  const bool has_come = theirs.since && *theirs.since <= ports_.clock.system_now();
  if (has_come && (!ours.since || *theirs.since > *ours.since)) {
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
