#include "signatures/signature_watch.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "signatures/signature_files.h"
#include "signatures/signature_set.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

// The directory itself is what was seen, when even its fingerprint cannot be had.
constexpr const char* kUnreadable = "(unreadable)";

}  // namespace

SignatureWatch::SignatureWatch(SignatureWatchOptions options, const Clock& clock, Log& log,
                               Metrics& metrics)
    : options_(std::move(options)), clock_(clock), log_(log), metrics_(metrics) {
  metrics_.describe("cordon_signature_reloads_total",
                    "Attempts to put other signatures in force: loaded, refused (the set is bad), "
                    "failed (something else is), rolled-back");
  metrics_.describe("cordon_signatures_age_seconds", "Age of the signatures in force");
  metrics_.describe("cordon_signatures_loaded", "Number of signatures in force");
  metrics_.describe("cordon_signatures_refused",
                    "1 while the directory holds a set that is not in force for a reason");
  metrics_.describe("cordon_signature_load_seconds", "How long loading and proving the set took");
}

Result<fs::path> SignatureWatch::begin(std::stop_token stop) {
  const fs::path live = live_directory(options_.root);
  CORDON_TRY(const std::string seen, fingerprint_of(live));
  Result<SetCopies> opened = SetCopies::open(options_.home);
  Result<SetCopy> kept = Error{Errc::unavailable, "no place for copies"};
  if (opened) {
    copies_ = *std::move(opened);
    kept = copies_->keep(live, ignored_, stop);
  } else {
    kept = opened.error();
  }
  if (!kept) {
    if (kept.error().code == Errc::cancelled) return kept.error();
    log_.warn("signatures.not_copied",
              {{"why", kept.error()},
               {"meaning",
                "the engine starts from the directory itself; what is written there "
                "meanwhile may be loaded half"}});
    kept = SetCopy{.directory = live, .fingerprint = seen};
  }
  in_force_ = Kept{.set = *kept, .ignored = ignored_};
  return kept->directory;
}

void SignatureWatch::started(LoadedSet set) {
  metrics_.set("cordon_signatures_loaded", {}, static_cast<double>(set.signatures));
  metrics_.set("cordon_signatures_refused", {}, 0);
  state_.with([&](SignatureState& state) {
    state = {.in_force = std::move(set), .directory = in_force_->set.directory, .trouble = ""};
  });
  show_age();
}

void SignatureWatch::run(SetLoader& loader, std::stop_token stop) {
  while (clock_.wait_for(options_.interval, stop)) look(loader, stop);
}

SignatureState SignatureWatch::state() const {
  return state_.with([](const SignatureState& state) { return state; });
}

void SignatureWatch::ignore(std::set<std::string> signatures) { ignored_ = std::move(signatures); }

void SignatureWatch::show_age() {
  const Result<SystemTime> made = set_time(in_force_->set.directory);
  if (!made) return;
  const std::chrono::duration<double> age = clock_.system_now() - *made;
  metrics_.set("cordon_signatures_age_seconds", {}, std::max(0.0, age.count()));
}

void SignatureWatch::trouble(std::string why) {
  metrics_.set("cordon_signatures_refused", {}, why.empty() ? 0 : 1);
  state_.with([&](SignatureState& state) { state.trouble = std::move(why); });
}

bool SignatureWatch::is_refused(const std::string& fingerprint) const {
  if (!refused_ || refused_->fingerprint != fingerprint) return false;
  return !refused_->retry || clock_.steady_now() < *refused_->retry;
}

bool SignatureWatch::settles(const std::string& fingerprint) {
  if (attempt_.fingerprint != fingerprint) attempt_ = {.fingerprint = fingerprint, .looks = 0};
  return ++attempt_.looks >= options_.looks_until_settled;
}

