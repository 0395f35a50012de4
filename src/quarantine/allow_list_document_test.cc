#include "quarantine/allow_list_document.h"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace cordon {
namespace {

const AllowEntry kEntry{.sha256 = std::string(64, 'a'), .signature = "Sig.A"};

TEST(AllowListDocument, KeepsEverythingElse) {
  const auto written = with_entries(
      R"({"schema":1,"defaults":{"on":{"clean":["keep"]}},"allow":[{"sha256":"x","signature":"y"}]})",
      {kEntry});

  ASSERT_TRUE(written && *written);
  const auto document = boost::json::parse(**written);
  EXPECT_EQ(document.at("defaults").at("on").at("clean").at(0).as_string(), "keep");
  ASSERT_EQ(document.at("allow").as_array().size(), 2U);
  EXPECT_EQ(document.at("allow").at(0).at("sha256").as_string(), "x");
  EXPECT_EQ(document.at("allow").at(1).at("signature").as_string(), "Sig.A");
}

TEST(AllowListDocument, MakesOneWhereThereIsNone) {
  AllowEntry entry = kEntry;
  entry.bucket = BucketName("b");
  entry.prefix = "p/";
  entry.expires = SystemTime(std::chrono::seconds(1795362633));

  const auto written = with_entries(std::nullopt, {entry});

  ASSERT_TRUE(written && *written);
  EXPECT_EQ(**written, "{\"schema\":1,\"allow\":[{\"sha256\":\"" + entry.sha256 +
                           "\",\"signature\":\"Sig.A\",\"bucket\":\"b\",\"prefix\":\"p/\","
                           "\"expires\":\"2026-11-22T15:50:33.000Z\"}]}");
}

TEST(AllowListDocument, ChangesNothingTheSecondTime) {
  const auto once = with_entries(std::nullopt, {kEntry});
  ASSERT_TRUE(once && *once);

  const auto twice = with_entries(**once, {kEntry});

  ASSERT_TRUE(twice);
  EXPECT_FALSE(*twice);
}

TEST(AllowListDocument, RefusesWhatItDoesNotUnderstand) {
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{\"allow\":7}"),
                                  std::string("{"), std::string(kAllowDocumentBytesMax + 1, ' ')}) {
    const auto written = with_entries(text, {kEntry});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::invalid);
  }
}

}  // namespace
}  // namespace cordon
