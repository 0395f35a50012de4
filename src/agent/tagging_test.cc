#include "agent/tagging.h"

#include <gtest/gtest.h>

#include "testing/fake_object_store.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;

class TaggingTest : public testing::Test {
 protected:
  void SetUp() override {
    store_.make_bucket(object_.bucket);
    store_.put(object_.bucket, object_.key, "x", {{"owner", "me"}});
  }
  TagSet there() { return store_.current(object_.bucket, object_.key)->tags; }
  /// Another writer, before the call with this number.
  void meddle(Call call, int number, const TagSet& tags) {
    store_.on_call([=, this](Call now, const ObjectRef&) -> std::optional<Error> {
      if (now == call && store_.calls(call) == number) store_.owner_sets_tags(object_, tags);
      return std::nullopt;
    });
  }

  Result<TagOutcome> write() {
    const auto check = [this]() -> Result<void> {
      ++checks_;
      if (refusal_) return *refusal_;
      return {};
    };
    return tagging_.write(ours_, check, {});
  }

  FakeObjectStore store_;
  int checks_ = 0;
  std::optional<Error> refusal_;
  TagKeys keys_;
  ObjectRef object_{BucketName("b"), ObjectKey("k")};
  TagSet ours_{{"scan-result", "Clean"}, {"date-scanned", "2026"}};
  Tagging tagging_{store_, keys_, object_, Deadline::never(), {}};
};

TEST_F(TaggingTest, WritesBesideTheOwners) {
  const auto outcome = write();

  EXPECT_EQ(outcome->state, TaggingState::done);
  EXPECT_EQ(there(), (TagSet{{"owner", "me"}, {"scan-result", "Clean"}, {"date-scanned", "2026"}}));
  EXPECT_EQ(outcome->tags, there());
}

TEST_F(TaggingTest, RepairsWhatAnotherWriterTookAway) {
  meddle(Call::tags, 2, {{"owner", "changed"}});

  const auto outcome = write();

  EXPECT_EQ(outcome->state, TaggingState::done);
  EXPECT_EQ(there(),
            (TagSet{{"owner", "changed"}, {"scan-result", "Clean"}, {"date-scanned", "2026"}}));
}

TEST_F(TaggingTest, WhatTheStoreDidNotKeepIsWrittenAgainOrIsNoSuccess) {
  for (int swallowed = 1; swallowed <= 3; ++swallowed) {
    store_.owner_sets_tags(object_, {{"owner", "me"}});
    for (int i = 0; i < swallowed; ++i) store_.pretend_next(Call::set_tags);

    const auto outcome = write();

    EXPECT_EQ(outcome->state, swallowed < 3 ? TaggingState::done : TaggingState::failed);
    EXPECT_EQ(there().contains("scan-result"), swallowed < 3);
    EXPECT_EQ(outcome->tags, there());
  }
}

TEST_F(TaggingTest, RepairsTwiceAndNotForEver) {
  store_.on_call([this](Call now, const ObjectRef&) -> std::optional<Error> {
    if (now == Call::tags) store_.owner_sets_tags(object_, {{"owner", "again"}});
    return std::nullopt;
  });

  EXPECT_EQ(write()->state, TaggingState::failed);

  EXPECT_EQ(store_.calls(Call::set_tags), 3);
}

TEST_F(TaggingTest, AsksBeforeEveryWriteAndHeedsTheAnswer) {
  meddle(Call::tags, 2, {{"owner", "changed"}});
  ASSERT_TRUE(write());
  EXPECT_EQ(checks_, 2);
  refusal_ = Error{Errc::changed, "replaced"};

  EXPECT_EQ(write().error().code, Errc::changed);

  EXPECT_EQ(store_.calls(Call::set_tags), 2);
}

TEST_F(TaggingTest, TakesBackWhatItWroteAndNothingElse) {
  ASSERT_TRUE(write());
  store_.owner_sets_tags(
      object_,
      {{"owner", "me"}, {"scan-result", "Infected"}, {"new", "1"}, {"date-scanned", "2026"}});

  ASSERT_TRUE(tagging_.take_back());

  EXPECT_EQ(there(), (TagSet{{"owner", "me"}, {"scan-result", "Infected"}, {"new", "1"}}));
}

TEST_F(TaggingTest, TakingBackFromNothingIsDone) {
  ASSERT_TRUE(write());
  store_.delete_current(object_.bucket, object_.key);

  EXPECT_TRUE(tagging_.take_back());
}

TEST_F(TaggingTest, AStoreThatKnowsFewerLettersGetsTheVerdictInAscii) {
  ours_["message"] = "encrypted: größe.zip";
  store_.fail_next(Call::set_tags, {Errc::invalid, "InvalidTag"});

  EXPECT_EQ(write()->state, TaggingState::done);

  EXPECT_EQ(there().at("message"), "encrypted: gr__e.zip");
  EXPECT_EQ(there().at("owner"), "me");
}

TEST_F(TaggingTest, ARefusalIsAnOutcomeAndAnOutageAnError) {
  store_.fail_next(Call::set_tags, {Errc::invalid, "InvalidTag"});
  EXPECT_EQ(write()->state, TaggingState::failed);
  store_.fail_next(Call::set_tags, {Errc::denied, "no", ErrorCause::access_denied});
  EXPECT_EQ(write()->state, TaggingState::failed);
  store_.fail_next(Call::set_tags, {Errc::throttled, "SlowDown"});
  EXPECT_EQ(write().error().code, Errc::throttled);
  store_.fail_next(Call::tags, {Errc::denied, "expired", ErrorCause::credentials});
  EXPECT_EQ(write().error().code, Errc::denied);
}

}  // namespace
}  // namespace cordon
