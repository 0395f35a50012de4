// A queue in a journal.
//
// Problem: a queue's messages end in any order, and a journal only forgets from its beginning. So
// what happens to a message is written behind it: that it was received for the n-th time (or a
// message that kills its agent would do so for ever), and that it is done. A start reads all of it
// once; from then on memory holds where each message lies, and not the messages.
//
// The journal forgets files before the oldest message that is not done. `by_place_` knows that one;
// `writing_` keeps what is just being written and has no place yet. One message that takes hours
// would keep everything behind it: when most of the journal is done with, the messages of its
// oldest file are written again at its end, under their numbers.
//
// Rejected: a file for each message (two syncs of a folder for each event), SQLite (a log, a page
// cache and a check point for what is an append), claims on disk (one owner: they die with it).

#include "push/local_event_queue.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "core/event.h"

namespace cordon {
namespace {

constexpr const char* kReader = "queue";
constexpr std::uint64_t kFileBytesMax = 8U << 20U;
constexpr std::uint64_t kFilesLeast = 8;  // So small a part of the bound is a file at most.
// What is written about a message until it is done.
constexpr std::uint64_t kNotesBytes = 384;
constexpr std::uint64_t kHeadBytes = 160;  // In front of a message, generously.
constexpr std::size_t kPageRecords = 1000;
constexpr std::size_t kPageBytes = 4U << 20U;
constexpr std::size_t kReplayedAtOnce = 10;
constexpr std::size_t kAnewAtOnce = 100;
constexpr std::chrono::seconds kBetweenLooks{2};
constexpr std::chrono::seconds kBurialPause{60};

void describe(Metrics& metrics) {
  metrics.describe("cordon_local_queue_messages", "Events in the local queue that are not done");
  metrics.describe("cordon_local_queue_bytes", "Bytes of the local queue on this machine's disk");
  metrics.describe("cordon_local_queue_damaged_parts",
                   "Parts of the local queue that the disk damaged");
}

Error stopped() { return Error{Errc::cancelled, "stopped"}; }

SteadyTime end_of_wait(const Clock& clock, std::chrono::seconds wait, Deadline deadline) {
  const SteadyTime end = clock.steady_now() + wait;
  return deadline.is_never() ? end : std::min(end, deadline.time());
}

}  // namespace

Result<std::unique_ptr<LocalEventQueue>> LocalEventQueue::open(const LocalQueueOptions& options,
                                                               const LocalQueuePorts& ports) {
  describe(ports.metrics);
  std::unique_ptr<LocalEventQueue> queue(new LocalEventQueue(options, ports));
  CORDON_TRY(queue->recover());
  ports.letters.tidy();
  if (const std::size_t left = queue->size(); left > 0) {
    ports.log.info("events.left_behind", {{"messages", left}});
  }
  queue->tell();
  return queue;
}

// --- what is left ----------------------------------------------------------------------------

Result<void> LocalEventQueue::recover() {
  const std::uint64_t file = std::min(kFileBytesMax, options_.bytes_max / kFilesLeast);
  // What is taken is bounded here; notes about what was taken always have room.
  CORDON_TRY(journal_, Journal::open(ports_.folder,
                                     {.name = "events",
                                      .readers = {kReader},
                                      .bytes_max = options_.bytes_max + 2 * kFileBytesMax,
                                      .file_bytes_max = file},
                                     ports_.log));
  JournalPosition at = journal_->position(kReader);
  passed_ = at;
  for (;;) {  // Ends: each page brings the reading on, and nobody appends yet.
    CORDON_TRY(const JournalPage page, journal_->read(at, kPageRecords, kPageBytes));
    if (page.records.empty() && page.next == at) break;
    for (const JournalRecord& record : page.records) {
      const std::uint64_t bytes = record_bytes(record.payload.size());
      const Result<QueueRecord> decoded = decode_queue_record(record.payload);
      if (decoded) {
        replay(*decoded, {record.end.file, record.end.offset - bytes}, bytes);
      } else {
        ports_.log.error("events.not_understood",
                         {{"error", decoded.error()},
                          {"meaning", "another version wrote it; it is passed over"}});
      }
    }
    at = page.next;
  }
  end_ = at;
  return {};
}

void LocalEventQueue::replay(const QueueRecord& record, JournalPosition begin,
                             std::uint64_t bytes) {
  if (const auto* message = std::get_if<MessageRecord>(&record)) {
    Message taken{.begin = begin,
                  .bytes = bytes,
                  .sent_at = message->sent_at,
                  .receives = message->receives,
                  .visible_at = {}};
    const auto before = messages_.find(message->number);
    if (before != messages_.end()) {
      taken.receives = std::max(taken.receives, before->second.receives);
      remove(message->number);
    }
    last_number_ = std::max(last_number_, message->number);
    add(message->number, taken);
  } else if (const auto* received = std::get_if<ReceivesRecord>(&record)) {
    for (const auto& [number, receives] : received->receives) {
      const auto at = messages_.find(number);
      if (at != messages_.end()) at->second.receives = std::max(at->second.receives, receives);
    }
  } else {
    remove(std::get<DoneRecord>(record).number);
  }
}

void LocalEventQueue::add(MessageNumber number, Message message) {
  by_time_.emplace(message.visible_at, number);
  by_place_.emplace(message.begin, number);
  bytes_ += message.bytes;
  messages_.emplace(number, message);
}

void LocalEventQueue::remove(MessageNumber number) {
  const auto at = messages_.find(number);
  if (at == messages_.end()) return;
  by_time_.erase({at->second.visible_at, number});
  by_place_.erase({at->second.begin, number});
  bytes_ -= at->second.bytes;
  messages_.erase(at);
}

void LocalEventQueue::show_at(MessageNumber number, Message& message, SteadyTime when) {
  by_time_.erase({message.visible_at, number});
  message.visible_at = when;
  by_time_.emplace(when, number);
}

// --- writing ---------------------------------------------------------------------------------

Result<void> LocalEventQueue::write(const QueueRecord& record, const Then& then, Deadline deadline,
                                    std::stop_token stop) {
  const std::string payload = encode_queue_record(record);
  std::unique_lock lock(mutex_);
  const auto not_before = writing_.insert(end_);
  lock.unlock();
  const Result<JournalPosition> end = journal_->append(payload, deadline, std::move(stop));
  lock.lock();
  writing_.erase(not_before);
  if (!end) return end.error();
  end_ = std::max(end_, *end);
  const std::uint64_t bytes = record_bytes(payload.size());
  then({end->file, end->offset - bytes}, bytes);
  advance(lock);
  lock.unlock();
  tell();
  return {};
}

// Only when a file can go, or all is done: a position that is older than it could be costs nothing.
void LocalEventQueue::advance(std::unique_lock<std::mutex>& lock) {
  JournalPosition safe = end_;
  if (!by_place_.empty()) safe = std::min(safe, by_place_.begin()->first);
  if (!writing_.empty()) safe = std::min(safe, *writing_.begin());
  const bool is_idle = messages_.empty() && writing_.empty();
  if (safe.file <= passed_.file && !(is_idle && safe > passed_)) return;
  passed_ = safe;
  lock.unlock();
  journal_->advance(kReader, safe, 0);
  lock.lock();
}

void LocalEventQueue::tell() {
  ports_.metrics.set("cordon_local_queue_messages", {}, static_cast<double>(size()));
  ports_.metrics.set("cordon_local_queue_bytes", {}, static_cast<double>(journal_->bytes()));
  ports_.metrics.set("cordon_local_queue_damaged_parts", {},
                     static_cast<double>(journal_->damaged_parts()));
}

bool LocalEventQueue::has_room(std::uint64_t bytes) const {
  const std::uint64_t notes = kNotesBytes * (messages_.size() + writing_.size() + 1);
  return journal_->bytes() + promised_ + bytes + notes <= options_.bytes_max;
}

// Larger than all before, also before a start; and of about this moment, for who reads logs.
MessageNumber LocalEventQueue::next_number() {
  const auto since = ports_.clock.system_now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  last_number_ = std::max(last_number_ + 1, static_cast<MessageNumber>(millis) << 16U);
  return last_number_;
}

Result<void> LocalEventQueue::send(const std::string& body, Deadline deadline,
                                   std::stop_token stop) {
  if (stop.stop_requested()) return stopped();
  if (body.size() > kMessageBytesMax) {
    return Error{Errc::invalid, "a message of " + std::to_string(body.size()) + " bytes"};
  }
  if (!is_utf8(body)) return Error{Errc::invalid, "a message that is not UTF-8"};
  MessageRecord record{.sent_at = ports_.clock.system_now(), .body = body};
  const std::uint64_t promise = record_bytes(body.size() + kHeadBytes);
  {
    std::lock_guard lock(mutex_);
    if (!has_room(promise)) {
      return Error{Errc::throttled,
                   "the local queue is full (" + std::to_string(options_.bytes_max) + " bytes)",
                   ErrorCause::staging};
    }
    promised_ += promise;
    record.number = next_number();
  }
  const Result<void> written = write(
      record,
      [&](JournalPosition begin, std::uint64_t bytes) {
        add(record.number,
            {.begin = begin, .bytes = bytes, .sent_at = record.sent_at, .visible_at = {}});
        wake();
      },
      deadline, std::move(stop));
  std::lock_guard lock(mutex_);
  promised_ -= promise;
  return written;
}

void LocalEventQueue::wake() { wake_.request_stop(); }

// --- receiving -------------------------------------------------------------------------------

Result<std::vector<Claim>> LocalEventQueue::receive(int count_max, std::chrono::seconds wait,
                                                    Deadline deadline, std::stop_token stop) {
  const SteadyTime until = end_of_wait(ports_.clock, wait, deadline);
  while (!stop.stop_requested()) {
    take_replayed(deadline, stop);
    write_old_anew(deadline, stop);
    CORDON_TRY(std::vector<Claim> claims, take(count_max, deadline, stop));
    if (!claims.empty() || ports_.clock.steady_now() >= until) return claims;
    await(until, stop);
  }
  return stopped();
}

void LocalEventQueue::await(SteadyTime until, const std::stop_token& stop) {
  std::stop_source woken;
  {
    std::lock_guard lock(mutex_);
    const SteadyTime now = ports_.clock.steady_now();
    until = std::min(until, now + kBetweenLooks);  // For letters that are sent back.
    if (!by_time_.empty()) until = std::min(until, by_time_.begin()->first);
    if (until <= now) return;
    if (wake_.stop_requested()) wake_ = std::stop_source();
    woken = wake_;
  }
  const std::stop_callback on_stop(stop, [woken]() mutable { woken.request_stop(); });
  ports_.clock.wait_until(until, woken.get_token());
}

std::vector<LocalEventQueue::Picked> LocalEventQueue::pick(int count_max,
                                                           std::vector<Picked>& exhausted) {
  std::vector<Picked> picked;
  std::lock_guard lock(mutex_);
  const SteadyTime now = ports_.clock.steady_now();
  while (static_cast<int>(picked.size()) < count_max && !by_time_.empty() &&
         by_time_.begin()->first <= now) {
    const MessageNumber number = by_time_.begin()->second;
    Message& message = messages_.at(number);
    if (message.receives >= options_.receives_max) {
      // Should the dead letters not take it, not at once again.
      show_at(number, message, now + kBurialPause);
      exhausted.push_back({number, message});
      continue;
    }
    ++message.receives;
    message.receipt = ++last_receipt_;
    show_at(number, message, now + options_.visibility);
    picked.push_back({number, message});
  }
  return picked;
}

void LocalEventQueue::give_back(const std::vector<Picked>& picked) {
  std::lock_guard lock(mutex_);
  for (const Picked& one : picked) {
    const auto at = messages_.find(one.number);
    if (at == messages_.end() || at->second.receipt != one.message.receipt) continue;
    --at->second.receives;
    show_at(one.number, at->second, ports_.clock.steady_now());
  }
}

Result<std::vector<Claim>> LocalEventQueue::take(int count_max, Deadline deadline,
                                                 const std::stop_token& stop) {
  std::vector<Picked> exhausted;
  const std::vector<Picked> picked = pick(count_max, exhausted);
  for (const Picked& one : exhausted) {
    const Result<void> buried = bury_exhausted(one, deadline, stop);
    if (buried) continue;
    ports_.log.write_limited(LogLevel::warn, "events.not_dead_lettered",
                             {{"message", text_of(one.number)}, {"error", buried.error()}});
  }
  std::vector<Claim> claims;
  if (picked.empty()) return claims;
  ReceivesRecord record;
  for (const Picked& one : picked) record.receives[one.number] = one.message.receives;
  const Result<void> noted = write(
      record, [](JournalPosition, std::uint64_t) {}, deadline, stop);
  if (!noted) {
    give_back(picked);
    return noted.error();
  }
  std::optional<Error> failed;
  for (const Picked& one : picked) {
    Result<std::optional<Claim>> claim = claim_of(one);
    if (claim && *claim) claims.push_back(**std::move(claim));
    if (claim) continue;
    failed = claim.error();
    give_back({one});
  }
  if (claims.empty() && failed) return *failed;
  return claims;
}

Result<std::string> LocalEventQueue::body_of(const Message& message) {
  CORDON_TRY(const std::string payload, journal_->record_at(message.begin, message.bytes));
  CORDON_TRY(QueueRecord record, decode_queue_record(payload));
  auto* found = std::get_if<MessageRecord>(&record);
  if (found == nullptr) return Error{Errc::not_found, "there is no message at its place"};
  return std::move(found->body);
}

// None: the disk damaged it, which the journal told.
Result<std::optional<Claim>> LocalEventQueue::claim_of(const Picked& picked) {
  Result<std::string> body = body_of(picked.message);
  if (!body && body.error().code == Errc::not_found) {
    ports_.log.error("events.lost", {{"message", text_of(picked.number)},
                                     {"error", body.error()},
                                     {"meaning", "sweep the buckets that send events here"}});
    {
      std::lock_guard lock(mutex_);
      remove(picked.number);
    }
    tell();
    return std::optional<Claim>();
  }
  CORDON_TRY(body);
  return std::optional<Claim>(
      Claim{.message_id = text_of(picked.number),
            .receipt = ReceiptHandle(std::to_string(picked.message.receipt)),
            .body = *std::move(body),
            .receive_count = picked.message.receives,
            .sent_at = picked.message.sent_at});
}

Result<void> LocalEventQueue::bury_exhausted(const Picked& picked, Deadline deadline,
                                             const std::stop_token& stop) {
  CORDON_TRY(std::string body, body_of(picked.message));
  CORDON_TRY(ports_.letters.bury({.sent_at = picked.message.sent_at,
                                  .receives = picked.message.receives,
                                  .reason = "",
                                  .body = std::move(body)}));
  return finish(picked.number, deadline, stop);
}

// One that a crash leaves behind after it was written is taken twice, which is no harm.
void LocalEventQueue::take_replayed(Deadline deadline, const std::stop_token& stop) {
  {
    std::lock_guard lock(mutex_);
    const SteadyTime now = ports_.clock.steady_now();
    if (now < looked_for_replayed_) return;
    looked_for_replayed_ = now + kBetweenLooks;
  }
  const auto take_all = [&]() -> Result<void> {
    using Letters = std::vector<ReplayedLetter>;
    CORDON_TRY(const Letters letters, ports_.letters.replayed(kReplayedAtOnce));
    for (const ReplayedLetter& one : letters) {
      CORDON_TRY(send(one.letter.body, deadline, stop));
      CORDON_TRY(ports_.letters.forget_replayed(one.name));
    }
    return {};
  };
  if (const Result<void> taken = take_all(); !taken) {
    ports_.log.write_limited(LogLevel::warn, "events.not_replayed", {{"error", taken.error()}});
  }
}

void LocalEventQueue::write_old_anew(Deadline deadline, const std::stop_token& stop) {
  std::vector<Picked> old;
  {
    std::lock_guard lock(mutex_);
    const std::uint64_t all = journal_->bytes();
    if (by_place_.empty() || all < options_.bytes_max / 2 || bytes_ > all / 4) return;
    const std::uint64_t file = by_place_.begin()->first.file;
    if (file == end_.file) return;
    for (const auto& [begin, number] : by_place_) {
      if (begin.file != file || old.size() >= kAnewAtOnce) break;
      old.push_back({number, messages_.at(number)});
    }
  }
  for (const Picked& one : old) {
    const Result<std::string> body = body_of(one.message);
    if (!body) continue;  // Told when it is to be received.
    const MessageRecord record{.number = one.number,
                               .sent_at = one.message.sent_at,
                               .receives = one.message.receives,
                               .body = *body};
    const auto then = [&](JournalPosition begin, std::uint64_t bytes) {
      const auto at = messages_.find(one.number);
      if (at == messages_.end()) return;
      Message moved = at->second;
      moved.begin = begin;
      moved.bytes = bytes;
      remove(one.number);
      add(one.number, moved);
    };
    if (!write(record, then, deadline, stop)) return;
  }
}

// --- what becomes of a claim -----------------------------------------------------------------

Result<void> LocalEventQueue::extend(const Claim& claim, std::chrono::seconds visibility, Deadline,
                                     std::stop_token stop) {
  if (stop.stop_requested()) return stopped();
  CORDON_TRY(const MessageNumber number, parse_message_number(claim.message_id));
  std::lock_guard lock(mutex_);
  const auto at = messages_.find(number);
  if (at == messages_.end() || std::to_string(at->second.receipt) != claim.receipt.str()) {
    return Error{Errc::changed, "the claim on " + claim.message_id + " is over"};
  }
  show_at(number, at->second, ports_.clock.steady_now() + visibility);
  wake();
  return {};
}

std::vector<Result<void>> LocalEventQueue::extend_all(std::span<const Claim> claims,
                                                      std::chrono::seconds visibility,
                                                      Deadline deadline, std::stop_token stop) {
  std::vector<Result<void>> outcomes;
  for (const Claim& claim : claims) outcomes.push_back(extend(claim, visibility, deadline, stop));
  return outcomes;
}

Result<void> LocalEventQueue::finish(MessageNumber number, Deadline deadline,
                                     std::stop_token stop) {
  {
    std::lock_guard lock(mutex_);
    if (!messages_.contains(number)) return {};
  }
  return write(
      DoneRecord{number}, [&](JournalPosition, std::uint64_t) { remove(number); }, deadline,
      std::move(stop));
}

Result<void> LocalEventQueue::acknowledge(const Claim& claim, Deadline deadline,
                                          std::stop_token stop) {
  if (stop.stop_requested()) return stopped();
  CORDON_TRY(const MessageNumber number, parse_message_number(claim.message_id));
  return finish(number, deadline, std::move(stop));
}

Result<void> LocalEventQueue::dead_letter(const Claim& claim, std::string_view reason,
                                          Deadline deadline, std::stop_token stop) {
  if (stop.stop_requested()) return stopped();
  CORDON_TRY(const MessageNumber number, parse_message_number(claim.message_id));
  CORDON_TRY(ports_.letters.bury({.sent_at = claim.sent_at,
                                  .receives = claim.receive_count,
                                  .reason = std::string(reason),
                                  .body = claim.body}));
  return finish(number, deadline, std::move(stop));
}

std::size_t LocalEventQueue::size() const {
  std::lock_guard lock(mutex_);
  return messages_.size();
}

}  // namespace cordon
