#include "clamav/payloads.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

using namespace std::string_literals;

const std::string kScript = "#!/bin/sh\ntail -c +99 \"$0\" | gunzip | tar x\nexit 0\n";

std::optional<Payload> payload(const std::string& layer) { return payload_of(as_bytes_of(layer)); }

std::string binary(std::size_t bytes) {
  std::string out;
  std::uint32_t state = 7;
  while (out.size() < bytes) {
    state = state * 1'664'525 + 1'013'904'223;
    out += static_cast<char>(state >> 24U);
  }
  return out;
}

std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) {
    out += static_cast<char>((value >> (8U * static_cast<unsigned>(i))) & 0xFFU);
  }
  return out;
}

/// One segment of 200 bytes from 0 on, one section of 40 bytes behind it, and the sections'
/// headers.
std::string elf() {
  std::string out = "\x7F\x45LF\x02\x01"s + std::string(26, '\0') + little(64, 8) + little(240, 8);
  out +=
      std::string(6, '\0') + little(56, 2) + little(1, 2) + little(64, 2) + little(1, 2) + "\0\0"s;
  out += little(1, 4) + little(0, 4) + little(0, 8) + little(0, 16 / 2) + little(0, 8) +
         little(200, 8);
  out.resize(240, 'c');
  out += std::string(24, '\0') + little(200, 8) + little(40, 8);
  out.resize(304, '\0');
  return out;
}

std::string pe() {
  std::string out = "MZ" + std::string(58, '\0') + little(64, 4) + "PE\0\0"s + little(0x8664, 2) +
                    little(1, 2) + std::string(12, '\0') + little(0, 2) + little(0, 2);
  out += std::string(16, 's') + little(100, 4) + little(200, 4) + std::string(16, '\0');
  out.resize(300, 'c');
  return out;
}

TEST(Payloads, FindsWhatAScriptUnpacks) {
  const std::string gzip = gzip_of(binary(500));
  const std::string tar = tar_of("name", binary(500));

  EXPECT_EQ(payload(kScript + gzip), (Payload{kScript.size(), true}));
  EXPECT_EQ(payload(kScript + tar), (Payload{kScript.size(), true}));
  EXPECT_EQ(payload(kScript + "\x7F\x45LF" + binary(500)), (Payload{kScript.size(), true}));
  EXPECT_EQ(payload(kScript + "hsqs\1" + binary(500)), (Payload{kScript.size(), true}));
}

TEST(Payloads, SaysWhenAScriptCarriesWhatIsNotKnown) {
  const auto found = payload(kScript + "\x01" + binary(1000));

  ASSERT_TRUE(found);
  EXPECT_FALSE(found->known);
  EXPECT_EQ(found->at, kScript.size());
}

TEST(Payloads, GoesOnBehindAStrayControlCharacter) {
  const std::string script = kScript + "printf '\x01'\n" + std::string(300, 'x') + "\n";

  EXPECT_EQ(payload(script), std::nullopt);
  EXPECT_EQ(payload(script + gzip_of(binary(500))), (Payload{script.size(), true}));
}

TEST(Payloads, FindsPackedContentWithALineEndInItsFirstBytes) {
  const std::string bzip2 = "BZh91AY&SY\xC1\n\xE2\n\xF3\n" + binary(1000);

  EXPECT_EQ(payload(kScript + bzip2), (Payload{kScript.size(), true}));
}

TEST(Payloads, TextHasNone) {
  EXPECT_EQ(payload(kScript), std::nullopt);
  EXPECT_EQ(payload(kScript + std::string(10'000, 'a')), std::nullopt);
  EXPECT_EQ(payload("#!" + binary(1000)), std::nullopt);  // No line of text: no script.
  EXPECT_EQ(payload("text\n" + gzip_of("a")), std::nullopt);
  EXPECT_EQ(payload(""), std::nullopt);
}

TEST(Payloads, FindsAnArchiveBehindAProgram) {
  for (const std::string& program : {elf(), pe()}) {
    const std::string gzip = gzip_of(binary(300));

    EXPECT_EQ(payload(program), std::nullopt);
    EXPECT_EQ(payload(program + gzip), (Payload{program.size(), true}));
    EXPECT_EQ(payload(program + std::string(16, '\0') + gzip),
              (Payload{program.size() + 16, true}));
    EXPECT_EQ(payload(program + tar_of("a", "b")), (Payload{program.size(), true}));
    EXPECT_EQ(payload(program + "a signature, or what a debugger reads"), std::nullopt);
  }
}

TEST(Payloads, AnyCutOrWrongNumberIsReadWithinItsBytes) {
  for (const std::string& program : {elf() + gzip_of("a"), pe() + gzip_of("a")}) {
    for (std::size_t at = 0; at < program.size(); ++at) {
      (void)payload(program.substr(0, at));
      std::string wrong = program;
      wrong[at] = '\xFF';
      (void)payload(wrong);
    }
  }
}

}  // namespace
}  // namespace cordon
