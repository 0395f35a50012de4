#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/dead_letter_reason.h"
#include "core/event.h"
#include "core/ports/dead_letter_box.h"
#include "core/ports/object_store.h"

namespace cordon {

/// "events" or "sweep".
std::string_view name_of(DeadOrigin origin);

/// A dead letter, opened.
struct DeadEntry {
  DeadLetter letter;
  DeadCause cause = DeadCause::unexplained;
  std::vector<ObjectRef> objects = {};  ///< What it tells of; empty when it is not understood.
  /// Who announced the first of them; none: it is not understood.
  std::optional<EventSource> source = std::nullopt;
};

/// What to do about it, in a sentence: by its cause, and by who announced it. Pure.
std::string_view remedy_for(const DeadEntry& entry);

/// Reads the cause from its reason and the objects from its message. Pure; foreign text.
DeadEntry opened(DeadLetter letter, const DecodeOptions& options);

/// Which letters `replay` and `drop` are for: those with one of these ids, those with this cause,
/// or all. By default none.
struct DeadChoice {
  std::vector<std::string> ids = {};
  std::optional<DeadCause> cause = std::nullopt;
  bool all = false;

  bool takes(const DeadEntry& entry) const;
};

/// How many letters `replay` or `drop` handled.
struct DeadTally {
  std::size_t done = 0;
  std::vector<std::string> missing = {};  ///< Ids that were asked for and are not there.
};

/// Looks through the dead letters, and replays or drops some of them. Letters that were only looked
/// at are given back at once; while a command looks at them, and for a quarter of an hour after it
/// was killed, nobody else sees them. A message that was sent is not sent by another replay.
///
/// Threads: one. References outlive the object. Errors: those of DeadLetterBox.
class DeadLetters {
 public:
  DeadLetters(DeadLetterBox& box, DecodeOptions options)
      : box_(box), options_(std::move(options)) {}

  /// At most `count_max` letters, oldest first; `more`: there are others.
  struct Page {
    std::vector<DeadEntry> entries;
    bool more = false;
  };
  Result<Page> list(std::size_t count_max, Deadline deadline, std::stop_token stop);
  Result<DeadTally> replay(const DeadChoice& choice, Deadline deadline, std::stop_token stop);
  Result<DeadTally> drop(const DeadChoice& choice, Deadline deadline, std::stop_token stop);

 private:
  /// What became of one letter.
  struct Outcome {
    std::optional<Error> error = std::nullopt;
    bool is_to_stay = false;  ///< It is to be given back.
  };
  using Work = std::function<Outcome(const DeadLetter&)>;
  Result<DeadTally> settle(const DeadChoice& choice, const Work& work, Deadline deadline,
                           std::stop_token stop);
  Result<Page> take_all(std::size_t count_max, Deadline deadline, std::stop_token stop);
  void put_back(const std::vector<DeadEntry>& entries, Deadline deadline);

  DeadLetterBox& box_;
  const DecodeOptions options_;
};

}  // namespace cordon
