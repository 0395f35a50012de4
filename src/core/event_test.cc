#include "core/event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

// As S3 writes it for a bucket with versions (user guide, "Event message structure"), values ours.
constexpr const char* kS3Record = R"({"Records":[{
  "eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1",
  "eventTime":"2026-11-22T15:50:33.120Z","eventName":"ObjectCreated:Put",
  "userIdentity":{"principalId":"AWS:AIDAEXAMPLE"},
  "requestParameters":{"sourceIPAddress":"192.0.2.7"},
  "responseElements":{"x-amz-request-id":"C3D13FE58DE4C810","x-amz-id-2":"FMyUVURIY8="},
  "s3":{"s3SchemaVersion":"1.0","configurationId":"cordon-main",
    "bucket":{"name":"uploads","ownerIdentity":{"principalId":"A3NL1KOZZKExample"},
              "arn":"arn:aws:s3:::uploads"},
    "object":{"key":"a+b/%C3%BC%2B.pdf","size":12345,"eTag":"d41d8cd98f00b204e9800998ecf8427e",
              "versionId":"096fKKXTRTtl3on89fVO.nfljtsv6qko","sequencer":"0055AED6DCD90281E5"}}}]})";

// As a gateway's upload is told (S3 File Gateway user guide, "Getting file upload notification").
constexpr const char* kGatewayUpload =
    R"({"version":"0","id":"2649b160-d59d-c97f-3f64-8aaa9ea6aed3",
"detail-type":"Storage Gateway Object Upload Event","source":"aws.storagegateway",
"account":"111122223333","time":"2026-11-22T15:50:33Z","region":"eu-west-1",
"resources":["arn:aws:storagegateway:eu-west-1:111122223333:share/share-F123D451",
"arn:aws:storagegateway:eu-west-1:111122223333:gateway/sgw-712345DA","arn:aws:s3:::scans"],
"detail":{"object-size":1024,"modification-time":"2026-11-22T15:49:33Z","object-key":"a b+ü.pdf",
"event-type":"object-upload-complete","prefix":"in/","bucket-name":"scans"}})";

// As EventBridge writes it (user guide, "EventBridge event message structure"), values ours.
constexpr const char* kEventBridge = R"({"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103",
  "detail-type":"Object Created","source":"aws.s3","account":"111122223333",
  "time":"2026-11-22T15:50:33Z","region":"ca-central-1","resources":["arn:aws:s3:::uploads"],
  "detail":{"version":"0","bucket":{"name":"uploads"},
    "object":{"key":"a+b c/ü.pdf","size":5,"etag":"b1946ac92492d2347c6235b4d2611184",
              "version-id":"IYV3p45BT0ac8hjHg1houSdS1a.Mro8e","sequencer":"617f08299329d189"},
    "request-id":"N4N7GDK58NMKJ12R","requester":"123456789012","source-ip-address":"192.0.2.7",
    "reason":"PutObject"}})";

std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

std::string in_sns(const std::string& message) {
  return boost::json::serialize(
      boost::json::object{{"Type", "Notification"},
                          {"MessageId", "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"},
                          {"TopicArn", "arn:aws:sns:eu-west-1:111122223333:cordon-events-main"},
                          {"Subject", "Amazon S3 Notification"},
                          {"Message", message},
                          {"Timestamp", "2026-11-22T15:50:34.000Z"},
                          {"SignatureVersion", "1"}});
}

std::string key_of(const Result<DecodedMessage>& decoded) {
  if (!decoded) return "error: " + decoded.error().what;
  const auto* events = std::get_if<EventRecords>(&*decoded);
  if (events == nullptr) return "ignored: " + std::get<IgnoredMessage>(*decoded).why;
  return events->events.at(0).object.key.str();
}

TEST(DecodeMessage, ReadsEverythingAnS3RecordSays) {
  auto decoded = decode_message(kS3Record);

  ASSERT_TRUE(decoded) << decoded.error().what;
  const auto& events = std::get<EventRecords>(*decoded).events;
  ASSERT_EQ(events.size(), 1U);
  const ObjectEvent& event = events[0];
  EXPECT_EQ(event.source, EventSource::s3_event);
  EXPECT_EQ(event.object, (ObjectRef{BucketName("uploads"), ObjectKey("a b/ü+.pdf"),
                                     VersionId("096fKKXTRTtl3on89fVO.nfljtsv6qko")}));
  EXPECT_EQ(event.etag, ETag("d41d8cd98f00b204e9800998ecf8427e"));
  EXPECT_EQ(event.size, 12345U);
  EXPECT_EQ(event.sequencer, "0055AED6DCD90281E5");
  EXPECT_EQ(rfc3339_ms(event.time.value()), "2026-11-22T15:50:33.120Z");
  EXPECT_EQ(event.principal, "AWS:AIDAEXAMPLE");
  EXPECT_EQ(event.region, Region("eu-west-1"));
  EXPECT_EQ(event.account, std::nullopt);
}

