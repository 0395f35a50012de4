#include "clamav/text_identity.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace cordon {
namespace {

std::optional<Sha256Digest> identity_of(std::string_view text) {
  return text_identity(as_bytes_of(text));
}

TEST(TextIdentity, LeavesOutEndsOfLinesAndEmptyLines) {
  const auto one = identity_of("first\n second \nthird");
  ASSERT_TRUE(one);
  for (const std::string_view same :
       {"first\r\n second \r\nthird\r\n", "\n\nfirst\n\n\n second \nthird\n\n",
        "first\r second \rthird"}) {
    EXPECT_EQ(identity_of(same), one) << same;
  }
  for (const std::string_view other :
       {"first\nsecond \nthird", "first\n second\nthird", "first second \nthird", "",
        "first\n \n second \nthird", "FIRST\n second \nthird"}) {
    EXPECT_NE(identity_of(other), one) << other;
  }
  EXPECT_EQ(identity_of("a\nb"), identity_of(std::string("a") + std::string(70'000, '\n') + "b\n"));
  EXPECT_NE(identity_of(std::string(70'000, 'x')), identity_of(std::string(70'001, 'x')));
}

TEST(TextIdentity, HasNoneForWhatIsNoText) {
  for (const std::string& content : {std::string("a\0b", 3), std::string("MZ\x90\3\1"),
                                     std::string("\x7F"
                                                 "ELF\2")}) {
    EXPECT_EQ(identity_of(content), std::nullopt);
  }
  EXPECT_TRUE(identity_of("tab\t, form feed\f and UTF-8: \xC3\xA9"));
}

}  // namespace
}  // namespace cordon
