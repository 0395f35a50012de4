// The process that holds the signatures and forks.
//
// Why a process of its own: a fork shares the loaded engine (each worker adds some megabytes to
// one engine of a gigabyte), but the agent has threads and credentials and must not be forked. Why
// the zygote never scans: whoever parses an object may be taken over, and a taken-over zygote would
// hand that to every worker. So the canary set, too, is scanned by a confined worker, over the same
// protocol that the client uses; every worker passes it before the client gets to see it, because a
// worker whose surroundings are broken (no temporary directory, no descriptors) calls everything
// clean.
//
// The client's death ends the zygote: afterwards through the closed socket, while loading through a
// signal on hang-up. A parent-death signal would not do: it follows the client's *thread* that
// started us, and threads end earlier than agents do.
#include "engine/zygote.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/files.h"
#include "engine/confinement.h"
#include "engine/huge_pages.h"
#include "engine/pidfd.h"
#include "engine/protocol.h"
#include "engine/worker_conversation.h"
#include "engine/worker_loop.h"
#include "ipc/channel.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kProofLimit{60};
constexpr std::chrono::seconds kSendLimit{10};
constexpr int kExitCannotServe = 70;
constexpr std::uint32_t kFirstWorker = 0;  // No client's request has this number.
constexpr std::size_t kEndsKept = 1024;

/// A worker as the zygote's own `Scanner`, for the canary set.
class WorkerUnderProof final : public Scanner {
 public:
  WorkerUnderProof(WorkerConversation& worker, EngineVersion version)
      : worker_(worker), version_(std::move(version)) {}

  Result<ScanReport> scan(const UniqueFd& content, std::uint64_t bytes, Deadline deadline,
                          std::stop_token stop) override {
    CORDON_TRY(const UniqueFd view, read_only_view(content, bytes));
    CORDON_TRY(WorkerAnswer answer, worker_.scan(view, bytes, deadline, stop));
    if (const auto* none = std::get_if<NoVerdictMessage>(&answer)) {
      return Error{none->code, none->text};
    }
    return ScanReport{.verdict = std::get<Verdict>(std::move(answer)), .version = version_};
  }

 private:
  WorkerConversation& worker_;
  EngineVersion version_;
};

ProcessEnd wait_for(pid_t pid, int flags = 0) {
  int status = 0;
  pid_t ended = 0;
  do {
    ended = ::waitpid(pid, &status, flags);
  } while (ended < 0 && errno == EINTR);
  if (ended != pid) return {};
  if (WIFSIGNALED(status)) {
    return {.how = ProcessEnd::How::signalled, .code = WTERMSIG(status)};
  }
  return {.how = ProcessEnd::How::exited, .code = WEXITSTATUS(status)};
}

/// In the worker, from the fork on. Never returns to the zygote's stack.
[[noreturn]] void live_as_worker(UniqueFd socket, const ConfinementOptions& options,
                                 ServedEngine& engine, const Clock& clock) {
  std::set_new_handler([] { ::_exit(kExitOutOfMemory); });
  Result<UniqueFd> kept = keep_only(std::move(socket));
  if (!kept) ::_exit(kExitCannotServe);
  Channel client(std::move(kept).value(), clock);
  const Deadline soon = Deadline::after(clock, kSendLimit);
  const Result<Confined> confined = confine_worker(options);
  if (!confined) {
    static_cast<void>(
        client.send(encode(FailedMessage{.text = confined.error().what}), {}, soon, {}));
    ::_exit(kExitCannotServe);
  }
  const std::unique_ptr<Scanner> scanner = engine.scanner(confined->temporary);
  const std::string hello = encode(HelloMessage{.confinement = confined->confinement});
  if (!client.send(hello, {}, soon, {})) ::_exit(kExitCannotServe);
  ::_exit(serve_scans(client, *scanner, confined->temporary, clock));
}

class Zygote {
 public:
  Zygote(Channel control, const ZygoteOptions& options, const Clock& clock)
      : control_(std::move(control)), options_(options), clock_(clock) {}
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;
  ~Zygote() {
    while (!children_.empty()) put_down(children_.begin()->first);
  }

