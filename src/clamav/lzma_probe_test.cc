#include "clamav/lzma_probe.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/text.h"

namespace cordon {
namespace {

bool decodes(const std::string& bytes) { return decodes_as_lzma(as_bytes_of(bytes)); }

/// lc=4 lp=0 pb=0, 64 KiB dictionary, "harmless content, twice. " 400 times.
std::string lzma_file() {
  return *unbase64(
      "BAAAAQD//////////wA0GQ4PmAAdOB0n0BArqrCN4deg9aacfzsJ2adTHTQcCOewYXfEgInnQatwX7UWUxzD7RSl"
      "A8EMC0ydpFjmxU17Mrb//+RCoAA=");
}

TEST(LzmaProbe, KnowsWhatDecodes) {
  EXPECT_TRUE(decodes(lzma_file()));
  EXPECT_TRUE(decodes(lzma_file() + "something behind"));
}

TEST(LzmaProbe, TakesNoNoiseBehindAPlausibleHeadForIt) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    std::string noise = lzma_file().substr(0, 14);
    while (noise.size() < 6000) noise.push_back(static_cast<char>(random()));

    EXPECT_FALSE(decodes(noise)) << i;
  }
}

TEST(LzmaProbe, TakesNothingForNothing) { EXPECT_FALSE(decodes("")); }

}  // namespace
}  // namespace cordon
