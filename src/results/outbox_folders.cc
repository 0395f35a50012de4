#include "results/outbox_folders.h"

#include <cstdint>
#include <map>
#include <string>
#include <system_error>

namespace cordon {
namespace {

constexpr int kFoldersMax = 64;

Result<bool> has_results(DiskFolder& folder) {
  using Files = std::map<std::string, std::uint64_t>;
  CORDON_TRY(const Files files, folder.files());
  for (const auto& [name, bytes] : files) {
    if (is_journal_file(name) && bytes > 0) return true;
  }
  return false;
}

}  // namespace

Result<std::vector<std::unique_ptr<DiskFolder>>> open_outbox_folders(
    const std::filesystem::path& root) {
  std::vector<std::unique_ptr<DiskFolder>> folders;
  std::unique_ptr<DiskFolder> empty;
  for (int number = 0; number < kFoldersMax; ++number) {
    const std::filesystem::path path = root / std::to_string(number);
    std::error_code failed;
    const bool is_there = std::filesystem::exists(path, failed);
    if (!is_there && (!folders.empty() || empty != nullptr)) continue;
    Result<std::unique_ptr<DiskFolder>> opened = DiskFolder::open(path);
    if (!opened && opened.error().cause == ErrorCause::place_taken) continue;
    if (!opened) return std::move(opened).error();
    CORDON_TRY(const bool is_left_behind, has_results(**opened));
    if (is_left_behind) {
      folders.push_back(*std::move(opened));
    } else if (empty == nullptr) {
      empty = *std::move(opened);
    }
  }
  if (folders.empty() && empty != nullptr) folders.push_back(std::move(empty));
  if (folders.empty()) {
    return Error{Errc::unavailable, "too many agents share " + root.string()};
  }
  return folders;
}

}  // namespace cordon
