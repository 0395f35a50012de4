#include "agent/step_observer.h"

namespace cordon {

std::string_view name_of(Step step) {
  switch (step) {
    case Step::receive:
      return "receive";
    case Step::decode:
      return "decode";
    case Step::admit:
      return "admit";
    case Step::open:
      return "open";
    case Step::stage:
      return "stage";
    case Step::scan:
      return "scan";
    case Step::tag:
      return "tag";
    case Step::act:
      return "act";
    case Step::copy:
      return "copy";
    case Step::remove:
      return "delete";
    case Step::report:
      return "report";
    case Step::acknowledge:
      return "acknowledge";
  }
  return "unknown";
}

}  // namespace cordon
