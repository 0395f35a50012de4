#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <variant>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "engine/protocol.h"
#include "ipc/channel.h"

namespace cordon {

/// What a worker that keeps the protocol says about one object.
using WorkerAnswer = std::variant<Verdict, NoVerdictMessage>;

/// The client's half of the talk with one worker. Decodes everything as hostile input.
///
/// Errors of all calls:
///   invalid      the worker broke the protocol: kill it;
///   unavailable  the worker is gone;
///   timeout, cancelled  it still works on something: kill it.
///
/// Threads: one at a time.
class WorkerConversation {
 public:
  /// Looked at every quarter of a second while the worker scans; an error ends the wait with it.
  using Watch = std::function<Result<void>()>;

  WorkerConversation(Channel channel, const Clock& clock)
      : channel_(std::move(channel)), clock_(&clock) {}

  /// Waits for the worker's first word. Errors, in addition: denied, with the worker's own text,
  /// when it could not start.
  Result<HelloMessage> greet(Deadline deadline, const std::stop_token& stop);

  /// Has `content` scanned, which the worker gets as it is: it must be read-only. With a `window`
  /// it holds that window's `bytes` bytes of an object.
  Result<WorkerAnswer> scan(const UniqueFd& content, std::uint64_t bytes, Deadline deadline,
                            const std::stop_token& stop, const Watch& watch = {},
                            const std::optional<Window>& window = std::nullopt);

  Channel release() && { return std::move(channel_); }

 private:
  Result<Frame> wait_for_answer(Deadline deadline, const std::stop_token& stop, const Watch& watch);

  Channel channel_;
  const Clock* clock_;
  std::uint64_t last_id_ = 0;
};

/// Reopens a regular file read-only, so that the receiver of the descriptor can neither write it
/// nor move our offset. Errors: invalid when it is no regular file of `bytes` bytes; unavailable.
Result<UniqueFd> read_only_view(const UniqueFd& content, std::uint64_t bytes);

}  // namespace cordon
