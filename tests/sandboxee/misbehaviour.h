#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "core/verdict.h"

namespace cordon {

/// What an object asks a worker to do: its text is "do: NAME ARGUMENT".
struct Order {
  std::string name;
  std::string argument;
  const UniqueFd& content;
  std::filesystem::path temporary;
};

/// Plays a worker that an object has taken over. Returns when the deed is done or was refused:
/// `infected` with the name Sandbox.Escaped when it worked, `unscannable` with the reason of the
/// refusal when it did not. Deeds that the kernel answers with death do not return.
Result<Verdict> misbehave(const Order& order);

}  // namespace cordon
