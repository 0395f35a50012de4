#include "deadletters/dead_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scan_request.h"
#include "testing/builders.h"
#include "testing/fake_dead_letter_box.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DeadLettersTest : public testing::Test {
 protected:
  void add(const std::string& id, const std::string& reason, const std::string& body = "{}") {
    box_.letters.push_back(
        {Claim{id, ReceiptHandle("r" + id), body, 1, SystemTime(std::chrono::seconds(++sent_))},
         reason, DeadOrigin::events});
  }
  std::vector<std::string> left() {
    std::vector<std::string> ids;
    for (const DeadLetter& letter : box_.letters) ids.push_back(letter.claim.message_id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  FakeDeadLetterBox box_;
  DeadLetters dead_{box_, {.takes_scan_requests = true}};
  int sent_ = 0;
};

TEST_F(DeadLettersTest, ListsEveryLetterWithItsObjectsAndGivesAllBack) {
  add("a", "not understood: x", "junk");
  add("b", "", s3_message(s3_record({.object = {BucketName("uploads"), ObjectKey("k")}})));
  for (int i = 0; i < 30; ++i) add("c" + std::to_string(i), "");

  const auto page = dead_.list(100, Deadline::never(), {});

  ASSERT_TRUE(page);
  EXPECT_EQ(page->entries.size(), 32U);
  EXPECT_FALSE(page->more);
  EXPECT_EQ(page->entries[0].cause, DeadCause::malformed);
  EXPECT_THAT(page->entries[0].objects, IsEmpty());
  EXPECT_THAT(page->entries[1].objects,
              ElementsAre(ObjectRef{BucketName("uploads"), ObjectKey("k")}));
  EXPECT_EQ(box_.letters.size(), 32U);
  EXPECT_THAT(box_.taken, IsEmpty());
}

TEST_F(DeadLettersTest, ATurnOfASweepNamesItsObjectAndKeepsItsOrigin) {
  add("s", "", encode_scan_request({.object = {BucketName("uploads"), ObjectKey("k")}}));
  box_.letters.back().origin = DeadOrigin::sweep;

  const auto page = dead_.list(10, Deadline::never(), {});

  ASSERT_TRUE(page);
  EXPECT_EQ(page->entries[0].letter.origin, DeadOrigin::sweep);
  EXPECT_EQ(name_of(page->entries[0].letter.origin), "sweep");
  EXPECT_THAT(page->entries[0].objects,
              ElementsAre(ObjectRef{BucketName("uploads"), ObjectKey("k")}));
}

TEST_F(DeadLettersTest, AdviceFitsWhoAnnouncedIt) {
  const std::pair<std::string, const char*> kMessages[] = {
      {s3_message(s3_record({.object = {BucketName("uploads"), ObjectKey("k")}})),
       "cordon bucket protect"},
      {encode_scan_request({.object = {BucketName("uploads"), ObjectKey("k")}}),
       "cordon scan bucket"},
      {R"({"version":"0","id":"i","detail-type":"Storage Gateway Object Upload Event",)"
       R"("source":"aws.storagegateway","account":"1","time":"2026-11-22T15:50:33Z",)"
       R"("region":"r","resources":["arn:aws:storagegateway:r:1:share/share-1"],)"
       R"("detail":{"object-size":1,"object-key":"k","prefix":"in/","bucket-name":"b",)"
       R"("event-type":"object-upload-complete"}})",
       "cordon gateway link"},
      {"no json", "cordon bucket protect"},
  };
  for (const auto& [body, advice] : kMessages) {
    const DeadEntry entry =
        opened({Claim{"m", ReceiptHandle("r"), body, 1, {}}, "not-protected: bucket b"},
               {.takes_scan_requests = true});
    EXPECT_THAT(std::string(remedy_for(entry)), testing::HasSubstr(advice)) << body;
  }
}

TEST_F(DeadLettersTest, SaysThatThereAreMore) {
  for (int i = 0; i < 25; ++i) add(std::to_string(i), "");

  const auto page = dead_.list(12, Deadline::never(), {});

  EXPECT_EQ(page->entries.size(), 12U);
  EXPECT_TRUE(page->more);
  EXPECT_EQ(box_.letters.size(), 25U);
}

TEST_F(DeadLettersTest, ReplaysWhatWasChosenAndLeavesTheRest) {
  add("a", "given up after 5 deliveries: denied: x", "A");
  add("b", "not understood: x", "B");
  add("c", "given up after 5 deliveries: denied: y", "C");

  const auto tally = dead_.replay({.cause = DeadCause::denied}, Deadline::never(), {});

  ASSERT_TRUE(tally);
  EXPECT_EQ(tally->done, 2U);
  EXPECT_THAT(box_.replayed, ElementsAre("A", "C"));
  EXPECT_THAT(left(), ElementsAre("b"));
}

TEST_F(DeadLettersTest, DropsByIdAndNamesWhatIsNotThere) {
  add("a", "");
  add("b", "");

  const auto tally = dead_.drop({.ids = {"b", "z"}}, Deadline::never(), {});

  EXPECT_EQ(tally->done, 1U);
  EXPECT_THAT(tally->missing, ElementsAre("z"));
  EXPECT_THAT(left(), ElementsAre("a"));
}

TEST_F(DeadLettersTest, AFailureStopsAndLosesNothing) {
  add("a", "", "A");
  add("b", "", "B");
  box_.failures = 1;

  const auto tally = dead_.replay({.all = true}, Deadline::never(), {});

  ASSERT_FALSE(tally);
  EXPECT_THAT(left(), ElementsAre("a", "b"));
  EXPECT_THAT(box_.replayed, IsEmpty());
}

TEST_F(DeadLettersTest, WhatWasSentIsNotSentAgainWhenItCannotBeTakenOut) {
  add("a", "", "A");
  add("b", "", "B");
  box_.drop_failures = 1;

  const auto tally = dead_.replay({.all = true}, Deadline::never(), {});

  ASSERT_FALSE(tally);
  EXPECT_THAT(tally.error().what, testing::HasSubstr("cordon dead drop a"));
  EXPECT_THAT(box_.replayed, ElementsAre("A"));
  EXPECT_THAT(left(), ElementsAre("b")) << "a is not given back";
  EXPECT_TRUE(dead_.replay({.all = true}, Deadline::never(), {}));
  EXPECT_THAT(box_.replayed, ElementsAre("A", "B"));
}

TEST_F(DeadLettersTest, NobodyWaitsForLettersThatAreNotThere) {
  EXPECT_THAT(dead_.list(100, Deadline::never(), {})->entries, IsEmpty());
  for (int i = 0; i < 25; ++i) add(std::to_string(i), "");
  EXPECT_EQ(dead_.list(100, Deadline::never(), {})->entries.size(), 25U);
  EXPECT_EQ(box_.waits, 0);

  box_.count = 26;  // One that a queue does not give at once.
  EXPECT_EQ(dead_.list(100, Deadline::never(), {})->entries.size(), 25U);
  EXPECT_EQ(box_.waits, 2);

  box_.count = 0;  // The count is behind.
  EXPECT_EQ(dead_.list(100, Deadline::never(), {})->entries.size(), 25U);
}

TEST_F(DeadLettersTest, ChoosingNothingTouchesNothing) {
  add("a", "");

  EXPECT_EQ(dead_.drop({}, Deadline::never(), {})->done, 0U);

  EXPECT_THAT(left(), ElementsAre("a"));
}

}  // namespace
}  // namespace cordon
