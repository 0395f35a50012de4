#pragma once

#include <cstdint>
#include <string_view>

#include "core/object_ref.h"

namespace cordon {

/// The named steps of one object's path (README.md). Each is announced before it is done.
enum class Step : std::uint8_t {
  receive,
  decode,
  admit,
  open,
  stage,
  scan,
  tag,
  act,
  copy,
  remove,
  report,
  acknowledge,
};

std::string_view name_of(Step step);  ///< "receive", ..., "delete", ...

/// The answer of a `StepObserver`: do the step, or drop the object where it is.
enum class Proceed : std::uint8_t { go_on, abandon };

/// Is told of every step before it is done.
///
/// By answering `abandon` it makes the slot drop everything at this point, as if the process had
/// died: nothing is tidied up, given back or acknowledged. Tests crash agents this way without
/// processes; the program crashes itself for real in here.
///
/// Threads: any; called by every slot.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  /// `object` is null where no single object is meant (receive, decode, acknowledge).
  virtual Proceed before(Step step, const ObjectRef* object) = 0;
};

/// Goes on at every step.
class QuietObserver final : public StepObserver {
 public:
  Proceed before(Step, const ObjectRef*) override { return Proceed::go_on; }
};

}  // namespace cordon
