#include "operations/dead_letter_queue.h"

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <utility>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kTimeLimit{15};
constexpr std::size_t kLookedThroughMax = 10'000;
constexpr std::size_t kKeyBytesMax = 4096;
constexpr std::size_t kBodyBytesMax = 1U << 20U;

/// What a use case works with, for a limited time.
struct OpenLetters {
  std::unique_ptr<DeadLetterBox> box;
  DeadLetters letters;
  Deadline deadline;
};

Result<OpenLetters> open_letters(const DeadLetterSource& source, const Runtime& runtime,
                                 const DecodeOptions& decoding) {
  const Deadline deadline = Deadline::after(runtime.clock, kTimeLimit);
  CORDON_TRY(std::unique_ptr<DeadLetterBox> box, source(deadline, runtime.stop));
  DeadLetterBox& kept = *box;
  return OpenLetters{std::move(box), DeadLetters(kept, decoding), deadline};
}

}  // namespace

DeadLetterSource letters_of(DeploymentAccess& access) {
  return [&access](Deadline deadline, std::stop_token stop) {
    return access.dead_letters(deadline, std::move(stop));
  };
}

Result<DeadLetters::Page> list_dead_letters(const DeadLetterSource& source, const Runtime& runtime,
                                            const DeadLetterList& request) {
  CORDON_TRY(OpenLetters open, open_letters(source, runtime, request.decoding));
  return open.letters.list(request.count_max, open.deadline, runtime.stop);
}

Result<DeadEntry> find_dead_letter(const DeadLetterSource& source, const Runtime& runtime,
                                   const DeadLetterInquiry& request) {
  CORDON_TRY(OpenLetters open, open_letters(source, runtime, request.decoding));
  CORDON_TRY(DeadLetters::Page page,
             open.letters.list(kLookedThroughMax, open.deadline, runtime.stop));
  const auto found = std::find_if(
      page.entries.begin(), page.entries.end(),
      [&](const DeadEntry& entry) { return entry.letter.claim.message_id == request.id; });
  if (found != page.entries.end()) return std::move(*found);
  return Error{Errc::not_found, "there is no dead letter " + request.id + " (any more)"};
}

std::string_view done_name_of(DeadLetterAction action) {
  switch (action) {
    case DeadLetterAction::replay:
      return "replayed";
    case DeadLetterAction::drop:
      return "dropped";
  }
  return "replayed";
}

Result<void> check_order(const DeadLetterOrder& order) {
  if (!order.choice.ids.empty() || order.choice.cause || order.choice.all) return {};
  return Error{Errc::invalid, "say which: IDs, --cause or --all"};
}

Result<DeadLetterOutcome> settle_dead_letters(const DeadLetterSource& source,
                                              const Runtime& runtime,
                                              const DeadLetterOrder& order) {
  CORDON_TRY(check_order(order));
  CORDON_TRY(OpenLetters open, open_letters(source, runtime, order.decoding));
  DeadLetterOutcome outcome{.action = order.action};
  switch (order.action) {
    case DeadLetterAction::replay: {
      CORDON_TRY(outcome.tally, open.letters.replay(order.choice, open.deadline, runtime.stop));
      break;
    }
    case DeadLetterAction::drop: {
      CORDON_TRY(outcome.tally, open.letters.drop(order.choice, open.deadline, runtime.stop));
      break;
    }
  }
  return outcome;
}

json::object document_of(const DeadEntry& entry) {
  json::array objects;
  for (const ObjectRef& object : entry.objects) {
    objects.push_back(
        json::object{{"bucket", object.bucket.str()},
                     {"key", utf8_clean(object.key.str(), kKeyBytesMax)},
                     {"versionId", object.version ? json::value(object.version->str()) : nullptr}});
  }
  const DeadLetter& letter = entry.letter;
  return json::object{
      {"schema", "cordon.dead-letter/1"},
      {"id", letter.claim.message_id},
      {"cause", std::string(name_of(entry.cause))},
      {"queue", std::string(name_of(letter.origin))},
      {"reason", letter.reason.empty() ? json::value(nullptr) : json::value(letter.reason)},
      {"since", rfc3339_ms(letter.claim.sent_at)},
      {"objects", std::move(objects)}};
}

json::object full_document_of(const DeadEntry& entry) {
  json::object document = document_of(entry);
  document["body"] = utf8_clean(entry.letter.claim.body, kBodyBytesMax);
  return document;
}

json::object document_of(const DeadLetterOutcome& outcome) {
  const DeadTally& tally = outcome.tally;
  json::array missing(tally.missing.begin(), tally.missing.end());
  return json::object{{"schema", "cordon.dead-letters-settled/1"},
                      {done_name_of(outcome.action), tally.done},
                      {"missing", std::move(missing)}};
}

}  // namespace cordon
