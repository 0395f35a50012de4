#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "clamav/archive_members.h"

namespace cordon {

/// What every second reader does with its members: gives each to `use`, keeps to the limits, and
/// remembers the first thing that kept it from some content. A member that is decoded piece by
/// piece is gathered first: in memory up to a few MiB, then in an unlinked file.
///
/// All references outlive it. Every call that answers false means: stop, and return result().
class MemberGiver {
 public:
  MemberGiver(const std::filesystem::path& temp_directory, const UnpackLimits& limits,
              const UseMember& use)
      : directory_(temp_directory), limits_(limits), use_(use) {}

  /// A member that is at hand as a whole. Empty ones are passed over.
  bool give(std::span<const std::byte> member);
  /// The next piece of the member that is being gathered.
  bool add(std::span<const std::byte> piece);
  /// Gives what was gathered, and makes room for the next.
  bool give_gathered();
  /// Also asks whether it is time to stop: once for each step of work.
  bool may_go_on();
  /// Something could not be read; other members still can.
  void note(Reason reason, const char* message);
  /// The same, and nothing more is to be read.
  bool fail(Reason reason, const char* message);

  Unpacking result() && { return {.problem = std::move(problem_), .bytes = bytes_}; }

 private:
  bool count_bytes(std::uint64_t bytes);
  bool pass(std::span<const std::byte> member);
  Result<void> open_file();
  Result<void> write_all(std::span<const std::byte> bytes);

  const std::filesystem::path& directory_;
  const UnpackLimits& limits_;
  const UseMember& use_;
  std::optional<LayerProblem> problem_;
  bool stopped_ = false;
  std::uint64_t members_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t gathered_ = 0;
  std::vector<std::byte> memory_;
  UniqueFd file_;
};

}  // namespace cordon
