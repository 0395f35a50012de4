// The journal.
//
// Problem: a record must be durable before whoever brought it goes on (a result before its message
// is acknowledged, an event before its sender is told so), many threads wait for that, and a sync
// of the disk takes milliseconds. Whoever comes first therefore writes for all who wait (group
// commit): while one sync is under way, the others' records gather, and the next one carries them
// together. There is no thread for it, and an agent that is alone with its record waits for nobody.
//
// Files are numbered and only ever appended to, by one process: a successor begins a new file, so
// that nothing has to be decided about the end of an old one but where its last whole record ends.
// After any failed write the file is left as it is, cut back where that works, and the next record
// begins a new one. What a failed sync leaves behind is unknown for good: the kernel may have
// dropped the pages, and asked again it says that all is well.
//
// Positions of readers are kept without a sync. One that is lost is an older one, and records are
// read once more, which may happen anyway.

#include "journal/journal.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kBatchBytesMax = 4U << 20U;
constexpr std::size_t kRecordBytesMax = kRecordHeadBytes + kRecordPayloadBytesMax;
// Larger than any record, so that each piece brings the reading on.
constexpr std::size_t kPieceBytes = 2 * kRecordBytesMax;
constexpr std::size_t kPositionBytesMax = 256;
constexpr std::string_view kSuffix = ".journal";
constexpr const char* kDamaged = "damaged";
constexpr std::uint64_t kDamagedBytesMax = 16U << 20U;

std::string file_name(std::uint64_t number) {
  std::array<char, 20> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(number));
  return std::string(digits.data()) + std::string(kSuffix);
}

std::optional<std::uint64_t> file_number(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  if (name.size() != 16) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : name) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && !(c >= 'a' && c <= 'f')) return std::nullopt;
    number = number * 16 + static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
  }
  // The last numbers are never reached by counting, and there is one behind each.
  if (number > UINT64_MAX / 2) return std::nullopt;
  return number;
}

std::string position_name(const std::string& reader) { return reader + ".position"; }

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(JournalFolder& folder, JournalOptions options,
                                               Log& log) {
  std::unique_ptr<Journal> journal(new Journal(folder, std::move(options), log));
  CORDON_TRY(journal->recover());
  return journal;
}

// --- what is left ----------------------------------------------------------------------------

Result<void> Journal::recover() {
  using Sizes = std::map<std::string, std::uint64_t>;
  CORDON_TRY(const Sizes sizes, folder_.files());
  recover_readers();
  std::map<std::uint64_t, std::uint64_t> found;
  for (const auto& [name, bytes] : sizes) {
    if (const std::optional<std::uint64_t> number = file_number(name)) found[*number] = bytes;
  }
  for (const auto& [number, bytes] : found) {
    CORDON_TRY(recover_file(number, bytes, number == found.rbegin()->first));
    next_ = std::max(next_, number + 1);
  }
  std::unique_lock lock(mutex_);
  remove_passed(lock);
  return {};
}

void Journal::recover_readers() {
  for (const std::string& name : options_.readers) {
    Reader& reader = readers_[name];
    const Result<std::string> kept = folder_.read(position_name(name), 0, kPositionBytesMax);
    const std::optional<JournalPosition> position = kept ? decode_position(*kept) : std::nullopt;
    if (!position || position->file > UINT64_MAX / 2) continue;  // From the beginning.
    reader.position = *position;
    next_ = std::max(next_, position->file + 1);
  }
}

