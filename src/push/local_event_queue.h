#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/event_queue.h"
#include "core/ports/event_sender.h"
#include "journal/journal.h"
#include "push/local_dead_letters.h"
#include "push/queue_record.h"

namespace cordon {

/// How much a `LocalEventQueue` holds, and how it hands messages out.
struct LocalQueueOptions {
  std::uint64_t bytes_max = 256U << 20U;  ///< On disk; what would exceed it is not taken.
  std::chrono::seconds visibility{120};   ///< Of a claim that nobody extends.
  int receives_max = 5;                   ///< Then a message goes to the dead letters.
};

/// Everything that the queue needs. All of it outlives the queue.
struct LocalQueuePorts {
  JournalFolder& folder;  ///< Its own; whoever has it is the only one.
  LocalDeadLetters& letters;
  const Clock& clock;
  Log& log;
  Metrics& metrics;
};

/// The event queue of an agent that has no queue service: messages in a journal on its disk, from
/// `send` until they are acknowledged, also over kill -9 (docs/adr/0049-push-sources.md).
///
/// That a message was taken, how often it was received and that it is done are records of the
/// journal, and durable before anybody is told. What is claimed, and until when, is not: after a
/// start all that is not done is there for everybody. What is done is removed with its file; a
/// message that takes long is written anew behind the others rather than keep all files after it.
///
/// Threads: any. Errors of sending: throttled: `bytes_max` is reached.
class LocalEventQueue final : public EventQueue, public EventSender {
 public:
  /// Finds what was not acknowledged. Errors: those of the folder.
  static Result<std::unique_ptr<LocalEventQueue>> open(const LocalQueueOptions& options,
                                                       const LocalQueuePorts& ports);

  Result<void> send(const std::string& body, Deadline deadline, std::stop_token stop) override;

  Result<std::vector<Claim>> receive(int count_max, std::chrono::seconds wait, Deadline deadline,
                                     std::stop_token stop) override;
  Result<void> extend(const Claim& claim, std::chrono::seconds visibility, Deadline deadline,
                      std::stop_token stop) override;
  std::vector<Result<void>> extend_all(std::span<const Claim> claims,
                                       std::chrono::seconds visibility, Deadline deadline,
                                       std::stop_token stop) override;
  Result<void> acknowledge(const Claim& claim, Deadline deadline, std::stop_token stop) override;
  Result<void> dead_letter(const Claim& claim, std::string_view reason, Deadline deadline,
                           std::stop_token stop) override;

  std::size_t size() const;  ///< Messages that are not done.
  /// Parts of the journal that the disk damaged: each may have held messages.
  std::uint64_t damaged_parts() const { return journal_->damaged_parts(); }

 private:
  struct Message {
    JournalPosition begin;  ///< Of its record.
    std::uint64_t bytes = 0;
    SystemTime sent_at;
    int receives = 0;
    SteadyTime visible_at;
    std::uint64_t receipt = 0;  ///< Of the newest claim; 0: none since the start.
  };
  using Messages = std::map<MessageNumber, Message>;
  /// A message that leaves the lock for a while.
  struct Picked {
    MessageNumber number = 0;
    Message message;
  };
  /// What follows from a record that is durable now: where it begins and how long it is. Called
  /// with the lock held.
  using Then = std::function<void(JournalPosition begin, std::uint64_t bytes)>;

  LocalEventQueue(const LocalQueueOptions& options, const LocalQueuePorts& ports)
      : options_(options), ports_(ports) {}

  Result<void> recover();
  void replay(const QueueRecord& record, JournalPosition begin, std::uint64_t bytes);
  MessageNumber next_number();
  bool has_room(std::uint64_t bytes) const;

  void take_replayed(Deadline deadline, const std::stop_token& stop);
  void write_old_anew(Deadline deadline, const std::stop_token& stop);
  Result<std::vector<Claim>> take(int count_max, Deadline deadline, const std::stop_token& stop);
  std::vector<Picked> pick(int count_max, std::vector<Picked>& exhausted);
  Result<std::optional<Claim>> claim_of(const Picked& picked);
  Result<void> bury_exhausted(const Picked& picked, Deadline deadline, const std::stop_token& stop);
  void await(SteadyTime until, const std::stop_token& stop);

  Result<void> write(const QueueRecord& record, const Then& then, Deadline deadline,
                     std::stop_token stop);
  Result<std::string> body_of(const Message& message);
  void give_back(const std::vector<Picked>& picked);
  Result<void> finish(MessageNumber number, Deadline deadline, std::stop_token stop);
  void add(MessageNumber number, Message message);
  void remove(MessageNumber number);
  void show_at(MessageNumber number, Message& message, SteadyTime when);
  void advance(std::unique_lock<std::mutex>& lock);
  void wake();
  void tell();

  const LocalQueueOptions options_;
  const LocalQueuePorts ports_;
  std::unique_ptr<Journal> journal_;

  mutable std::mutex mutex_;  ///< Guards what follows.
  Messages messages_;
  std::set<std::pair<SteadyTime, MessageNumber>> by_time_;        ///< When each is to be seen.
  std::set<std::pair<JournalPosition, MessageNumber>> by_place_;  ///< Where each lies.
  std::multiset<JournalPosition> writing_;  ///< No record that is being written begins before.
  JournalPosition end_;                     ///< Behind every record that is known.
  JournalPosition passed_;                  ///< What the journal was told to forget.
  std::uint64_t bytes_ = 0;                 ///< Of the records of messages that are not done.
  std::uint64_t promised_ = 0;              ///< Of messages that are being written.
  MessageNumber last_number_ = 0;
  std::uint64_t last_receipt_ = 0;
  SteadyTime looked_for_replayed_{};
  std::stop_source wake_;  ///< Ends the waits; a new one after each use.
};

}  // namespace cordon
