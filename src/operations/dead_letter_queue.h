#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "core/event.h"
#include "core/ports/dead_letter_box.h"
#include "deadletters/dead_letters.h"
#include "operations/deployment_access.h"

// What people do with the dead letters of a region, or of an agent that works for itself: list
// them, look at one, replay or drop some. Each of these takes at most 15 minutes. Errors: those of
// the source and of DeadLetters.

namespace cordon {

/// Where the letters are.
using DeadLetterSource =
    std::function<Result<std::unique_ptr<DeadLetterBox>>(Deadline deadline, std::stop_token stop)>;

/// Those of the access's region. The access outlives the source.
DeadLetterSource letters_of(DeploymentAccess& access);

/// Which letters are listed: the oldest `count_max` of them.
struct DeadLetterList {
  std::size_t count_max = 1000;
  DecodeOptions decoding = {};
};

/// The oldest letters, and whether there are more.
Result<DeadLetters::Page> list_dead_letters(const DeadLetterSource& source, const Runtime& runtime,
                                            const DeadLetterList& request);

/// One letter, by the id that the list shows.
struct DeadLetterInquiry {
  std::string id;
  DecodeOptions decoding = {};
};

/// The letter with this id. Errors: also not_found.
Result<DeadEntry> find_dead_letter(const DeadLetterSource& source, const Runtime& runtime,
                                   const DeadLetterInquiry& request);

/// What becomes of letters.
enum class DeadLetterAction : std::uint8_t {
  replay,  ///< They go back to the queue that they came from.
  drop,    ///< They are deleted.
};

/// "replayed" or "dropped".
std::string_view done_name_of(DeadLetterAction action);

/// What is done with which letters.
struct DeadLetterOrder {
  DeadLetterAction action = DeadLetterAction::replay;
  DeadChoice choice = {};
  DecodeOptions decoding = {};
};

/// Refuses an order that is for no letter at all. Pure. Errors: invalid.
Result<void> check_order(const DeadLetterOrder& order);

/// What came of an order.
struct DeadLetterOutcome {
  DeadLetterAction action = DeadLetterAction::replay;
  DeadTally tally = {};
};

/// Replays or drops letters. Errors: also as `check_order`; one in the middle says how many letters
/// were done.
Result<DeadLetterOutcome> settle_dead_letters(const DeadLetterSource& source,
                                              const Runtime& runtime, const DeadLetterOrder& order);

/// One letter without its body, "cordon.dead-letter/1".
boost::json::object document_of(const DeadEntry& entry);
/// The same with the body, as far as it is text, cut at 1 MiB.
boost::json::object full_document_of(const DeadEntry& entry);
boost::json::object document_of(const DeadLetterOutcome& outcome);

}  // namespace cordon