  int run(const LoadEngine& load) {
    if (const Result<void> ready = start(load); !ready) {
      static_cast<void>(say(encode(FailedMessage{.text = ready.error().what})));
      return kExitCannotServe;
    }
    for (;;) {
      const Result<void> served = serve_one();
      if (served) continue;
      return served.error().code == Errc::unavailable ? 0 : kExitBrokenProtocol;
    }
  }

 private:
  struct Child {
    pid_t pid = 0;
    std::filesystem::path directory;
  };
  struct Newborn {
    pid_t pid = 0;
    UniqueFd process;
    Channel channel;
    Confinement confinement;
  };

  Result<void> start(const LoadEngine& load) {
    CORDON_TRY(check_support(probe_sandbox_support(), options_.weak));
    CORDON_TRY(die_on_hangup(true));
    CORDON_TRY(engine_, load(clock_));
    engine_->prepare_for_sandbox();
    join_huge_pages_of_this_process();
    CORDON_TRY(const Newborn first, bear(kFirstWorker));
    put_down(kFirstWorker);
    CORDON_TRY(die_on_hangup(false));
    return say(encode(ReadyMessage{.version = engine_->version(),
                                   .signature_count = engine_->signature_count(),
                                   .number_parsing = engine_->number_parsing(),
                                   .notes = engine_->notes()}));
  }

  /// While the engine loads nobody reads the socket, so the kernel is asked to signal activity on
  /// it. The client sends nothing before `ready`: activity is its death. SIGIO ends a process.
  Result<void> die_on_hangup(bool on) {
    const int socket = control_.descriptor();
    const int flags = ::fcntl(socket, F_GETFL);
    if (::fcntl(socket, F_SETOWN, ::getpid()) != 0 ||
        ::fcntl(socket, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC) != 0) {
      return errno_error("fcntl", errno);
    }
    pollfd now{socket, 0, 0};
    if (::poll(&now, 1, 0) == 1) return Error{Errc::unavailable, "the client has gone"};
    return {};
  }

  Result<void> say(const std::string& message, std::span<const int> descriptors = {}) {
    return control_.send(message, descriptors, Deadline::after(clock_, kSendLimit), {});
  }

  Result<void> serve_one() {
    constexpr ProtocolState kState = ProtocolState::zygote_idle;
    CORDON_TRY(const Frame frame, control_.receive(limits_of(kState), Deadline::never(), {}));
    CORDON_TRY(const MessageType type, admit(kState, frame));
    if (type == MessageType::spawn) {
      CORDON_TRY(const SpawnMessage asked, decode_spawn(frame.bytes));
      return spawn(asked.request);
    }
    CORDON_TRY(const ReapMessage asked, decode_reap(frame.bytes));
    return reap(asked);
  }

  Result<void> spawn(std::uint32_t request) {
    Result<Newborn> born = bear(request);
    if (!born) return say(encode(FailedMessage{.request = request, .text = born.error().what}));
    const int descriptors[] = {born->channel.descriptor(), born->process.get()};
    return say(encode(WorkerMessage{
                   .request = request, .pid = born->pid, .confinement = born->confinement}),
               descriptors);
  }

  Result<void> reap(const ReapMessage& asked) {
    ProcessEnd end;
    if (children_.contains(asked.worker)) {
      end = put_down(asked.worker);
    } else if (const auto known = ended_.find(asked.worker); known != ended_.end()) {
      end = known->second;
    }
    return say(encode(ReapedMessage{.request = asked.request, .end = end}));
  }

  /// Forks a worker and lets it show what it can.
  Result<Newborn> bear(std::uint32_t worker) {
    bury_the_dead();
    if (children_.contains(worker)) return Error{Errc::invalid, "a worker of that number lives"};
    CORDON_TRY(const std::filesystem::path directory, make_directory());
    CORDON_TRY(Channel::Pair ends, Channel::pair(clock_));
    const ConfinementOptions confinement{.directory = directory,
                                         .limits = options_.limits,
                                         .weak = options_.weak,
                                         .zygote = ::getpid()};
    const pid_t pid = ::fork();
    if (pid < 0) return errno_error("fork", errno);
    if (pid == 0) {
      live_as_worker(std::move(ends.far).release(), confinement, *engine_, clock_);
    }
    std::move(ends.far).release().reset();
    children_[worker] = Child{.pid = pid, .directory = directory};
    Result<Newborn> born = prove(pid, std::move(ends.near));
    if (born) return born;
    const ProcessEnd end = put_down(worker);
    return with_context(std::move(born).error(),
                        "a new worker did not pass its proof (" + describe(end) + ")");
  }

