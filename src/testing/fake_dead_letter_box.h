#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/ports/dead_letter_box.h"

namespace cordon {

/// A queue of letters that hides what it gave out. Threads: one.
class FakeDeadLetterBox final : public DeadLetterBox {
 public:
  std::deque<DeadLetter> letters;
  std::vector<DeadLetter> taken;
  std::vector<std::string> replayed;
  int failures = 0;                                   ///< So many messages are not sent.
  int drop_failures = 0;                              ///< So many letters cannot be taken out.
  int waits = 0;                                      ///< So often somebody waited for letters.
  std::optional<std::uint64_t> count = std::nullopt;  ///< What is told; none: the truth.

  Result<std::uint64_t> waiting(Deadline, std::stop_token) override {
    return count.value_or(letters.size());
  }
  Result<std::vector<DeadLetter>> take(std::chrono::seconds, Patience patience, Deadline,
                                       std::stop_token) override {
    if (patience == Patience::some && letters.empty()) ++waits;
    std::vector<DeadLetter> batch;
    while (!letters.empty() && batch.size() < 10) {
      batch.push_back(letters.front());
      taken.push_back(letters.front());
      letters.pop_front();
    }
    return batch;
  }
  Result<void> put_back(const DeadLetter& letter, Deadline, std::stop_token) override {
    remove(letter);
    letters.push_back(letter);
    return {};
  }
  Result<void> send_again(const DeadLetter& letter, Deadline, std::stop_token) override {
    if (failures > 0 && failures-- > 0) return Error{Errc::unavailable, "away"};
    replayed.push_back(letter.claim.body);
    return {};
  }
  Result<void> drop(const DeadLetter& letter, Deadline, std::stop_token) override {
    if (drop_failures > 0 && drop_failures-- > 0) return Error{Errc::unavailable, "away"};
    remove(letter);
    return {};
  }

 private:
  void remove(const DeadLetter& letter) {
    std::erase_if(taken, [&](const DeadLetter& one) {
      return one.claim.message_id == letter.claim.message_id;
    });
  }
};

}  // namespace cordon
