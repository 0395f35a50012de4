#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace cordon {

/// One message: bytes that arrive whole or not at all, and the descriptors that came with them.
struct Frame {
  std::string bytes;
  std::vector<UniqueFd> descriptors;
};

/// The most that a receiver accepts. It is the receiver who decides how much memory and how many
/// descriptors a message may cost, never the message.
struct FrameLimits {
  std::size_t bytes_max = 0;
  std::size_t descriptors_max = 0;
};

/// One end of an AF_UNIX SOCK_SEQPACKET connection: frames with size limits, and descriptors.
/// Knows nothing of what the frames mean. Nothing that the peer sends can make it abort.
///
/// Threads: one at a time.
class Channel {
 public:
  struct Pair;
  /// No frame is larger, whatever the limits of a call say; nor does one carry more descriptors.
  static constexpr std::size_t kFrameBytesMax = 64 * 1024;
  static constexpr std::size_t kDescriptorsMax = 8;

  /// Two connected ends, close-on-exec. `clock` outlives both. Errors: unavailable.
  static Result<Pair> pair(const Clock& clock);

  /// `clock` outlives the channel.
  Channel(UniqueFd socket, const Clock& clock) : socket_(std::move(socket)), clock_(&clock) {}

  /// Sends one non-empty frame with duplicates of `descriptors`, which stay the caller's.
  ///
  /// Blocks: until the peer's buffer has room.
  /// Errors: unavailable  the peer is gone;
  ///         invalid      the frame is empty or larger than kFrameBytesMax;
  ///         timeout, cancelled.
  Result<void> send(std::string_view bytes, std::span<const int> descriptors, Deadline deadline,
                    const std::stop_token& stop);

  /// Receives one frame. Descriptors arrive close-on-exec; those of a refused frame are closed.
  ///
  /// Blocks: until a frame came.
  /// Errors: unavailable  the peer is gone;
  ///         invalid      the frame is larger or carries more descriptors than `limits` allow;
  ///         timeout, cancelled.
  Result<Frame> receive(FrameLimits limits, Deadline deadline, const std::stop_token& stop);

  int descriptor() const { return socket_.get(); }
  UniqueFd release() && { return std::move(socket_); }

 private:
  UniqueFd socket_;
  const Clock* clock_;
};

/// Two connected ends, one to keep and one to hand over.
struct Channel::Pair {
  Channel near;
  Channel far;
};

}  // namespace cordon
