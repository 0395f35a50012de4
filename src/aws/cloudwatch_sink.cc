#include "aws/cloudwatch_sink.h"

#include <algorithm>
#include <chrono>

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/logs_admin.h"
#include "aws/protocols.h"
#include "core/result_document.h"

namespace cordon {
namespace {

namespace json = boost::json;

// PutLogEvents: at most 10,000 events and 1 MiB, counting 26 bytes for each event, within 24 hours;
// one event at most 256 KB.
constexpr std::size_t kEventsMax = 10'000;
constexpr std::size_t kBatchBytesMax = 1U << 20U;
constexpr std::size_t kEventOverheadBytes = 26;
constexpr std::size_t kLineBytesMax = (256U << 10U) - kEventOverheadBytes;
constexpr std::int64_t kSpanMillisMax = std::int64_t{23} * 3600 * 1000;
constexpr std::size_t kReplyBytesMax = 64U << 10U;
constexpr const char* kPut = "PutLogEvents";

std::int64_t millis_of(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// Which of the events the service kept: it answers 200 also when it drops those that are too old or
// too new for it.
std::vector<bool> accepted_events(const json::object& reply, std::size_t count) {
  std::vector<bool> accepted(count, true);
  const json::value* info = reply.if_contains("rejectedLogEventsInfo");
  const json::object* rejected = info == nullptr ? nullptr : info->if_object();
  if (rejected == nullptr) return accepted;
  const auto old_end = std::max(u64_member(*rejected, "tooOldLogEventEndIndex").value_or(0),
                                u64_member(*rejected, "expiredLogEventEndIndex").value_or(0));
  const auto new_start = u64_member(*rejected, "tooNewLogEventStartIndex").value_or(count);
  for (std::size_t i = 0; i < count; ++i) accepted[i] = i >= old_end && i < new_start;
  return accepted;
}

}  // namespace

Result<void> CloudWatchSink::publish(const ScanResult& result, Deadline deadline,
                                     std::stop_token stop) {
  if (options_.wanted && !options_.wanted(result)) return {};
  CORDON_TRY(std::string text, result_line(result, kLineBytesMax, LineText::utf8));
  const auto line = std::make_shared<Line>(Line{millis_of(result.scanned_at), std::move(text)});
  std::unique_lock lock(mutex_);
  waiting_.push_back(line);
  // Ends: each round settles a line, and this one's deadline and stop token end the wait.
  while (!line->outcome) {
    const Result<void> turn = wait_for_turn(lock, *line, deadline, stop);
    if (!turn) {
      withdraw(line);
      return turn;
    }
    if (!line->outcome) lead(lock, line, deadline, stop);
  }
  return *line->outcome;
}

std::size_t CloudWatchSink::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

Result<void> CloudWatchSink::wait_for_turn(std::unique_lock<std::mutex>& lock, const Line& line,
                                           Deadline deadline, std::stop_token stop) {
  const auto ready = [&] { return line.outcome.has_value() || !sending_; };
  bool is_ready = true;
  if (deadline.is_never()) {
    is_ready = changed_.wait(lock, stop, ready);
  } else {
    is_ready = changed_.wait_until(lock, stop, deadline.time(), ready);
  }
  if (line.outcome) return {};
  if (stop.stop_requested()) return Error{Errc::cancelled, "PutLogEvents: stopped while waiting"};
  if (!is_ready) return Error{Errc::timeout, "PutLogEvents: no turn to send in time"};
  return {};
}

void CloudWatchSink::lead(std::unique_lock<std::mutex>& lock, const LinePtr& own, Deadline deadline,
                          std::stop_token stop) {
  sending_ = true;
  const Batch batch = take_batch();
  lock.unlock();
  const Result<std::vector<bool>> accepted = send(batch, deadline, std::move(stop));
  lock.lock();
  sending_ = false;
  settle(batch, own, accepted);
  changed_.notify_all();
}

CloudWatchSink::Batch CloudWatchSink::take_batch() {
  Batch batch;
  std::size_t bytes = 0;
  std::int64_t oldest = 0;
  std::int64_t newest = 0;
  while (!waiting_.empty() && batch.size() < kEventsMax) {
    const LinePtr& next = waiting_.front();
    const std::size_t needed = next->text.size() + kEventOverheadBytes;
    if (!batch.empty()) {
      oldest = std::min(oldest, next->millis);
      newest = std::max(newest, next->millis);
      if (next->alone || bytes + needed > kBatchBytesMax || newest - oldest > kSpanMillisMax) break;
    } else {
      oldest = newest = next->millis;
    }
    bytes += needed;
    batch.push_back(next);
    waiting_.pop_front();
    if (batch.back()->alone) break;
  }
  // The service wants the events of a call in the order of their times.
  std::stable_sort(batch.begin(), batch.end(),
                   [](const LinePtr& a, const LinePtr& b) { return a->millis < b->millis; });
  return batch;
}

void CloudWatchSink::settle(const Batch& batch, const LinePtr& own,
                            const Result<std::vector<bool>>& accepted) {
  if (accepted) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i]->outcome = (*accepted)[i] ? Result<void>()
                                         : Error{Errc::invalid,
                                                 "PutLogEvents: CloudWatch dropped the line, "
                                                 "its time is too old or too new"};
    }
    return;
  }
  const Error& error = accepted.error();
  // The sender ran out of time or was stopped; the others' lines still have theirs. Its own line is
  // given up also when it was not among those that it sent: it would send for ever, past its end.
  const bool only_own = error.code == Errc::cancelled || error.code == Errc::timeout;
  if (only_own && std::erase(waiting_, own) > 0) own->outcome = error;
  // One line may have spoilt the batch: each goes alone now.
  const bool divide = error.code == Errc::invalid && batch.size() > 1;
  for (auto line = batch.rbegin(); line != batch.rend(); ++line) {
    if (divide || (only_own && *line != own)) {
      (*line)->alone = divide;
      waiting_.push_front(*line);
    } else {
      (*line)->outcome = error;
    }
  }
}