TEST(DecodeMessage, ReadsEverythingAnEventBridgeEventSaysWithItsKeyAsItIs) {
  auto decoded = decode_message(kEventBridge);

  ASSERT_TRUE(decoded) << decoded.error().what;
  const ObjectEvent& event = std::get<EventRecords>(*decoded).events.at(0);
  EXPECT_EQ(event.source, EventSource::eventbridge);
  EXPECT_EQ(event.object, (ObjectRef{BucketName("uploads"), ObjectKey("a+b c/ü.pdf"),
                                     VersionId("IYV3p45BT0ac8hjHg1houSdS1a.Mro8e")}));
  EXPECT_EQ(event.account, AccountId("111122223333"));
  EXPECT_EQ(event.region, Region("ca-central-1"));
  EXPECT_EQ(event.principal, "123456789012");
}

TEST(DecodeMessage, LooksIntoOneSnsEnvelope) {
  EXPECT_EQ(decode_message(in_sns(kS3Record)).value(), decode_message(kS3Record).value());
  EXPECT_EQ(decode_message(in_sns(kEventBridge)).value(), decode_message(kEventBridge).value());
  EXPECT_FALSE(decode_message(in_sns(in_sns(kS3Record))));
}

TEST(DecodeMessage, DecodesKeysAsTheSourceWritesThem) {
  const std::string key = "\"a+b/%C3%BC%2B.pdf\"";
  const std::string ceph = with(kS3Record, "aws:s3", "ceph:s3");
  const std::string minio = with(kS3Record, "aws:s3", "minio:s3");
  EXPECT_EQ(key_of(decode_message(ceph)), "a+b/%C3%BC%2B.pdf");
  EXPECT_EQ(key_of(decode_message(minio)), "a b/ü+.pdf");
  EXPECT_EQ(key_of(decode_message(with(kS3Record, "aws:s3", "rustfs:s3"))), "a b/ü+.pdf");
  EXPECT_EQ(key_of(decode_message(kS3Record, {.key_encoding = KeyEncoding::raw})),
            "a+b/%C3%BC%2B.pdf");
  EXPECT_EQ(key_of(decode_message(ceph, {.key_encoding = KeyEncoding::url})), "a b/ü+.pdf");
}

TEST(DecodeMessage, KnowsTheKeyAlsoAsASenderWritesItThatDoesNotKeepToItsDialect) {
  const auto spelled = [](const std::string& body) {
    return std::get<EventRecords>(decode_message(body).value()).events.at(0);
  };
  const std::string ceph = with(kS3Record, "aws:s3", "ceph:s3");
  const auto keyed = [](const std::string& record, const char* key) {
    return with(record, "a+b/%C3%BC%2B.pdf", key);
  };

  EXPECT_EQ(spelled(kS3Record).key_spelled_otherwise, ObjectKey("a+b/%C3%BC%2B.pdf"));
  EXPECT_EQ(spelled(ceph).key_spelled_otherwise, ObjectKey("a b/ü+.pdf"));
  EXPECT_EQ(spelled(keyed(kS3Record, "plain.pdf")).key_spelled_otherwise, std::nullopt);
  EXPECT_EQ(spelled(keyed(ceph, "plain.pdf")).key_spelled_otherwise, std::nullopt);
  // What cannot be decoded, or is no key when decoded, stands as it is.
  for (const char* key : {"100%", "a%zz", "%FF"}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(spelled(keyed(kS3Record, key)).object.key, ObjectKey(key));
    EXPECT_EQ(spelled(keyed(kS3Record, key)).key_spelled_otherwise, std::nullopt);
    EXPECT_EQ(spelled(keyed(ceph, key)).key_spelled_otherwise, std::nullopt);
  }
}

