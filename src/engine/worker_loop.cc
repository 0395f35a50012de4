#include "engine/worker_loop.h"

#include <dirent.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "engine/protocol.h"
#include "engine/worker_memory.h"

namespace cordon {
namespace {

constexpr std::uint64_t kTimeLimitMsMax = 24ULL * 60 * 60 * 1000;

Errc sayable(Errc code) {
  switch (code) {
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::worker_died:
      return code;
    case Errc::cancelled:
    case Errc::throttled:
    case Errc::not_found:
    case Errc::denied:
    case Errc::changed:
    case Errc::invalid:
      return Errc::unavailable;
  }
  return Errc::unavailable;
}

std::string answer(const ScanMessage& asked, const UniqueFd& content, Scanner& scanner,
                   const Clock& clock) {
  const std::chrono::milliseconds limit(std::min(asked.time_limit_ms, kTimeLimitMsMax));
  const Deadline deadline = Deadline::after(clock, limit);
  Result<ScanReport> report = asked.window
                                  ? scanner.scan_window(content, *asked.window, deadline, {})
                                  : scanner.scan(content, asked.bytes, deadline, {});
  if (report) return encode(VerdictMessage{.id = asked.id, .verdict = report->verdict});
  return encode(NoVerdictMessage{
      .id = asked.id, .code = sayable(report.error().code), .text = report.error().what});
}

/// The directory for temporary files, held open: it is looked at after every scan, and is empty
/// after almost every one.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::filesystem::path& path)
      : path_(path), open_(::opendir(path.c_str()), &::closedir) {}

  void empty() {
    if (!open_) return remove_all();
    ::rewinddir(open_.get());
    while (const dirent* const entry = ::readdir(open_.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") return remove_all();
    }
  }

 private:
  void remove_all() const {
    std::error_code failed;
    for (std::filesystem::directory_iterator it(path_, failed), end; !failed && it != end;) {
      const std::filesystem::path leftover = it->path();
      it.increment(failed);
      std::error_code ignored;  // What cannot be removed goes when the worker does.
      std::filesystem::remove_all(leftover, ignored);
    }
  }

  const std::filesystem::path path_;
  const std::unique_ptr<DIR, int (*)(DIR*)> open_;
};

Result<void> serve_one(Channel& client, Scanner& scanner, TemporaryDirectory& temporary,
                       const WorkerMemory& memory, const Clock& clock) {
  constexpr ProtocolState kState = ProtocolState::worker_idle;
  CORDON_TRY(Frame frame, client.receive(limits_of(kState), Deadline::never(), {}));
  CORDON_TRY(admit(kState, frame));
  CORDON_TRY(const ScanMessage asked, decode_scan(frame.bytes));
  const std::string said = answer(asked, frame.descriptors.front(), scanner, clock);
  frame.descriptors.clear();
  temporary.empty();
  memory.settle();  // Before the answer: who has it finds the worker within its budget.
  return client.send(said, {}, Deadline::never(), {});
}

}  // namespace

int serve_scans(Channel& client, Scanner& scanner, const std::filesystem::path& temporary_path,
                const Clock& clock) {
  TemporaryDirectory temporary(temporary_path);
  const WorkerMemory memory;
  for (;;) {
    const Result<void> served = serve_one(client, scanner, temporary, memory, clock);
    if (served) continue;
    return served.error().code == Errc::unavailable ? 0 : kExitBrokenProtocol;
  }
}

}  // namespace cordon
