#include "operations/dead_letter_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "testing/builders.h"
#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DeadLetterQueueTest : public testing::Test {
 protected:
  DeadLetterQueueTest() {
    account_.queue(access_.deployment().event_queue());
    account_.queue(access_.deployment().dead_letters());
  }

  void add(const std::string& id, const std::string& reason, const std::string& body = "{}",
           DeadOrigin origin = DeadOrigin::events) {
    account_.dead_letters.letters.push_back(
        {Claim{id, ReceiptHandle("r" + id), body, 1, account_.clock.system_now()}, reason, origin});
    account_.clock.advance(std::chrono::seconds(1));
  }
  std::vector<std::string> left() const {
    std::vector<std::string> ids;
    for (const DeadLetter& letter : account_.dead_letters.letters) {
      ids.push_back(letter.claim.message_id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  Result<DeadLetterOutcome> settle(const DeadLetterOrder& order) {
    return settle_dead_letters(letters_of(access_), runtime_.runtime, order);
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
};

TEST_F(DeadLetterQueueTest, ListsTheOldestAndSaysThatThereAreMore) {
  for (const char* id : {"a", "b", "c"}) add(id, "");

  const auto some = list_dead_letters(letters_of(access_), runtime_.runtime, {.count_max = 2});
  const auto all = list_dead_letters(letters_of(access_), runtime_.runtime, {.count_max = 3});

  ASSERT_TRUE(some && all);
  EXPECT_TRUE(some->more);
  ASSERT_EQ(some->entries.size(), 2U);
  EXPECT_EQ(some->entries[0].letter.claim.message_id, "a");
  EXPECT_FALSE(all->more);
  EXPECT_THAT(left(), ElementsAre("a", "b", "c"));
}

TEST_F(DeadLetterQueueTest, ReadsKeysAsItIsTold) {
  add("a", "", s3_message(s3_record({.object = {BucketName("uploads"), ObjectKey("a+b")}})));

  const auto url = find_dead_letter(letters_of(access_), runtime_.runtime,
                                    {"a", {.key_encoding = KeyEncoding::url}});
  const auto raw = find_dead_letter(letters_of(access_), runtime_.runtime,
                                    {"a", {.key_encoding = KeyEncoding::raw}});

  ASSERT_TRUE(url && raw);
  EXPECT_NE(url->objects.at(0).key, raw->objects.at(0).key);
}

TEST_F(DeadLetterQueueTest, WithoutQueuesItSaysHowTheyAreMade) {
  FakeAccount bare;
  DeploymentAccess access(bare);

  const auto listed = list_dead_letters(letters_of(access), runtime_.runtime, {});
  const auto found = find_dead_letter(letters_of(access), runtime_.runtime, {.id = "a"});
  const auto settled =
      settle_dead_letters(letters_of(access), runtime_.runtime, {.choice = {.all = true}});

  for (const Error& error : {listed.error(), found.error(), settled.error()}) {
    EXPECT_EQ(error.code, Errc::not_found);
    EXPECT_THAT(error.what, HasSubstr("cordon bucket protect"));
  }
}

TEST_F(DeadLetterQueueTest, AQueueThatMayNotBeLookedForIsNoMissingOne) {
  account_.home().queues.find_fails = Error{Errc::denied, "sqs:GetQueueUrl"};

  EXPECT_EQ(list_dead_letters(letters_of(access_), runtime_.runtime, {}).error().code,
            Errc::denied);
}

TEST_F(DeadLetterQueueTest, ALetterThatIsGoneIsNotFound) {
  add("a", "");

  const auto found = find_dead_letter(letters_of(access_), runtime_.runtime, {.id = "b"});

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::not_found);
  EXPECT_THAT(found.error().what, HasSubstr("no dead letter b"));
  EXPECT_THAT(left(), ElementsAre("a"));
}

TEST_F(DeadLetterQueueTest, ReplaysAndDropsWhatIsChosen) {
  add("a", "not understood: x", "first");
  add("b", "", "second");
  add("c", "not understood: y", "third");

  const auto replayed =
      settle({.action = DeadLetterAction::replay, .choice = {.ids = {"b", "gone"}}});
  const auto dropped =
      settle({.action = DeadLetterAction::drop, .choice = {.cause = DeadCause::malformed}});

  ASSERT_TRUE(replayed && dropped);
  EXPECT_EQ(replayed->tally.done, 1U);
  EXPECT_THAT(replayed->tally.missing, ElementsAre("gone"));
  EXPECT_EQ(dropped->tally.done, 2U);
  EXPECT_THAT(account_.dead_letters.replayed, ElementsAre("second"));
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(DeadLetterQueueTest, AnOrderForNoLetterTouchesNone) {
  add("a", "");

  for (const DeadLetterAction action : {DeadLetterAction::replay, DeadLetterAction::drop}) {
    const auto refused = settle({.action = action});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid);
  }
  EXPECT_THAT(left(), ElementsAre("a"));
  EXPECT_THAT(account_.dead_letters.replayed, IsEmpty());
}

TEST_F(DeadLetterQueueTest, WhatCannotBeReplayedStays) {
  add("a", "");
  add("b", "");
  account_.dead_letters.failures = 1;

  const auto failed = settle({.choice = {.all = true}});

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::unavailable);
  EXPECT_THAT(left(), ElementsAre("a", "b"));
}

TEST_F(DeadLetterQueueTest, AStopRequestLeavesEveryLetter) {
  add("a", "");
  runtime_.stop.request_stop();

  const auto stopped = settle({.action = DeadLetterAction::drop, .choice = {.all = true}});

  EXPECT_EQ(stopped.error().code, Errc::cancelled);
  EXPECT_THAT(left(), ElementsAre("a"));
}

TEST_F(DeadLetterQueueTest, TheDocumentOfALetterHasItsObjectsAndOnRequestItsBody) {
  const std::string body =
      s3_message(s3_record({.object = {BucketName("uploads"), ObjectKey("k"), VersionId("v1")}}));
  add("a", "given up after 5 deliveries: timeout: away", body);
  add("b", "", "\xff");

  const auto page = list_dead_letters(letters_of(access_), runtime_.runtime, {});

  ASSERT_TRUE(page);
  EXPECT_EQ(boost::json::serialize(document_of(page->entries[0])),
            R"({"schema":"cordon.dead-letter/1","id":"a","cause":"unavailable","queue":"events",)"
            R"("reason":"given up after 5 deliveries: timeout: away",)"
            R"("since":"2026-11-22T15:50:33.000Z",)"
            R"("objects":[{"bucket":"uploads","key":"k","versionId":"v1"}]})");
  EXPECT_EQ(boost::json::value_to<std::string>(full_document_of(page->entries[0]).at("body")),
            body);
  EXPECT_EQ(boost::json::serialize(full_document_of(page->entries[1])),
            R"({"schema":"cordon.dead-letter/1","id":"b","cause":"unexplained","queue":"events",)"
            R"("reason":null,"since":"2026-11-22T15:50:34.000Z","objects":[],"body":"�"})");
}

TEST_F(DeadLetterQueueTest, TheDocumentOfAnOutcomeIsNamedByWhatWasDone) {
  const DeadTally tally{.done = 2, .missing = {"x"}};

  EXPECT_EQ(boost::json::serialize(document_of({DeadLetterAction::replay, tally})),
            R"({"schema":"cordon.dead-letters-settled/1","replayed":2,"missing":["x"]})");
  EXPECT_EQ(boost::json::serialize(document_of({DeadLetterAction::drop, {}})),
            R"({"schema":"cordon.dead-letters-settled/1","dropped":0,"missing":[]})");
}

}  // namespace
}  // namespace cordon
