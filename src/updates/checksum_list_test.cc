#include "updates/checksum_list.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

const std::string kSum(64, 'a');

TEST(ChecksumList, TakesTheFilesThatTheEngineLoads) {
  const auto sums = parse_checksums(kSum + "  daily.cvd\r\n\n" + std::string(64, 'B') +
                                    " *own.ndb\n" + kSum + "  README.md\n");

  ASSERT_TRUE(sums) << sums.error().what;
  EXPECT_EQ(*sums, (std::map<std::string, std::string>{{"daily.cvd", kSum},
                                                       {"own.ndb", std::string(64, 'b')}}));
}

TEST(ChecksumList, NamesLeadNowhereElse) {
  for (const char* name : {"../own.ndb", "a/own.ndb", ".own.ndb", "own.ndb\t", "own.txt", "own", "",
                           "o\xc3\xbcwn.ndb"}) {
    SCOPED_TRACE(name);
    EXPECT_FALSE(is_takeable(name));
  }
  EXPECT_FALSE(is_takeable(std::string(200, 'a') + ".ndb"));
  EXPECT_TRUE(is_takeable("daily.cvd"));
}

TEST(ChecksumList, WhatIsNoListIsRefused) {
  const std::pair<const char*, std::string> kRows[] = {
      {"nothing", ""},
      {"no signature file", kSum + "  README\n"},
      {"a page of a web server", "<html>not found</html>\n"},
      {"a sum with a wrong digit", std::string(64, 'g') + "  a.ndb\n"},
      {"a short sum", "abc  a.ndb\n"},
      {"one blank", kSum + " a.ndb\n"},
      {"a name twice", kSum + "  a.ndb\n" + kSum + "  a.ndb\n"},
  };
  for (const auto& [what, text] : kRows) {
    SCOPED_TRACE(what);
    const auto sums = parse_checksums(text);
    ASSERT_FALSE(sums);
    EXPECT_EQ(sums.error().code, Errc::invalid);
  }
}

}  // namespace
}  // namespace cordon
