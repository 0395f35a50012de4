#include "clamav/payload_behind_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/member_feed.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::size_t> places_in(std::string_view content) {
  return find_payloads_behind_script(as_bytes_of(content));
}

const std::string kScript = "#!/bin/sh\ntail -n +4 \"$0\" | tar xz\nexit\n";

TEST(PayloadBehindScript, FindsEachKindAtTheBeginningOfALine) {
  using namespace std::string_literals;
  const std::string rest(600, '\1');
  for (const std::string& payload :
       {gzip_of("content of some length"), tar_of("name", "content"),
        zip_of({{.name = "a", .bytes = "content"}}), "\xFD\x37zXZ\0"s + rest, "BZh91AY&SY"s + rest,
        "\x28\xB5\x2F\xFD"s + rest, "7z\xBC\xAF\x27\x1C"s + rest, "\x04\x22\x4D\x18"s + rest,
        "hsqs"s + std::string(24, '\2') + "\4\0"s + rest,
        "\x7F"
        "ELF"s +
            rest,
        "070701"s + std::string(104, '0') + rest}) {
    EXPECT_THAT(places_in(kScript + payload), ElementsAre(kScript.size()))
        << hex(as_bytes_of(payload.substr(0, 8)));
  }
}

TEST(PayloadBehindScript, FindsOneThatFollowsItsScriptDirectly) {
  const std::string script = kScript + "# end";
  EXPECT_THAT(places_in(script + gzip_of("content of some length")), ElementsAre(script.size()));
}

TEST(PayloadBehindScript, GivesEachThatMayBeTheOne) {
  const std::string first = kScript + "echo PK\3\4 and more of it\n";
  const std::string payload = gzip_of("content of some length");
  EXPECT_THAT(places_in(first + payload), ElementsAre(first.find("PK"), first.size()));
}

TEST(PayloadBehindScript, LeavesOtherContentAlone) {
  for (const std::string& content :
       {std::string(), kScript, kScript + "BZhello ustar 070701 hsqs\n", gzip_of("content"),
        std::string(1000, '\1') + "\nPK\3\4" + std::string(100, 'x')}) {
    EXPECT_THAT(places_in(content), IsEmpty());
  }
}

/// ELF of 64 bits: one program header that places `placed` bytes from the beginning.
std::string elf(std::uint8_t placed) {
  std::string out(128, '\0');
  out.replace(0, 6,
              std::string("\x7F"
                          "ELF\2\1",
                          6));
  out[32] = 64;  // program headers
  out[54] = 56;  // of this size
  out[56] = 1;   // one of them
  out[64 + 32] = static_cast<char>(placed);
  return out;
}

TEST(PayloadBehindScript, FindsWhatIsBehindAProgram) {
  EXPECT_THAT(places_in(elf(128)), IsEmpty());
  EXPECT_THAT(places_in(elf(128) + std::string(500, '\0')), IsEmpty());
  EXPECT_THAT(places_in(elf(128) + "hsqs"), ElementsAre(128));
  EXPECT_THAT(places_in(elf(255) + "more than is placed"), ElementsAre(120));
}

TEST(PayloadBehindScript, SurvivesAnyDamagedHeader) {
  const std::string good = elf(128) + "payload";
  for (std::size_t i = 4; i < good.size(); ++i) {
    for (int value = 0; value < 256; value += 15) {
      std::string bad = good;
      bad[i] = static_cast<char>(value);
      for (const std::size_t place : places_in(bad)) EXPECT_LT(place, bad.size());
    }
  }
}

TEST(PayloadBehindScript, GivesPayloadsAndWhatIsUuencoded) {
  const std::string script = kScript + "uudecode <<X\nbegin 644 a\n#0V%T\n`\nend\nX\n";
  const std::string payload = gzip_of("content of some length");
  std::vector<std::string> members;
  const UseMember use = [&](std::span<const std::byte> member) {
    members.emplace_back(text_of(member));
    return true;
  };
  const std::filesystem::path temp = std::filesystem::temp_directory_path();

  const Unpacking unpacking =
      read_payloads_behind_script(as_bytes_of(script + payload), temp, UnpackLimits{}, use);

  EXPECT_EQ(unpacking.problem, std::nullopt);
  EXPECT_THAT(members, ElementsAre(payload, "Cat"));
}

TEST(PayloadBehindScript, GivesBlocksOfBase64) {
  std::string text = base64(as_bytes_of(std::string(400, 'c')));
  for (std::size_t at = 76; at < text.size(); at += 77) text.insert(at, "\n");
  std::vector<std::string> members;
  const UseMember use = [&](std::span<const std::byte> member) {
    members.emplace_back(text_of(member));
    return true;
  };
  const std::filesystem::path temp = std::filesystem::temp_directory_path();

  for (const std::string& script : {kScript + text, kScript + text + "\necho done\n"}) {
    members.clear();
    read_payloads_behind_script(as_bytes_of(script), temp, UnpackLimits{}, use);
    EXPECT_THAT(members, ElementsAre(std::string(400, 'c')));
  }
  members.clear();
  read_payloads_behind_script(as_bytes_of(kScript + text.substr(0, 70) + "\nend of it\n"), temp,
                              UnpackLimits{}, use);
  EXPECT_THAT(members, IsEmpty());
}

}  // namespace
}  // namespace cordon
