#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "brake/brake.h"
#include "brake/brake_document.h"
#include "core/ports/action_brake.h"
#include "core/ports/bucket_catalogue.h"
#include "core/ports/watched_document.h"

namespace cordon {

/// Whose brake a `BrakeWatch` is, where its documents are, and how often it reads and writes them.
struct BrakeWatchOptions {
  std::string agent;
  BucketName bucket;                   ///< The system bucket.
  std::string folder;                  ///< "brake/{region}/" in it.
  std::chrono::seconds interval{5};    ///< Between two looks at the state.
  std::chrono::seconds call_limit{4};  ///< Of one look or write.
  std::chrono::seconds history_interval{60};
};

/// Everything that the watch needs; outlives it.
struct BrakePorts {
  DocumentStore& pulled;     ///< pulled.json: what agents see.
  DocumentStore& decisions;  ///< state.json: what people decided. Never written here.
  DocumentStore& history;    ///< history.json
  BucketCatalogue& catalogue;
  std::function<BrakeSettings()> settings;
  const Clock& clock;
  Log& log;
  Metrics& metrics;
};

/// The brake of one agent, tied to those of all others by documents in the system bucket: one that
/// agents write, and one that only people do (brake_state.h).
///
/// What was read last of a document stays while it is away, gone or something else. An agent that
/// pulled the brake, or has read that another did, holds until a decision is about exactly that:
/// nothing that is written to the agents' document, and no loss of it, releases the brake. Before
/// an object is held, and after that was written down, the decisions are looked at: so whoever
/// decides, and looks through the records afterwards, finds every object that was held before.
///
/// Threads: `begin`, then `run` one; everything else any. Blocks: `rule` for one look when it is
/// about to hold; `record` for a write and two looks.
class BrakeWatch final : public ActionBrake {
 public:
  BrakeWatch(BrakeWatchOptions options, BrakePorts ports);

  /// Reads what is there. Without it the agent begins without a past.
  void begin(std::stop_token stop);
  /// Looks every `interval` until a stop is requested.
  void run(std::stop_token stop);
  /// At both documents; tells of a pull that the agents' one does not hold yet.
  /// Errors: unavailable, cancelled: what was seen before stays.
  Result<void> look(std::stop_token stop);
  /// Reads what others know, and writes what this agent found since.
  /// False: it is not known yet what is in force.
  bool remember(std::stop_token stop);

  /// The signatures that the engine scans with from now on.
  void set_in_force(const std::string& set) { brake_.set_in_force(set); }
  BrakeState shared() const;

  BrakeRuling rule(const HeldObject& found, bool counts, std::stop_token stop) override;
  bool is_rejected(const std::vector<std::string>& names) const override;
  Result<void> record(const HeldObject& held, Deadline deadline, std::stop_token stop) override;

 private:
  /// A document, and what was found at the last look.
  struct Page {
    WatchedDocument document;
    const char* name;
  };

  Deadline limit() const;
  Result<void> look_at_decisions(const std::stop_token& stop);
  Result<void> look_at_pull(const std::stop_token& stop);
  Result<std::optional<std::string>> changed_text(Page& page, const std::stop_token& stop);
  void refuse(Page& page, const Error& why);
  void weigh();
  void tell(const std::stop_token& stop);
  void show();

  const BrakeWatchOptions options_;
  const BrakePorts ports_;
  Brake brake_;
  std::mutex looking_;  ///< One look at a time; held while it blocks. Guards what follows.
  Page pull_page_;
  Page decisions_page_;
  std::optional<BrakePull> told_;  ///< As the agents' document says.
  std::optional<BrakePull> open_;  ///< The first that was read and that nobody decided about yet.
  BrakeState decisions_;           ///< As people wrote them.
  Guarded<BrakeState> shared_;
  std::optional<ETag> history_seen_;  ///< Only by the thread that runs.
  bool is_history_foreign_ = false;   ///< Not understood, so it is not written over.
  BrakeHistory written_;
  bool is_alone_ = false;
};

}  // namespace cordon
