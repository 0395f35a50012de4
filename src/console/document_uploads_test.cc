#include "console/document_uploads.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

const ServerRequest kPut{.method = "PUT", .target = "/api/v1/settings"};

TEST(DocumentUploads, TakesDocumentsAndNothingElse) {
  DocumentUploads uploads;

  EXPECT_NE(uploads.sink_for(kPut), nullptr);
  EXPECT_NE(uploads.sink_for({.method = "POST", .target = "/api/v1/settings/validate?x=1"}),
            nullptr);
  for (const auto& [method, target] :
       {std::pair("POST", "/api/v1/settings"), std::pair("PUT", "/api/v1/settings/validate"),
        std::pair("PUT", "/api/v1/settings2"), std::pair("POST", "/api/v1/buckets/b/protect")}) {
    EXPECT_EQ(uploads.sink_for({.method = method, .target = target}), nullptr) << target;
  }
  EXPECT_EQ(DocumentUploads::whole({.method = "POST", .body = "short"}, nullptr).body, "short");
}

TEST(DocumentUploads, ADocumentHasAtMostOneMebibyte) {
  DocumentUploads uploads;
  const auto sink = uploads.sink_for(kPut);

  ASSERT_TRUE(sink->write(std::string(1'000'000, 'a')));
  ASSERT_TRUE(sink->write(std::string((1U << 20U) - 1'000'000, 'b')));
  EXPECT_EQ(sink->write("c").error().code, Errc::invalid);
  EXPECT_EQ(DocumentUploads::whole(kPut, sink).body.size(), 1U << 20U);
}

TEST(DocumentUploads, AllTogetherHaveABound) {
  DocumentUploads uploads;
  const std::string whole(1U << 20U, 'a');
  std::vector<std::shared_ptr<UploadSink>> sinks;
  for (std::size_t i = 0; i < DocumentUploads::kAllBytesMax / whole.size(); ++i) {
    sinks.push_back(uploads.sink_for(kPut));
    ASSERT_TRUE(sinks.back()->write(whole));
  }
  const auto more = uploads.sink_for(kPut);

  EXPECT_EQ(more->write("b").error().code, Errc::unavailable);
  sinks.pop_back();
  EXPECT_TRUE(more->write("b"));
}

}  // namespace
}  // namespace cordon
