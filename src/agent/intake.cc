#include "agent/intake.h"

#include <algorithm>

namespace cordon {
namespace {

constexpr int kMessageFailuresTolerated = 8;
constexpr std::chrono::milliseconds kPauseBase{1000};
constexpr std::chrono::milliseconds kPauseMax{30'000};

std::chrono::milliseconds pause_after(int failures) {
  if (failures <= 0) return std::chrono::milliseconds(0);
  return std::min(kPauseMax, kPauseBase * (1 << std::min(failures - 1, 5)));
}

}  // namespace

bool Intake::is_troubled() const {
  return receive_failures_ > 0 || message_failures_ > kMessageFailuresTolerated;
}

void Intake::tell(bool was_troubled, const std::string& why) {
  if (was_troubled == is_troubled()) return;
  metrics_.set("cordon_intake_troubled", {}, is_troubled() ? 1 : 0);
  if (is_troubled()) {
    log_.error("intake.troubled", {{"why", why}});
  } else {
    log_.info("intake.normal");
  }
}

void Intake::receive_succeeded() {
  std::lock_guard lock(mutex_);
  const bool before = is_troubled();
  receive_failures_ = 0;
  received_once_ = true;
  tell(before, "");
}

void Intake::receive_failed(const Error& error) {
  std::lock_guard lock(mutex_);
  const bool before = is_troubled();
  ++receive_failures_;
  why_ = "no messages can be received: " + error.what;
  metrics_.count("cordon_receive_failures_total", {{"cause", std::string(name_of(error.code))}});
  tell(before, why_);
}

void Intake::message_succeeded() {
  std::lock_guard lock(mutex_);
  const bool before = is_troubled();
  message_failures_ = 0;
  tell(before, "");
}

void Intake::message_failed() {
  std::lock_guard lock(mutex_);
  const bool before = is_troubled();
  ++message_failures_;
  if (!before) why_ = "no object can be finished: see the reasons at object.passed";
  tell(before, why_);
}

Intake::Plan Intake::plan() const {
  std::lock_guard lock(mutex_);
  const int messages = message_failures_ - kMessageFailuresTolerated;
  return {.pause = std::max(pause_after(receive_failures_), pause_after(messages)),
          .only_one = messages > 0,
          .at_once = !received_once_ || receive_failures_ > 0};
}

bool Intake::is_receiving() const {
  std::lock_guard lock(mutex_);
  return received_once_ && receive_failures_ == 0;
}

std::string Intake::trouble() const {
  std::lock_guard lock(mutex_);
  return is_troubled() ? why_ : "";
}

}  // namespace cordon