void CloudWatchSink::withdraw(const LinePtr& line) {
  std::erase(waiting_, line);
  // Whoever waits for this slot to take the lead takes it now.
  changed_.notify_all();
}

Result<std::vector<bool>> CloudWatchSink::send(const Batch& batch, Deadline deadline,
                                               std::stop_token stop) {
  Result<std::vector<bool>> accepted = put(batch, deadline, stop);
  if (accepted || accepted.error().code != Errc::not_found) return accepted;
  CORDON_TRY(create_stream(deadline, stop));
  return put(batch, deadline, std::move(stop));
}

Result<std::vector<bool>> CloudWatchSink::put(const Batch& batch, Deadline deadline,
                                              std::stop_token stop) {
  json::array events;
  for (const LinePtr& line : batch) {
    events.push_back(json::object{{"timestamp", line->millis}, {"message", line->text}});
  }
  const AwsCall call = json_call(AwsService::logs, kPut,
                                 json::object{{"logGroupName", options_.group},
                                              {"logStreamName", options_.stream},
                                              {"logEvents", std::move(events)}});
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  CORDON_TRY(const json::object reply, parse_json_object(response.body, kPut, kReplyBytesMax));
  return accepted_events(reply, batch.size());
}

Result<void> CloudWatchSink::create_stream(Deadline deadline, std::stop_token stop) {
  LogsAdmin admin(client_);
  Result<void> made = admin.ensure_stream(options_.group, options_.stream, deadline, stop);
  if (made || made.error().code != Errc::not_found) return made;
  if (!options_.create_group) {
    return Error{Errc::not_found, "the log group " + options_.group + " does not exist"};
  }
  if (Result<void> group = admin.ensure_group(options_.group, deadline, stop); !group) {
    return with_context(
        group.error(), "the log group " + options_.group + " does not exist and cannot be created");
  }
  return admin.ensure_stream(options_.group, options_.stream, deadline, std::move(stop));
}

}  // namespace cordon
