#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/log.h"
#include "base/result.h"
#include "journal/journal_folder.h"
#include "journal/journal_format.h"

namespace cordon {

/// How a `Journal` uses its folder.
struct JournalOptions {
  std::string name;  ///< Begins the names of its events in the log, and stands in its errors.
  /// Who reads it, each at a pace of its own. What all of them have passed is removed.
  std::vector<std::string> readers;
  std::uint64_t bytes_max = 1U << 30U;       ///< Of all files; what would exceed it is not taken.
  std::uint64_t file_bytes_max = 8U << 20U;  ///< Then the next file begins. A record fits always.
};

/// One record as a reader gets it.
struct JournalRecord {
  std::string payload;
  JournalPosition end;  ///< Behind it.
};

/// What a reader gets at once. `next` may have moved without a record: over damage.
struct JournalPage {
  std::vector<JournalRecord> records;
  JournalPosition next;  ///< Where to go on reading.
};

/// Records on disk, in the order in which they became durable: appended by many threads, read by
/// each reader from where it was, also where that was before the last crash.
///
/// A record is durable when `append` returns, and before it is there for readers. Threads that
/// append at the same time share one write and one sync (group commit). What a crash left of
/// records that were never durable is recognised by length and checksum. Damage with whole records
/// behind it is none of a crash: it is told, counted, and its bytes are kept in the file "damaged".
///
/// Threads: any; for one reader one at a time. `folder` and `log` outlive it.
class Journal {
 public:
  /// Finds what is left in the folder. Errors: those of the folder.
  static Result<std::unique_ptr<Journal>> open(JournalFolder& folder, JournalOptions options,
                                               Log& log);

  /// Returns where the record ends; it begins `record_bytes` before.
  /// Blocks: until durable, `deadline` or a stop request; not while the disk takes its time. After
  /// cancelled and timeout the record may be there all the same.
  /// Errors: invalid (longer than a record may be), unavailable (`bytes_max` is reached, or the
  /// disk does not take it), denied (a disk that is read-only), cancelled, timeout.
  Result<JournalPosition> append(std::string_view payload, Deadline deadline, std::stop_token stop);

  /// Where the reader goes on after a start.
  JournalPosition position(const std::string& reader) const;
  /// Records from `from` on, in order: at most `count_max`, and not many more bytes than
  /// `bytes_max`. Errors: those of the folder.
  Result<JournalPage> read(JournalPosition from, std::size_t count_max, std::size_t bytes_max);
  /// The payload of the record that begins there and is so many bytes long, as `append` said.
  /// Errors: those of the folder; not_found: the disk damaged it, which is told and counted.
  Result<std::string> record_at(JournalPosition begin, std::uint64_t bytes);
  /// Blocks until there is something behind `from` (true), or one of the stop requests (false).
  bool await(JournalPosition from, std::stop_token stop, std::stop_token ending) const;
  /// The reader is done with `records` more, everything before `to`. That is kept on disk as far as
  /// it works: a position that is lost is an older one, and what lies between is read once more.
  void advance(const std::string& reader, JournalPosition to, std::uint64_t records);
  /// Removes also the last file when all are done with it. Nothing may be appended meanwhile.
  void tidy();

  /// Records that the reader is not done with.
  std::uint64_t depth(const std::string& reader) const;
  std::uint64_t bytes() const;          ///< Of all files.
  std::uint64_t damaged_parts() const;  ///< Found so far.

 private:
  struct File {
    std::uint64_t end = 0;    ///< Of what is durable.
    std::uint64_t bytes = 0;  ///< On disk; more than that where a crash left something.
    std::uint64_t records = 0;
  };
  struct Reader {
    JournalPosition position;
    std::uint64_t depth = 0;
    bool is_found = false;  ///< While recovering: its position is the end of a record.
  };
  struct Waiting {
    std::string record;
    std::optional<Result<JournalPosition>> outcome = std::nullopt;
  };
  // Shared: the thread that waits may give up while another one writes its record.
  using WaitingPtr = std::shared_ptr<Waiting>;
  using Batch = std::vector<WaitingPtr>;
  /// Takes a record and where it ends; false: no more.
  using Visit = std::function<bool(std::string_view payload, JournalPosition end)>;
  struct Walked {
    JournalPosition whole_end;  ///< Behind the last whole record.
    bool is_stopped = false;    ///< There may be more.
  };

  Journal(JournalFolder& folder, JournalOptions options, Log& log)
      : folder_(folder), options_(std::move(options)), log_(log) {}

  Result<void> recover();
  void recover_readers();
  Result<void> recover_file(std::uint64_t number, std::uint64_t bytes, bool is_last);
  Result<Walked> walk(JournalPosition from, std::uint64_t end, const Visit& visit);
  void note_damage(JournalPosition from, std::uint64_t to);

  bool has_room(std::uint64_t bytes) const;
  Result<void> wait_for_turn(std::unique_lock<std::mutex>& lock, const Waiting& waiting,
                             Deadline deadline, std::stop_token stop);
  void lead(std::unique_lock<std::mutex>& lock);
  std::uint64_t file_for(std::uint64_t bytes);
  Result<void> write(JournalPosition at, const std::string& bytes);
  bool has_more(JournalPosition from) const;
  void remove_passed(std::unique_lock<std::mutex>& lock);

  JournalFolder& folder_;
  const JournalOptions options_;
  Log& log_;
  mutable std::mutex mutex_;  ///< Guards what follows.
  mutable std::condition_variable_any changed_;
  std::map<std::uint64_t, File> files_;  ///< By number.
  std::map<std::string, Reader> readers_;
  std::optional<std::uint64_t> active_;  ///< The file that is appended to.
  std::uint64_t next_ = 1;
  std::uint64_t bytes_ = 0;
  std::uint64_t waiting_bytes_ = 0;  ///< Also of what is being written.
  std::set<JournalPosition> damage_;
  std::deque<WaitingPtr> waiting_;
  bool is_writing_ = false;
};

}  // namespace cordon
