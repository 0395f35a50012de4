#include "deadletters/dead_letters.h"

#include <algorithm>
#include <optional>
#include <set>

namespace cordon {
namespace {

// As long as a command may take: what it is about to send, nobody else gets meanwhile.
constexpr std::chrono::seconds kHidden{900};
constexpr std::size_t kLettersMax = 10'000;
// A queue may answer with nothing although there is something.
constexpr int kEmptyAnswersMax = 2;

}  // namespace

namespace {

// What leads events of a bucket here depends on who announces them.
std::string_view remedy_for_strangers(std::optional<EventSource> source) {
  if (source == EventSource::gateway) {
    return "if the file share is to be scanned (cordon gateway link SHARE), replay them; else find "
           "out who sends them, and drop them";
  }
  if (source == EventSource::retro) {
    return "ask for the scan again (cordon scan bucket s3://BUCKET/PREFIX), and drop these: they "
           "came by the way of events, or tell of a bucket of Cordon's own";
  }
  return "if the bucket is to be protected (cordon bucket protect BUCKET), replay them; else find "
         "out who sends them, and drop them";
}

}  // namespace

std::string_view remedy_for(const DeadEntry& entry) {
  switch (entry.cause) {
    case DeadCause::not_protected:
      return remedy_for_strangers(entry.source);
    case DeadCause::malformed:
      return "what they tell of was not scanned: read the reason of one (cordon dead show ID), "
             "find out who sends them, and drop them when they tell of no object";
    case DeadCause::contradicted:
      return "what they name was not scanned: read the reason of one (cordon dead show ID), have "
             "its object scanned if there is one (cordon scan bucket s3://BUCKET/KEY), then drop "
             "them";
    case DeadCause::denied:
      return "mend the agent's credentials or clock, then replay them";
    case DeadCause::unavailable:
      return "see that the service is back, then replay them";
    case DeadCause::engine:
      return "look at the agent's log of that time, then replay them";
    case DeadCause::unexplained:
      return "agents died over them, or none could say more: read the agents' logs, then replay "
             "them";
  }
  return "";
}

std::string_view name_of(DeadOrigin origin) {
  switch (origin) {
    case DeadOrigin::events:
      return "events";
    case DeadOrigin::sweep:
      return "sweep";
  }
  return "events";
}

DeadEntry opened(DeadLetter letter, const DecodeOptions& options) {
  DeadEntry entry{.letter = std::move(letter)};
  entry.cause = cause_of(entry.letter.reason);
  const Result<DecodedMessage> decoded = decode_message(entry.letter.claim.body, options);
  if (!decoded) return entry;
  const auto* records = std::get_if<EventRecords>(&*decoded);
  if (records == nullptr) return entry;
  for (const ObjectEvent& event : records->events) entry.objects.push_back(event.object);
  if (!records->events.empty()) entry.source = records->events.front().source;
  return entry;
}

bool DeadChoice::takes(const DeadEntry& entry) const {
  if (all) return true;
  if (cause && *cause == entry.cause) return true;
  return std::find(ids.begin(), ids.end(), entry.letter.claim.message_id) != ids.end();
}

Result<DeadLetters::Page> DeadLetters::take_all(std::size_t count_max, Deadline deadline,
                                                std::stop_token stop) {
  count_max = std::min(count_max, kLettersMax);
  Page page;
  std::set<std::string> seen;
  int empty_answers = 0;
  CORDON_TRY(const std::uint64_t expected, box_.waiting(deadline, stop));
  while (empty_answers < kEmptyAnswersMax) {
    // When there are as many as were announced, nobody waits for another one.
    const bool is_complete = seen.size() >= expected;
    Result<std::vector<DeadLetter>> taken = box_.take(
        kHidden, is_complete ? DeadLetterBox::Patience::none : DeadLetterBox::Patience::some,
        deadline, stop);
    if (!taken) {
      put_back(page.entries, deadline);
      return taken.error();
    }
    bool any_new = false;
    for (DeadLetter& letter : *taken) {
      if (!seen.insert(letter.claim.message_id).second) continue;
      any_new = true;
      page.entries.push_back(opened(std::move(letter), options_));
    }
    empty_answers = any_new ? 0 : empty_answers + 1;
    if (is_complete && !any_new) break;
    if (page.entries.size() > count_max) break;
  }
  std::stable_sort(page.entries.begin(), page.entries.end(),
                   [](const DeadEntry& a, const DeadEntry& b) {
                     return a.letter.claim.sent_at < b.letter.claim.sent_at;
                   });
  return page;
}

// Whatever happens, letters come back by themselves; this only makes it soon.
void DeadLetters::put_back(const std::vector<DeadEntry>& entries, Deadline deadline) {
  for (const DeadEntry& entry : entries) {
    if (!box_.put_back(entry.letter, deadline, std::stop_token())) return;
  }
}

Result<DeadLetters::Page> DeadLetters::list(std::size_t count_max, Deadline deadline,
                                            std::stop_token stop) {
  CORDON_TRY(Page page, take_all(count_max, deadline, std::move(stop)));
  put_back(page.entries, deadline);
  page.more = page.entries.size() > count_max;
  if (page.more) page.entries.resize(count_max);
  return page;
}

Result<DeadTally> DeadLetters::settle(const DeadChoice& choice, const Work& work, Deadline deadline,
                                      std::stop_token stop) {
  CORDON_TRY(const Page page, take_all(kLettersMax, deadline, stop));
  DeadTally tally{.missing = choice.ids};
  std::vector<DeadEntry> others;
  std::optional<Error> failed;
  for (const DeadEntry& entry : page.entries) {
    std::erase(tally.missing, entry.letter.claim.message_id);
    if (failed || stop.stop_requested() || !choice.takes(entry)) {
      others.push_back(entry);
      continue;
    }
    const Outcome outcome = work(entry.letter);
    if (outcome.error) failed = outcome.error;
    if (!outcome.error) ++tally.done;
    if (outcome.is_to_stay) others.push_back(entry);
  }
  put_back(others, deadline);
  if (failed) {
    return with_context(*failed, std::to_string(tally.done) + " letters are done, then");
  }
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  return tally;
}

// A message that was sent and could not be taken out is not given back: the next replay would send
// it again. It comes back by itself, when somebody has read what to do about it.
Result<DeadTally> DeadLetters::replay(const DeadChoice& choice, Deadline deadline,
                                      std::stop_token stop) {
  const auto send_and_drop = [&](const DeadLetter& letter) -> Outcome {
    const Result<void> sent = box_.send_again(letter, deadline, stop);
    if (!sent) return {.error = sent.error(), .is_to_stay = true};
    // What was sent has to go, whoever stops us.
    const Result<void> dropped = box_.drop(letter, deadline, std::stop_token());
    if (dropped) return {};
    const std::string& id = letter.claim.message_id;
    return {.error = with_context(dropped.error(),
                                  "letter " + id +
                                      " was sent, and is still among the dead letters: in 15 "
                                      "minutes run cordon dead drop " +
                                      id + ", do not replay it")};
  };
  return settle(choice, send_and_drop, deadline, stop);
}

Result<DeadTally> DeadLetters::drop(const DeadChoice& choice, Deadline deadline,
                                    std::stop_token stop) {
  const auto drop = [&](const DeadLetter& letter) -> Outcome {
    const Result<void> dropped = box_.drop(letter, deadline, stop);
    if (dropped) return {};
    return {.error = dropped.error(), .is_to_stay = true};
  };
  return settle(choice, drop, deadline, stop);
}

}  // namespace cordon
