#include "push/local_dead_letters.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/files.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "core/dead_letter_reason.h"
#include "journal/journal_format.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".letter";
constexpr std::size_t kFileBytesMax = kRecordHeadBytes + kRecordPayloadBytesMax;
constexpr std::size_t kTakenAtOnce = 10;

Result<void> make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return errno_error("cannot make " + path.string(), errno);
}

// That there is such a file is durable only with its folder.
Result<void> sync_folder(const fs::path& path) {
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) {
    return errno_error("cannot sync " + path.string(), errno);
  }
  return {};
}

bool is_letter(std::string_view name) {
  if (!name.ends_with(kSuffix)) return false;
  name.remove_suffix(kSuffix.size());
  return !name.empty() &&
         name.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

fs::path file_of(const fs::path& folder, const std::string& id) {
  return folder / (id + std::string(kSuffix));
}

Result<void> remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return errno_error("cannot remove " + path.string(), errno);
}

/// Ids in the order of their letters' deaths.
Result<std::vector<std::string>> ids_in(const fs::path& folder) {
  std::error_code failed;
  std::vector<std::string> ids;
  fs::directory_iterator at(folder, failed);
  for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
    std::string name = at->path().filename().string();
    if (!is_letter(name)) continue;
    name.resize(name.size() - kSuffix.size());
    ids.push_back(std::move(name));
  }
  if (failed) return errno_error("cannot list " + folder.string(), failed.value());
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<LetterRecord> letter_in(std::string_view file) {
  const std::optional<FoundRecord> record = find_record(file, 0);
  if (!record || record->begin != 0 || record->end != file.size()) {
    return Error{Errc::invalid, "the disk damaged this dead letter"};
  }
  return decode_letter(record->payload);
}

DeadLetter opened(const std::string& id, const std::string& file) {
  Result<LetterRecord> letter = letter_in(file);
  DeadLetter dead;
  dead.claim.message_id = id;
  dead.claim.receipt = ReceiptHandle(id);
  if (!letter) {
    dead.reason = not_understood_reason(letter.error().what);
    dead.claim.body = utf8_clean(file, kFileBytesMax);
    return dead;
  }
  dead.claim.body = std::move(letter->body);
  dead.claim.receive_count = letter->receives;
  dead.claim.sent_at = letter->sent_at;
  dead.reason = std::move(letter->reason);
  return dead;
}

}  // namespace

Result<std::unique_ptr<LocalDeadLetters>> LocalDeadLetters::open(
    const fs::path& root, const LocalDeadLettersOptions& options, const Clock& clock,
    Random& random) {
  std::error_code failed;
  fs::create_directories(root.parent_path(), failed);
  CORDON_TRY(make_folder(root));
  fs::path dead = root / "dead";
  fs::path replay = root / "replay";
  CORDON_TRY(make_folder(dead));
  CORDON_TRY(make_folder(replay));
  CORDON_TRY(sync_folder(root));
  std::unique_ptr<LocalDeadLetters> letters(
      new LocalDeadLetters(std::move(dead), std::move(replay), options, clock, random));
  CORDON_TRY(letters->count_again());
  return letters;
}

Result<void> LocalDeadLetters::count_again() {
  CORDON_TRY(const std::vector<std::string> ids, ids_in(dead_));
  std::uint64_t bytes = 0;
  for (const std::string& id : ids) {
    std::error_code gone;
    const std::uintmax_t size = fs::file_size(file_of(dead_, id), gone);
    if (!gone) bytes += size;
  }
  std::lock_guard lock(mutex_);
  letters_ = ids.size();
  bytes_ = bytes;
  return {};
}

bool LocalDeadLetters::has_room(std::uint64_t bytes) const {
  return letters_ < options_.letters_max && bytes_ + bytes <= options_.bytes_max;
}

