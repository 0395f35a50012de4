#include "testing/fake_event_queue.h"

#include <cstdio>

namespace cordon {

std::string FakeEventQueue::send(std::string body) {
  std::string id;
  {
    std::lock_guard lock(mutex_);
    char name[32];
    std::snprintf(name, sizeof name, "m%08d", ++counter_);
    id = name;
    messages_.emplace(id, Message{.body = std::move(body),
                                  .sent_at = clock_.system_now(),
                                  .visible_at = clock_.steady_now()});
  }
  arrived_.notify_all();
  return id;
}

void FakeEventQueue::expire_claims() {
  {
    std::lock_guard lock(mutex_);
    for (auto& [id, message] : messages_) message.visible_at = clock_.steady_now();
  }
  arrived_.notify_all();
}

std::size_t FakeEventQueue::size() const {
  std::lock_guard lock(mutex_);
  return messages_.size();
}

std::size_t FakeEventQueue::visible() const {
  std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [id, message] : messages_) count += message.visible_at <= clock_.steady_now();
  return count;
}

std::vector<FakeEventQueue::Dead> FakeEventQueue::dead() const {
  std::lock_guard lock(mutex_);
  return dead_;
}

int FakeEventQueue::acknowledged() const {
  std::lock_guard lock(mutex_);
  return acknowledged_;
}

std::optional<std::chrono::seconds> FakeEventQueue::hidden_for(const std::string& id) const {
  std::lock_guard lock(mutex_);
  const auto it = messages_.find(id);
  if (it == messages_.end() || it->second.visible_at <= clock_.steady_now()) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(it->second.visible_at -
                                                          clock_.steady_now());
}

int FakeEventQueue::calls(Call call) const {
  std::lock_guard lock(mutex_);
  const auto it = calls_.find(call);
  return it == calls_.end() ? 0 : it->second;
}

void FakeEventQueue::fail_next(Call call, Error error, int times) {
  std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) failures_[call].push_back(error);
}

void FakeEventQueue::on_call(std::function<std::optional<Error>(Call)> hook) {
  std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

std::optional<Error> FakeEventQueue::enter(Call call, const std::stop_token& stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  std::function<std::optional<Error>(Call)> hook;
  {
    std::lock_guard lock(mutex_);
    ++calls_[call];
    hook = hook_;
  }
  if (hook) {
    if (std::optional<Error> error = hook(call)) return error;
  }
  std::lock_guard lock(mutex_);
  std::deque<Error>& failures = failures_[call];
  if (failures.empty()) return std::nullopt;
  Error error = failures.front();
  failures.pop_front();
  return error;
}

bool FakeEventQueue::any_visible() const {
  for (const auto& [id, message] : messages_) {
    if (message.visible_at <= clock_.steady_now()) return true;
  }
  return false;
}

std::vector<Claim> FakeEventQueue::take(int count_max) {
  std::vector<Claim> claims;
  for (auto it = messages_.begin(); it != messages_.end();) {
    Message& message = it->second;
    if (message.visible_at > clock_.steady_now()) {
      ++it;
    } else if (message.receives >= receives_max_) {
      dead_.push_back({message.body, ""});
      it = messages_.erase(it);
    } else if (static_cast<int>(claims.size()) == count_max) {
      break;
    } else {
      ++message.receives;
      message.visible_at = clock_.steady_now() + kVisibility;
      message.receipt = it->first + "#" + std::to_string(message.receives);
      claims.push_back({it->first, ReceiptHandle(message.receipt), message.body, message.receives,
                        message.sent_at});
      ++it;
    }
  }
  return claims;
}

Result<std::vector<Claim>> FakeEventQueue::receive(int count_max, std::chrono::seconds wait,
                                                   Deadline, std::stop_token stop) {
  if (auto error = enter(Call::receive, stop)) return *error;
  const SteadyTime end = clock_.steady_now() + wait;
  std::unique_lock lock(mutex_);
  // The clock may be a simulated one, which does not wake a condition: it is looked at in between.
  while (!any_visible() && clock_.steady_now() < end) {
    arrived_.wait_for(lock, stop, std::chrono::milliseconds(1), [&] { return any_visible(); });
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  }
  return take(count_max);
}

FakeEventQueue::Message* FakeEventQueue::held(const Claim& claim) {
  const auto it = messages_.find(claim.message_id);
  if (it == messages_.end() || it->second.receipt != claim.receipt.str()) return nullptr;
  return it->second.visible_at > clock_.steady_now() ? &it->second : nullptr;
}

Result<void> FakeEventQueue::extend_held(const Claim& claim, std::chrono::seconds visibility) {
  {
    std::lock_guard lock(mutex_);
    Message* message = held(claim);
    if (message == nullptr) return Error{Errc::changed, "MessageNotInflight"};
    message->visible_at = clock_.steady_now() + visibility;
  }
  arrived_.notify_all();
  return {};
}

Result<void> FakeEventQueue::extend(const Claim& claim, std::chrono::seconds visibility, Deadline,
                                    std::stop_token stop) {
  if (auto error = enter(Call::extend, stop)) return *error;
  return extend_held(claim, visibility);
}

std::vector<Result<void>> FakeEventQueue::extend_all(std::span<const Claim> claims,
                                                     std::chrono::seconds visibility, Deadline,
                                                     std::stop_token stop) {
  if (auto error = enter(Call::extend, stop)) {
    return std::vector<Result<void>>(claims.size(), *error);
  }
  std::vector<Result<void>> outcomes;
  for (const Claim& claim : claims) outcomes.push_back(extend_held(claim, visibility));
  return outcomes;
}

Result<void> FakeEventQueue::acknowledge(const Claim& claim, Deadline, std::stop_token stop) {
  if (auto error = enter(Call::acknowledge, stop)) return *error;
  std::lock_guard lock(mutex_);
  // With an old receipt the call succeeds and deletes nothing.
  const auto it = messages_.find(claim.message_id);
  if (it != messages_.end() && it->second.receipt == claim.receipt.str()) {
    messages_.erase(it);
    ++acknowledged_;
  }
  return {};
}

Result<void> FakeEventQueue::dead_letter(const Claim& claim, std::string_view reason, Deadline,
                                         std::stop_token stop) {
  if (auto error = enter(Call::dead_letter, stop)) return *error;
  std::lock_guard lock(mutex_);
  dead_.push_back({claim.body, std::string(reason)});
  messages_.erase(claim.message_id);
  return {};
}

}  // namespace cordon
