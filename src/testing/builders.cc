#include "testing/builders.h"

#include "base/text.h"

namespace cordon {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) < ' ') {
      out += c == '\n' ? "\\n" : "\\u001f";
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

// S3 writes keys as forms do, but for the slash.
std::string form_encoded(const std::string& key) {
  std::string out;
  for (const char c : key) {
    out += c == ' ' ? "+" : percent_encode(std::string(1, c), /*keep_slash=*/true);
  }
  return out;
}

}  // namespace

std::string s3_record(const UploadEvent& event) {
  std::string object = "\"key\":" + quoted(form_encoded(event.object.key.str())) +
                       ",\"size\":" + std::to_string(event.bytes) +
                       ",\"eTag\":" + quoted(event.etag);
  if (event.object.version) object += ",\"versionId\":" + quoted(event.object.version->str());
  if (!event.sequencer.empty()) object += ",\"sequencer\":" + quoted(event.sequencer);
  return R"({"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventTime":)" +
         quoted(event.time) +
         R"(,"eventName":"ObjectCreated:Put","userIdentity":{"principalId":"AWS:AIDAEXAMPLE"},)" +
         R"("s3":{"s3SchemaVersion":"1.0","bucket":{"name":)" + quoted(event.object.bucket.str()) +
         "},\"object\":{" + object + "}}}";
}

std::string s3_message(const std::string& records) { return "{\"Records\":[" + records + "]}"; }

std::string sns_envelope(const std::string& message) {
  return R"({"Type":"Notification","TopicArn":"arn:aws:sns:eu-west-1:111122223333:t","Message":)" +
         quoted(message) + "}";
}

}  // namespace cordon
