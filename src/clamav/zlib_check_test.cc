#include "clamav/zlib_check.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "base/text.h"
#include "clamav/container_kind.h"

namespace cordon {
namespace {

std::string packed(const std::string& bytes, int level) {
  std::string out(::compressBound(bytes.size()), '\0');
  uLongf size = out.size();
  ::compress2(reinterpret_cast<Bytef*>(out.data()), &size,
              reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), level);
  out.resize(size);
  return out;
}

bool says(const std::string& bytes) { return is_zlib(as_bytes_of(bytes)); }

TEST(ZlibCheck, KnowsAStreamAtAnyLevelAndOfAnySize) {
  for (const int level : {0, 1, 6, 9}) {
    EXPECT_TRUE(says(packed("a", level))) << level;
    EXPECT_TRUE(says(packed(std::string(100'000, 'x'), level))) << level;
    EXPECT_TRUE(says(packed(std::string(100'000, 'x'), level) + "what follows")) << level;
  }
  EXPECT_EQ(container_at_front(as_bytes_of(packed("hello", 9))), ContainerKind::zlib);
}

TEST(ZlibCheck, KnowsACutOrDamagedStreamByItsBeginning) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "line " + std::to_string(i) + "\n";

  EXPECT_TRUE(says(packed(text, 6).substr(0, 2000)));
  std::string damaged = packed(text.substr(0, 200), 6);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_TRUE(says(damaged));
}

TEST(ZlibCheck, TwoBytesAreNoMark) {
  EXPECT_FALSE(says("x\x9C is only a beginning of data that goes on with something else"));
  EXPECT_FALSE(says("x^2 + y^2 = z^2 is a text about triangles, and no stream of anything"));
  EXPECT_FALSE(says("x\x01" + std::string(1000, '\xFF')));
  EXPECT_FALSE(says("x\xDA"));
  EXPECT_FALSE(says(""));
  EXPECT_FALSE(says(packed("", 9)));  // Nothing is in it.
}

}  // namespace
}  // namespace cordon
