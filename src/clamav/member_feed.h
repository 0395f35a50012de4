#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "clamav/archive_members.h"

namespace cordon {

/// What a decoder writes, piece by piece: in memory while it is small, then in an unlinked file in
/// `directory`, which must outlive it.
class StagedMember {
 public:
  StagedMember(const std::filesystem::path& directory, std::uint64_t bytes_max)
      : directory_(directory), bytes_max_(bytes_max) {}

  void put(char one) {
    pending_.push_back(one);
    if (pending_.size() >= kPieceBytes) flush();
  }
  void append(std::string_view bytes);

  std::uint64_t size() const { return size_ + pending_.size(); }
  /// too_large or staging; whoever writes may stop then, what follows is dropped.
  const std::optional<LayerProblem>& problem() const { return problem_; }
  /// Calls `use` once with all bytes. Only without a problem. Errors: unavailable.
  Result<void> show(const std::function<void(std::string_view)>& use);

 private:
  static constexpr std::size_t kPieceBytes = 64U << 10;

  void flush();
  Result<void> store(std::string_view bytes);

  const std::filesystem::path& directory_;
  std::uint64_t bytes_max_;
  std::string pending_;
  std::string memory_;
  UniqueFd file_;
  std::uint64_t size_ = 0;  ///< Without what is pending.
  std::optional<LayerProblem> problem_;
};

/// Hands members to their user and counts them against the limits. One per container; each reader
/// asks it at every step whether to go on.
class MemberFeed {
 public:
  MemberFeed(const UnpackLimits& limits, const std::filesystem::path& temp_directory,
             const UseMember& use)
      : limits_(limits), temp_directory_(temp_directory), use_(use) {}

  /// False: the user has enough, the time is over or a limit is reached.
  bool wants_more();
  /// `member` may be empty: then nothing is handed over.
  void give(std::string_view member);
  /// The same for what was decoded; its problem is reported.
  void give(StagedMember& member);
  /// Calls `use` with what was decoded so far; reports its problem.
  void show(StagedMember& decoded, const std::function<void(std::string_view)>& use);
  /// The first problem is kept.
  void report(Reason reason, std::string message);

  StagedMember staged() const { return {temp_directory_, limits_.member_bytes_max}; }
  const UnpackLimits& limits() const { return limits_; }
  const std::filesystem::path& temp_directory() const { return temp_directory_; }
  std::uint64_t members() const { return members_; }

  Unpacking result() const { return {.problem = problem_, .bytes = bytes_}; }

 private:
  const UnpackLimits& limits_;
  const std::filesystem::path& temp_directory_;
  const UseMember& use_;
  std::uint64_t members_ = 0;
  std::uint64_t bytes_ = 0;
  bool closed_ = false;
  std::optional<LayerProblem> problem_;
};

/// Bytes as text, without a copy: what is not said about `char` in this folder's mail readers is
/// that it is a byte.
inline std::string_view text_of(std::span<const std::byte> bytes) {
  // SAFETY: any object may be read through char.
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace cordon
