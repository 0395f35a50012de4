#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/claims.h"
#include "agent/message_handler.h"
#include "agent/pipeline.h"
#include "base/guarded.h"
#include "testing/builders.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_event_queue.h"
#include "testing/fake_object_store.h"
#include "testing/fake_protected_buckets.h"
#include "testing/fake_result_sink.h"
#include "testing/fake_scanner.h"
#include "testing/fake_wiring.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {

/// Answers as the test says, and remembers the steps.
class ScriptedObserver final : public StepObserver {
 public:
  Proceed before(Step step, const ObjectRef*) override {
    std::function<Proceed(Step)> script;
    {
      std::lock_guard lock(mutex_);
      steps_ += (steps_.empty() ? "" : " ") + std::string(name_of(step));
      script = script_;
    }
    return script ? script(step) : Proceed::go_on;
  }
  void script(std::function<Proceed(Step)> script) {
    std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }
  std::string steps() const {
    std::lock_guard lock(mutex_);
    return steps_;
  }

 private:
  mutable std::mutex mutex_;
  std::function<Proceed(Step)> script_;
  std::string steps_;
};

inline const BucketName kUploads("uploads");
inline const BucketName kQuarantine("quarantine");
inline const BucketName kProduction("production");
inline const std::string kHarmful = std::string("some ") + FakeScanner::kHarmful + " content";

/// Everything around a pipeline, on fakes. The time stands still unless a test moves it; only
/// staging has a clock that jumps over its waits.
class World {
 public:
  explicit World(FakeObjectStore::Versions versions = FakeObjectStore::Versions::off,
                 int receives_max = 5, std::optional<SealKeyRing> keys = std::nullopt)
      : queue(clock, receives_max), seal_keys(std::move(keys)) {
    store.make_bucket(kUploads, versions);
    store.make_bucket(kQuarantine, FakeObjectStore::Versions::on);
    store.make_bucket(kProduction, FakeObjectStore::Versions::off);
  }

  /// An upload and the event that tells of it.
  ObjectEvent upload(const std::string& key, const std::string& content, const TagSet& tags = {},
                     const BucketName& bucket = kUploads) {
    const CopyResult made = store.put(bucket, ObjectKey(key), content, tags);
    return {.object = {bucket, ObjectKey(key), made.version},
            .etag = made.etag,
            .size = content.size(),
            .sequencer = std::to_string(++sequence_),
            .principal = "AWS:AIDAEXAMPLE"};
  }
  /// The message that tells of the event.
  static std::string message_of(const ObjectEvent& event) { return s3_message(record_of(event)); }
  static std::string record_of(const ObjectEvent& event) {
    return s3_record({.object = event.object,
                      .etag = event.etag->str(),
                      .bytes = *event.size,
                      .sequencer = event.sequencer.value_or("")});
  }

  ObjectOutcome carry(const ObjectEvent& event, int attempt = 1) {
    return pipeline.carry(event, {.attempt = attempt, .sent_at = clock.system_now()},
                          Deadline::never(), {});
  }
  std::string outcome(const ObjectEvent& event, int attempt = 1) {
    return std::string(name_of(carry(event, attempt).kind));
  }
  TagSet tags(const BucketName& bucket, const std::string& key) const {
    const auto stored = store.current(bucket, ObjectKey(key));
    return stored ? stored->tags : TagSet{{"(gone)", ""}};
  }
  std::string verdict_tag(const BucketName& bucket, const std::string& key) const {
    const TagSet all = tags(bucket, key);
    const auto found = all.find("scan-result");
    return found == all.end() ? (all.contains("(gone)") ? "(gone)" : "(none)") : found->second;
  }
  /// Receives one message and delivers it.
  Settled deliver() {
    auto claims_received = queue.receive(1, std::chrono::seconds(0), Deadline::never(), {});
    if (!claims_received || claims_received->empty()) return Settled::lost;
    return message_handler.deliver(claims_received->front(), clock.steady_now(), {});
  }

  SimulatedClock clock{SimulatedClock::Mode::manual};
  SimulatedClock stage_clock{SimulatedClock::Mode::jump};
  SeededRandom random;
  Guarded<std::vector<std::string>> log_lines;
  Log log{LogLevel::info, clock, [this](std::string_view line) {
            log_lines.with([&](auto& lines) { lines.emplace_back(line); });
          }};
  Metrics metrics;
  FakeObjectStore store;
  FakeBucketCatalogue catalogue{store};
  FakeProtectedBuckets buckets;
  FakeEventQueue queue;
  FakeScanner scanner{clock};
  FakeResultSink sink;
  FakeFileShareAdmin shares;
  ScriptedObserver observer;
  Policy policy;
  SpoolBudget spool{1 << 20};
  StageOptions stage_options{
      .spool_directory = "/tmp", .memory_bytes_max = 64 << 10, .object_bytes_max = 10 << 20};
  Stage stage{stage_options, store, spool, stage_clock, random};
  std::optional<SealKeyRing> seal_keys;
  PipelineOptions pipeline_options{.agent = "agent-1",
                                   .account = AccountId("111122223333"),
                                   .region = Region("eu-west-1"),
                                   .quarantine = kQuarantine,
                                   .seal_keys = seal_keys};
  PipelinePorts pipeline_ports{store,
                               catalogue,
                               buckets,
                               scanner,
                               stage,
                               sink,
                               [this](const auto&, const auto&) { return policy; },
                               clock,
                               random,
                               log,
                               metrics,
                               observer,
                               {},
                               {},
                               &shares};
  Pipeline pipeline{pipeline_options, pipeline_ports};
  Claims claims{queue, FakeEventQueue::kVisibility, clock, random, log, metrics};
  MessageHandler message_handler{{},
                                 {queue, pipeline, claims, clock, random, log, metrics, observer}};

 private:
  int sequence_ = 1000;
};

}  // namespace cordon
