#include "clamav/clamav_scanner.h"

#include <clamav.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>

#include "base/files.h"
#include "clamav/library_messages.h"
#include "clamav/mapped_object.h"
#include "clamav/scan_run.h"

namespace cordon {
namespace {

/// The library uses one or two per level of nesting and calls the object clean when it gets none.
constexpr std::size_t kSpareDescriptors = 48;

Result<void> check_descriptors(const UniqueFd& any) {
  std::array<UniqueFd, kSpareDescriptors> spare;
  for (UniqueFd& one : spare) {
    one.reset(::fcntl(any.get(), F_DUPFD_CLOEXEC, 0));
    if (!one) {
      return Error{Errc::unavailable, "this process has fewer than " +
                                          std::to_string(kSpareDescriptors) +
                                          " free descriptors: raise RLIMIT_NOFILE"};
    }
  }
  return {};
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

}  // namespace

Result<ScanReport> ClamavScanner::scan(const UniqueFd& content, std::uint64_t bytes,
                                       Deadline deadline, std::stop_token stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped before the scan"};
  if (deadline.passed(clock_)) return Error{Errc::timeout, "no time left for the scan"};
  const auto report = [&](Verdict verdict) { return ScanReport{verdict, engine_.version()}; };
  if (bytes > engine_.options().object_bytes_max) {
    return report(unscannable_verdict(
        Reason::too_large, "the object has " + std::to_string(bytes) + " bytes, the engine reads " +
                               std::to_string(engine_.options().object_bytes_max)));
  }
  CORDON_TRY(const MappedObject object, MappedObject::map(content, bytes));
  // Nothing to scan, or (1 to 5 bytes) too little for any signature, and the engine would not look:
  // docs/formats/verdicts.md.
  if (bytes <= 5) return report(clean_verdict(bytes));
  CORDON_TRY(check_descriptors(content));
  CORDON_TRY(Verdict verdict, scan_bytes(object.bytes(), deadline, std::move(stop)));
  return report(std::move(verdict));
}

Result<Verdict> ClamavScanner::scan_bytes(std::span<const std::byte> bytes, Deadline deadline,
                                          std::stop_token stop) {
  std::lock_guard turn(*engine_.turn_);
  cl_engine* engine = engine_.engine_.get();
  ScanRun::connect(engine);
  if (cl_engine_set_str(engine, CL_ENGINE_TMPDIR, options_.temp_directory.c_str()) != CL_SUCCESS ||
      cl_engine_set_num(engine, CL_ENGINE_MAX_SCANTIME, engine_milliseconds(deadline, clock_)) !=
          CL_SUCCESS) {
    return Error{Errc::unavailable, "the engine refuses its temporary directory or time limit"};
  }
  LibraryMessages messages;
  ScanRun run({.engine = engine,
               .temp_directory = options_.temp_directory,
               .object_bytes_max = engine_.options().object_bytes_max,
               .policy = options_.policy,
               .clock = clock_,
               .deadline = deadline,
               .stop = stop});
  ScanEvidence evidence = run.gather(bytes);
  evidence.complaints = messages.complaints();
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped during the scan"};
  const bool detected = std::any_of(evidence.names.begin(), evidence.names.end(), is_detection);
  if (!detected && deadline.passed(clock_)) return Error{Errc::timeout, "the scan took too long"};
  if (!detected && !evidence.root_layer_seen) {
    CORDON_TRY(check_temp_directory(options_.temp_directory));
  }
  return judge(evidence, options_.policy);
}

}  // namespace cordon
