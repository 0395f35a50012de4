#include "quarantine/content_check.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "testing/fake_object_store.h"

namespace cordon {
namespace {

const BucketName kBucket("b");

class ContentCheckTest : public testing::Test {
 protected:
  /// An object of which the head tells nothing that can be compared.
  KnownObject opaque(const std::string& key, const std::string& content) {
    const ObjectRef object{kBucket, ObjectKey(key)};
    store_.put(kBucket, object.key, content);
    KnownObject known{object, store_.head(object, Deadline::never(), {}).value()};
    known.head.etag_is_md5 = false;
    known.head.checksum.reset();
    return known;
  }
  Result<bool> same(const KnownObject& a, const KnownObject& b) {
    return same_content(store_, a, b, Deadline::never(), {});
  }

  FakeObjectStore store_;
};

TEST_F(ContentCheckTest, ReadsWhatHeadsCannotTell) {
  const KnownObject a = opaque("a", "12345");

  EXPECT_TRUE(same(a, opaque("b", "12345")).value());
  EXPECT_FALSE(same(a, opaque("c", "12346")).value());
  EXPECT_FALSE(same(a, opaque("d", "123456")).value());
}

TEST_F(ContentCheckTest, HeadsThatTellAreBelieved) {
  KnownObject a = opaque("a", "12345");
  KnownObject b = opaque("b", "12345");
  a.head.checksum = ObjectChecksum{ObjectChecksum::Algorithm::crc32, "AAAAAA=="};
  b.head.checksum = ObjectChecksum{ObjectChecksum::Algorithm::crc32, "AAAAAB=="};

  EXPECT_FALSE(same(a, b).value());
  b.head.checksum->algorithm = ObjectChecksum::Algorithm::crc32c;
  EXPECT_TRUE(same(a, b).value()) << "checksums of two kinds say nothing";
}

TEST_F(ContentCheckTest, ACutTransferGoesOn) {
  const KnownObject a = opaque("a", "0123456789");
  store_.cut_next_read(4);

  EXPECT_EQ(sha256_of(store_, a, Deadline::never(), {}).value(), hex(sha256("0123456789")));
}

TEST_F(ContentCheckTest, WhatIsShorterOrAnotherHasNoDigest) {
  const KnownObject a = opaque("a", "0123456789");
  store_.shorten_next_read(4);
  EXPECT_EQ(sha256_of(store_, a, Deadline::never(), {}).error().code, Errc::unavailable);

  store_.put(kBucket, ObjectKey("a"), "9876543210");
  EXPECT_EQ(sha256_of(store_, a, Deadline::never(), {}).error().code, Errc::changed);
}

}  // namespace
}  // namespace cordon
