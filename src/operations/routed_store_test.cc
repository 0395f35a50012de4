#include "operations/routed_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_object_store.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Call = FakeObjectStore::Call;

const BucketName kOurs("ours");
const BucketName kTheirs("theirs");

class NoBytes final : public ByteSink {
 public:
  Result<void> begin(const ObjectHead&) override { return {}; }
  Result<void> write(std::span<const std::byte>) override { return {}; }
};

// Two identities: each sees both buckets, and what it was asked about is written down.
class RoutedStoreTest : public testing::Test {
 protected:
  RoutedStoreTest() {
    for (FakeObjectStore* store : {&ours_, &theirs_}) {
      store->make_bucket(kOurs);
      store->make_bucket(kTheirs);
    }
  }

  FakeObjectStore& store_of(const BucketName& bucket) {
    return bucket == kTheirs ? theirs_ : ours_;
  }
  ObjectRef put(FakeObjectStore& store, const BucketName& bucket) {
    const CopyResult made = store.put(bucket, ObjectKey("k"), "x");
    etag_ = made.etag;
    return {bucket, ObjectKey("k")};
  }
  Result<CopyResult> copy(const BucketName& from, const BucketName& to, CopyAs as) {
    put(ours_, from);
    put(theirs_, from);
    RoutedStore store([this](const BucketName& bucket) -> ObjectStore& { return store_of(bucket); },
                      as);
    return store.copy({.from = {from, ObjectKey("k")},
                       .from_etag = etag_,
                       .bytes = 1,
                       .to_bucket = to,
                       .to_key = ObjectKey("copy")},
                      Deadline::never(), {});
  }

  FakeObjectStore ours_;
  FakeObjectStore theirs_;
  ETag etag_;
  RoutedStore store_{[this](const BucketName& bucket) -> ObjectStore& { return store_of(bucket); },
                     CopyAs::source};
};

TEST_F(RoutedStoreTest, EveryCallGoesToWhoReachesTheBucket) {
  for (const BucketName& bucket : {kOurs, kTheirs}) {
    SCOPED_TRACE(bucket.str());
    const ObjectRef object = put(store_of(bucket), bucket);
    FakeObjectStore& right = store_of(bucket);
    FakeObjectStore& wrong = &right == &ours_ ? theirs_ : ours_;
    NoBytes sink;

    EXPECT_TRUE(store_.head(object, Deadline::never(), {}));
    EXPECT_TRUE(store_.read(object, {}, sink, Deadline::never(), {}));
    EXPECT_TRUE(store_.set_tags(object, {{"a", "b"}}, Deadline::never(), {}));
    EXPECT_EQ(*store_.tags(object, Deadline::never(), {}), (TagSet{{"a", "b"}}));
    EXPECT_TRUE(store_.remove(object, etag_, Deadline::never(), {}));

    for (const Call call : {Call::head, Call::read, Call::tags, Call::set_tags, Call::remove}) {
      EXPECT_EQ(right.calls(call), 1);
    }
    EXPECT_THAT(wrong.all(bucket), IsEmpty());
    EXPECT_EQ(wrong.calls(Call::head), bucket == kOurs ? 0 : 1);
  }
}

TEST_F(RoutedStoreTest, AgentsCopyAsWhoReachesTheSource) {
  ASSERT_TRUE(copy(kTheirs, kOurs, CopyAs::source));
  EXPECT_EQ(theirs_.calls(Call::copy), 1);
  ASSERT_TRUE(copy(kOurs, kTheirs, CopyAs::source));
  EXPECT_EQ(ours_.calls(Call::copy), 1);
}

TEST_F(RoutedStoreTest, TheWayBackIsCopiedAsWhoReachesTheDestination) {
  ASSERT_TRUE(copy(kOurs, kTheirs, CopyAs::destination));

  EXPECT_EQ(theirs_.calls(Call::copy), 1);
  EXPECT_EQ(ours_.calls(Call::copy), 0);
}

}  // namespace
}  // namespace cordon
