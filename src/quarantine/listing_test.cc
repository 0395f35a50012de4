#include "quarantine/listing.h"

#include <gtest/gtest.h>

#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_object_store.h"

namespace cordon {
namespace {

const BucketName kQuarantine("cordon-quarantine-main-1-r");

class ListingTest : public testing::Test {
 protected:
  ListingTest() {
    store_.make_bucket(kQuarantine, FakeObjectStore::Versions::on);
    catalogue_.page_max = 2;
    for (const char* key : {"b2/x", "b1/a", "b1/a", "b10/z", "b1/c d", ".cordon/allow-once/m"}) {
      store_.put(kQuarantine, ObjectKey(key), std::string("content of ") + key);
    }
  }

  /// "key@version" of every entry, and the last one again behind ">" when more follow.
  std::string list(QuarantineQuery query) {
    query.quarantine = kQuarantine;
    std::string text;
    const auto next = list_quarantine(store_, catalogue_, query,
                                      [&](const QuarantineEntry& entry) {
                                        const ObjectRef& stored = entry.record.stored;
                                        text += (text.empty() ? "" : " ") + stored.key.str() + "@" +
                                                stored.version->str();
                                      },
                                      /*progress=*/nullptr, Deadline::never(), {});
    if (!next) return "(" + std::string(name_of(next.error().code)) + ")";
    return *next ? text + " > " + (*next)->version->str() : text;
  }

  FakeObjectStore store_;
  std::vector<std::size_t> pages_;  ///< Of how many entries the end was told.
  FakeBucketCatalogue catalogue_{store_};
};

TEST_F(ListingTest, IsInOrderOverAllPagesAndLeavesOurOwnOut) {
  EXPECT_EQ(list({}), "b1/a@v3 b1/a@v2 b1/c d@v5 b10/z@v4 b2/x@v1");
}

TEST_F(ListingTest, KeepsToBucketAndPrefix) {
  EXPECT_EQ(list({.bucket = BucketName("b1")}), "b1/a@v3 b1/a@v2 b1/c d@v5");
  EXPECT_EQ(list({.bucket = BucketName("b1"), .prefix = "c"}), "b1/c d@v5");
  EXPECT_EQ(list({.bucket = BucketName("b")}), "");
  EXPECT_EQ(list({.prefix = "c"}), "(invalid)");
}

TEST_F(ListingTest, StopsWhereItIsToldAndGoesOnFromThere) {
  EXPECT_EQ(list({.count_max = 3}), "b1/a@v3 b1/a@v2 b1/c d@v5 > v5");
  EXPECT_EQ(list({.after = ObjectRef{kQuarantine, ObjectKey("b1/c d"), VersionId("v5")}}),
            "b10/z@v4 b2/x@v1");
  EXPECT_EQ(
      list({.after = ObjectRef{kQuarantine, ObjectKey("b1/a"), VersionId("v3")}, .count_max = 1}),
      "b1/a@v2 > v2");
  EXPECT_EQ(list({.count_max = 5}), "b1/a@v3 b1/a@v2 b1/c d@v5 b10/z@v4 b2/x@v1");
}

TEST_F(ListingTest, ManyEntriesComeInOrderWithOneLookAtEach) {
  catalogue_.page_max = 100;
  std::vector<std::string> keys;
  for (int i = 1000; i < 1250; ++i) keys.push_back("many/" + std::to_string(i));
  for (const std::string& key : keys) store_.put(kQuarantine, ObjectKey(key), key);
  std::vector<std::string> listed;
  const ProgressListener progress = [&](std::string_view, std::size_t done, std::size_t total) {
    if (done == total) pages_.push_back(total);
  };

  const auto more = list_quarantine(
      store_, catalogue_, {.quarantine = kQuarantine, .bucket = BucketName("many")},
      [&](const QuarantineEntry& entry) { listed.push_back(entry.record.stored.key.str()); },
      progress, Deadline::never(), {});

  ASSERT_TRUE(more) << more.error().what;
  EXPECT_EQ(listed, keys);
  EXPECT_EQ(store_.calls(FakeObjectStore::Call::head), 250);
  EXPECT_EQ(pages_, (std::vector<std::size_t>{100, 100, 50}));
}

TEST_F(ListingTest, WhatIsDeletedMeanwhileIsLeftOut) {
  store_.fail_next(FakeObjectStore::Call::head, Error{Errc::not_found, "gone"});

  EXPECT_EQ(list({.bucket = BucketName("b1")}), "b1/a@v2 b1/c d@v5");
}

TEST_F(ListingTest, AFailureIsNotTheEnd) {
  store_.fail_next(FakeObjectStore::Call::head, Error{Errc::unavailable, "away"});

  EXPECT_EQ(list({}), "(unavailable)");
}

TEST_F(ListingTest, WhatCannotBeLookedAtIsListedWithWhatIsKnown) {
  store_.put(kQuarantine, ObjectKey("nobucket"), "x");
  std::vector<QuarantineEntry> entries;
  int heads = 0;
  store_.on_call([&](FakeObjectStore::Call call, const ObjectRef&) -> std::optional<Error> {
    if (call != FakeObjectStore::Call::head || ++heads != 1) return std::nullopt;
    return Error{Errc::denied, "KMS.DisabledException", ErrorCause::kms};
  });

  const auto more = list_quarantine(store_, catalogue_, {.quarantine = kQuarantine},
                                    [&](const QuarantineEntry& entry) { entries.push_back(entry); },
                                    /*progress=*/nullptr, Deadline::never(), {});

  ASSERT_TRUE(more) << more.error().what;
  ASSERT_EQ(entries.size(), 6U);
  ASSERT_TRUE(entries[0].unread);
  EXPECT_EQ(entries[0].unread->what, "KMS.DisabledException");
  EXPECT_EQ(entries[0].record.original, (ObjectRef{BucketName("b1"), ObjectKey("a")}));
  EXPECT_EQ(entries[0].bytes, std::string("content of b1/a").size());
  EXPECT_FALSE(entries[1].unread);
  EXPECT_EQ(entries[1].record.result, std::nullopt) << "no metadata of ours";
  EXPECT_EQ(entries[5].record.stored.key, ObjectKey("nobucket"));
  EXPECT_EQ(entries[5].record.original, std::nullopt);
}

}  // namespace
}  // namespace cordon
