#include "core/object_state.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

using Algorithm = ObjectChecksum::Algorithm;

ObjectHead head() {
  return {.bytes = 5,
          .etag = ETag("e"),
          .modified = SystemTime(std::chrono::seconds(100)),
          .checksum = ObjectChecksum{Algorithm::crc32, "AAAAAA=="},
          .etag_is_md5 = true};
}

TEST(ObjectState, IsMoreThanAnETag) {
  ObjectHead longer = head();
  longer.bytes = 6;
  ObjectHead other = head();
  other.etag = ETag("f");
  ObjectHead version = head();
  version.version = VersionId("v");
  ObjectHead later = head();
  later.modified += std::chrono::seconds(1);
  ObjectHead checksum = head();
  checksum.checksum->base64 = "BBBBBB==";

  EXPECT_TRUE(is_same_state(head(), head()));
  for (const ObjectHead& now : {longer, other, version, later, checksum}) {
    EXPECT_FALSE(is_same_state(head(), now));
  }
}

TEST(ObjectState, ComparesOnlyChecksumsOfOneKind) {
  ObjectHead none = head();
  none.checksum.reset();
  ObjectHead another = head();
  another.checksum = ObjectChecksum{Algorithm::crc32c, "BBBBBB=="};

  EXPECT_TRUE(is_same_state(head(), none));
  EXPECT_TRUE(is_same_state(head(), another));
}

TEST(ObjectState, TheOwnersTagsAndOursAreNoPartOfIt) {
  ObjectHead tagged = head();
  tagged.tag_count = 3;

  EXPECT_TRUE(is_same_state(head(), tagged));
}

}  // namespace
}  // namespace cordon
