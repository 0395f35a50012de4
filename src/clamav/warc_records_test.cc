#include "clamav/warc_records.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/member_feed.h"

namespace cordon {
namespace {

class WarcRecordsTest : public testing::Test {
 protected:
  std::optional<LayerProblem> read(const std::string& file) {
    blocks_.clear();
    return read_warc_records(as_bytes_of(file), "/dev/null", {},
                             [&](auto block) {
                               blocks_.emplace_back(text_of(block));
                               return true;
                             })
        .problem;
  }

  std::vector<std::string> blocks_;
};

std::string record(const std::string& block, const std::string& name = "Content-Length") {
  return "WARC/1.1\r\nWARC-Type: resource\r\n" + name + ": " + std::to_string(block.size()) +
         "\r\n\r\n" + block + "\r\n\r\n";
}

TEST_F(WarcRecordsTest, GivesEachBlock) {
  EXPECT_EQ(read(record("first block") + record("") + record("WARC/1.0\r\n", "CONTENT-LENGTH")),
            std::nullopt);

  EXPECT_EQ(blocks_, (std::vector<std::string>{"first block", "WARC/1.0\r\n"}));
}

TEST_F(WarcRecordsTest, GivesWhatIsLeftOfADamagedFile) {
  const std::string two = record("first block") + record("second block");
  for (const std::string& bad :
       {two.substr(0, two.size() - 8), record("first block") + "something else",
        record("first block") + record("x", "Content-Size"),
        record("first block") + "WARC/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        record("first block") + "WARC/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"}) {
    const auto problem = read(bad);

    ASSERT_TRUE(problem) << bad;
    EXPECT_EQ(problem->reason, Reason::unsupported);
    EXPECT_EQ(blocks_.size(), 2U);
  }
}

}  // namespace
}  // namespace cordon