Result<void> Journal::recover_file(std::uint64_t number, std::uint64_t bytes, bool is_last) {
  File file{.end = 0, .bytes = bytes, .records = 0};
  const Visit visit = [&](std::string_view, JournalPosition end) {
    ++file.records;
    file.end = end.offset;
    for (auto& [name, reader] : readers_) {
      if (reader.position == end) reader.is_found = true;
      if (end > reader.position) ++reader.depth;
    }
    return true;
  };
  CORDON_TRY(walk({number, 0}, bytes, visit));
  for (auto& [name, reader] : readers_) {
    if (reader.position.file != number || reader.position.offset == 0 || reader.is_found) continue;
    // It is no place between records: all of the file once more.
    reader.position.offset = 0;
    reader.depth = file.records;
  }
  if (file.end < bytes && is_last) {
    log_.warn(options_.name + ".cut_record", {{"file", file_name(number)},
                                              {"bytes", bytes - file.end},
                                              {"meaning",
                                               "a crash came before it was durable; whoever "
                                               "brought it was not told that it is"}});
    // Behind another file it would look like damage.
    if (folder_.cut(file_name(number), file.end)) file.bytes = file.end;
  } else if (file.end < bytes) {
    note_damage({number, file.end}, bytes);
  }
  files_.emplace(number, file);
  bytes_ += file.bytes;
  return {};
}

// Visits the whole records of one file. What lies behind the last one is for the caller to judge.
Result<Journal::Walked> Journal::walk(JournalPosition from, std::uint64_t end, const Visit& visit) {
  const std::string name = file_name(from.file);
  std::uint64_t whole_end = from.offset;
  while (from.offset < end) {
    const std::uint64_t left = end - from.offset;
    const std::size_t wanted = left < kPieceBytes ? static_cast<std::size_t>(left) : kPieceBytes;
    CORDON_TRY(const std::string piece, folder_.read(name, from.offset, wanted));
    std::size_t at = 0;
    while (const std::optional<FoundRecord> record = find_record(piece, at)) {
      const std::uint64_t begin = from.offset + record->begin;
      if (begin > whole_end) note_damage({from.file, whole_end}, begin);
      at = record->end;
      whole_end = from.offset + at;
      const JournalPosition here{from.file, whole_end};
      if (!visit(record->payload, here)) return Walked{here, true};
    }
    if (piece.size() < wanted || wanted == left) break;
    // What is left may be a record that the next piece has whole; of a piece without any, that
    // cannot be said of its first part.
    from.offset += at > 0 ? at : piece.size() - kRecordBytesMax;
  }
  return Walked{{from.file, whole_end}};
}

void Journal::note_damage(JournalPosition from, std::uint64_t to) {
  {
    std::lock_guard lock(mutex_);
    if (!damage_.insert(from).second) return;
  }
  const std::string name = file_name(from.file);
  log_.error(options_.name + ".damaged", {{"file", name},
                                          {"from", from.offset},
                                          {"bytes", to - from.offset},
                                          {"meaning",
                                           "records are lost to the disk; its bytes are kept in "
                                           "the file \"damaged\" beside it"}});
  const Result<std::string> kept = folder_.read(kDamaged, kDamagedBytesMax, 1);
  if (kept && !kept->empty()) return;  // There is no room for more.
  const std::size_t bytes = static_cast<std::size_t>(std::min(to - from.offset, kDamagedBytesMax));
  const Result<std::string> part = folder_.read(name, from.offset, bytes);
  const Result<void> saved = part ? folder_.append(kDamaged, *part) : part.error();
  if (!saved) log_.warn(options_.name + ".damage_not_kept", {{"error", saved.error()}});
}

// --- append ----------------------------------------------------------------------------------

Result<JournalPosition> Journal::append(std::string_view payload, Deadline deadline,
                                        std::stop_token stop) {
  if (payload.size() > kRecordPayloadBytesMax) {
    return Error{Errc::invalid, std::to_string(payload.size()) +
                                    " bytes are too long for a record of " + options_.name};
  }
  const auto waiting = std::make_shared<Waiting>(Waiting{encode_record(payload)});
  std::unique_lock lock(mutex_);
  if (!has_room(waiting->record.size()) && !is_writing_) {
    // The file that is appended to may be all that is left, and all may be done with it.
    active_.reset();
    remove_passed(lock);
  }
  if (!has_room(waiting->record.size())) {
    return Error{Errc::unavailable,
                 options_.name + " is full (" + std::to_string(options_.bytes_max) + " bytes)"};
  }
  waiting_bytes_ += waiting->record.size();
  waiting_.push_back(waiting);
  // Ends: each round settles the records that waited longest; deadline and stop end the wait.
  while (!waiting->outcome) {
    const Result<void> turn = wait_for_turn(lock, *waiting, deadline, stop);
    if (!turn) {
      if (std::erase(waiting_, waiting) > 0) waiting_bytes_ -= waiting->record.size();
      changed_.notify_all();  // Whoever waits for this thread to take the lead takes it now.
      return turn.error();
    }
    if (!waiting->outcome) lead(lock);
  }
  return *waiting->outcome;
}

