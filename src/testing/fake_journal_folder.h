#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "journal/journal_folder.h"

namespace cordon {

/// A journal's files in memory, on a disk that can be full, die between any two calls, and forget
/// at a crash of the machine what was not synced.
///
/// Threads: any.
class FakeJournalFolder final : public JournalFolder {
 public:
  Result<std::map<std::string, std::uint64_t>> files() override {
    std::lock_guard lock(mutex_);
    CORDON_TRY(begin_call());
    std::map<std::string, std::uint64_t> sizes;
    for (const auto& [name, file] : files_) sizes[name] = file.content.size();
    return sizes;
  }
  Result<void> append(const std::string& name, std::string_view bytes) override {
    std::lock_guard lock(mutex_);
    const bool dies_now = die_at_ == calls_;
    const Result<void> begun = begin_call();
    const bool is_full = used() + bytes.size() > room;
    // What fails has often done a part.
    const bool is_half = begun ? is_full : dies_now && dies_half_way;
    if (begun || is_half) {
      files_[name].content += bytes.substr(0, is_half ? bytes.size() / 2 : bytes.size());
    }
    if (begun && is_full) return Error{Errc::unavailable, "no space left on device"};
    return begun;
  }
  Result<void> sync(const std::string& name) override {
    std::lock_guard lock(mutex_);
    CORDON_TRY(begin_call());
    if (fail_sync) return *fail_sync;
    File& file = files_[name];
    file.synced = file.content.size();
    ++syncs_;
    return {};
  }
  Result<std::string> read(const std::string& name, std::uint64_t offset,
                           std::size_t bytes_max) override {
    std::lock_guard lock(mutex_);
    CORDON_TRY(begin_call());
    const auto file = files_.find(name);
    if (file == files_.end()) return Error{Errc::not_found, name};
    if (offset >= file->second.content.size()) return std::string();
    return file->second.content.substr(static_cast<std::size_t>(offset), bytes_max);
  }
  Result<void> cut(const std::string& name, std::uint64_t bytes) override {
    std::lock_guard lock(mutex_);
    CORDON_TRY(begin_call());
    const auto file = files_.find(name);
    if (file == files_.end()) return Error{Errc::not_found, name};
    file->second.content.resize(static_cast<std::size_t>(bytes));
    file->second.synced = std::min<std::size_t>(file->second.synced, file->second.content.size());
    return {};
  }
  Result<void> replace(const std::string& name, std::string_view bytes) override {
    std::lock_guard lock(mutex_);
    CORDON_TRY(begin_call());
    files_[name] = {std::string(bytes), 0};
    return {};
  }
  Result<void> remove(const std::string& name) override {
    std::lock_guard lock(mutex_);
    CORDON_TRY(begin_call());
    if (auto file = files_.extract(name)) removed_[name] = file.mapped();
    return {};
  }

  /// The process dies: this call and all later ones do nothing and fail, until `restart`.
  void die_at(std::size_t call) {
    std::lock_guard lock(mutex_);
    die_at_ = call;
  }
  std::size_t calls() const {
    std::lock_guard lock(mutex_);
    return calls_;
  }
  int syncs() const {
    std::lock_guard lock(mutex_);
    return syncs_;
  }
  bool is_dead() const {
    std::lock_guard lock(mutex_);
    return die_at_ && calls_ > *die_at_;
  }
  /// What a new process finds, when only the old one died.
  void restart() {
    std::lock_guard lock(mutex_);
    die_at_.reset();
    removed_.clear();
  }
  /// What it finds when the machine went down: of what was not synced, this share.
  void lose_power(double share_kept) {
    std::lock_guard lock(mutex_);
    die_at_.reset();
    if (share_kept < 1) files_.merge(removed_);
    removed_.clear();
    for (auto& [name, file] : files_) {
      const auto unsynced = static_cast<double>(file.content.size() - file.synced);
      file.content.resize(file.synced + static_cast<std::size_t>(unsynced * share_kept));
      file.synced = file.content.size();
    }
  }
  /// The bytes of a file, to look at and to damage.
  std::string& content(const std::string& name) { return files_.at(name).content; }
  bool contains(const std::string& name) const {
    std::lock_guard lock(mutex_);
    return files_.contains(name);
  }

  std::size_t room = SIZE_MAX;     ///< For all files.
  std::optional<Error> fail_sync;  ///< Of every sync, as long as it is set.
  bool dies_half_way = false;      ///< With half of what it was to write.

 private:
  struct File {
    std::string content;
    std::size_t synced = 0;
  };

  Result<void> begin_call() {
    if (die_at_ && calls_ >= *die_at_) {
      ++calls_;
      return Error{Errc::unavailable, "the process is dead"};
    }
    ++calls_;
    return {};
  }
  std::size_t used() const {
    std::size_t bytes = 0;
    for (const auto& [name, file] : files_) bytes += file.content.size();
    return bytes;
  }

  mutable std::mutex mutex_;
  std::map<std::string, File> files_;
  std::map<std::string, File> removed_;  ///< Which a crash of the machine may bring back.
  std::optional<std::size_t> die_at_;
  std::size_t calls_ = 0;
  int syncs_ = 0;
};

}  // namespace cordon