TEST(DecodeMessage, TakesForNewWhatIsNewAndNothingElse) {
  const auto named = [](const std::string& name) {
    return decode_message(with(kS3Record, "ObjectCreated:Put", name)).value();
  };
  for (const char* name :
       {"ObjectCreated:Put", "ObjectCreated:Post", "ObjectCreated:Copy", "s3:ObjectCreated:Copy",
        "ObjectCreated:CompleteMultipartUpload", "ObjectSynced:Create"}) {
    EXPECT_TRUE(std::holds_alternative<EventRecords>(named(name))) << name;
  }
  for (const char* name :
       {"s3:ObjectCreated:PutTagging", "ObjectCreated:DeleteTagging", "ObjectCreated:PutRetention",
        "s3:ObjectCreated:PutLegalHold", "ObjectCreated:", "ObjectTagging:Put",
        "ObjectAnnotation:Put", "ObjectSynced:Delete", "LifecycleTransition"}) {
    EXPECT_TRUE(std::holds_alternative<IgnoredMessage>(named(name))) << name;
  }
}

TEST(DecodeMessage, RefusesToGuessHowAnUnknownSourceWritesKeys) {
  const std::string other = with(kS3Record, "aws:s3", "acme:s3");

  EXPECT_FALSE(decode_message(other));
  EXPECT_EQ(key_of(decode_message(other, {.key_encoding = KeyEncoding::url})), "a b/ü+.pdf");
}

TEST(DecodeMessage, DecodesHostileKeysOfEveryKind) {
  const std::pair<const char*, const char*> kKeys[] = {
      {"a%2Bb", "a+b"},      {"red+flower.jpg", "red flower.jpg"},
      {"%2525", "%25"},      {"x/../evil", "x/../evil"},
      {"a//b", "a//b"},      {"..", ".."},
      {"%F0%9F%98%80", "😀"}, {"a%0Ab", "a\nb"},
      {"/lead", "/lead"},
  };
  for (const auto& [written, key] : kKeys) {
    SCOPED_TRACE(written);
    EXPECT_EQ(key_of(decode_message(with(kS3Record, "a+b/%C3%BC%2B.pdf", written))), key);
  }
}

TEST(DecodeMessage, ReadsWhatAGatewaySaysOfAnUpload) {
  auto decoded = decode_message(in_sns(kGatewayUpload));

  const ObjectEvent& event = std::get<EventRecords>(decoded.value()).events.at(0);
  EXPECT_EQ(event.source, EventSource::gateway);
  EXPECT_EQ(event.object, (ObjectRef{BucketName("scans"), ObjectKey("in/a b+ü.pdf")}));
  ASSERT_TRUE(event.upload);
  EXPECT_EQ(event.upload->share_arn,
            "arn:aws:storagegateway:eu-west-1:111122223333:share/share-F123D451");
  EXPECT_EQ(event.upload->path, "a b+ü.pdf");
  EXPECT_EQ(event.upload->prefix, "in/");
  EXPECT_EQ(event.region, Region("eu-west-1"));
  EXPECT_EQ(event.account, AccountId("111122223333"));
}

TEST(DecodeMessage, AGatewayNeedNotNameBucketAndPrefix) {
  const std::string body = with(kGatewayUpload, R"(,"prefix":"in/","bucket-name":"scans")", "");

  auto decoded = decode_message(with(body, R"("a b+)", R"("/a b+)"));

  const ObjectEvent& event = std::get<EventRecords>(decoded.value()).events.at(0);
  EXPECT_EQ(event.upload->prefix, std::nullopt);
  EXPECT_EQ(event.upload->path, "a b+ü.pdf");
  EXPECT_EQ(event.object.bucket, BucketName());
}

