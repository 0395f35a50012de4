#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/ports/bucket_catalogue.h"
#include "testing/object_store_contract.h"
#include "testing/result_code.h"

namespace cordon {

/// What every BucketCatalogue owes its caller. A Subject is one of ObjectStoreContract's with
///
///   BucketCatalogue& catalogue();
template <typename Subject>
class BucketCatalogueContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = subject_.skip_reason();
    if (!reason.empty()) GTEST_SKIP() << reason;
    bucket_ = subject_.make_bucket(true);
  }

  std::string put(const std::string& key) {
    return subject_.put(bucket_, ObjectKey(key), {}).version->str();
  }
  /// Every version of the bucket, in pages of `count`: "key@version".
  std::vector<std::string> list(std::size_t count, const std::string& prefix = "") {
    std::vector<std::string> found;
    CatalogueQuery query{.bucket = bucket_, .prefix = prefix, .count_max = count};
    for (int pages = 0; pages < 100; ++pages) {
      const Result<CataloguePage> page = subject_.catalogue().list(query, Deadline::never(), {});
      if (!page) return {"(" + page.error().what + ")"};
      EXPECT_LE(page->versions.size(), count);
      for (const ListedVersion& one : page->versions) {
        EXPECT_EQ(one.bytes, 11U);
        found.push_back(one.object.key.str() + "@" + one.object.version->str());
      }
      if (!page->next) return found;
      query.after = page->next;
    }
    return {"(no end)"};
  }
  Result<ETag> write(const std::string& text, const std::optional<ETag>& if_match) {
    return subject_.catalogue().write({bucket_, ObjectKey(".x/document")}, text, if_match,
                                      Deadline::never(), {});
  }

  Subject subject_;
  BucketName bucket_;
};

TYPED_TEST_SUITE_P(BucketCatalogueContract);

TYPED_TEST_P(BucketCatalogueContract, ListsKeysInOrderAndTheNewestVersionFirst) {
  const std::string kOdd = "b/\xC3\xBC +%&<\t";
  const std::string odd = this->put(kOdd);
  const std::string second = this->put("b/a");
  const std::string third = this->put("b/a");
  const std::string first = this->put("a");
  this->subject_.delete_current(this->bucket_, ObjectKey("a"));
  const std::vector<std::string> kAll = {"a@" + first, "b/a@" + third, "b/a@" + second,
                                         kOdd + "@" + odd};

  EXPECT_EQ(this->list(1000), kAll);
  EXPECT_EQ(this->list(1), kAll);
  EXPECT_EQ(this->list(2), kAll);
  EXPECT_EQ(this->list(2, "b/"), (std::vector<std::string>{kAll[1], kAll[2], kAll[3]}));
  EXPECT_EQ(this->list(2, "c"), std::vector<std::string>{});
}

TYPED_TEST_P(BucketCatalogueContract, WritesOnlyOverWhatTheWriterHasSeen) {
  const Result<ETag> made = this->write("{\"a\":1}", std::nullopt);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(code_of(this->write("{\"a\":2}", std::nullopt)), Errc::changed);

  const Result<ETag> changed = this->write("{\"a\":3}", *made);
  ASSERT_TRUE(changed) << changed.error().what;
  EXPECT_EQ(code_of(this->write("{\"a\":4}", *made)), Errc::changed);
}

TYPED_TEST_P(BucketCatalogueContract, AMissingBucketIsNotFound) {
  CatalogueQuery query{.bucket = BucketName(this->bucket_.str() + "-no")};

  EXPECT_EQ(code_of(this->subject_.catalogue().list(query, Deadline::never(), {})),
            Errc::not_found);
}

REGISTER_TYPED_TEST_SUITE_P(BucketCatalogueContract, ListsKeysInOrderAndTheNewestVersionFirst,
                            WritesOnlyOverWhatTheWriterHasSeen, AMissingBucketIsNotFound);

}  // namespace cordon
