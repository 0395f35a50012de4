#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/random.h"
#include "base/retry.h"
#include "base/unique_fd.h"
#include "core/ports/object_store.h"
#include "core/verdict.h"
#include "core/windows.h"
#include "staging/spool_budget.h"

namespace cordon {

class WindowTransfer;

/// Which content a `Stage` keeps in memory, which in the spool directory, and which it does not
/// fetch.
struct StageOptions {
  /// For content above `memory_bytes_max`. A tmpfs or a disk; nothing is left there.
  std::filesystem::path spool_directory = "/var/tmp";
  std::uint64_t memory_bytes_max = std::uint64_t{64} << 20U;
  /// What is not fetched at all: more than S3 keeps.
  std::uint64_t object_bytes_max = std::uint64_t{64} << 40U;
  /// Of objects that do not fit the spool.
  WindowSizes windows = {};
  /// Transfers that are cut are resumed; this bounds all attempts for one object.
  RetryPolicy retry = {.attempts_max = 5};
};

/// An object's bytes, complete, verified, and unchangeable.
struct StagedContent {
  UniqueFd file;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< hex
  /// The checksum that the store stated and that was found right.
  std::optional<ObjectChecksum> verified = std::nullopt;
  SpoolBudget::Reservation space = {};  ///< Given back with the content.
};

/// The content is larger than the whole spool: it can only be had in windows.
struct TooLargeToKeep {};

/// What staging came to: the content, or a verdict because it cannot be had.
struct Staged {
  ObjectHead head;
  std::variant<StagedContent, Verdict, TooLargeToKeep> outcome;
};

/// An object whose windows were all handed out.
struct PassedContent {
  std::string sha256;                                     ///< hex
  std::optional<ObjectChecksum> verified = std::nullopt;  ///< As in StagedContent.
};
using Passed = std::variant<PassedContent, Verdict>;

/// Brings objects into memory files (up to 64 MiB) or unlinked spool files (above), hashed on the
/// way and verified: length, the store's full-object checksum, or the ETag where it is an MD5.
///
/// Threads: any. `store` and `budget` must outlive it.
class Stage {
 public:
  Stage(StageOptions options, ObjectStore& store, SpoolBudget& budget, const Clock& clock,
        Random& random)
      : options_(std::move(options)),
        store_(store),
        budget_(budget),
        clock_(clock),
        random_(random) {}

  /// Called once, when the head is known and before the first byte is kept.
  using OnOpen = std::function<Result<void>(const ObjectHead& head)>;

  /// One object, pinned by its version or by `if_match`. A transfer that is cut goes on where it
  /// stopped, for the same ETag. Content that fails its checksum is fetched once more, and is then
  /// Error(integrity). Content larger than the whole spool budget is not kept.
  ///
  /// Blocks: for the transfer, and while there is no spool space.
  /// A read that is refused is tried once more.
  /// Errors: those of ObjectStore::read; unavailable with reason `staging` when this machine has no
  /// room; what `on_open` returned.
  Result<Staged> fetch(const ObjectRef& object, const std::optional<ETag>& if_match,
                       const OnOpen& on_open, Deadline deadline, std::stop_token stop);

  /// A local file, copied so that nobody can change it during the scan.
  /// Errors: not_found, denied; invalid when it is no regular file; unavailable.
  Result<Staged> copy_file(const std::filesystem::path& path, Deadline deadline,
                           std::stop_token stop);

  /// Called with each window in the order of the object. False: the rest is only hashed.
  using UseWindow = std::function<Result<bool>(const UniqueFd& content, const Window& window)>;

  /// An object that is too large to keep, window by window, each byte fetched once, everything
  /// hashed and verified like staged content. After a failed check all windows come once more. A
  /// spool that is smaller than a window makes it Unscannable(staging).
  ///
  /// Blocks: for the transfer, while there is no spool space, and as long as `use` does.
  /// Errors: as `fetch`; what `use` returned.
  Result<Passed> pass_windows(const ObjectRef& object, const ObjectHead& head, const UseWindow& use,
                              Deadline deadline, std::stop_token stop);
  /// The same for a local file of `bytes` bytes. Errors: as `copy_file`; changed when it is
  /// shorter; what `use` returned.
  Result<Passed> pass_file(const std::filesystem::path& path, std::uint64_t bytes,
                           const UseWindow& use, Deadline deadline, std::stop_token stop);

  const WindowSizes& windows() const { return options_.windows; }

 private:
  using ReadFrom = std::function<Result<void>(std::uint64_t offset, ByteSink& sink)>;
  Result<Passed> pass(const ObjectHead& head, const ReadFrom& read_from, const UseWindow& use,
                      Deadline deadline, const std::stop_token& stop);
  Result<void> fill_window(const ReadFrom& read_from, WindowTransfer& transfer, Deadline deadline,
                           const std::stop_token& stop);

  StageOptions options_;
  ObjectStore& store_;
  SpoolBudget& budget_;
  const Clock& clock_;
  Random& random_;
  RetryBudget retries_;
};

}  // namespace cordon