TEST(DecodeMessage, AcceptsLaterVersionsAndWhatOtherServersLeaveOut) {
  const std::pair<const char*, std::string> kVariants[] = {
      {"structure 2.6", with(kS3Record, "\"2.1\"", "\"2.6\"")},
      {"the s3: of configurations", with(kS3Record, "ObjectCreated:Put", "s3:ObjectCreated:Put")},
      {"a fraction and no Z", with(kS3Record, "33.120Z", "33.120")},
      {"a time of its own", with(kS3Record, "2026-11-22T15:50:33.120Z", "yesterday")},
      {"a quoted ETag", with(kS3Record, "\"d41d8cd98f00b204e9800998ecf8427e\"",
                             R"("\"d41d8cd98f00b204e9800998ecf8427e\"")")},
      {"no sequencer", with(kS3Record, R"(,"sequencer":"0055AED6DCD90281E5")", "")},
  };
  for (const auto& [variant, body] : kVariants) {
    SCOPED_TRACE(variant);
    EXPECT_EQ(key_of(decode_message(body)), "a b/ü+.pdf");
  }
}

TEST(DecodeMessage, WhatNeedNotBeThereIsLeftOutWhereItIsMalformed) {
  const std::string version = "\"096fKKXTRTtl3on89fVO.nfljtsv6qko\"";
  const std::string etag = "\"d41d8cd98f00b204e9800998ecf8427e\"";
  const std::string sequencer = "\"0055AED6DCD90281E5\"";
  const std::string endless = "\"" + std::string(2000, 'v') + "\"";
  std::vector<std::pair<std::string, std::string>> variants = {
      {"a negative size", with(kS3Record, "12345", "-1")},
      {"a size that is no number", with(kS3Record, "12345", "\"12345\"")},
      {"an endless size", with(kS3Record, "12345", "1e300")},
      {"nobody", with(kS3Record, "\"principalId\":\"AWS:AIDAEXAMPLE\"", "\"principalId\":[]")},
  };
  for (const std::string& field : {version, etag, sequencer}) {
    for (const char* wrong : {"7", "null", "[]", "{}", "true", "\"\"", "\"a b\"", "\"\\u0000\"",
                              "\"\\u00fc\"", "\"a\\nHost: b\""}) {
      variants.emplace_back(field + " as " + wrong, with(kS3Record, field, wrong));
    }
    variants.emplace_back(field + " without end", with(kS3Record, field, endless));
  }
  for (const auto& [variant, body] : variants) {
    SCOPED_TRACE(variant);

    auto decoded = decode_message(body);

    ASSERT_TRUE(decoded) << decoded.error().what;
    const ObjectEvent& event = std::get<EventRecords>(*decoded).events.at(0);
    EXPECT_EQ(event.object.bucket, BucketName("uploads"));
    EXPECT_EQ(event.object.key, ObjectKey("a b/ü+.pdf"));
    const bool is_whole =
        event.object.version && event.etag && event.sequencer && event.size && event.principal;
    EXPECT_FALSE(is_whole);
  }
}

TEST(DecodeMessage, AByteOrderMarkSaysNothing) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_EQ(decode_message(mark + kS3Record).value(), decode_message(kS3Record).value());
  EXPECT_EQ(decode_message(mark + in_sns(mark + kS3Record)).value(),
            decode_message(kS3Record).value());
  EXPECT_FALSE(decode_message(mark)) << "nothing behind it";
  EXPECT_FALSE(decode_message(mark + mark + kS3Record)) << "one is enough";
}

TEST(DecodeMessage, TakesAnEmptyVersionForNone) {
  auto decoded = decode_message(with(kS3Record, "096fKKXTRTtl3on89fVO.nfljtsv6qko", ""));

  const ObjectEvent& event = std::get<EventRecords>(decoded.value()).events.at(0);
  EXPECT_EQ(event.object.version, std::nullopt);
}

TEST(DecodeMessage, IgnoresWhatNeedsNoWorkAndSaysWhat) {
  const std::pair<const char*, std::string> kIgnored[] = {
      {"ignored: s3:TestEvent",
       R"({"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-22T15:50:33.000Z",
           "Bucket":"uploads","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8"})"},
      {"ignored: event ObjectRemoved:Delete",
       with(kS3Record, "ObjectCreated:Put", "ObjectRemoved:Delete")},
      {"ignored: event ObjectTagging:Put",
       with(kS3Record, "ObjectCreated:Put", "ObjectTagging:Put")},
      {"ignored: event Object Deleted", with(kEventBridge, "Object Created", "Object Deleted")},
      {"ignored: event Object Tags Added",
       with(kEventBridge, "Object Created", "Object Tags Added")},
      {"ignored: event Storage Gateway Refresh Cache Event",
       with(kGatewayUpload, "Object Upload", "Refresh Cache")},
      {"ignored: a working set was uploaded, file by file",
       with(with(kGatewayUpload, "Object Upload", "File Upload"), "object-key", "notification-id")},
      {"ignored: no records", R"({"Records":[]})"},
      {"ignored: SNS SubscriptionConfirmation",
       R"({"Type":"SubscriptionConfirmation","TopicArn":"arn:x","Token":"t","Message":"You have"})"},
  };
  for (const auto& [said, body] : kIgnored) {
    SCOPED_TRACE(said);
    EXPECT_EQ(key_of(decode_message(body)), said);
    EXPECT_EQ(key_of(decode_message(with(in_sns("BODY"), "\"BODY\"",
                                         boost::json::serialize(boost::json::value(body))))),
              std::string(said).starts_with("ignored: SNS") ? key_of(decode_message(in_sns(body)))
                                                            : said);
  }
}

