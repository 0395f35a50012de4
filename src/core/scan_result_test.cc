#include "core/scan_result.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

SystemTime at(const char* text) { return parse_rfc3339(text).value(); }

ScanResult infected() {
  ScanResult result;
  result.id = "01JD0000000000000000000000";
  result.deployment = "main";
  result.account = AccountId("111122223333");
  result.region = Region("eu-west-1");
  result.agent = "i-0abc/1";
  result.bucket = BucketName("uploads");
  result.key = ObjectKey("a b/ü.pdf");
  result.version = VersionId("v1");
  result.etag = ETag("e1");
  result.size = 12345;
  result.sequencer = "0055";
  result.event_time = at("2026-11-22T15:50:33.120Z");
  result.scanned_at = at("2026-11-22T15:50:33.300Z");
  result.verdict = infected_verdict({"Win.Test.EICAR_HDB-1"}, 12345);
  result.sha256 = "abcd";
  result.engine = "ClamAV 1.4.6";
  result.signatures = "27451";
  result.millis = {85, 12, 3, 21};
  result.uploaded_by = "AWS:AIDA";
  result.tagging = TaggingState::done;
  result.actions = {
      {ActionKind::move, BucketName("q"), ObjectKey("uploads/a b/ü.pdf"), ActionStatus::done}};
  return result;
}

TEST(ScanResultJson, IsTheContractToTheByte) {
  EXPECT_EQ(
      to_json(infected()),
      R"({"schema":"cordon.scan-result/1","id":"01JD0000000000000000000000","deployment":"main",)"
      R"("account":"111122223333","region":"eu-west-1","agent":"i-0abc/1","source":"s3-event",)"
      R"("bucket":"uploads","key":"a b/ü.pdf","versionId":"v1","eTag":"e1","size":12345,)"
      R"("sequencer":"0055","eventTime":"2026-11-22T15:50:33.120Z",)"
      R"("scannedAt":"2026-11-22T15:50:33.300Z","result":"Infected","reason":null,"message":null,)"
      R"("virusNames":["Win.Test.EICAR_HDB-1"],"skipped":false,"sha256":"abcd",)"
      R"("engine":"ClamAV 1.4.6","signatures":"27451","bytesScanned":12345,)"
      R"("millis":{"queued":85,"fetch":12,"scan":3,"act":21},"uploadedBy":"AWS:AIDA","attempt":1,)"
      R"("tagging":"done","actions":[{"kind":"move","bucket":"q","key":"uploads/a b/ü.pdf",)"
      R"("status":"done"}]})");
}

TEST(ScanResultJson, SaysNullForWhatIsUnknown) {
  ScanResult result;
  result.verdict = unscannable_verdict(Reason::encrypted, "password-protected zip");
  result.source = EventSource::cli;
  result.path = "/home/me/x.zip";

  const auto line = boost::json::parse(to_json(result)).as_object();

  for (const char* name :
       {"account", "region", "bucket", "key", "versionId", "eTag", "size", "sequencer", "eventTime",
        "sha256", "engine", "signatures", "uploadedBy"}) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(line.at(name).is_null());
  }
  EXPECT_EQ(line.at("path").as_string(), "/home/me/x.zip");
  EXPECT_EQ(line.at("reason").as_string(), "encrypted");
  EXPECT_EQ(line.at("message").as_string(), "password-protected zip");
  EXPECT_EQ(line.at("source").as_string(), "cli");
}

TEST(ScanResultJson, IsOneValidLineWhateverStrangersWrote) {
  ScanResult result = infected();
  result.key = ObjectKey("a\n{\"result\":\"Clean\"}\\");
  result.verdict = infected_verdict({"bad\xff\xfename", std::string("nul\0", 4)}, 1);
  result.uploaded_by = "\xc3";

  const std::string text = to_json(result);
  const auto line = boost::json::parse(text).as_object();

  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(line.at("result").as_string(), "Infected");
  EXPECT_EQ(line.at("key").as_string(), "a\n{\"result\":\"Clean\"}\\");
}

}  // namespace
}  // namespace cordon
