#include "clamav/clamav_scanner.h"

#include <clamav.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>

#include "base/files.h"
#include "clamav/content_ledger.h"
#include "clamav/large_form.h"
#include "clamav/large_scan.h"
#include "clamav/library_messages.h"
#include "clamav/mapped_object.h"
#include "clamav/scan_run.h"

namespace cordon {
namespace {

/// Each level of nesting takes one or two; a scan that may run out of them does not begin.
constexpr std::size_t kSpareDescriptors = 48;

/// How many of the `count` lowest descriptors are free.
std::size_t free_of_lowest(std::size_t count) {
  constexpr std::size_t kLookedAtMax = 1024;
  std::array<pollfd, kLookedAtMax> descriptors;
  const std::span looked_at(descriptors.data(), std::min(count, kLookedAtMax));
  for (std::size_t i = 0; i < looked_at.size(); ++i) looked_at[i] = {static_cast<int>(i), 0, 0};
  if (::poll(looked_at.data(), looked_at.size(), 0) < 0) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(
      looked_at, [](const pollfd& one) { return (one.revents & POLLNVAL) != 0; }));
}

/// A single call, for each scan asks: a worker has few descriptors open, and those are the lowest.
std::size_t free_descriptors() {
  constexpr rlim_t kUsual = kSpareDescriptors + 16;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const std::size_t free = free_of_lowest(std::min(limit.rlim_cur, kUsual));
  return free >= kSpareDescriptors ? free : free_of_lowest(limit.rlim_cur);
}

Result<void> check_descriptors() {
  if (free_descriptors() >= kSpareDescriptors) return {};
  return Error{Errc::unavailable, "this process has fewer than " +
                                      std::to_string(kSpareDescriptors) +
                                      " free descriptors: raise RLIMIT_NOFILE"};
}

Result<void> check_size(const UniqueFd& content, std::uint64_t bytes) {
  struct stat status {};
  if (::fstat(content.get(), &status) != 0) return errno_error("cannot look at the object", errno);
  if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) == bytes) return {};
  return Error{Errc::invalid, "the object has " + std::to_string(status.st_size) +
                                  " bytes instead of " + std::to_string(bytes)};
}

/// Looked at only after a scan that could not start, to say why.
Result<void> check_temp_directory(const std::filesystem::path& directory) {
  std::string name = (directory / "check-XXXXXX").string();
  const UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) {
    const Error error = errno_error("temporary directory " + directory.string(), errno);
    return Error{Errc::unavailable, error.what};
  }
  ::unlink(name.c_str());
  return {};
}

/// The engine's own limit is a little sooner than the deadline, so that it can still answer.
long long engine_milliseconds(Deadline deadline, const Clock& clock) {
  if (deadline.is_never()) return 0;
  return std::max<long long>(1, static_cast<long long>(deadline.left_ms(clock)) * 95 / 100);
}

Result<void> check_start(Deadline deadline, const std::stop_token& stop, const Clock& clock) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped before the scan"};
  if (deadline.passed(clock)) return Error{Errc::timeout, "no time left for the scan"};
  return {};
}

/// Where and as what the engine opened the layers of a part.
class Layers {
 public:
  explicit Layers(std::span<const std::byte> part) : part_(part) {}

  void note(const char* type, std::span<const std::byte> layer, bool outermost) {
    constexpr std::size_t kOpenEndsMax = 64;
    if (outermost) {
      if (type_.empty()) type_ = type;
      return;
    }
    // Layers that were unpacked lie elsewhere; std::less orders pointers of different arrays too.
    const bool inside = !std::less<>()(layer.data(), part_.data()) &&
                        std::less<>()(layer.data(), part_.data() + part_.size());
    if (!inside || layer.data() + layer.size() != part_.data() + part_.size()) return;
    if (open_ends_.size() == kOpenEndsMax || is_opaque_type(type)) return;
    open_ends_.push_back(
        {.type = type, .offset = static_cast<std::uint64_t>(layer.data() - part_.data())});
  }

  PartReport report(Verdict verdict) && {
    return {std::move(verdict), std::move(type_), std::move(open_ends_)};
  }

 private:
  const std::span<const std::byte> part_;
  std::string type_;
  std::vector<OpenEnd> open_ends_;
};

}  // namespace

