#include "clamav/member_giver.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace cordon {
namespace {

class MemberGiverTest : public ::testing::Test {
 protected:
  MemberGiver giver() { return MemberGiver(directory_, limits_, use_); }

  std::filesystem::path directory_ = std::filesystem::temp_directory_path();
  UnpackLimits limits_;
  std::vector<std::string> given_;
  bool go_on_ = true;
  UseMember use_ = [this](auto member) {
    given_.emplace_back(reinterpret_cast<const char*>(member.data()), member.size());
    return go_on_;
  };
};

std::string piece(char c) { return std::string(1'500'000, c); }

TEST_F(MemberGiverTest, GathersPiecesInMemoryAndThenInAFile) {
  MemberGiver giver = this->giver();
  std::string large;
  for (const char c : {'a', 'b', 'c', 'd'}) {
    large += piece(c);
    EXPECT_TRUE(giver.add(as_bytes_of(piece(c))));
  }
  EXPECT_TRUE(giver.give_gathered());
  EXPECT_TRUE(giver.add(as_bytes_of("small")));
  EXPECT_TRUE(giver.give_gathered());
  EXPECT_TRUE(giver.give_gathered());  // Nothing.
  EXPECT_TRUE(giver.give(as_bytes_of("")));

  EXPECT_EQ(given_, (std::vector<std::string>{large, "small"}));
  EXPECT_FALSE(std::move(giver).result().problem);
}

TEST_F(MemberGiverTest, SaysThatThereIsNoRoomForAFile) {
  directory_ = "/dev/null/no-directory";
  MemberGiver giver = this->giver();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(giver.add(as_bytes_of(piece('a'))));

  EXPECT_FALSE(giver.add(as_bytes_of(piece('a'))));
  EXPECT_FALSE(giver.give_gathered());

  EXPECT_TRUE(given_.empty());
  EXPECT_EQ(std::move(giver).result().problem->reason, Reason::staging);
}

TEST_F(MemberGiverTest, KeepsToEachLimit) {
  limits_.bytes_max = 10;
  limits_.member_bytes_max = 8;
  MemberGiver giver = this->giver();
  EXPECT_TRUE(giver.give(as_bytes_of("too large")));  // That member alone is left out.
  EXPECT_TRUE(giver.give(as_bytes_of("small")));
  EXPECT_FALSE(giver.give(as_bytes_of("more, ")));

  EXPECT_EQ(given_, std::vector<std::string>{"small"});
  EXPECT_EQ(std::move(giver).result().problem->reason, Reason::too_large);
}

TEST_F(MemberGiverTest, KeepsTheFirstProblemAndGoesOn) {
  MemberGiver giver = this->giver();
  giver.note(Reason::unsupported, "first");
  giver.note(Reason::limit, "second");
  EXPECT_TRUE(giver.give(as_bytes_of("member")));

  EXPECT_EQ(given_.size(), 1U);
  EXPECT_EQ(std::move(giver).result().problem, (LayerProblem{Reason::unsupported, "first"}));
}

TEST_F(MemberGiverTest, StopsWhenAsked) {
  go_on_ = false;
  MemberGiver giver = this->giver();
  EXPECT_FALSE(giver.give(as_bytes_of("member")));
  EXPECT_FALSE(giver.give(as_bytes_of("member")));

  EXPECT_EQ(given_.size(), 1U);
  EXPECT_FALSE(std::move(giver).result().problem);
}

}  // namespace
}  // namespace cordon
