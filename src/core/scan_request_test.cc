#include "core/scan_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cordon {
namespace {

using testing::HasSubstr;

ObjectEvent request() {
  return {.source = EventSource::retro,
          .object = {BucketName("uploads"), ObjectKey("a b/\xC3\xBC+%41.pdf"), VersionId("v1")},
          .etag = ETag("abc"),
          .size = 12345,
          .time = SystemTime(std::chrono::seconds(1'700'000'000)),
          .is_forced = true};
}

constexpr DecodeOptions kOfSweeps{.takes_scan_requests = true};

std::string problem(const std::string& body) {
  const auto decoded = decode_message(body, kOfSweeps);
  return decoded ? "(none)" : decoded.error().what;
}

TEST(ScanRequest, ComesBackAsItWasSent) {
  const auto decoded = decode_message(encode_scan_request(request()), kOfSweeps);

  ASSERT_TRUE(decoded.ok()) << decoded.error().what;
  EXPECT_EQ(std::get<EventRecords>(*decoded).events, std::vector{request()});
}

TEST(ScanRequest, SaysWhenRoutesAreToBeFollowedEverywhere) {
  ObjectEvent acting = request();
  EXPECT_EQ(encode_scan_request(acting).find("act"), std::string::npos);
  acting.acts_anywhere = true;

  const auto decoded = decode_message(encode_scan_request(acting), kOfSweeps);

  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<EventRecords>(*decoded).events, std::vector{acting});
}

TEST(ScanRequest, IsNotTakenWhereWeDoNotKnowWhoSends) {
  const auto decoded = decode_message(encode_scan_request(request()), {});

  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().what, "scan request: taken from the sweep queue only");
}

TEST(ScanRequest, OfAnObjectWithoutVersionHasNone) {
  ObjectEvent plain{.source = EventSource::retro,
                    .object = {BucketName("uploads"), ObjectKey("k")}};

  const auto decoded = decode_message(encode_scan_request(plain), kOfSweeps);

  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<EventRecords>(*decoded).events, std::vector{plain});
}

TEST(ScanRequest, ThatIsMalformedIsRefusedWithTheReason) {
  const std::string head = R"({"schema":"cordon.scan-request/1",)";
  EXPECT_THAT(problem(head + R"("bucket":"b"})"), HasSubstr("no object"));
  EXPECT_THAT(problem(head + R"("object":{"key":"k"}})"), HasSubstr("no bucket name"));
  EXPECT_THAT(problem(head + R"("bucket":"b/../c","object":{"key":"k"}})"), HasSubstr("bucket"));
  EXPECT_THAT(problem(head + R"("bucket":"b","object":{}})"), HasSubstr("key is empty"));
  EXPECT_THAT(problem(head + R"("bucket":"b","object":{"key":"k"},"force":1})"),
              HasSubstr("force"));
  EXPECT_THAT(problem(head + R"("bucket":"b","object":{"key":"k"},"act":"yes"})"),
              HasSubstr("act is neither"));
  EXPECT_THAT(problem(R"({"schema":"cordon.scan-request/2","bucket":"b","object":{"key":"k"}})"),
              HasSubstr("no kind of event"));
}

}  // namespace
}  // namespace cordon
