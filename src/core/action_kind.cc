#include "core/action_kind.h"

namespace cordon {

std::string_view name_of(ActionKind kind) {
  switch (kind) {
    case ActionKind::keep:
      return "keep";
    case ActionKind::remove:
      return "delete";
    case ActionKind::move:
      return "move";
    case ActionKind::copy:
      return "copy";
  }
  return "keep";
}

}  // namespace cordon
