#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "agent/step_observer.h"
#include "base/deadline.h"
#include "core/event.h"
#include "core/policy.h"
#include "core/ports/object_store.h"
#include "core/provenance.h"
#include "core/route.h"
#include "core/scan_result.h"

namespace cordon {

struct ActingPorts {
  ObjectStore& store;
  std::function<Result<void>(Step)> before;
  /// Publishes the result as it is now.
  std::function<Result<void>()> report;
  Deadline deadline;
  std::stop_token stop;
};

/// The object, as far as it is known.
struct ActingFacts {
  const ObjectRef& object;                 ///< As pinned as it can be.
  const ObjectEvent& told;                 ///< The event: what an earlier delivery knew as well.
  std::optional<ObjectHead> head;          ///< None when the object could not be opened.
  std::optional<ObjectChecksum> checksum;  ///< Of what was scanned.
  std::optional<TagSet> tags;              ///< What it carries; none: unknown.
  const TagSet& ours;
  Collision collision = Collision::version;
  /// Why nothing may take the object away just now; none: nothing is in the way.
  std::optional<std::string> held = std::nullopt;
};

/// Whether the object is not where it was afterwards.
bool takes_away(const PlannedAction& action);

/// Does with one object what the plan says, and writes down in the result what was done.
///
/// A move is: copy exactly what was scanned, look at the copy, delete exactly what was scanned.
/// Each part knows its own traces, so that a second run after a crash goes on instead of doing it
/// twice. An action that is refused for good is recorded as failed, and then nothing takes the
/// object away.
class Acting {
 public:
  Acting(const ActingPorts& ports, ActingFacts facts, ScanResult& result)
      : ports_(ports), facts_(std::move(facts)), result_(result) {}

  /// Errors: cancelled, timeout, unavailable, throttled, denied for credentials; not_found and
  /// changed when the object is gone or another one.
  Result<void> run(const std::vector<PlannedAction>& plan);

 private:
  /// True when the object may be taken away now.
  Result<bool> transfer(const PlannedAction& action, ActionRecord& record);
  Result<void> know_head();
  Result<bool> know_tags(const PlannedAction& action, ActionRecord& record);
  /// The copy that lies there already, if it is ours and whole; failed in `record` when the place
  /// is taken.
  Result<std::optional<ObjectHead>> existing(const PlannedAction& action, ActionRecord& record);
  Result<bool> copy(const PlannedAction& action, ActionRecord& record);
  /// What is wrong with a copy that should carry `mark`.
  std::optional<std::string> mismatch(const ObjectHead& copy, const std::string& mark) const;
  std::string mark_of_source() const;
  Result<void> remove(ActionRecord& record);
  Result<ObjectRef> removable();
  bool was_put_here() const;
  Provenance provenance() const;

  const ActingPorts& ports_;
  ActingFacts facts_;
  ScanResult& result_;
};

}  // namespace cordon
