#include "clamav/noise.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

/// The same on every machine: the engine's sequence is defined by the standard.
std::string random_bytes(std::size_t size) {
  std::mt19937 engine(7);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(engine() >> 24);
  return bytes;
}

bool noise(const std::string& bytes) { return is_noise(as_bytes_of(bytes)); }

TEST(Noise, IsToldFromOtherContent) {
  std::string text;
  while (text.size() < 200'000) text += "A line of harmless text.\n";
  std::string counter;
  for (std::uint32_t i = 0; counter.size() < 200'000; ++i) {
    counter += std::string{static_cast<char>(i), static_cast<char>(i >> 8), '\0', '\0'};
  }
  const std::string random = random_bytes(200'000);

  EXPECT_TRUE(noise(random));
  EXPECT_TRUE(noise(random_bytes(3'000'000)));
  EXPECT_TRUE(noise(random_bytes(kNoiseBytesMin)));
  EXPECT_FALSE(noise(random_bytes(kNoiseBytesMin - 1)));
  EXPECT_FALSE(noise(""));
  EXPECT_FALSE(noise(text));
  EXPECT_FALSE(noise(counter));
  EXPECT_FALSE(noise(std::string("wOF2\0\1\0\0", 8) + random));
  EXPECT_FALSE(noise(std::string("\0\0\0\x20\0\0\2\0", 8) + random));
  EXPECT_FALSE(noise(std::string(512, '\0') + random));
  EXPECT_FALSE(noise(random + std::string(100'000, '\0')));  // It has an end.
  EXPECT_FALSE(noise(base64(as_bytes_of(random))));
}

}  // namespace
}  // namespace cordon
