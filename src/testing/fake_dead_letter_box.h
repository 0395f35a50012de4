#pragma once

#include <algorithm>
#include <deque>
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
  int failures = 0;  ///< So many replays fail.

  Result<std::vector<DeadLetter>> take(std::chrono::seconds, Deadline, std::stop_token) override {
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
  Result<void> replay(const DeadLetter& letter, Deadline, std::stop_token) override {
    if (failures > 0 && failures-- > 0) return Error{Errc::unavailable, "away"};
    replayed.push_back(letter.claim.body);
    remove(letter);
    return {};
  }
  Result<void> drop(const DeadLetter& letter, Deadline, std::stop_token) override {
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
