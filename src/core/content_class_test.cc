#include "core/content_class.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

TEST(ContentClass, NamesAndValuesAreThere) {
  for (int i = 0; i <= static_cast<int>(ContentClass::data); ++i) {
    const auto one = static_cast<ContentClass>(i);
    EXPECT_EQ(parse_content_class(name_of(one)), one);
  }
  EXPECT_EQ(parse_content_class("disk_image"), std::nullopt);
  EXPECT_EQ(parse_content_class(""), std::nullopt);
}

TEST(ContentClass, ASetHasWhatWasAddedAndNothingElse) {
  ContentClasses some;
  EXPECT_FALSE(some.has(ContentClass::archive));

  some.add(ContentClass::backup);

  EXPECT_TRUE(some.has(ContentClass::backup));
  EXPECT_FALSE(some.has(ContentClass::archive));
  EXPECT_NE(some, ContentClasses{});
}

}  // namespace
}  // namespace cordon