bool Journal::has_room(std::uint64_t bytes) const {
  return bytes_ + waiting_bytes_ + bytes <= options_.bytes_max;
}

Result<void> Journal::wait_for_turn(std::unique_lock<std::mutex>& lock, const Waiting& waiting,
                                    Deadline deadline, std::stop_token stop) {
  const auto ready = [&] { return waiting.outcome.has_value() || !is_writing_; };
  bool is_ready = true;
  if (deadline.is_never()) {
    is_ready = changed_.wait(lock, stop, ready);
  } else {
    is_ready = changed_.wait_until(lock, stop, deadline.time(), ready);
  }
  if (waiting.outcome) return {};
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped while waiting for the disk"};
  if (!is_ready) return Error{Errc::timeout, "the disk did not take the record in time"};
  return {};
}

void Journal::lead(std::unique_lock<std::mutex>& lock) {
  is_writing_ = true;
  Batch batch;
  std::string bytes;
  while (!waiting_.empty() && bytes.size() < kBatchBytesMax) {
    bytes += waiting_.front()->record;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  const std::uint64_t number = file_for(bytes.size());
  const JournalPosition at{number, files_[number].end};
  lock.unlock();
  const Result<void> written = write(at, bytes);
  lock.lock();
  is_writing_ = false;
  waiting_bytes_ -= bytes.size();
  if (written) {
    File& file = files_[number];
    file.end += bytes.size();
    file.bytes = file.end;
    file.records += batch.size();
    bytes_ += bytes.size();
    for (auto& [name, reader] : readers_) reader.depth += batch.size();
  } else {
    active_.reset();
    if (at.offset == 0) files_.erase(number);
  }
  JournalPosition end = at;
  for (const WaitingPtr& waiting : batch) {
    end.offset += waiting->record.size();
    waiting->outcome = written ? Result<JournalPosition>(end) : written.error();
  }
  changed_.notify_all();
}

std::uint64_t Journal::file_for(std::uint64_t bytes) {
  const bool fits = active_ && (files_[*active_].end + bytes <= options_.file_bytes_max ||
                                files_[*active_].end == 0);
  if (!fits) active_ = next_++;
  return *active_;
}

Result<void> Journal::write(JournalPosition at, const std::string& bytes) {
  const std::string name = file_name(at.file);
  Result<void> written = folder_.append(name, bytes);
  if (written) written = folder_.sync(name);
  if (written) return {};
  // Else these bytes could be found after a crash, and be delivered beside what their slots do now.
  const Result<void> undone = at.offset == 0 ? folder_.remove(name) : folder_.cut(name, at.offset);
  if (!undone) log_.warn(options_.name + ".not_cut", {{"file", name}, {"error", undone.error()}});
  return written;
}

// --- read ------------------------------------------------------------------------------------

JournalPosition Journal::position(const std::string& reader) const {
  std::lock_guard lock(mutex_);
  return readers_.at(reader).position;
}

Result<JournalPage> Journal::read(JournalPosition from, std::size_t count_max,
                                  std::size_t bytes_max) {
  std::map<std::uint64_t, std::uint64_t> ends;
  {
    std::lock_guard lock(mutex_);
    for (auto file = files_.lower_bound(from.file); file != files_.end(); ++file) {
      ends.emplace(file->first, file->second.end);
    }
  }
  JournalPage page{.records = {}, .next = from};
  std::size_t bytes = 0;
  const auto wants_more = [&] { return page.records.size() < count_max && bytes < bytes_max; };
  const Visit visit = [&](std::string_view payload, JournalPosition end) {
    page.records.push_back({std::string(payload), end});
    bytes += payload.size();
    return wants_more();
  };
  for (const auto& [number, end] : ends) {
    if (!wants_more()) break;
    const std::uint64_t begin = number == from.file ? from.offset : 0;
    if (begin >= end) continue;
    const Result<Walked> walked = walk({number, begin}, end, visit);
    if (!walked && page.records.empty()) return walked.error();
    if (!walked) break;
    page.next = walked->whole_end;
    if (walked->is_stopped || page.next.offset >= end) continue;
    note_damage(page.next, end);  // It was durable once.
    page.next.offset = end;
  }
  return page;
}

Result<std::string> Journal::record_at(JournalPosition begin, std::uint64_t bytes) {
  CORDON_CHECK(bytes <= kRecordBytesMax);
  const std::string name = file_name(begin.file);
  CORDON_TRY(const std::string piece,
             folder_.read(name, begin.offset, static_cast<std::size_t>(bytes)));
  const std::optional<FoundRecord> found = find_record(piece, 0);
  if (found && found->begin == 0 && found->end == bytes) return std::string(found->payload);
  note_damage(begin, begin.offset + bytes);  // It was durable once.
  return Error{Errc::not_found, "the disk damaged a record in " + name};
}

bool Journal::has_more(JournalPosition from) const {
  return std::any_of(files_.lower_bound(from.file), files_.end(), [&](const auto& file) {
    return file.second.end > (file.first == from.file ? from.offset : 0);
  });
}

bool Journal::await(JournalPosition from, std::stop_token stop, std::stop_token ending) const {
  const std::stop_callback wake(ending, [this] {
    { std::lock_guard lock(mutex_); }  // Or the wait below could begin just after this.
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return ending.stop_requested() || has_more(from); });
  return !stop.stop_requested() && has_more(from);
}

void Journal::advance(const std::string& reader, JournalPosition to, std::uint64_t records) {
  {
    std::lock_guard lock(mutex_);
    Reader& of = readers_.at(reader);
    of.position = to;
    of.depth -= std::min(of.depth, records);
  }
  const Result<void> kept = folder_.replace(position_name(reader), encode_position(to));
  if (!kept) {
    log_.write_limited(LogLevel::warn, options_.name + ".position_not_kept",
                       {{"reader", reader},
                        {"error", kept.error()},
                        {"meaning", "after a crash some records are read once more"}});
  }
  std::unique_lock lock(mutex_);
  remove_passed(lock);
}

void Journal::tidy() {
  std::unique_lock lock(mutex_);
  active_.reset();
  remove_passed(lock);
}

void Journal::remove_passed(std::unique_lock<std::mutex>& lock) {
  std::vector<std::uint64_t> passed;
  for (const auto& [number, file] : files_) {
    if (number == active_) continue;
    const bool is_passed = std::all_of(readers_.begin(), readers_.end(), [&](const auto& reader) {
      const JournalPosition& at = reader.second.position;
      return at.file > number || (at.file == number && at.offset >= file.end);
    });
    // A file without a whole record has nothing that could be passed.
    if (is_passed || file.records == 0) passed.push_back(number);
  }
  for (const std::uint64_t number : passed) {
    bytes_ -= files_.at(number).bytes;
    files_.erase(number);
  }
  lock.unlock();
  for (const std::uint64_t number : passed) {
    const Result<void> removed = folder_.remove(file_name(number));
    if (!removed) {
      log_.write_limited(LogLevel::warn, options_.name + ".not_removed",
                         {{"file", file_name(number)}, {"error", removed.error()}});
    }
  }
  lock.lock();
}

std::uint64_t Journal::depth(const std::string& reader) const {
  std::lock_guard lock(mutex_);
  return readers_.at(reader).depth;
}

std::uint64_t Journal::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

std::uint64_t Journal::damaged_parts() const {
  std::lock_guard lock(mutex_);
  return damage_.size();
}

}  // namespace cordon
