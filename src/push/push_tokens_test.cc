#include "push/push_tokens.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace cordon {
namespace {

const std::string kToken = "0123456789abcdef0123456789abcdef";

TEST(PushTokens, KnowsEachOfItsLines) {
  const PushTokens tokens =
      PushTokens::parse("# of the store\n\n  " + kToken + "\r\nanother-token-of-mine").value();

  EXPECT_TRUE(tokens.has(kToken));
  EXPECT_TRUE(tokens.has("another-token-of-mine"));
  for (const std::string& wrong : {std::string(), kToken.substr(1), kToken + "x",
                                   "# of the store" + std::string(), "\n" + kToken}) {
    EXPECT_FALSE(tokens.has(wrong)) << wrong;
  }
}

TEST(PushTokens, RefusesWhatWouldBeGuessed) {
  std::string many;
  for (int i = 0; i < 17; ++i) many += kToken + std::to_string(i) + "\n";
  const std::pair<const char*, std::string> kBad[] = {{"nothing", ""},
                                                      {"comments alone", "# one\n#two"},
                                                      {"too short", "secret"},
                                                      {"with a space", "0123456789abcdef 0123"},
                                                      {"not visible", "0123456789abcde\x01"},
                                                      {"too long", std::string(257, 'x')},
                                                      {"too many", many}};
  for (const auto& [what, text] : kBad) {
    SCOPED_TRACE(what);
    EXPECT_EQ(PushTokens::parse(text).error().code, Errc::invalid);
  }
}

TEST(PushTokens, AreReadFromAFileOfTheirOwnersAlone) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "push-tokens";
  std::filesystem::remove(path);
  EXPECT_EQ(PushTokens::load(path).error().code, Errc::invalid) << "there is none";
  std::ofstream(path) << kToken << "\n";
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_TRUE(PushTokens::load(path).value().has(kToken));

  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);

  EXPECT_EQ(PushTokens::load(path).error().code, Errc::invalid) << "everybody may read it";
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace cordon
