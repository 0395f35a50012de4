#include "apps/cordon/services/signature_service.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "apps/cordon/services/engine_start.h"
#include "base/files.h"
#include "base/unique_fd.h"
#include "engine/engine_process.h"
#include "signatures/signature_files.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kLeaveAgain{1};
constexpr std::size_t kKnownCleanMax = 1000;
constexpr std::chrono::minutes kKnownCleanLimit{10};

/// `Engine::reload` as the watch wants it.
class EngineLoader final : public SetLoader {
 public:
  EngineLoader(Engine& engine, const EngineFlags& flags, const Clock& clock)
      : engine_(engine), flags_(flags), clock_(clock) {}

  Result<LoadedSet> load(const fs::path& directory, const Judge& judge,
                         std::stop_token stop) override {
    LoadedSet loaded;
    const Engine::Judge judge_engine = [&](const Engine::Candidate& candidate) -> Result<void> {
      loaded = {.version = candidate.version.signatures, .signatures = candidate.signature_count};
      CORDON_TRY(judge(loaded));
      return check_known_clean(flags_, candidate.scanner, clock_, stop);
    };
    CORDON_TRY(engine_.reload(directory, judge_engine, stop));
    return loaded;
  }

 private:
  Engine& engine_;
  const EngineFlags& flags_;
  const Clock& clock_;
};

Result<void> check_one(const fs::path& file, Scanner& scanner, Deadline deadline,
                       const std::stop_token& stop) {
  const UniqueFd content(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!content) return errno_error("cannot open the known clean file " + file.string(), errno);
  struct stat is {};
  if (::fstat(content.get(), &is) != 0 || !S_ISREG(is.st_mode) || is.st_size == 0) return {};
  Result<ScanReport> report =
      scanner.scan(content, static_cast<std::uint64_t>(is.st_size), deadline, stop);
  if (!report) {
    if (report.error().code == Errc::cancelled) return report.error();
    return Error{Errc::unavailable, "the known clean file " + file.string() +
                                        " could not be tried: " + report.error().what};
  }
  // What could not be scanned is nobody's false alarm.
  const Verdict& verdict = report->verdict;
  if (verdict.virus_names.empty()) return {};
  return Error{Errc::invalid, "the set finds " + verdict.virus_names.front() + " in " +
                                  file.string() + ", which is known to be clean"};
}

Result<std::vector<fs::path>> known_clean(const EngineFlags& flags) {
  std::vector<fs::path> files = {"/proc/self/exe", flags.engine_binary.empty()
                                                       ? beside_this_program("cordon-engine")
                                                       : fs::path(flags.engine_binary)};
  if (flags.known_clean.empty()) return files;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(flags.known_clean, failed), end; !failed && at != end;
       at.increment(failed)) {
    if (at->is_regular_file(failed)) files.push_back(at->path());
    if (files.size() > kKnownCleanMax) {
      return Error{Errc::unavailable, flags.known_clean + " (--known-clean) has more than " +
                                          std::to_string(kKnownCleanMax) + " files"};
    }
  }
  if (failed) return errno_error("cannot list " + flags.known_clean, failed.value());
  return files;
}

}  // namespace

Result<void> check_known_clean(const EngineFlags& flags, Scanner& scanner, const Clock& clock,
                               std::stop_token stop) {
  using Files = std::vector<fs::path>;
  CORDON_TRY(const Files files, known_clean(flags));
  const Deadline deadline = Deadline::after(clock, kKnownCleanLimit);
  for (const fs::path& file : files) CORDON_TRY(check_one(file, scanner, deadline, stop));
  return {};
}

SignatureService::SignatureService(SignatureWatchOptions options, ScratchDirectory copies,
                                   EngineFlags flags, Process& process, SignatureObserver witness)
    : copies_(std::move(copies)),
      flags_(std::move(flags)),
      process_(process),
      witness_(std::move(witness)),
      interval_(options.interval),
      watch_(std::move(options), process.clock, process.log, process.metrics) {}

Result<std::unique_ptr<SignatureService>> SignatureService::start(const EngineFlags& flags,
                                                                  Process& process,
                                                                  SignatureObserver witness) {
  CORDON_TRY(const fs::path root, signatures_dir(flags));
  CORDON_TRY(const fs::path spool, spool_dir(flags, process.environment));
  ScratchDirectory::sweep(spool / "signatures");
  CORDON_TRY(ScratchDirectory copies, ScratchDirectory::make(spool / "signatures"));
  SignatureWatchOptions options{.root = root, .home = copies.path() / "sets"};
  std::unique_ptr<SignatureService> service(new SignatureService(
      std::move(options), std::move(copies), flags, process, std::move(witness)));
  service->watch_.ignore(service->witness_.orders().ignored);
  CORDON_TRY(const fs::path from, service->watch_.begin(process.stop));
  EngineFlags from_copy = flags;
  from_copy.signatures = from.string();
  Result<std::unique_ptr<Engine>> engine = start_engine(from_copy, process);
  if (!engine) return told_of_original(engine.error(), from, live_directory(root));
  service->engine_ = *std::move(engine);
  service->begin_to_watch();
  return service;
}

void SignatureService::begin_to_watch() {
  watch_.started(
      {.version = engine_->version().signatures, .signatures = engine_->signature_count()});
  witness_.in_force(engine_->version().signatures);
  loader_ = std::make_unique<EngineLoader>(*engine_, flags_, process_.clock);
  thread_ = std::jthread([this](std::stop_token stop) {
    ::pthread_setname_np(::pthread_self(), "signatures");
    watch(stop);
  });
}

void SignatureService::watch(const std::stop_token& stop) {
  while (process_.clock.wait_for(interval_, stop)) {
    SignatureOrders orders = witness_.orders();
    leave_rejected_set(orders, stop);
    watch_.ignore(std::move(orders.ignored));
    watch_.look(*loader_, stop);
    witness_.in_force(watch_.state().in_force.version);
  }
}

void SignatureService::leave_rejected_set(const SignatureOrders& orders,
                                          const std::stop_token& stop) {
  const std::string present = watch_.state().in_force.version;
  if (!orders.rejected_sets.contains(present)) return;
  if (stuck_ == present && process_.clock.steady_now() < next_attempt_) return;
  const Result<void> gone_back = watch_.go_back(*loader_, stop);
  if (gone_back || gone_back.error().code == Errc::cancelled) return;
  if (std::exchange(stuck_, present) != present) {
    process_.log.error("signatures.rejected_stay",
                       {{"version", present},
                        {"why", gone_back.error()},
                        {"meaning",
                         "what they find stays held; bring other signatures, or those before: "
                         "cordon signatures update --rollback"}});
  }
  next_attempt_ = process_.clock.steady_now() + kLeaveAgain;
}

}  // namespace cordon
