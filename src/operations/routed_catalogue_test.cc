#include "operations/routed_catalogue.h"

#include <gtest/gtest.h>

#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_object_store.h"

namespace cordon {
namespace {

const BucketName kOurs("ours");
const BucketName kTheirs("theirs");

// Two identities: each sees both buckets.
class RoutedCatalogueTest : public testing::Test {
 protected:
  RoutedCatalogueTest() {
    for (FakeObjectStore* store : {&ours_, &theirs_}) {
      store->make_bucket(kOurs);
      store->make_bucket(kTheirs);
    }
  }

  FakeObjectStore ours_;
  FakeObjectStore theirs_;
  FakeBucketCatalogue our_catalogue_{ours_};
  FakeBucketCatalogue their_catalogue_{theirs_};
  RoutedCatalogue catalogue_{[this](const BucketName& bucket) -> BucketCatalogue& {
    return bucket == kTheirs ? their_catalogue_ : our_catalogue_;
  }};
};

TEST_F(RoutedCatalogueTest, ABucketIsListedByWhoReachesIt) {
  ours_.put(kOurs, ObjectKey("k"), "x");
  ours_.put(kTheirs, ObjectKey("k"), "x");

  const auto in_ours = catalogue_.list({.bucket = kOurs}, Deadline::never(), {});
  const auto in_theirs = catalogue_.list({.bucket = kTheirs}, Deadline::never(), {});

  ASSERT_TRUE(in_ours && in_theirs);
  EXPECT_EQ(in_ours->versions.size(), 1U);
  EXPECT_TRUE(in_theirs->versions.empty());
}

TEST_F(RoutedCatalogueTest, ADocumentIsWrittenByWhoReachesItsBucket) {
  ASSERT_TRUE(
      catalogue_.write({kTheirs, ObjectKey("d")}, "{}", std::nullopt, Deadline::never(), {}));

  EXPECT_EQ(theirs_.all(kTheirs).size(), 1U);
  EXPECT_TRUE(ours_.all(kTheirs).empty());
}

TEST_F(RoutedCatalogueTest, PassesOnWhyItCannot) {
  their_catalogue_.list_fails.emplace(kTheirs, Error{Errc::denied, "no"});

  EXPECT_EQ(catalogue_.list({.bucket = kTheirs}, Deadline::never(), {}).error().code, Errc::denied);
  EXPECT_EQ(
      catalogue_.write({kTheirs, ObjectKey("d")}, "{}", ETag("another"), Deadline::never(), {})
          .error()
          .code,
      Errc::changed);
}

}  // namespace
}  // namespace cordon