Result<ScanReport> ClamavScanner::scan(const UniqueFd& content, std::uint64_t bytes,
                                       Deadline deadline, std::stop_token stop) {
  CORDON_TRY(check_start(deadline, stop, clock_));
  const auto report = [&](Verdict verdict) { return ScanReport{verdict, engine_.version()}; };
  if (bytes > engine_.options().object_bytes_max) {
    CORDON_TRY(check_size(content, bytes));
    CORDON_TRY(Verdict verdict, large_scan(deadline, stop).scan(content, bytes));
    return report(std::move(verdict));
  }
  CORDON_TRY(const MappedObject object, MappedObject::map(content, bytes));
  // Nothing to scan, or too little for any signature: docs/formats/verdicts.md.
  if (bytes <= kTinyBytes) return report(clean_verdict(bytes));
  CORDON_TRY(PartReport part, scan_part(object.bytes(), PartKind::whole, deadline, stop));
  if (part.verdict.reason != Reason::too_large) return report(std::move(part.verdict));
  CORDON_TRY(Verdict verdict,
             large_scan(deadline, stop).scan_again(content, bytes, std::move(part.verdict)));
  return report(std::move(verdict));
}

Result<ScanReport> ClamavScanner::scan_window(const UniqueFd& content, const Window& window,
                                              Deadline deadline, std::stop_token stop) {
  CORDON_TRY(check_start(deadline, stop, clock_));
  CORDON_TRY(check_window(window));
  if (window.bytes > engine_.options().object_bytes_max || window.bytes <= kTinyBytes) {
    return Error{Errc::invalid,
                 "the engine takes no window of " + std::to_string(window.bytes) + " bytes"};
  }
  CORDON_TRY(const MappedObject mapped, MappedObject::map(content, window.bytes));
  CORDON_TRY(Verdict verdict, large_scan(deadline, stop).scan_window(mapped.bytes(), window));
  return ScanReport{std::move(verdict), engine_.version()};
}

LargeScan ClamavScanner::large_scan(Deadline deadline, const std::stop_token& stop) {
  WindowSizes windows = options_.windows;
  windows.bytes = std::min(windows.bytes, engine_.options().object_bytes_max);
  windows.overlap_bytes = std::min(windows.overlap_bytes, windows.bytes / 2);
  return LargeScan(
      {.part_bytes_max = engine_.options().object_bytes_max,
       .windows = windows,
       .members_max = options_.members_max,
       .unpacked_bytes_max = options_.unpacked_bytes_max,
       .temp_directory = options_.temp_directory,
       .scan_part = [=, this](std::span<const std::byte> bytes,
                              PartKind kind) { return scan_part(bytes, kind, deadline, stop); },
       .should_stop = [=, this] { return stop.stop_requested() || deadline.passed(clock_); },
       .verdict_of =
           [this](const LayerProblem& problem) {
             return judge({.answer = EngineAnswer::nothing_found,
                           .root_layer_seen = true,
                           .problems = {problem}},
                          options_.policy);
           }});
}

Result<PartReport> ClamavScanner::scan_part(std::span<const std::byte> bytes, PartKind kind,
                                            Deadline deadline, const std::stop_token& stop) {
  CORDON_TRY(check_start(deadline, stop, clock_));
  CORDON_TRY(check_descriptors());
  std::lock_guard turn(*engine_.turn_);
  cl_engine* engine = engine_.engine_.get();
  ScanRun::connect(engine);
  if (cl_engine_set_str(engine, CL_ENGINE_TMPDIR, options_.temp_directory.c_str()) != CL_SUCCESS ||
      cl_engine_set_num(engine, CL_ENGINE_MAX_SCANTIME, engine_milliseconds(deadline, clock_)) !=
          CL_SUCCESS) {
    return Error{Errc::unavailable, "the engine refuses its temporary directory or time limit"};
  }
  ScanPolicy policy = options_.policy;
  // A program whose end lies in the next window is not damaged.
  if (kind != PartKind::whole) policy.detect_broken = false;
  Layers layers(bytes);
  LibraryMessages messages;
  ScanRun run({.engine = engine,
               .temp_directory = options_.temp_directory,
               .object_bytes_max = engine_.options().object_bytes_max,
               .policy = policy,
               .clock = clock_,
               .deadline = deadline,
               .stop = stop,
               .watch = [&](const char* type, std::span<const std::byte> layer, bool outermost) {
                 layers.note(type, layer, outermost);
               }});
  ScanEvidence evidence = kind == PartKind::raw ? run.gather_raw(bytes) : run.gather(bytes);
  evidence.complaints = messages.complaints();
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped during the scan"};
  const bool detected = std::any_of(evidence.names.begin(), evidence.names.end(), is_detection);
  if (!detected && deadline.passed(clock_)) return Error{Errc::timeout, "the scan took too long"};
  if (!detected && !evidence.root_layer_seen) {
    CORDON_TRY(check_temp_directory(options_.temp_directory));
  }
  return std::move(layers).report(judge(evidence, policy));
}

}  // namespace cordon
