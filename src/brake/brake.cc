// When new signatures find too much.
//
// A set with a false alarm quarantines a whole bucket within minutes. That is told from an attack
// by what finds it: names that nobody had met before the update, in many objects at once. Counting
// happens per agent, since each sees enough; what one decides goes to all.
//
// A name stays new for a whole window, not only until the next update: sets come every hour, and a
// false alarm would else be an old acquaintance an hour later. A second update begins a new count,
// or the share would be one of all time and a jump would drown in it.

#include "brake/brake.h"

#include <algorithm>
#include <functional>

namespace cordon {
namespace {

constexpr std::size_t kNamesMax = 10'000;     // Of each kind.
constexpr std::size_t kSuspectsMax = 20'000;  // More than the settings can ask for.
constexpr double kRise = 5.0;                 // Times the share before the update.

}  // namespace

// --- what is in force ------------------------------------------------------------------------

void Brake::set_in_force(const std::string& set) {
  std::lock_guard lock(mutex_);
  begin(set);
}

void Brake::begin(const std::string& set) {
  if (set.empty() || set == set_) return;
  const bool is_update = !set_.empty();
  previous_ = std::exchange(set_, set);
  if (!is_update) return;
  updated_ = std::chrono::floor<std::chrono::milliseconds>(clock_.system_now());  // As written.
  // What is long ago counts less.
  before_ = {before_.scanned / 2 + now_.scanned, before_.infected / 2 + now_.infected};
  now_ = {};
  suspects_.clear();
}

void Brake::recall(const BrakeHistory& history) {
  std::lock_guard lock(mutex_);
  for (const std::string& name : history.names) make_familiar(name);
  before_ = {history.scanned, history.infected};
  const std::string now = std::exchange(set_, history.set);
  updated_ = history.since;
  if (updated_) updated_ = std::min(*updated_, clock_.system_now());
  if (!now.empty()) begin(now);
}

void Brake::acquaint(const std::set<std::string>& names) {
  std::lock_guard lock(mutex_);
  if (holds()) return;  // They may have been new where they come from.
  for (const std::string& name : names) {
    if (!fresh_.contains(name)) make_familiar(name);
  }
}

BrakeHistory Brake::history() const {
  std::lock_guard lock(mutex_);
  BrakeHistory history{.set = set_,
                       .since = updated_,
                       .scanned = before_.scanned + now_.scanned,
                       .infected = before_.infected + now_.infected};
  const std::size_t known = familiar_order_.size();
  for (std::size_t i = known - std::min(known, kBrakeNamesMax); i < known; ++i) {
    history.names.insert(familiar_order_[i]);
  }
  return history;
}

// --- names -----------------------------------------------------------------------------------

void Brake::make_familiar(const std::string& name) {
  fresh_.erase(name);
  if (!familiar_.insert(name).second) return;
  familiar_order_.push_back(name);
  if (familiar_order_.size() <= kNamesMax) return;
  familiar_.erase(familiar_order_.front());
  familiar_order_.pop_front();
}

void Brake::make_familiar_all() {
  const std::map<std::string, SystemTime> names = std::exchange(fresh_, {});
  for (const auto& [name, since] : names) {
    if (!shared_.ignored.contains(name)) make_familiar(name);
  }
}

bool Brake::is_in_window(const BrakeSettings& settings) const {
  return updated_ && clock_.system_now() < *updated_ + brake_window(settings);
}

// Whether the name is new; one that is met for the first time is remembered as what it is.
bool Brake::is_new(const std::string& name, const BrakeFinding& finding,
                   const BrakeSettings& settings) {
  if (familiar_.contains(name)) return false;
  const auto met = fresh_.find(name);
  if (met != fresh_.end()) {
    if (holds() || clock_.system_now() < met->second) return true;
    make_familiar(name);
    return false;
  }
  const bool is_late = finding.set == previous_ && finding.set != set_;
  const bool fresh = holds() || (!is_late && is_in_window(settings));
  if (!finding.counts) return fresh;
  if (!fresh) {
    make_familiar(name);
  } else if (fresh_.size() < kNamesMax) {
    const SystemTime from = updated_.value_or(clock_.system_now());
    fresh_.emplace(name, from + brake_window(settings));
  }
  return fresh;
}

// --- the decision ----------------------------------------------------------------------------

bool Brake::holds() const {
  return pulled_.has_value() || shared_.phase == BrakeState::Phase::holding ||
         shared_.rejected_sets.contains(set_);
}

bool Brake::is_holding() const {
  std::lock_guard lock(mutex_);
  return holds();
}

bool Brake::is_too_much(const BrakeSettings& settings) const {
  const auto infected = static_cast<double>(suspects_.size());
  const auto scanned = static_cast<double>(now_.scanned);
  if (suspects_.size() < settings.infected_min) return false;
  if (infected * 100 <= static_cast<double>(settings.share) * scanned) return false;
  if (before_.scanned == 0) return true;
  const double usual = static_cast<double>(before_.infected) / static_cast<double>(before_.scanned);
  return infected >= kRise * usual * scanned;
}

void Brake::pull() {
  BrakePull pull{.set = set_,
                 // As it is written: a decision names the pull by it.
                 .since = std::chrono::floor<std::chrono::milliseconds>(clock_.system_now()),
                 .scanned = now_.scanned,
                 .infected = suspects_.size()};
  for (const auto& [name, since] : fresh_) {
    if (pull.names.size() < kBrakeNamesMax) pull.names.push_back(name);
  }
  pulled_ = std::move(pull);
}

Brake::Decision Brake::consider(const BrakeFinding& finding, const BrakeSettings& settings) {
  std::lock_guard lock(mutex_);
  // A scan may be faster than the word that its signatures are in force.
  if (finding.counts && finding.set != previous_) begin(finding.set);
  if (finding.counts) {
    Tally& tally = finding.set == set_ || set_.empty() ? now_ : before_;
    ++tally.scanned;
    if (!finding.names.empty()) ++tally.infected;
  }
  if (finding.names.empty()) return {};
  std::size_t fresh = 0;
  std::size_t rejected = 0;
  for (const std::string& name : finding.names) {
    if (shared_.ignored.contains(name)) {
      ++rejected;
    } else if (is_new(name, finding, settings)) {
      ++fresh;
    }
  }
  // Whoever rejected a name did so for good, whatever the brake is set to.
  if (rejected == finding.names.size()) return {.ruling = BrakeRuling::wait};
  if (!settings.enabled || fresh + rejected < finding.names.size()) return {};
  if (shared_.rejected_sets.contains(finding.set)) return {.ruling = BrakeRuling::wait};
  if (holds()) return {.ruling = BrakeRuling::hold};
  const bool may_pull =
      finding.counts && finding.set == set_ && set_ != confirmed_set_ && is_in_window(settings);
  if (!may_pull) return {};
  if (suspects_.size() < kSuspectsMax) suspects_.insert(std::hash<std::string>()(finding.object));
  if (!is_too_much(settings)) return {};
  pull();
  return {.ruling = BrakeRuling::hold, .pulled = true};
}

// --- what others decided ---------------------------------------------------------------------

std::optional<BrakePull> Brake::unshared() const {
  std::lock_guard lock(mutex_);
  return shared_.phase == BrakeState::Phase::holding ? std::nullopt : pulled_;
}

void Brake::learn(const BrakeState& shared) {
  std::lock_guard lock(mutex_);
  if (shared == shared_) return;
  shared_ = shared;
  for (const std::string& name : shared.ignored) fresh_.erase(name);
  const bool is_decided =
      shared.phase == BrakeState::Phase::confirmed || shared.phase == BrakeState::Phase::rejected;
  // A decision is one on what was pulled before it. What was pulled here for other signatures is
  // still to be told, and to be decided.
  if (!is_decided || (pulled_ && pulled_->set != shared.set)) return;
  pulled_.reset();
  suspects_.clear();
  if (shared.rejected_sets.contains(shared.set)) return;
  // What was not rejected was looked at as well, and found right.
  for (const std::string& name : shared.names) {
    if (!shared.ignored.contains(name)) make_familiar(name);
  }
  make_familiar_all();
  if (shared.phase == BrakeState::Phase::confirmed) confirmed_set_ = shared.set;
}

}  // namespace cordon