std::string two_records(const std::string& second) {
  std::string one(kS3Record);
  const std::string record = one.substr(one.find('[') + 1, one.rfind(']') - one.find('[') - 1);
  return R"({"Records":[)" + record + "," + (second.empty() ? record : second) + "]}";
}

TEST(DecodeMessage, DecodesSeveralRecords) {
  auto both = decode_message(two_records(""));
  auto removed =
      decode_message(two_records(R"({"eventVersion":"2.1","eventName":"ObjectRemoved:Delete"})"));

  EXPECT_EQ(std::get<EventRecords>(both.value()).events.size(), 2U);
  EXPECT_EQ(std::get<EventRecords>(both.value()).places, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(std::get<EventRecords>(removed.value()).events.size(), 1U);
  EXPECT_TRUE(std::get<EventRecords>(removed.value()).bad.empty());
}

TEST(DecodeMessage, ABadRecordIsToldBesideTheGoodOnes) {
  const std::string kBad[] = {R"({"eventVersion":"2.1"})", "7", "null", "[]",
                              R"({"eventVersion":"2.1","eventName":"ObjectCreated:Put",)"
                              R"("eventSource":"aws:s3","s3":{}})"};
  for (const std::string& bad : kBad) {
    SCOPED_TRACE(bad);
    const std::string body = two_records(bad);

    auto decoded = decode_message(in_sns(body));

    ASSERT_TRUE(decoded) << decoded.error().what;
    const auto& records = std::get<EventRecords>(*decoded);
    ASSERT_EQ(records.events.size(), 1U);
    EXPECT_EQ(records.events[0].object.key, ObjectKey("a b/ü+.pdf"));
    ASSERT_EQ(records.bad.size(), 1U);
    EXPECT_EQ(records.bad[0].place, 1U);
    EXPECT_EQ(records.bad[0].why.rfind("Records[1]: ", 0), 0U) << records.bad[0].why;
    const std::string rest = only_records(in_sns(body), {1}).value();
    EXPECT_EQ(boost::json::parse(rest), boost::json::parse(R"({"Records":[)" + bad + "]}"));
    EXPECT_FALSE(decode_message(rest)) << "it is as bad alone";
    EXPECT_EQ(decode_message(only_records(body, {0}).value()).value(),
              decode_message(kS3Record).value());
  }
}

TEST(DecodeMessage, HalfASurrogatePairSpoilsNoOtherRecord) {
  const std::string bad =
      R"({"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put",)"
      R"("s3":{"bucket":{"name":"b"},"object":{"key":"a\udc00b"}}})";
  const std::string body = two_records(bad);
  for (const std::string& message : {body, in_sns(body)}) {
    auto decoded = decode_message(message);

    ASSERT_TRUE(decoded) << decoded.error().what;
    const auto& records = std::get<EventRecords>(*decoded);
    EXPECT_EQ(records.places, std::vector<std::size_t>{0});
    ASSERT_EQ(records.bad.size(), 1U);
    EXPECT_EQ(records.bad[0].why, "Records[1]: the object key is not UTF-8");
    const std::string rest = only_records(message, {1}).value();
    EXPECT_THAT(rest, testing::HasSubstr(R"("key":"a\udc00b")"));
    EXPECT_TRUE(is_utf8(rest)) << "a queue has to take it";
    EXPECT_FALSE(decode_message(rest)) << "it is as bad alone";
  }
}

TEST(DecodeMessage, HalfASurrogatePairInWhatNeedNotBeThereIsLeftOut) {
  std::string record = kS3Record;
  record.replace(record.find(R"("awsRegion":")"), 13, R"("awsRegion":"\ud800)");
  record.replace(record.find(R"("principalId":")"), 15, R"("principalId":"\ud800)");

  const ObjectEvent event = std::get<EventRecords>(decode_message(record).value()).events.at(0);

  EXPECT_EQ(event.object.key, ObjectKey("a b/ü+.pdf"));
  EXPECT_FALSE(event.region);
  EXPECT_TRUE(is_utf8(event.principal.value()));
}

TEST(DecodeMessage, RecordsThatAreNotThereCannotBeTakenOut) {
  EXPECT_EQ(only_records(kS3Record, {1}).error().code, Errc::invalid);
  EXPECT_EQ(only_records(kEventBridge, {0}).error().code, Errc::invalid);
  EXPECT_EQ(only_records("hello", {0}).error().code, Errc::invalid);
}

TEST(DecodeMessage, RefusesMalformedMessagesWithTheReason) {
  std::string many = R"({"Records":[0)";
  for (std::size_t i = 0; i < kRecordsMax; ++i) many += ",0";
  const std::pair<const char*, std::string> kMalformed[] = {
      {"nothing", ""},
      {"no JSON", "hello"},
      {"a list", "[]"},
      {"half a message", std::string(kS3Record).substr(0, 300)},
      {"another JSON", R"({"a":1})"},
      {"deep nesting", std::string(1000, '[') + std::string(1000, ']')},
      {"too long", std::string(kMessageBytesMax + 1, ' ')},
      {"records that are none", R"({"Records":{}})"},
      {"too many records", many + "]}"},
      {"structure 3.0", with(kS3Record, "\"2.1\"", "\"3.0\"")},
      {"no source", with(kS3Record, "eventSource", "source")},
      {"no event name", with(kS3Record, "eventName", "name")},
      {"no bucket", with(kS3Record, "\"bucket\"", "\"basket\"")},
      {"a bucket that leads elsewhere", with(kS3Record, "\"uploads\"", "\"evil.example/x?\"")},
      {"an empty bucket", with(kS3Record, "\"uploads\"", "\"\"")},
      {"no key", with(kS3Record, "\"key\"", "\"ky\"")},
      {"an empty key", with(kS3Record, "a+b/%C3%BC%2B.pdf", "")},
      {"a key that is a number", with(kS3Record, "\"a+b/%C3%BC%2B.pdf\"", "7")},
      {"a key too long", with(kS3Record, "a+b/%C3%BC%2B.pdf", std::string(1025, 'k'))},
      {"an EventBridge event of another service", with(kEventBridge, "aws.s3", "aws.ec2")},
      {"an upload without a path", with(kGatewayUpload, "object-key", "other")},
      {"an upload of nothing but slashes", with(kGatewayUpload, "a b+ü.pdf", "//")},
      {"an upload through no share", with(kGatewayUpload, ":share/", ":tape/")},
      {"an upload into an impossible bucket", with(kGatewayUpload, "scans\"}", "a/b\"}")},
      {"an EventBridge event without an object", with(kEventBridge, "\"object\"", "\"thing\"")},
      {"an envelope of another type", with(in_sns("{}"), "Notification", "Something")},
      {"an envelope without a message", with(in_sns("{}"), "\"Message\"", "\"Massage\"")},
  };
  for (const auto& [what, body] : kMalformed) {
    SCOPED_TRACE(what);

    auto decoded = decode_message(body);

    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Errc::invalid);
    EXPECT_FALSE(decoded.error().what.empty());
    EXPECT_LT(decoded.error().what.size(), 300U);
  }
}

RC_GTEST_PROP(DecodeMessage, AnyEncodedKeyComesBack, ()) {
  std::string key;
  const int length = *rc::gen::inRange(1, 200);
  for (int i = 0; i < length; ++i)
    key += *rc::gen::elementOf(std::vector<std::string>{" ", "+", "%", "/", "//", "..", "a", "Z",
                                                        "9", "ü", "語", "😀", "\n", "\t", "\"", "\\",
                                                        "?", "#"});
  std::string written;
  for (const char c : percent_encode(key, true)) written += c;

  RC_ASSERT(key_of(decode_message(with(kS3Record, "a+b/%C3%BC%2B.pdf", written))) == key);
}

RC_GTEST_PROP(DecodeMessage, NoDamageBreaksTheDecoder, ()) {
  std::string body = *rc::gen::elementOf(
      std::vector<std::string>{kS3Record, kEventBridge, in_sns(kS3Record), in_sns(kEventBridge)});
  const int edits = *rc::gen::inRange(1, 8);
  for (int i = 0; i < edits; ++i) {
    const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(body.size())));
    body[at] = *rc::gen::arbitrary<char>();
  }

  auto decoded = decode_message(body);

  if (!decoded) RC_ASSERT(decoded.error().code == Errc::invalid);
}

}  // namespace
}  // namespace cordon
