#include "engine/worker_conversation.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>

#include "base/files.h"

namespace cordon {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{250};
constexpr std::chrono::hours kTimeLimitMax{24};

Result<WorkerAnswer> understand(const ScanMessage& asked, const Frame& frame) {
  CORDON_TRY(const MessageType type, admit(ProtocolState::worker_scanning, frame));
  if (type == MessageType::verdict) {
    CORDON_TRY(VerdictMessage said, decode_verdict(frame.bytes));
    CORDON_TRY(check_answer(asked, said));
    return WorkerAnswer(std::move(said.verdict));
  }
  CORDON_TRY(NoVerdictMessage said, decode_no_verdict(frame.bytes));
  if (said.id != asked.id) return Error{Errc::invalid, "an answer to another question"};
  return WorkerAnswer(std::move(said));
}

}  // namespace

Result<HelloMessage> WorkerConversation::greet(Deadline deadline, const std::stop_token& stop) {
  constexpr ProtocolState kState = ProtocolState::worker_starting;
  CORDON_TRY(const Frame frame, channel_.receive(limits_of(kState), deadline, stop));
  CORDON_TRY(const MessageType type, admit(kState, frame));
  if (type == MessageType::failed) {
    CORDON_TRY(const FailedMessage failed, decode_failed(frame.bytes));
    return Error{Errc::denied, failed.text};
  }
  return decode_hello(frame.bytes);
}

Result<WorkerAnswer> WorkerConversation::scan(const UniqueFd& content, std::uint64_t bytes,
                                              Deadline deadline, const std::stop_token& stop,
                                              const Watch& watch,
                                              const std::optional<Window>& window) {
  const ScanMessage asked{
      .id = ++last_id_,
      .bytes = bytes,
      .time_limit_ms = static_cast<std::uint64_t>(deadline.left_ms(*clock_, kTimeLimitMax)),
      .window = window};
  const std::array<int, 1> descriptors = {content.get()};
  CORDON_TRY(channel_.send(encode(asked), descriptors, deadline, stop));
  CORDON_TRY(const Frame frame, wait_for_answer(deadline, stop, watch));
  return understand(asked, frame);
}

Result<Frame> WorkerConversation::wait_for_answer(Deadline deadline, const std::stop_token& stop,
                                                  const Watch& watch) {
  const FrameLimits limits = limits_of(ProtocolState::worker_scanning);
  if (!watch) return channel_.receive(limits, deadline, stop);
  for (;;) {  // Ends at the deadline, which `receive` checks after each interval.
    Result<Frame> frame = channel_.receive(limits, deadline.at_most(*clock_, kWatchInterval), stop);
    if (frame || frame.error().code != Errc::timeout || deadline.passed(*clock_)) return frame;
    CORDON_TRY(watch());
  }
}

Result<UniqueFd> read_only_view(const UniqueFd& content, std::uint64_t bytes) {
  struct stat status {};
  if (::fstat(content.get(), &status) != 0) return errno_error("fstat of the content", errno);
  if (!S_ISREG(status.st_mode)) return Error{Errc::invalid, "the content is no regular file"};
  if (static_cast<std::uint64_t>(status.st_size) != bytes) {
    return Error{Errc::invalid, "the content has " + std::to_string(status.st_size) +
                                    " bytes, not " + std::to_string(bytes)};
  }
  // A memory file belongs to no directory, so Landlock does not watch it: where the worker sees
  // /proc it could reopen the file for writing. Without the mode bits it cannot.
  if (status.st_nlink == 0) static_cast<void>(::fchmod(content.get(), 0400));
  const std::string path = "/proc/self/fd/" + std::to_string(content.get());
  UniqueFd view(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!view) return Error{Errc::unavailable, errno_error("reopening the content", errno).what};
  return view;
}

}  // namespace cordon
