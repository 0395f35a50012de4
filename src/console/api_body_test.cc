#include "console/api_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "console/api_names.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<ApiBody> parse(std::string body) {
  return ApiBody::parse({.method = "POST", .body = std::move(body)}, {"ids", "all", "why"});
}

TEST(ApiBody, SaysWhatIsThere) {
  ApiBody body = parse(R"({"ids":["a","b"],"all":true,"why":null})").value();

  EXPECT_THAT(body.texts("ids", 2), ElementsAre("a", "b"));
  EXPECT_TRUE(body.flag("all"));
  EXPECT_FALSE(body.has("why")) << "null is absent";
  EXPECT_TRUE(body.checked());
  ApiBody empty = parse("").value();
  EXPECT_FALSE(empty.flag("all"));
  EXPECT_TRUE(empty.texts("ids", 2).empty());
  EXPECT_TRUE(empty.checked());
}

TEST(ApiBody, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"[]", "x", "{", R"({"Ids":[]})", R"({"ids":[],"more":1})", "null", "{\"\xFF\":1}"}) {
    EXPECT_EQ(parse(text).error().code, Errc::invalid) << text;
  }
  EXPECT_THAT(parse(R"({"more":1})").error().what, HasSubstr("more: there is no such member"));
  EXPECT_FALSE(parse("{\"why\":\"" + std::string(5000, 'a') + "\"}"));
}

TEST(ApiBody, RefusesOtherTypesByTheirName) {
  const auto error_of = [](const char* text) {
    ApiBody body = parse(text).value();
    body.flag("all");
    body.texts("ids", 2);
    return body.checked() ? "" : body.checked().error().what;
  };
  EXPECT_THAT(error_of(R"({"all":"yes"})"), HasSubstr("the body: all"));
  for (const char* text :
       {R"({"ids":"a"})", R"({"ids":[1]})", R"({"ids":["a","b","c"]})", R"({"ids":[""]})"}) {
    EXPECT_THAT(error_of(text), HasSubstr("the body: ids")) << text;
  }
}

TEST(ApiNames, AreWhatTheirServicesTake) {
  for (const char* good : {"abc", "my.bucket-1", "Old_Bucket"}) {
    EXPECT_TRUE(parse_bucket_name(good)) << good;
  }
  for (const std::string& bad :
       {std::string("ab"), std::string(256, 'a'), std::string("a/b"), std::string("a b"),
        std::string("b\xC3\xBC"
                    "c"),
        std::string("a\0b", 3), std::string()}) {
    EXPECT_EQ(parse_bucket_name(bad).error().code, Errc::invalid) << bad;
  }
  EXPECT_TRUE(parse_object_key("a \xC3\xBC\n"));
  for (const std::string& bad : {std::string(), std::string(1025, 'a'), std::string("\xFF")}) {
    EXPECT_FALSE(parse_object_key(bad));
  }
  EXPECT_TRUE(parse_version_id("null"));
  EXPECT_FALSE(parse_version_id("a b"));
  EXPECT_TRUE(parse_region("eu-west-1"));
  EXPECT_FALSE(parse_region("eu_west"));
  EXPECT_TRUE(parse_plain_text("arn:aws:iam::1:role/a", "x"));
  EXPECT_THAT(parse_plain_text("a\n", "roleArn").error().what, HasSubstr("roleArn"));
}

}  // namespace
}  // namespace cordon