void SignatureWatch::look(SetLoader& loader, std::stop_token stop) {
  show_age();
  const fs::path live = live_directory(options_.root);
  const Result<std::string> fingerprint = fingerprint_of(live);
  // The list of what is ignored is part of what is seen: the same files with another list are
  // another set.
  std::string seen = fingerprint ? *fingerprint : kUnreadable;
  for (const std::string& name : ignored_) seen += "\n" + name;
  const bool is_in_force = fingerprint && in_force_ && in_force_->set.fingerprint == *fingerprint &&
                           in_force_->ignored == ignored_;
  if (is_in_force) {
    attempt_ = {};
    if (std::exchange(refused_, std::nullopt)) {
      trouble("");
      log_.info("signatures.back", {{"version", state().in_force.version}});
    }
    return;
  }
  const bool is_rejected = fingerprint && !rejected_.empty() && rejected_ == *fingerprint;
  if (is_rejected || is_refused(seen)) return leave_out(loader, stop);
  if (!settles(seen)) return;
  if (!fingerprint) return refuse(seen, Error{Errc::invalid, fingerprint.error().what});
  try_to_load(loader, live, seen, stop);
}

// What lies in the directory is not taken, and names that somebody rejected are left out of what is
// in force all the same.
void SignatureWatch::leave_out(SetLoader& loader, const std::stop_token& stop) {
  const bool waits = next_leave_out_ && clock_.steady_now() < *next_leave_out_;
  if (in_force_->ignored == ignored_ || !copies_ || waits) return;
  const SteadyTime begun = clock_.steady_now();
  Result<SetCopy> kept = copies_->keep(in_force_->set.directory, ignored_, stop);
  Kept next{.set = kept ? *kept : SetCopy(), .ignored = ignored_};
  next.set.fingerprint = in_force_->set.fingerprint;  // Of the directory, as it was then.
  std::error_code none;
  if (kept && ignored_.empty()) fs::remove(next.set.directory / kIgnoredFile, none);
  Result<LoadedSet> loaded = kept ? load(loader, next, true, stop) : kept.error();
  if (loaded) {
    const std::string why = state().trouble;
    take_up(std::move(next), *std::move(loaded), clock_.steady_now() - begun);
    return trouble(why);
  }
  retain_copies();
  if (loaded.error().code == Errc::cancelled) return;
  next_leave_out_ = clock_.steady_now() + options_.retry_min;
  log_.error("signatures.not_left_out", {{"why", loaded.error()}});
}

void SignatureWatch::try_to_load(SetLoader& loader, const fs::path& live, const std::string& seen,
                                 const std::stop_token& stop) {
  attempt_ = {};
  const SteadyTime begun = clock_.steady_now();
  if (!copies_) {
    Result<SetCopies> opened = SetCopies::open(options_.home);
    if (!opened) return refuse(seen, opened.error());
    copies_ = *std::move(opened);
  }
  Result<SetCopy> kept = copies_->keep(live, ignored_, stop);
  if (!kept) {
    // Written to meanwhile: another look will find it settled.
    const Errc code = kept.error().code;
    if (code == Errc::changed || code == Errc::cancelled) return;
    return refuse(seen, kept.error());
  }
  Kept next{.set = *std::move(kept), .ignored = ignored_};
  const Result<void> age = check_age(live, next);
  Result<LoadedSet> loaded = age ? load(loader, next, true, stop) : age.error();
  if (loaded) {
    return put_in_force(std::move(next), *std::move(loaded), clock_.steady_now() - begun);
  }
  if (loaded.error().code != Errc::cancelled) {
    refuse(seen, told_of_original(loaded.error(), next.set.directory, live));
  }
  retain_copies();
}

void SignatureWatch::retain_copies() {
  std::vector<fs::path> used = {in_force_->set.directory};
  if (previous_) used.push_back(previous_->set.directory);
  copies_->retain(used);
}

