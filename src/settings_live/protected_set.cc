// Messages name buckets, and anybody who may send one may name any. So a message is only the
// occasion; whether to act is asked of the document that `protect` writes and, where that says
// nothing, of the bucket itself. A bucket that the document names is believed to be protected and
// not looked at; a document that is missing, old or away costs looks, and never leaves an upload
// unscanned.
//
// What is remembered must not undo that. "Protected" is simply believed for a while: the worst that
// follows is that a bucket which was unprotected by hand is scanned a little longer. "Unprotected"
// could lose an upload to a bucket that was protected since, and S3 may show a configuration as it
// was a moment ago, so it answers only for messages that were sent some seconds before the look. A
// later one takes a look of its own, but not more than one in `pause`: until then, and also when
// its own look comes too soon, its answer is "ask again", and the message waits.

#include "settings_live/protected_set.h"

#include <algorithm>
#include <utility>

namespace cordon {
namespace {

// S3's rule for names. A look at another name fails, and would count against the intake.
bool can_be_bucket(const std::string& name) {
  const auto is_alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return name.size() >= 3 && name.size() <= 63 && is_alnum(name.front()) && is_alnum(name.back()) &&
         name.find("..") == std::string::npos && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_alnum(c) || c == '.' || c == '-';
         });
}

Error no_bucket(const BucketName& bucket) {
  return {Errc::not_found, "there is no bucket " + bucket.str()};
}

std::string name_for(const StandingQuestion& question) {
  // No bucket's name holds a space.
  return question.bucket.str() + (question.by_gateway ? " by gateway" : "");
}

}  // namespace

ProtectedSet::ProtectedSet(ProtectedSetOptions options, ProtectedSetPorts ports)
    : options_(std::move(options)), ports_(std::move(ports)) {
  ports_.metrics.describe("cordon_protected_looks_total",
                          "Looks at buckets that the protected set does not name, by outcome");
}

bool ProtectedSet::is_listed(const ProtectedDocument& document, const BucketName& bucket) const {
  const auto entry = document.buckets.find(bucket);
  return entry != document.buckets.end() && entry->second.region == options_.region &&
         entry->second.account == ports_.owner(bucket);
}

std::optional<Result<Standing>> ProtectedSet::remembered(const Memory& memory,
                                                         const StandingQuestion& question) const {
  using Answer = std::optional<Result<Standing>>;
  const bool failed_lately =
      memory.failed_at && ports_.clock.steady_now() - *memory.failed_at < options_.pause;
  if (failed_lately && !question.is_last) return Answer(Standing::ask_again);
  if (!memory.is_protected) return std::nullopt;
  const auto age = ports_.clock.steady_now() - memory.since;
  if (*memory.is_protected) {
    return age < options_.believed ? Answer(Standing::is_protected) : std::nullopt;
  }
  const bool was_sent_before = question.told_at + options_.clock_slack <= memory.looked_at;
  if (was_sent_before && age < options_.remembered) {
    return memory.is_missing ? Answer(no_bucket(question.bucket)) : Answer(Standing::unprotected);
  }
  const bool waits = age < options_.pause && !question.is_last;
  return waits ? Answer(Standing::ask_again) : std::nullopt;
}

// A bucket's configuration may be read as it was a moment ago, so that "no" needs some distance
// from the message.
Result<Standing> ProtectedSet::answer(const Result<bool>& found, const StandingQuestion& question,
                                      SystemTime began) const {
  if (!found) return found.error();
  if (*found) return Standing::is_protected;
  const bool too_soon = question.told_at + options_.clock_slack > began;
  return too_soon && !question.is_last ? Standing::ask_again : Standing::unprotected;
}

// Another document: what was found out before may be over.
void ProtectedSet::forget_for(const ProtectedWatch::Known& known) {
  if (std::exchange(document_number_, known.number) == known.number) return;
  std::erase_if(names_, [](const auto& name) { return !name.second.is_looking; });
  for (auto& [name, memory] : names_) memory.is_protected.reset();
}

