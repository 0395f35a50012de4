#include "core/object_ref.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

TEST(ParseObjectUri, TakesTheKeyAsItStands) {
  const std::pair<const char*, const char*> kKeys[] = {
      {"s3://b/k", "k"},
      {"s3://b/a b/\xC3\xBC?x#y%20", "a b/\xC3\xBC?x#y%20"},
      {"s3://b//x/../y/", "/x/../y/"}};
  for (const auto& [uri, key] : kKeys) {
    SCOPED_TRACE(uri);
    const auto object = parse_object_uri(uri);
    ASSERT_TRUE(object) << object.error().what;
    EXPECT_EQ(object->bucket, BucketName("b"));
    EXPECT_EQ(object->key, ObjectKey(key));
    EXPECT_FALSE(object->version);
  }
}

TEST(ParseObjectUri, RefusesEverythingElse) {
  for (const std::string& text :
       {std::string(), std::string("b/k"), std::string("s3://"), std::string("s3://b"),
        std::string("s3://b/"), std::string("s3:///k"), std::string("S3://b/k"),
        std::string("https://b/k"), "s3://b/" + std::string(1025, 'k'),
        "s3://" + std::string(256, 'b') + "/k", std::string("s3://b/\xff")}) {
    SCOPED_TRACE(text);
    ASSERT_FALSE(parse_object_uri(text));
    EXPECT_EQ(parse_object_uri(text).error().code, Errc::invalid);
  }
}

}  // namespace
}  // namespace cordon
