#include "signatures/signature_set.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/text.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

class SignatureSetTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "cordon-signatures-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { fs::remove_all(directory_); }

  void put(const std::string& name, std::string_view content) {
    std::ofstream(directory_ / name, std::ios::binary) << content;
  }
  static std::string cvd(int version) {
    std::string header = "ClamAV-VDB:22 Nov 2026 08-15 +0000:" + std::to_string(version) +
                         ":2074708:90:0123456789abcdef0123456789abcdef:sig:raynman:1700000000";
    header.resize(512, ' ');
    return header + "payload";
  }
  std::string version() {
    const auto set = describe_signatures(directory_);
    return set ? set->version : "error: " + set.error().what;
  }

  fs::path directory_;
};

TEST_F(SignatureSetTest, TakesTheVersionOfTheDailySet) {
  put("main.cvd", cvd(62));
  put("daily.cld", cvd(27451));
  put("bytecode.cvd", cvd(335));

  EXPECT_EQ(version(), "27451");
}

TEST_F(SignatureSetTest, NamesTheMainSetWhenItIsAlone) {
  put("main.cvd", cvd(62));

  EXPECT_EQ(version(), "main-62");
}

TEST_F(SignatureSetTest, MarksOwnFilesBesideTheOfficialOnes) {
  put("daily.cvd", cvd(27451));
  put("own.ndb", "A:0:*:6161616161616161");

  EXPECT_TRUE(version().starts_with("27451+")) << version();
  EXPECT_EQ(version().size(), 14U);
}

TEST_F(SignatureSetTest, FollowsContentNotTime) {
  put("own.ndb", "A:0:*:6161616161616161");
  const std::string before = version();
  fs::last_write_time(directory_ / "own.ndb", fs::file_time_type::clock::now());
  EXPECT_EQ(version(), before);

  put("own.ndb", "A:0:*:6161616161616162");

  EXPECT_NE(version(), before);
  EXPECT_TRUE(before.starts_with("local-"));
}

TEST_F(SignatureSetTest, SaysWhenThereAreTestSignaturesOnly) {
  put("cordon-test.ndb", "A:0:*:6161616161616161");
  put("README.md", "words");

  const auto set = describe_signatures(directory_);

  ASSERT_TRUE(set);
  EXPECT_TRUE(set->test_only);
  EXPECT_TRUE(set->version.starts_with("test-"));
}

TEST_F(SignatureSetTest, SaysWhatToDoWhenNothingIsThere) {
  const auto empty = describe_signatures(directory_);
  const auto missing = describe_signatures(directory_ / "nowhere");
  put("file", "x");
  const auto file = describe_signatures(directory_ / "file");

  for (const auto& set : {empty, missing, file}) {
    ASSERT_FALSE(set);
    EXPECT_NE(set.error().what.find("freshclam"), std::string::npos) << set.error().what;
  }
}

TEST_F(SignatureSetTest, RefusesADamagedHeader) {
  for (const std::string_view header :
       {"", "ClamAV-VDB:", "ClamAV-VDB:date:notanumber:1:90:x:", "ClamAV-VDB:date:0:1:90:x:",
        "ClamAV-VDB:date:99999999999:1:90:x:", "GIF89a:a:1:1:1:1:"}) {
    EXPECT_FALSE(cvd_version(header)) << header;
  }
  put("daily.cvd", "garbage");
  EXPECT_FALSE(describe_signatures(directory_));
}

}  // namespace
}  // namespace cordon