void ProtectedSet::make_room() {
  if (names_.size() < options_.names_max) return;
  const auto older = [](const auto& a, const auto& b) {
    if (a.second.is_looking != b.second.is_looking) return b.second.is_looking;
    const bool a_is_protected = a.second.is_protected == true;  // Others are named by anybody.
    if (a_is_protected != (b.second.is_protected == true)) return !a_is_protected;
    return a.second.since < b.second.since;
  };
  const auto oldest = std::min_element(names_.begin(), names_.end(), older);
  if (!oldest->second.is_looking) names_.erase(oldest);
}

Result<Standing> ProtectedSet::standing(const StandingQuestion& question, Deadline deadline,
                                        std::stop_token stop) {
  if (ports_.is_own(question.bucket)) return Standing::own;
  std::unique_lock lock(mutex_);
  const std::string name = name_for(question);
  for (;;) {
    const ProtectedWatch::Known known = ports_.document.current();
    forget_for(known);
    if (is_listed(*known.document, question.bucket)) return Standing::is_protected;
    if (!can_be_bucket(question.bucket.str())) return Standing::unprotected;
    auto at = names_.find(name);
    if (at == names_.end()) {
      make_room();
      at = names_.emplace(name, Memory{.since = ports_.clock.steady_now()}).first;
    }
    if (!at->second.is_looking) {
      if (const auto answer = remembered(at->second, question)) return *answer;
      return look(at, question, deadline, stop, lock);
    }
    // Bounded by the other's look, whose deadline is like ours.
    answered_.wait(lock, stop, [&] {
      const auto now = names_.find(name);
      return now == names_.end() || !now->second.is_looking;
    });
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  }
}

// That there is no such bucket ends the way of its objects, so no single answer says it.
Result<bool> ProtectedSet::look_at(const StandingQuestion& question, Deadline deadline,
                                   const std::stop_token& stop) const {
  Result<bool> found = ports_.look(question, deadline, stop);
  if (found || found.error().code != Errc::not_found) return found;
  return ports_.look(question, deadline, stop);
}

Result<Standing> ProtectedSet::look(Names::iterator at, const StandingQuestion& question,
                                    Deadline deadline, const std::stop_token& stop,
                                    std::unique_lock<std::mutex>& lock) {
  const std::uint64_t number = document_number_;
  const SystemTime began = ports_.clock.system_now();
  at->second.is_looking = true;
  lock.unlock();
  const Result<bool> found = look_at(question, deadline, stop);
  ports_.metrics.count("cordon_protected_looks_total",
                       {{"outcome", found ? (*found ? "protected" : "unprotected")
                                          : std::string(name_of(found.error().code))}});
  lock.lock();
  Memory& memory = at->second;
  memory.is_looking = false;
  answered_.notify_all();
  const bool is_missing = !found && found.error().code == Errc::not_found;
  // Written while we looked, perhaps before the bucket was wired.
  if ((is_missing || (found && !*found)) &&
      is_listed(*ports_.document.current().document, question.bucket)) {
    return Standing::is_protected;
  }
  if (found || is_missing) {
    ports_.log.write_limited(LogLevel::info, "protected.looked",
                             {{"bucket", question.bucket.str()}, {"protected", found && *found}});
    // While somebody wrote the document, the look may have been too early.
    if (number == document_number_) {
      memory = {.is_protected = found && *found,
                .is_missing = is_missing,
                .since = ports_.clock.steady_now(),
                .looked_at = began};
    }
    return answer(found, question, began);
  }
  const bool was_protected = memory.is_protected == true;
  const bool is_cancelled = found.error().code == Errc::cancelled;
  if (is_cancelled && !memory.is_protected) {
    names_.erase(at);
  } else if (!was_protected && !is_cancelled) {
    memory.failed_at = ports_.clock.steady_now();  // The others wait.
  }
  // It was protected when it could be seen last. Not every message takes a look that fails.
  if (was_protected && !is_cancelled) {
    memory.since = ports_.clock.steady_now() - options_.believed + options_.pause;
    return Standing::is_protected;
  }
  return found.error();
}

}  // namespace cordon
