#include "staging/object_transfer.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

ObjectHead head_of(std::uint64_t bytes, const char* etag = "e") {
  ObjectHead head;
  head.etag = ETag(etag);
  head.bytes = bytes;
  return head;
}

class ObjectTransferTest : public testing::Test {
 protected:
  ObjectTransfer transfer() {
    return ObjectTransfer(options_, budget_, [this](const ObjectHead&) -> Result<void> {
      ++opened_;
      if (refusal_) return *refusal_;
      return {};
    });
  }
  static Result<void> write(ObjectTransfer& to, std::string_view text) {
    return to.write(as_bytes_of(text));
  }

  StageOptions options_{.spool_directory = "/tmp", .memory_bytes_max = 10, .object_bytes_max = 50};
  SpoolBudget budget_{30};
  int opened_ = 0;
  std::optional<Error> refusal_;
};

TEST_F(ObjectTransferTest, WhatArrivesOverSeveralConnectionsIsOneContent) {
  ObjectTransfer to = transfer();
  ASSERT_TRUE(to.begin(head_of(6)));
  ASSERT_TRUE(write(to, "abc"));
  EXPECT_FALSE(to.is_whole());
  ASSERT_TRUE(to.begin(head_of(6)));
  ASSERT_TRUE(write(to, "def"));

  EXPECT_TRUE(to.is_whole());
  EXPECT_EQ(opened_, 1);
  const Result<StagedContent> content = std::move(to).finish();
  ASSERT_TRUE(content);
  EXPECT_EQ(content->bytes, 6U);
  EXPECT_EQ(content->sha256, hex(sha256("abcdef")));
}

TEST_F(ObjectTransferTest, ALaterHeadMustTellOfTheSameObject) {
  for (const ObjectHead& other : {head_of(6, "another"), head_of(7)}) {
    ObjectTransfer to = transfer();
    ASSERT_TRUE(to.begin(head_of(6)));

    EXPECT_EQ(to.begin(other).error().code, Errc::changed);
    EXPECT_TRUE(to.refused());
  }
}

TEST_F(ObjectTransferTest, BytesBeyondTheAnnouncedSizeAreRefused) {
  ObjectTransfer to = transfer();
  ASSERT_TRUE(to.begin(head_of(3)));

  EXPECT_EQ(write(to, "abcd").error().code, Errc::invalid);
  EXPECT_TRUE(to.refused());
}

TEST_F(ObjectTransferTest, WhatIsLargerThanObjectsAreScannedIsAVerdict) {
  ObjectTransfer to = transfer();

  EXPECT_FALSE(to.begin(head_of(51)));
  ASSERT_TRUE(to.verdict());
  EXPECT_EQ(to.verdict()->reason, Reason::too_large);
}

TEST_F(ObjectTransferTest, WhatIsLargerThanTheSpoolIsSaidSo) {
  ObjectTransfer to = transfer();

  EXPECT_FALSE(to.begin(head_of(31)));
  EXPECT_TRUE(to.is_too_large_to_keep());
  EXPECT_FALSE(to.verdict());
}

TEST_F(ObjectTransferTest, ContentThatNeedsSpaceWaitsForItAndGoesOn) {
  auto held = budget_.try_acquire(20);
  ASSERT_TRUE(held);
  ObjectTransfer to = transfer();

  EXPECT_FALSE(to.begin(head_of(20)));
  EXPECT_TRUE(to.waits_for_space());

  held.reset();
  to.give_space(budget_.acquire(20, Deadline::never(), {}).value());
  EXPECT_FALSE(to.waits_for_space());
  EXPECT_TRUE(to.begin(head_of(20)));
  EXPECT_EQ(budget_.bytes_held(), 20U);
}

TEST_F(ObjectTransferTest, AnObjectThatNobodyWantsIsNotKept) {
  refusal_ = Error{Errc::denied, "excluded"};
  ObjectTransfer to = transfer();

  EXPECT_EQ(to.begin(head_of(3)).error().code, Errc::denied);
  EXPECT_TRUE(to.refused());
  EXPECT_EQ(to.bytes_received(), 0U);
}

TEST_F(ObjectTransferTest, AfterARestartOnlyTheNewBytesCount) {
  ObjectTransfer to = transfer();
  ASSERT_TRUE(to.begin(head_of(3)));
  ASSERT_TRUE(write(to, "bad"));

  to.restart();
  EXPECT_EQ(to.bytes_received(), 0U);
  ASSERT_TRUE(write(to, "new"));

  EXPECT_EQ(std::move(to).finish()->sha256, hex(sha256("new")));
}

}  // namespace
}  // namespace cordon
