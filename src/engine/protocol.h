#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/verdict.h"
#include "core/windows.h"
#include "ipc/channel.h"

// The engine protocol as pure functions: docs/formats/worker-protocol.md. Both ends treat what they
// receive as hostile: every decoder is total, bounded and exposed for its fuzzer.

namespace cordon {

/// Client and engine are installed together; a difference means a broken installation.
constexpr std::uint16_t kProtocolVersion = 4;

/// The first byte of a message. Each comment begins with the sender.
enum class MessageType : std::uint8_t {
  ready = 1,        ///< zygote: signatures loaded and proven
  failed = 2,       ///< zygote or worker: cannot serve, and why
  spawn = 3,        ///< client: fork a worker
  worker = 4,       ///< zygote: its process id; descriptors: socket, process handle
  reap = 5,         ///< client: how did this worker end?
  reaped = 6,       ///< zygote: like this
  hello = 16,       ///< worker: confined; what confines it
  scan = 17,        ///< client: one object; descriptor: its content, read-only
  verdict = 18,     ///< worker: the verdict
  no_verdict = 19,  ///< worker: none was reached, and why
  window = 20,      ///< client: one window of an object; descriptor: its content, read-only
};

/// What the receiver of a message is waiting for. A message that is not legal in that state ends
/// the relation: the client kills the worker, the worker or zygote exits.
enum class ProtocolState : std::uint8_t {
  zygote_loading,   ///< client waits for ready
  zygote_idle,      ///< zygote waits for a request
  zygote_asked,     ///< client waits for the zygote's answer
  worker_starting,  ///< zygote waits for hello
  worker_idle,      ///< worker waits for scan or window
  worker_scanning,  ///< client (for the canary set: zygote) waits for verdict
};

/// The most that any message legal in `state` may cost its receiver.
FrameLimits limits_of(ProtocolState state);

/// The type of `frame` when it is legal in `state`, no larger than its own limit, and carries
/// exactly its number of descriptors. Errors: invalid.
Result<MessageType> admit(ProtocolState state, const Frame& frame);

/// What reads the numbers in the expressions of signatures.
enum class NumberParsing : std::uint8_t {
  stock = 0,     ///< The C library, as was asked for, or an engine without expressions.
  fast = 1,      ///< This program's own function (src/sscanf).
  bypassed = 2,  ///< The C library, although the program has a function of its own in front of it.
};
std::string_view name_of(NumberParsing parsing);

/// Zygote to client, once: the signatures are loaded and proven.
struct ReadyMessage {
  EngineVersion version;
  std::uint64_t signature_count = 0;
  NumberParsing number_parsing = NumberParsing::stock;
  /// Rules that were loaded and are not in force, or only in part: the first 32 sentences, and how
  /// many there are.
  std::vector<std::string> notes = {};
  std::uint64_t note_count = 0;
  bool operator==(const ReadyMessage&) const = default;
};
/// Zygote to client, or worker to zygote: it cannot serve, and why, for people.
struct FailedMessage {
  std::uint32_t request = 0;  ///< That of the spawn or reap; 0 while loading or starting.
  std::string text;
  bool operator==(const FailedMessage&) const = default;
};
/// Client to zygote: fork a worker. The answer is a WorkerMessage or a FailedMessage.
struct SpawnMessage {
  std::uint32_t request = 0;  ///< Repeated in the answer, so that a late answer is recognised.
  bool operator==(const SpawnMessage&) const = default;
};
/// What confines a worker: for the log and for the client's own check.
struct Confinement {
  std::uint8_t landlock_abi = 0;  ///< 0: none
  bool system_call_filter = false;
  bool own_network = false;       ///< an empty network namespace
  bool own_root = false;          ///< sees nothing but its temporary directory
  bool own_user = false;          ///< not the agent's
  bool memory_temporary = false;  ///< temporary files in memory, with a size limit
  bool operator==(const Confinement&) const = default;
};
/// Zygote to client: a worker that is confined and has passed the canary set.
struct WorkerMessage {
  std::uint32_t request = 0;
  pid_t pid = 0;  ///< For the log; signals go through the process handle.
  Confinement confinement;
  bool operator==(const WorkerMessage&) const = default;
};
/// Client to zygote: end this worker, if it still lives, and say how it ended. The answer is a
/// ReapedMessage.
struct ReapMessage {
  std::uint32_t request = 0;
  std::uint32_t worker = 0;  ///< The request that made it: process ids can be used again.
  bool operator==(const ReapMessage&) const = default;
};
/// How a process ended.
struct ProcessEnd {
  enum class How : std::uint8_t { unknown, exited, signalled };
  How how = How::unknown;
  int code = 0;  ///< Exit status or signal number.
  bool operator==(const ProcessEnd&) const = default;
};
/// Zygote to client: the answer to a ReapMessage.
struct ReapedMessage {
  std::uint32_t request = 0;
  ProcessEnd end;
  bool operator==(const ReapedMessage&) const = default;
};
/// Worker to zygote, once: it is confined, and waits for the canary set.
struct HelloMessage {
  Confinement confinement;
  bool operator==(const HelloMessage&) const = default;
};
/// Client (for the canary set: zygote) to worker: what to scan. Of type `window` when it has one,
/// else of type `scan`.
struct ScanMessage {
  std::uint64_t id = 0;
  std::uint64_t bytes = 0;
  std::uint64_t time_limit_ms = 0;  ///< A hint: the client's wall clock is the guarantee.
  /// The content is not an object but `bytes` of one.
  std::optional<Window> window = std::nullopt;
  bool operator==(const ScanMessage&) const = default;
};
/// Worker to whoever asked: the verdict. It is a claim of a process that may have been taken over;
/// `check_answer` says whether it can be one at all.
struct VerdictMessage {
  std::uint64_t id = 0;
  Verdict verdict;
  bool operator==(const VerdictMessage&) const = default;
};
/// Worker to whoever asked: no verdict was reached, and why. `code` is timeout, unavailable or
/// worker_died.
struct NoVerdictMessage {
  std::uint64_t id = 0;
  Errc code = Errc::worker_died;
  std::string text;
  bool operator==(const NoVerdictMessage&) const = default;
};

/// Encoders cut and clean text so that an honest sender is never refused.
std::string encode(const ReadyMessage& message);
std::string encode(const FailedMessage& message);
std::string encode(const SpawnMessage& message);
std::string encode(const WorkerMessage& message);
std::string encode(const ReapMessage& message);
std::string encode(const ReapedMessage& message);
std::string encode(const HelloMessage& message);
std::string encode(const ScanMessage& message);
std::string encode(const VerdictMessage& message);
std::string encode(const NoVerdictMessage& message);

/// Each accepts exactly what the encoder of an honest sender writes. Errors: invalid.
Result<ReadyMessage> decode_ready(std::string_view bytes);
Result<FailedMessage> decode_failed(std::string_view bytes);
Result<SpawnMessage> decode_spawn(std::string_view bytes);
Result<WorkerMessage> decode_worker(std::string_view bytes);
Result<ReapMessage> decode_reap(std::string_view bytes);
Result<ReapedMessage> decode_reaped(std::string_view bytes);
Result<HelloMessage> decode_hello(std::string_view bytes);
Result<ScanMessage> decode_scan(std::string_view bytes);
Result<VerdictMessage> decode_verdict(std::string_view bytes);
Result<NoVerdictMessage> decode_no_verdict(std::string_view bytes);

/// Whether `said` can be the answer to `asked`: the same id, and a clean verdict says that bytes
/// were scanned when there were any. Errors: invalid.
Result<void> check_answer(const ScanMessage& asked, const VerdictMessage& said);

/// "killed by signal 31 (Bad system call)", "exit status 1", "unknown end".
std::string describe(const ProcessEnd& end);

}  // namespace cordon
