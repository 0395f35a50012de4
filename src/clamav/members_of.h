#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "clamav/archive_members.h"

namespace cordon {

/// What a second reader made of some content: for tests.
struct Listing {
  std::vector<std::string> members;
  std::optional<LayerProblem> problem;

  std::optional<Reason> reason() const {
    return problem ? std::optional(problem->reason) : std::nullopt;
  }
};

using SecondReader = Unpacking (*)(std::span<const std::byte>, const std::filesystem::path&,
                                   const UnpackLimits&, const UseMember&);

inline Listing members_of(SecondReader read, std::string_view content,
                          const UnpackLimits& limits = UnpackLimits()) {
  Listing listing;
  Unpacking unpacking =
      read(as_bytes_of(content), std::filesystem::temp_directory_path(), limits, [&](auto member) {
        listing.members.emplace_back(reinterpret_cast<const char*>(member.data()), member.size());
        return true;
      });
  listing.problem = std::move(unpacking.problem);
  return listing;
}

}  // namespace cordon
