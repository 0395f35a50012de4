#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "core/ports/dead_letter_box.h"
#include "push/queue_record.h"

namespace cordon {

/// How many dead letters a disk holds.
struct LocalDeadLettersOptions {
  std::size_t letters_max = 10'000;
  std::uint64_t bytes_max = 256U << 20U;
};

/// What was sent back to its queue, and waits to be taken there.
struct ReplayedLetter {
  std::string name;  ///< Of its file.
  LetterRecord letter;
};

/// The dead letters of a local queue: a file each, so that people look through them, replay and
/// drop them while an agent is at work, and nobody locks anything. One that is replayed lies in a
/// folder beside them until the queue has taken it.
///
/// Threads: any; for the box one. Errors: those of files; and what is said below.
class LocalDeadLetters final : public DeadLetterBox {
 public:
  /// Makes both folders in `root` where they are missing, for this user alone. Everything that is
  /// passed outlives the object.
  static Result<std::unique_ptr<LocalDeadLetters>> open(const std::filesystem::path& root,
                                                        const LocalDeadLettersOptions& options,
                                                        const Clock& clock, Random& random);

  /// Durable when it succeeds. Errors: throttled (there are as many as may be).
  Result<void> bury(const LetterRecord& letter);
  /// What was sent back, at most so many. A file that the disk damaged goes back to the others.
  Result<std::vector<ReplayedLetter>> replayed(std::size_t count_max);
  /// The queue has it.
  Result<void> forget_replayed(const std::string& name);
  /// Removes what a crash left half written. For the process that the queue belongs to.
  void tidy();

  /// Counts what is there.
  Result<std::uint64_t> waiting(Deadline deadline, std::stop_token stop) override;
  /// `hidden` holds for this object alone. A letter that the disk damaged says so as its reason.
  Result<std::vector<DeadLetter>> take(std::chrono::seconds hidden, Patience patience,
                                       Deadline deadline, std::stop_token stop) override;
  Result<void> put_back(const DeadLetter& letter, Deadline deadline, std::stop_token stop) override;
  /// Errors: also invalid: the disk damaged it.
  Result<void> send_again(const DeadLetter& letter, Deadline deadline,
                          std::stop_token stop) override;
  Result<void> drop(const DeadLetter& letter, Deadline deadline, std::stop_token stop) override;

 private:
  LocalDeadLetters(std::filesystem::path dead, std::filesystem::path replay,
                   const LocalDeadLettersOptions& options, const Clock& clock, Random& random)
      : dead_(std::move(dead)),
        replay_(std::move(replay)),
        options_(options),
        clock_(clock),
        random_(random) {}
  Result<void> count_again();
  bool has_room(std::uint64_t bytes) const;

  const std::filesystem::path dead_;
  const std::filesystem::path replay_;
  const LocalDeadLettersOptions options_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;         ///< Guards what follows.
  std::size_t letters_ = 0;  ///< At least as many as there are: others drop some.
  std::uint64_t bytes_ = 0;
  std::deque<std::string> names_;  ///< To be given out yet.
  std::set<std::string> given_;
};

}  // namespace cordon
