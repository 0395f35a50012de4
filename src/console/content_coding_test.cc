#include "console/content_coding.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

TEST(ContentCoding, TakesWhatIsNamedAndNotRefused) {
  const struct {
    const char* accepted;
    bool takes;
  } kCases[] = {
      {"", false},
      {"br", true},
      {"gzip, deflate, BR", true},
      {"gzip", false},
      {"brotli", false},
      {"br;q=0.1", true},
      {"br;q=0", false},
      {"br ; Q=0.000", false},
      {"br;q=1;q=0", true},
      {"*", true},
      {"*;q=0", false},
      {"*, br;q=0", false},
      {"br, *;q=0", true},
      {",,;;,br", true},
      {";q=0,br", true},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.accepted);
    EXPECT_EQ(takes_coding(one.accepted, "br"), one.takes);
  }
}

}  // namespace
}  // namespace cordon