// Where a link leads was decided by whoever swapped it, and may be a rollback. What lies in the
// directory itself may be a stale copy of a mirror.
Result<void> SignatureWatch::check_age(const fs::path& live, const Kept& next) const {
  using Versions = std::map<std::string, std::uint32_t>;
  if (live != options_.root || !in_force_) return {};
  CORDON_TRY(const Versions present, official_versions(in_force_->set.directory));
  CORDON_TRY(const Versions now, official_versions(next.set.directory));
  const Result<void> newer = check_not_older(present, now);
  if (newer) return newer;
  return Error{newer.error().code, newer.error().what + "; whoever means it restarts the agent"};
}

Result<LoadedSet> SignatureWatch::load(SetLoader& loader, const Kept& next, bool judged,
                                       const std::stop_token& stop) {
  const LoadedSet present = state().in_force;
  // What is ignored was decided by somebody: that it is missing is no surprise.
  const SetLoader::Judge judge = [&](const LoadedSet& set) -> Result<void> {
    return judged ? check_replacement(present, set) : Result<void>();
  };
  return loader.load(next.set.directory, judge, stop);
}

void SignatureWatch::put_in_force(Kept next, LoadedSet set, std::chrono::duration<double> took) {
  previous_ = in_force_;
  refused_.reset();
  take_up(std::move(next), std::move(set), took);
}

void SignatureWatch::take_up(Kept next, LoadedSet set, std::chrono::duration<double> took) {
  in_force_ = std::move(next);
  retain_copies();
  metrics_.count("cordon_signature_reloads_total", {{"result", "loaded"}});
  metrics_.set("cordon_signature_load_seconds", {}, took.count());
  log_.info("signatures.in_force", {{"version", set.version},
                                    {"count", set.signatures},
                                    {"before", state().in_force.version},
                                    {"seconds", took.count()}});
  started(std::move(set));
}

void SignatureWatch::refuse(const std::string& seen, const Error& error) {
  const bool again = refused_ && refused_->fingerprint == seen;
  Refusal refusal{.fingerprint = seen, .retry = std::nullopt};
  const bool is_bad = error.code == Errc::invalid;
  if (!is_bad) {
    const std::chrono::seconds wait = again ? 2 * refused_->wait : options_.retry_min;
    refusal.wait = std::clamp(wait, options_.retry_min, options_.retry_max);
    refusal.retry = clock_.steady_now() + refusal.wait;
  }
  refused_ = std::move(refusal);
  metrics_.count("cordon_signature_reloads_total", {{"result", is_bad ? "refused" : "failed"}});
  log_.error("signatures.refused", {{"directory", options_.root.string()},
                                    {"why", error},
                                    {"in_force", state().in_force.version},
                                    {"next", is_bad ? "not tried again before the set changes"
                                                    : "tried again after a pause"}});
  trouble(error.what);
}

Result<void> SignatureWatch::go_back(SetLoader& loader, std::stop_token stop) {
  if (!previous_) return Error{Errc::not_found, "there is no signature set before this one"};
  const SteadyTime begun = clock_.steady_now();
  CORDON_TRY(LoadedSet set, load(loader, *previous_, false, stop));
  const LoadedSet rejected = state().in_force;
  const Kept bad = *std::exchange(in_force_, std::exchange(previous_, std::nullopt));
  std::string seen = bad.set.fingerprint;
  for (const std::string& name : bad.ignored) seen += "\n" + name;
  refused_ = Refusal{.fingerprint = std::move(seen), .retry = std::nullopt};
  rejected_ = bad.set.fingerprint;
  if (copies_) copies_->retain({in_force_->set.directory});
  metrics_.count("cordon_signature_reloads_total", {{"result", "rolled-back"}});
  const std::chrono::duration<double> took = clock_.steady_now() - begun;
  log_.warn("signatures.rolled_back",
            {{"version", set.version}, {"rejected", rejected.version}, {"seconds", took.count()}});
  started(std::move(set));
  trouble("the set " + rejected.version + " was rejected");
  return {};
}

}  // namespace cordon
