#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clamav/members_of.h"

namespace cordon {

/// For tests of one second reader: what it gives of some content, and what kept it from more.
template <SecondReader kRead>
class SecondReaderTest : public testing::Test {
 protected:
  std::vector<std::string> content_of(std::string_view file) {
    Listing listing = members_of(kRead, file, limits_);
    problem_ = std::move(listing.problem);
    return std::move(listing.members);
  }

  UnpackLimits limits_;
  std::optional<LayerProblem> problem_;
};

}  // namespace cordon
