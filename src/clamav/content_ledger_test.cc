#include "clamav/content_ledger.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace cordon {
namespace {

ContentId id(std::string_view text) { return id_of(as_bytes_of(text)); }

TEST(ContentLedger, IsCompleteWhenEveryContentWasSeen) {
  ContentLedger ledger;
  EXPECT_TRUE(ledger.complete());
  ledger.await(id("first content"));
  ledger.await(id("second content"));

  ledger.see(as_bytes_of("second content"), 1);
  EXPECT_FALSE(ledger.complete());
  ledger.see(as_bytes_of("first content"), 1);

  EXPECT_TRUE(ledger.complete());
}

TEST(ContentLedger, KnowsContentByItsBytesAndNotByItsSizeOrNumber) {
  ContentLedger ledger;
  ledger.await(id("content A"));

  for (const char* other : {"content B", "content", "content A and more", ""}) {
    ledger.see(as_bytes_of(other), 1);
  }

  EXPECT_EQ(ledger.awaited(), 1U);
}

TEST(ContentLedger, SeeingOnceIsEnoughForEqualContents) {
  ContentLedger ledger;
  ledger.await(id("content"));
  ledger.await(id("content"));

  ledger.see(as_bytes_of("content"), 1);

  EXPECT_TRUE(ledger.complete());
}

TEST(ContentLedger, AwaitsNothingThatIsTooShortForAnySignature) {
  ContentLedger ledger;

  ledger.await(id("12345"));
  EXPECT_TRUE(ledger.complete());
  ledger.await(id("123456"));

  EXPECT_FALSE(ledger.complete());
}

TEST(ContentLedger, GivesEachAwaitedContentOnce) {
  ContentLedger ledger;
  ledger.await(id("content"));

  EXPECT_FALSE(ledger.take(as_bytes_of("another")));
  EXPECT_TRUE(ledger.take(as_bytes_of("content")));
  EXPECT_FALSE(ledger.take(as_bytes_of("content")));
}

TEST(ContentLedger, TakesATextOfAMailWithOtherEndsOfLines) {
  ContentLedger ledger;
  ledger.await_part(as_bytes_of("one line\r\nanother line\r\n"));

  ledger.see(as_bytes_of("one line\nanother lime\n"), 1);
  EXPECT_FALSE(ledger.complete());
  ledger.see(as_bytes_of("one line\nanother line\n"), 1);

  EXPECT_TRUE(ledger.complete());
}

TEST(ContentLedger, TakesNothingElseWithOtherEndsOfLines) {
  ContentLedger ledger;
  ledger.await_part(as_bytes_of(std::string("no\1text\r\n")));

  ledger.see(as_bytes_of(std::string("no\1text\n")), 1);

  EXPECT_FALSE(ledger.complete());
}

constexpr SizeAndSum kHello{.bytes = 11, .sum = 0x0D4A1185};  // "hello world"

TEST(ContentLedger, KnowsWhatNobodyElseUnpacksByItsSizeAndSum) {
  ContentLedger ledger;
  ledger.await(kHello, 2);

  ledger.see(as_bytes_of("hello worle"), 2);
  ledger.see(as_bytes_of("hello world"), 3);
  EXPECT_FALSE(ledger.complete());
  ledger.see(as_bytes_of("hello world"), 2);

  EXPECT_TRUE(ledger.complete());
}

TEST(ContentLedger, TakesNoContentThatIsKnownByItsBytesForOneThatIsKnownByItsSum) {
  ContentLedger ledger;
  ledger.await(kHello, 2);
  ledger.await(id("hello world"));

  for (int i = 0; i < 3; ++i) ledger.see(as_bytes_of("hello world"), 2);

  EXPECT_EQ(ledger.awaited(), 1U);
}

/// Each of two equal members is shown; one alone does not stand for the other.
TEST(ContentLedger, TakesNoLayerForTwoMembers) {
  ContentLedger ledger;
  ledger.await(kHello, 2);
  ledger.await(kHello, 2);

  ledger.see(as_bytes_of("hello world"), 2);
  EXPECT_EQ(ledger.awaited(), 1U);
  ledger.see(as_bytes_of("hello world"), 2);

  EXPECT_TRUE(ledger.complete());
}

TEST(ContentLedger, TakesAnOpenedMemberOfAnotherContainerForNothing) {
  ContentLedger ledger;
  ledger.await_locked(kHello, 2);
  EXPECT_TRUE(ledger.complete()) << "nobody else can unpack it";

  ledger.see(as_bytes_of("hello world"), 1);
  ledger.see(as_bytes_of("hello world"), 0);
  EXPECT_EQ(ledger.locked(), 1U);
  ledger.see(as_bytes_of("hello world"), 2);

  EXPECT_EQ(ledger.locked(), 0U);
}

TEST(ContentLedger, TakesNoContentThatIsKnownByItsBytesForALockedMember) {
  ContentLedger ledger;
  ledger.await_locked(kHello, 2);
  ledger.await(id("hello world"));

  for (int i = 0; i < 3; ++i) ledger.see(as_bytes_of("hello world"), 2);

  EXPECT_EQ(ledger.locked(), 1U);
}

TEST(ContentIdBuilder, GivesTheSameIdWhateverThePieces) {
  ContentIdBuilder builder;
  for (const char* piece : {"one ", "", "content in ", "pieces"}) {
    builder.update(as_bytes_of(piece));
  }

  EXPECT_EQ(builder.bytes(), 21U);
  EXPECT_EQ(builder.finish(), id("one content in pieces"));
}

}  // namespace
}  // namespace cordon
