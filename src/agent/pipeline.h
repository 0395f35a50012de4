#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "agent/allowance.h"
#include "agent/finished.h"
#include "agent/gateway_uploads.h"
#include "agent/step_observer.h"
#include "agent/under_way.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/event.h"
#include "core/policy.h"
#include "core/ports/action_brake.h"
#include "core/ports/bucket_catalogue.h"
#include "core/ports/object_store.h"
#include "core/ports/protected_buckets.h"
#include "core/ports/result_sink.h"
#include "core/ports/scanner.h"
#include "core/ports/store_probe.h"
#include "core/scan_result.h"
#include "core/seal.h"
#include "core/tags.h"
#include "staging/stage.h"

namespace cordon {

/// What the settings say about tags. Threads: any.
struct TagRules {
  bool enabled = true;
  TagKeys keys = {};
};
using TagRulesSource = std::function<TagRules()>;

/// What may be done with an object beyond scanning it.
enum class Reach : std::uint8_t {
  routes,  ///< Tags, and what its policy says.
  tags,    ///< Tags alone.
};

/// How a `Pipeline` carries its objects. Fixed for its life, but for the tags where
/// `PipelinePorts::tag_rules` says otherwise for each object.
struct PipelineOptions {
  std::string deployment = "main";
  std::string agent;  ///< This agent's id, as results name it.
  std::optional<AccountId> account = std::nullopt;
  std::optional<Region> region = std::nullopt;
  BucketName quarantine;  ///< Where policies name no other.
  TagKeys tag_keys = {};
  bool tagging = true;
  /// None: tags are written without a seal, and no seal spares an object the engine.
  std::optional<SealKeyRing> seal_keys = std::nullopt;
  VerdictPolicy verdict_policy = {};  ///< What the engine was started with.
  std::chrono::seconds scan_time_max{300};
  /// From this receive on, an object that kills workers or exhausts the spool gets a verdict that
  /// says so, instead of another try.
  int poison_receives = 5;
  Reach reach = Reach::routes;
};

/// Everything that the path of an object needs. All of it outlives the pipeline.
struct PipelinePorts {
  ObjectStore& store;
  BucketCatalogue& catalogue;  ///< Of the same buckets.
  ProtectedBuckets& buckets;
  Scanner& scanner;
  Stage& stage;
  ResultSink& results;  ///< Takes each result before its message is acknowledged.
  PolicySource policy;
  const Clock& clock;
  Random& random;
  Log& log;
  Metrics& metrics;
  StepObserver& observer;
  /// Asked for each object; null: as the options say.
  TagRulesSource tag_rules = nullptr;
  AllowSource allow_list = nullptr;  ///< Null: nothing is on it.
  FileShareAdmin* shares = nullptr;  ///< Null: Storage Gateway is not asked about its shares.
  ActionBrake* brake = nullptr;      ///< Null: nothing is ever held.
  StoreProbe* probe = nullptr;       ///< Null: the store does all that S3 does.
  /// Whose a bucket is, by the settings of the moment. Null: whose its events say.
  std::function<AccountId(const BucketName& bucket)> owner = nullptr;
};

/// How one delivery of an event is going.
struct Delivery {
  int attempt = 1;  ///< How often the message was received.
  SystemTime sent_at;
};

/// What became of one object.
struct ObjectOutcome {
  enum class Kind : std::uint8_t {
    done,         ///< Final: verdict tagged, acted upon, reported.
    excluded,     ///< Final: the policy does not want it scanned.
    duplicate,    ///< Final: this agent has just finished it.
    superseded,   ///< Final: it changed or went away; its own event sees to it.
    postponed,    ///< Nothing is wrong: it can be said a little later what is to be done.
    retry_later,  ///< Something is away: another delivery.
    dead_letter,  ///< It can never be done; `why` says why.
    cancelled,    ///< A stop was requested.
    abandoned,    ///< The observer said so: as if the process had died.
  };
  Kind kind = Kind::retry_later;
  std::string why;
  std::optional<ScanResult> result = std::nullopt;  ///< Set exactly for done.
};

/// Whether nothing is left to do about the event, so that its record may be acknowledged.
bool is_final(ObjectOutcome::Kind kind);
std::string_view name_of(ObjectOutcome::Kind kind);

/// The path of one object: admit, open, stage, scan, tag, act, report. Nothing is asked of an
/// object, and nothing done with it, before its bucket was found to be protected; elsewhere only a
/// scan request is served, and only with tags unless it says more.
///
/// Every step can be repeated, so a delivery that ends anywhere is carried on by the next one.
///
/// Threads: any; each call carries one object.
class Pipeline {
 public:
  Pipeline(PipelineOptions options, PipelinePorts ports)
      : options_(std::move(options)),
        ports_(std::move(ports)),
        uploads_(ports_.store, ports_.shares, ports_.clock, ports_.log, ports_.metrics) {}

  ObjectOutcome carry(const ObjectEvent& event, const Delivery& delivery, Deadline deadline,
                      std::stop_token stop);

 private:
  /// How far the agent may go in the bucket; else the outcome of the event.
  using Permission = std::variant<Reach, ObjectOutcome>;
  Permission permission(const ObjectEvent& event, const BucketName& bucket,
                        const Delivery& delivery, Deadline deadline, std::stop_token stop);
  ObjectOutcome carry_permitted(const ObjectEvent& event, const Delivery& delivery,
                                Deadline deadline, std::stop_token stop);
  ObjectOutcome carry_object(const ObjectEvent& event, Reach reach, const Delivery& delivery,
                             Deadline deadline, std::stop_token stop);
  ObjectOutcome carry_upload(const ObjectEvent& event, const Delivery& delivery, Deadline deadline,
                             std::stop_token stop);
  void tell_spelled_otherwise(const ObjectEvent& event);
  PipelineOptions options_now() const;
  void account_for(const ObjectEvent& event, const ObjectOutcome& outcome, int attempt);

  const PipelineOptions options_;
  PipelinePorts ports_;
  Finished finished_;
  UnderWay under_way_;
  GatewayUploads uploads_;
};

}  // namespace cordon