  Result<Newborn> prove(pid_t pid, Channel channel) {
    // SAFETY: the child is not waited for yet, so its number cannot mean another process.
    UniqueFd process = open_process(pid);
    if (!process) return errno_error("pidfd_open", errno);
    WorkerConversation worker(std::move(channel), clock_);
    const Deadline deadline = Deadline::after(clock_, kProofLimit);
    CORDON_TRY(const HelloMessage hello, worker.greet(deadline, {}));
    WorkerUnderProof scanner(worker, engine_->version());
    CORDON_TRY(engine_->prove(scanner, deadline));
    return Newborn{.pid = pid,
                   .process = std::move(process),
                   .channel = std::move(worker).release(),
                   .confinement = hello.confinement};
  }

  /// Kills the worker if it still lives, and removes what it leaves.
  ProcessEnd put_down(std::uint32_t worker) {
    const Child child = children_.at(worker);
    // SAFETY: the child is not waited for yet, so its number cannot mean another process.
    ::kill(child.pid, SIGKILL);  // Changes nothing about how a dead one has ended.
    const ProcessEnd end = wait_for(child.pid);
    forget(worker);
    return end;
  }

  void forget(std::uint32_t worker) {
    std::error_code ignored;  // The client removes the whole scratch directory in the end.
    std::filesystem::remove_all(children_.at(worker).directory, ignored);
    children_.erase(worker);
  }

  /// Workers that ended unasked, because a client gave up its question for them. How they ended is
  /// kept for a while.
  void bury_the_dead() {
    std::vector<std::uint32_t> dead;
    for (const auto& [worker, child] : children_) {
      const ProcessEnd end = wait_for(child.pid, WNOHANG);
      if (end.how == ProcessEnd::How::unknown) continue;
      ended_[worker] = end;
      dead.push_back(worker);
    }
    for (const std::uint32_t worker : dead) forget(worker);
    while (ended_.size() > kEndsKept) ended_.erase(ended_.begin());
  }

  Result<std::filesystem::path> make_directory() {
    const std::filesystem::path directory =
        options_.scratch / ("worker-" + std::to_string(++last_directory_));
    // The scratch directory is closed to others; this one is the worker's root, which it may enter.
    if (::mkdir(directory.c_str(), 0700) != 0 || ::chmod(directory.c_str(), 0755) != 0 ||
        ::mkdir((directory / "tmp").c_str(), 0700) != 0) {
      return errno_error("making " + directory.string(), errno);
    }
    return directory;
  }

  Channel control_;
  const ZygoteOptions& options_;
  const Clock& clock_;
  std::unique_ptr<ServedEngine> engine_;
  std::map<std::uint32_t, Child> children_;  ///< By worker number; not yet waited for.
  std::map<std::uint32_t, ProcessEnd> ended_;
  std::uint64_t last_directory_ = 0;
};

}  // namespace

int serve_zygote(UniqueFd control, const ZygoteOptions& options, const LoadEngine& load,
                 const Clock& clock) {
  ::signal(SIGPIPE, SIG_IGN);
  Zygote zygote(Channel(std::move(control), clock), options, clock);
  return zygote.run(load);
}

Result<UniqueFd> inherited_socket() {
  struct stat status {};
  if (::fstat(kSocketDescriptor, &status) != 0 || !S_ISSOCK(status.st_mode)) {
    return Error{Errc::invalid,
                 "cordon-engine is started by cordon, with a socket: it has no use of its own"};
  }
  if (::fcntl(kSocketDescriptor, F_SETFD, FD_CLOEXEC) != 0) return errno_error("fcntl", errno);
  return UniqueFd(kSocketDescriptor);
}

}  // namespace cordon