Result<void> LocalDeadLetters::bury(const LetterRecord& letter) {
  const std::string file = encode_record(encode_letter(letter));
  const auto take_room = [&] {
    std::lock_guard lock(mutex_);
    if (!has_room(file.size())) return false;
    ++letters_;
    bytes_ += file.size();
    return true;
  };
  bool is_taken = take_room();
  if (!is_taken) {
    CORDON_TRY(count_again());
    is_taken = take_room();
  }
  if (!is_taken) {
    return Error{Errc::throttled, "there is no room for more dead letters in " + dead_.string() +
                                      "; look through them: cordon dead list --journal " +
                                      dead_.parent_path().string()};
  }
  CORDON_TRY(write_file_atomically(file_of(dead_, ulid(clock_.system_now(), random_)), file));
  return sync_folder(dead_);
}

Result<std::vector<ReplayedLetter>> LocalDeadLetters::replayed(std::size_t count_max) {
  CORDON_TRY(const std::vector<std::string> ids, ids_in(replay_));
  std::vector<ReplayedLetter> found;
  for (const std::string& id : ids) {
    if (found.size() >= count_max) break;
    const Result<std::string> file = read_small_file(file_of(replay_, id), kFileBytesMax);
    if (!file) return file.error();
    Result<LetterRecord> letter = letter_in(*file);
    if (letter) {
      found.push_back({id, *std::move(letter)});
    } else if (::rename(file_of(replay_, id).c_str(), file_of(dead_, id).c_str()) != 0) {
      return errno_error("cannot put back " + file_of(replay_, id).string(), errno);
    }
  }
  return found;
}

Result<void> LocalDeadLetters::forget_replayed(const std::string& name) {
  return remove_file(file_of(replay_, name));
}

void LocalDeadLetters::tidy() {
  for (const fs::path& folder : {dead_, replay_}) {
    std::error_code failed;
    fs::directory_iterator at(folder, failed);
    for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
      if (is_letter(at->path().filename().string())) continue;
      std::error_code stays;
      fs::remove(at->path(), stays);
    }
  }
}

// --- as people look through them -------------------------------------------------------------

Result<std::uint64_t> LocalDeadLetters::waiting(Deadline, std::stop_token) {
  CORDON_TRY(const std::vector<std::string> ids, ids_in(dead_));
  std::lock_guard lock(mutex_);
  return static_cast<std::uint64_t>(std::count_if(
      ids.begin(), ids.end(), [&](const std::string& id) { return !given_.contains(id); }));
}

Result<std::vector<DeadLetter>> LocalDeadLetters::take(std::chrono::seconds, Patience, Deadline,
                                                       std::stop_token stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  std::lock_guard lock(mutex_);
  if (names_.empty()) {
    CORDON_TRY(const std::vector<std::string> ids, ids_in(dead_));
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(names_),
                 [&](const std::string& id) { return !given_.contains(id); });
  }
  std::vector<DeadLetter> letters;
  while (!names_.empty() && letters.size() < kTakenAtOnce) {
    const std::string id = std::move(names_.front());
    names_.pop_front();
    const Result<std::string> file = read_small_file(file_of(dead_, id), kFileBytesMax);
    if (!file && file.error().code == Errc::not_found) continue;  // Somebody dropped it.
    if (!file) return file.error();
    letters.push_back(opened(id, *file));
    given_.insert(id);
  }
  return letters;
}

Result<void> LocalDeadLetters::put_back(const DeadLetter& letter, Deadline, std::stop_token) {
  std::lock_guard lock(mutex_);
  given_.erase(letter.claim.message_id);
  return {};
}

// A second name of the same file: whoever the letter belongs to, the agent may read it there.
Result<void> LocalDeadLetters::send_again(const DeadLetter& letter, Deadline,
                                          std::stop_token stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  const fs::path from = file_of(dead_, letter.claim.message_id);
  CORDON_TRY(const std::string file, read_small_file(from, kFileBytesMax));
  CORDON_TRY(letter_in(file));
  const fs::path to = file_of(replay_, letter.claim.message_id);
  if (::link(from.c_str(), to.c_str()) != 0 && errno != EEXIST) {
    return errno_error("cannot replay " + from.string(), errno);
  }
  return sync_folder(replay_);
}

Result<void> LocalDeadLetters::drop(const DeadLetter& letter, Deadline, std::stop_token) {
  CORDON_TRY(remove_file(file_of(dead_, letter.claim.message_id)));
  std::lock_guard lock(mutex_);
  given_.erase(letter.claim.message_id);
  return {};
}

}  // namespace cordon
