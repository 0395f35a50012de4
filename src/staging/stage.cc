#include "staging/stage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/files.h"
#include "staging/object_transfer.h"

namespace cordon {
namespace {

// A wrong checksum is the network's or the disk's fault once; twice it is the object's.
constexpr int kVerifyAttempts = 2;
// Rights that were just given take a moment to reach every server of a store.
constexpr std::chrono::seconds kBeforeSecondRead{1};
constexpr std::size_t kCopyBytes = 256U << 10U;

Error not_whole(const ObjectRef& object, const ObjectTransfer& transfer) {
  return Error{Errc::unavailable, to_string(object) + ": the transfer ended after " +
                                      std::to_string(transfer.bytes_received()) + " of " +
                                      std::to_string(transfer.head().bytes) + " bytes"};
}

// A refusal to read that need not be the last word.
bool may_pass(const Error& error) {
  return error.code == Errc::denied &&
         (error.cause == ErrorCause::access_denied || error.cause == ErrorCause::kms);
}

struct LocalFile {
  UniqueFd file;
  std::uint64_t bytes = 0;
};

Result<LocalFile> open_local(const std::filesystem::path& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return errno_error("open " + path.string(), errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return errno_error("stat " + path.string(), errno);
  if (!S_ISREG(status.st_mode)) return Error{Errc::invalid, path.string() + " is no regular file"};
  return LocalFile{std::move(file), static_cast<std::uint64_t>(status.st_size)};
}

}  // namespace

Result<Staged> Stage::fetch(const ObjectRef& object, const std::optional<ETag>& if_match,
                            const OnOpen& on_open, Deadline deadline, std::stop_token stop) {
  const RetryContext context{options_.retry, retries_, clock_, random_, deadline, stop};
  ObjectTransfer transfer(options_, budget_, on_open);
  int failures = 0;
  int verifications = 0;
  bool was_refused = false;
  // Ends: each round either returns or counts towards attempts_max, kVerifyAttempts, or was refused
  // or has acquired the space that the round before lacked, each of which happens once.
  for (;;) {
    const ReadOptions options{.if_match = transfer.started() ? transfer.head().etag : if_match,
                              .offset = transfer.bytes_received()};
    Result<ObjectHead> read = store_.read(object, options, transfer, deadline, stop);
    if (transfer.verdict()) return Staged{transfer.head(), *transfer.verdict()};
    if (transfer.is_too_large_to_keep()) return Staged{transfer.head(), TooLargeToKeep{}};
    if (transfer.waits_for_space()) {
      // Not while the connection is open: the server would give up on us.
      CORDON_TRY(SpoolBudget::Reservation space,
                 budget_.acquire(transfer.head().bytes, deadline, stop));
      transfer.give_space(std::move(space));
      continue;
    }
    if (read && !transfer.started()) return Error{Errc::unavailable, "the store told of no head"};
    if (read && !transfer.is_whole()) read = not_whole(object, transfer);
    if (!read && !transfer.refused() && may_pass(read.error()) && !was_refused) {
      was_refused = true;
      if (!clock_.wait_for(kBeforeSecondRead, stop)) return Error{Errc::cancelled, "stopped"};
      continue;
    }
    if (!read) {
      // Here only transfers that had begun go on: the store has tried to begin often enough itself,
      // and a refusal of this side will not change.
      if (transfer.refused() || !transfer.started()) return read.error();
      if (!should_retry(context, read.error(), ++failures)) return read.error();
      continue;
    }
    CORDON_TRY(std::optional<std::string> mismatch, transfer.verify());
    if (!mismatch) {
      CORDON_TRY(StagedContent content, std::move(transfer).finish());
      retries_.refund(1);
      return Staged{transfer.head(), std::move(content)};
    }
    if (++verifications >= kVerifyAttempts) {
      return Staged{transfer.head(), error_verdict(Reason::integrity, *mismatch)};
    }
    transfer.restart();
  }
}

Result<Staged> Stage::copy_file(const std::filesystem::path& path, Deadline deadline,
                                std::stop_token stop) {
  CORDON_TRY(const LocalFile local, open_local(path));
  const OnOpen nobody_asks = [](const ObjectHead&) { return Result<void>(); };
  ObjectTransfer transfer(options_, budget_, nobody_asks);
  const ObjectHead head{.bytes = local.bytes};
  Result<void> begun = transfer.begin(head);
  if (transfer.waits_for_space()) {
    CORDON_TRY(SpoolBudget::Reservation space, budget_.acquire(head.bytes, deadline, stop));
    transfer.give_space(std::move(space));
    begun = transfer.begin(head);
  }
  if (transfer.verdict()) return Staged{head, *transfer.verdict()};
  if (transfer.is_too_large_to_keep()) return Staged{head, TooLargeToKeep{}};
  CORDON_TRY(begun);
  std::array<std::byte, kCopyBytes> buffer;
  // Ends: with the file, or when it turns out longer than it was.
  for (;;) {
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    const ssize_t n = ::read(local.file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("read " + path.string(), errno);
    if (n == 0) break;
    CORDON_TRY(transfer.write(std::span(buffer).first(static_cast<std::size_t>(n))));
  }
  if (!transfer.is_whole()) {
    return Error{Errc::unavailable, path.string() + " became shorter while it was read"};
  }
  CORDON_TRY(StagedContent content, std::move(transfer).finish());
  return Staged{head, std::move(content)};
}

}  // namespace cordon
