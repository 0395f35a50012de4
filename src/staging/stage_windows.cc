// The half of Stage that keeps nothing but a window: objects larger than the whole spool.
//
// A window is scanned while no connection is open, because a scan takes longer than a server waits.
// So each window is a request of its own from where the one before ended, pinned like a resumed
// transfer; what comes beyond the window's end is dropped with the connection.

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/files.h"
#include "staging/stage.h"
#include "staging/window_transfer.h"

namespace cordon {
namespace {

// As for staged content: once it is the network's or the disk's fault, twice the object's.
constexpr int kVerifyAttempts = 2;
constexpr std::size_t kReadBytes = 256U << 10U;

}  // namespace

Result<Passed> Stage::pass_windows(const ObjectRef& object, const ObjectHead& head,
                                   const UseWindow& use, Deadline deadline, std::stop_token stop) {
  const ReadFrom read_from = [&](std::uint64_t offset, ByteSink& sink) -> Result<void> {
    CORDON_TRY(
        store_.read(object, {.if_match = head.etag, .offset = offset}, sink, deadline, stop));
    return {};
  };
  return pass(head, read_from, use, deadline, stop);
}

Result<Passed> Stage::pass_file(const std::filesystem::path& path, std::uint64_t bytes,
                                const UseWindow& use, Deadline deadline, std::stop_token stop) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return errno_error("open " + path.string(), errno);
  const ObjectHead head{.bytes = bytes};
  const ReadFrom read_from = [&](std::uint64_t offset, ByteSink& sink) -> Result<void> {
    std::array<std::byte, kReadBytes> buffer;
    // Ends: with the file, or when the sink has its window.
    for (;;) {
      if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
      const ssize_t n =
          ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno_error("read " + path.string(), errno);
      if (n == 0) return Error{Errc::changed, path.string() + " became shorter while it was read"};
      CORDON_TRY(sink.write(std::span(buffer).first(static_cast<std::size_t>(n))));
      offset += static_cast<std::uint64_t>(n);
      if (offset == head.bytes) return {};
    }
  };
  return pass(head, read_from, use, deadline, stop);
}

Result<Passed> Stage::pass(const ObjectHead& head, const ReadFrom& read_from, const UseWindow& use,
                           Deadline deadline, const std::stop_token& stop) {
  const WindowSizes& sizes = options_.windows;
  if (budget_.bytes_max() < sizes.bytes) {
    return Passed(unscannable_verdict(
        Reason::staging, "larger than the whole spool (" + std::to_string(budget_.bytes_max()) +
                             " bytes), which is too small for scanning it in pieces of " +
                             std::to_string(sizes.bytes) + " bytes: raise its limit"));
  }
  CORDON_TRY(const SpoolBudget::Reservation space, budget_.acquire(sizes.bytes, deadline, stop));
  std::string mismatch;
  for (int attempt = 1; attempt <= kVerifyAttempts; ++attempt) {
    WindowTransfer transfer(head, sizes, options_.spool_directory);
    bool wanted = true;
    // Ends: each window begins at least one byte behind the one before.
    for (Window window = first_window(head.bytes, sizes);; window = window_after(window, sizes)) {
      CORDON_TRY(transfer.open_window(window));
      CORDON_TRY(fill_window(read_from, transfer, deadline, stop));
      if (wanted) {
        CORDON_TRY(const UniqueFd content, transfer.close_window());
        CORDON_TRY(wanted, use(content, window));
        if (!wanted) transfer.only_hash();
      }
      if (window.is_last()) break;
    }
    CORDON_TRY(std::optional<std::string> wrong, transfer.digests().verify());
    if (!wrong) return Passed(PassedContent{transfer.digests().sha256(), head.checksum});
    mismatch = *std::move(wrong);
  }
  return Passed(error_verdict(Reason::integrity, mismatch));
}

Result<void> Stage::fill_window(const ReadFrom& read_from, WindowTransfer& transfer,
                                Deadline deadline, const std::stop_token& stop) {
  const RetryContext context{options_.retry, retries_, clock_, random_, deadline, stop};
  // Ends: each round either fills the window or counts towards attempts_max.
  for (int attempt = 1; !transfer.is_full(); ++attempt) {
    Result<void> read = read_from(transfer.bytes_received(), transfer);
    if (transfer.is_full()) return {};
    if (read) read = Error{Errc::unavailable, "the transfer ended before the window was full"};
    if (!should_retry(context, read.error(), attempt)) return read.error();
  }
  return {};
}

}  // namespace cordon
