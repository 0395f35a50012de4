#include "provision/provision_report.h"

#include <algorithm>

namespace cordon {

using State = ProvisionStep::State;

std::string_view name_of(ProvisionPart part) {
  switch (part) {
    case ProvisionPart::topic:
      return "topic";
    case ProvisionPart::topic_policy:
      return "topic policy";
    case ProvisionPart::queue:
      return "queue";
    case ProvisionPart::queue_policy:
      return "queue policy";
    case ProvisionPart::dead_letters:
      return "dead letters";
    case ProvisionPart::sweep_queue:
      return "sweep queue";
    case ProvisionPart::subscription:
      return "subscription";
    case ProvisionPart::quarantine_bucket:
      return "quarantine bucket";
    case ProvisionPart::quarantine_policy:
      return "quarantine policy";
    case ProvisionPart::region:
      return "region";
    case ProvisionPart::notification:
      return "notification";
    case ProvisionPart::versioning:
      return "versioning";
    case ProvisionPart::read_gate:
      return "read gate";
    case ProvisionPart::status:
      return "status";
    case ProvisionPart::protected_set:
      return "protected set";
    case ProvisionPart::system_bucket:
      return "system bucket";
    case ProvisionPart::notification_topic:
      return "notification topic";
    case ProvisionPart::results_queue:
      return "results queue";
    case ProvisionPart::results_dead_letters:
      return "dead results";
    case ProvisionPart::destination:
      return "destination";
    case ProvisionPart::member_account:
      return "member account";
    case ProvisionPart::member_accounts:
      return "member accounts";
    case ProvisionPart::member_bucket:
      return "member bucket";
    case ProvisionPart::role:
      return "role";
    case ProvisionPart::share:
      return "share";
    case ProvisionPart::rule:
      return "rule";
    case ProvisionPart::announcements:
      return "announcements";
    case ProvisionPart::s3_events:
      return "S3 events";
  }
  return "status";
}

std::string_view name_of(ProvisionStep::State state) {
  switch (state) {
    case State::present:
      return "present";
    case State::created:
      return "created";
    case State::changed:
      return "changed";
    case State::removed:
      return "removed";
    case State::missing:
      return "missing";
    case State::kept:
      return "kept";
  }
  return "missing";
}

bool ProvisionReport::has(ProvisionPart part, ProvisionStep::State state) const {
  return std::any_of(steps.begin(), steps.end(), [&](const ProvisionStep& step) {
    return step.part == part && step.state == state;
  });
}

}  // namespace cordon
