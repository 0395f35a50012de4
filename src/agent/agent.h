#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "agent/claims.h"
#include "agent/intake.h"
#include "agent/message_handler.h"
#include "agent/pipeline.h"
#include "agent/second_try_store.h"
#include "agent/sweep_slots.h"
#include "base/bounded_queue.h"
#include "staging/spool_budget.h"
#include "staging/stage.h"

namespace cordon {

/// How much an `Agent` does at a time and how long it waits: from the flags and the settings when
/// the program starts, and fixed from then on.
struct AgentOptions {
  PipelineOptions pipeline = {};
  StageOptions stage = {};
  MessageHandlerOptions message_handler = {};
  std::uint64_t spool_bytes_max = std::uint64_t{8} << 30U;
  int slots = 4;  ///< Objects at a time; four per engine worker keep the workers busy.
  std::chrono::seconds visibility{120};   ///< As the queue is set up.
  std::chrono::seconds receive_wait{20};  ///< Long poll.
  /// After a stop request, for the answer of the receive under way: messages in an answer that
  /// nobody hears stay hidden for `visibility`.
  std::chrono::milliseconds receive_grace{300};
  std::chrono::seconds drain{30};  ///< After a stop request, for what is being worked on.
  SweepSlotsOptions sweep = {};
  /// What sweeps found is taken only while fewer new objects are under way.
  int sweep_below = 1;
};

/// Nothing while the engine cannot take work.
using EngineSource = std::function<std::optional<EngineVersion>()>;

/// Whether the agent can do its work right now. `detail` is for people.
struct AgentHealth {
  bool ready = false;
  std::string detail;
};

/// Everything that an agent needs. All of it outlives the agent.
struct AgentPorts {
  EventQueue& queue;
  EventQueue* sweep_queue = nullptr;  ///< Null: there is none, and what sweeps find waits.
  ObjectStore& store;
  BucketCatalogue& catalogue;
  ProtectedBuckets& buckets;
  Scanner& scanner;
  EngineSource engine;
  /// Starts a dead engine anew. Blocks until it is ready or cannot be, or a stop request.
  std::function<void(std::stop_token stop)> revive_engine;
  ResultSink& results;  ///< Takes each result before its message is acknowledged.
  PolicySource policy;
  const Clock& clock;
  Random& random;
  Log& log;
  Metrics& metrics;
  StepObserver& observer;
  TagRulesSource tag_rules = nullptr;  ///< This and what follows: as in PipelinePorts.
  AllowSource allow_list = nullptr;
  FileShareAdmin* shares = nullptr;
  ActionBrake* brake = nullptr;
  StoreProbe* probe = nullptr;
  std::function<AccountId(const BucketName& bucket)> owner = nullptr;
};

/// The service that takes events from a queue and carries each object to its verdict.
///
/// Threads: `run` receives in the caller's thread; `slots` threads named slot-N carry one message
/// each; "heartbeat" keeps the claims.
class Agent {
 public:
  Agent(AgentOptions options, AgentPorts ports);
  ~Agent();

  /// Works until a stop is requested: then takes no more messages, finishes what is being worked on
  /// within `drain`, gives the rest back, and returns. Once.
  void run(std::stop_token stop);

  /// Threads: any.
  AgentHealth health() const;

 private:
  struct Received {
    Claim claim;
    SteadyTime at;
  };

  void receive_loop(std::stop_token stop);
  bool engine_is_ready(std::stop_token stop);
  int wait_for_free_slots(std::stop_token stop);
  bool receive_once(int count, std::chrono::seconds wait, std::stop_token stop);
  void end_receives(std::stop_token stop, std::stop_token ended);
  void slot_loop(int number);
  void carry(const Received& received);
  void drain();
  bool await_calm(std::stop_token stop);

  const AgentOptions options_;
  const AgentPorts ports_;
  SpoolBudget spool_;
  SecondTryStore store_;
  Stage stage_;
  Pipeline pipeline_;
  Claims claims_;
  MessageHandler message_handler_;
  Intake intake_;
  BoundedQueue<Received> work_;
  std::stop_source receive_stop_;  ///< Ends a long poll, a grace after the stop request.
  std::stop_source work_stop_;     ///< Ends what is being worked on.

  mutable std::mutex mutex_;
  std::condition_variable_any slot_freed_;
  int busy_ = 0;
  bool stopping_ = false;
  bool engine_was_ready_ = true;
  std::optional<SweepSlots> sweep_;  ///< None: there is no sweep queue.
};

}  // namespace cordon
