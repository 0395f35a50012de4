#include "core/ports/watched_document.h"

#include <gtest/gtest.h>

#include "testing/fake_document_store.h"

namespace cordon {
namespace {

using State = WatchedDocument::State;

class WatchedDocumentTest : public testing::Test {
 protected:
  Result<std::optional<StoredDocument>> look() { return watched_.look(Deadline::never(), {}); }

  FakeDocumentStore store_;
  WatchedDocument watched_{store_};
};

TEST_F(WatchedDocumentTest, ADocumentIsFetchedOnce) {
  store_.put("one");

  const auto first = look();
  const auto second = look();

  ASSERT_TRUE(first && *first && second);
  EXPECT_EQ((*first)->document, "one");
  EXPECT_FALSE(*second);
  EXPECT_EQ(store_.transfers(), 1);
}

TEST_F(WatchedDocumentTest, OneThatWasRefusedStaysRefusedUntilItChanges) {
  store_.put("bad");
  ASSERT_TRUE(look());
  EXPECT_TRUE(watched_.enter_refused());

  EXPECT_TRUE(watched_.enter_away());
  ASSERT_FALSE(look().value());
  EXPECT_TRUE(watched_.enter_unchanged());

  EXPECT_EQ(watched_.state(), State::refused);
  EXPECT_EQ(store_.transfers(), 1);
  store_.put("good");
  EXPECT_TRUE(look().value());
  EXPECT_TRUE(watched_.enter_good());
  EXPECT_FALSE(watched_.is_refused());
}

TEST_F(WatchedDocumentTest, EachChangeIsToldOnce) {
  EXPECT_TRUE(watched_.enter_missing());
  EXPECT_FALSE(watched_.enter_missing());
  EXPECT_TRUE(watched_.enter_away());
  EXPECT_FALSE(watched_.enter_away());
  EXPECT_TRUE(watched_.enter_unchanged());
  EXPECT_FALSE(watched_.enter_good());
}

TEST_F(WatchedDocumentTest, AfterItWasMissingTheSameDocumentIsReadAgain) {
  store_.put("one");
  ASSERT_TRUE(look().value());
  watched_.enter_missing();

  EXPECT_TRUE(look().value());
}

TEST_F(WatchedDocumentTest, WhatACacheSaidIsNotFetched) {
  store_.put("one");
  const ETag etag = look().value()->etag;
  WatchedDocument again(store_);

  again.know(etag);

  EXPECT_FALSE(again.look(Deadline::never(), {}).value());
}

}  // namespace
}  // namespace cordon
