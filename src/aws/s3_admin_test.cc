#include "aws/s3_admin.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/s3_admin_xml.h"
#include "aws/s3_bucket_list.h"
#include "testing/fake_service_client.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

constexpr const char* kForeign =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <CloudFunctionConfiguration><Id>f</Id><CloudFunction>arn:aws:lambda:eu-west-1:1:function:f</CloudFunction><Event>s3:ObjectCreated:Put</Event><Event>s3:ObjectRemoved:*</Event><Filter><S3Key><FilterRule><Name>Prefix</Name><Value>in &amp; out/</Value></FilterRule><FilterRule><Name>Suffix</Name><Value> </Value></FilterRule></S3Key></Filter></CloudFunctionConfiguration>
  <QueueConfiguration><Id>q</Id><Queue>arn:aws:sqs:eu-west-1:1:q</Queue><Event>s3:ObjectTagging:*</Event><Newer a="1"><x/></Newer></QueueConfiguration>
  <EventBridgeConfiguration/>
  <StreamConfiguration><Id>s</Id><Stream>arn:new</Stream></StreamConfiguration>
</NotificationConfiguration>)";

TEST(S3AdminXmlTest, ReadsNotificationsOfAllKinds) {
  const Result<BucketNotifications> read = decode_notifications(kForeign);

  ASSERT_TRUE(read) << read.error().what;
  EXPECT_TRUE(read->event_bridge);
  ASSERT_EQ(read->entries.size(), 3U);
  const NotificationEntry& function = read->entries[0];
  EXPECT_EQ(function.id, "f");
  EXPECT_EQ(function.target, NotificationEntry::Target::function);
  EXPECT_EQ(function.arn, "arn:aws:lambda:eu-west-1:1:function:f");
  EXPECT_EQ(function.events,
            (std::vector<std::string>{"s3:ObjectCreated:Put", "s3:ObjectRemoved:*"}));
  EXPECT_EQ(function.prefix, "in & out/");
  EXPECT_EQ(function.suffix, " ");
}

// What somebody else configured must survive us, whether we understand it or not.
TEST(S3AdminXmlTest, WritesBackWhatItDoesNotUnderstand) {
  BucketNotifications configuration = *decode_notifications(kForeign);
  configuration.entries.push_back({.id = "cordon-main",
                                   .target = NotificationEntry::Target::topic,
                                   .arn = "arn:aws:sns:eu-west-1:1:t",
                                   .events = {"s3:ObjectCreated:*"},
                                   .prefix = "a<b",
                                   .suffix = ""});

  const std::string written = encode_notifications(configuration);

  EXPECT_NE(written.find("<Newer a=\"1\"><x/></Newer>"), std::string::npos) << written;
  EXPECT_NE(written.find("<StreamConfiguration><Id>s</Id><Stream>arn:new</Stream>"),
            std::string::npos);
  EXPECT_NE(written.find("<Value>in &amp; out/</Value>"), std::string::npos);
  EXPECT_NE(written.find("<Value> </Value>"), std::string::npos);
  EXPECT_NE(written.find("<TopicConfiguration><Id>cordon-main</Id><Topic>arn:aws:sns:eu-west-1:1:t"
                         "</Topic><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule>"
                         "<Name>prefix</Name><Value>a&lt;b</Value></FilterRule></S3Key></Filter>"
                         "</TopicConfiguration>"),
            std::string::npos);
  EXPECT_NE(written.find("<EventBridgeConfiguration/>"), std::string::npos);
  const Result<BucketNotifications> again = decode_notifications(written);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->entries.size(), 4U);
}

TEST(S3AdminXmlTest, RefusesConfigurationsThatAreNone) {
  for (const std::string xml : {"", "{}", "<Error/>", "<NotificationConfiguration>",
                                "<!DOCTYPE x><NotificationConfiguration/>"}) {
    SCOPED_TRACE(xml);
    EXPECT_EQ(decode_notifications(xml).error().code, Errc::unavailable);
    EXPECT_EQ(decode_versioning(xml).error().code, Errc::unavailable);
    EXPECT_EQ(decode_location(xml).error().code, Errc::unavailable);
    EXPECT_EQ(decode_bucket_entries(xml).error().code, Errc::unavailable);
  }
  EXPECT_TRUE(decode_notifications("<NotificationConfiguration/>")->entries.empty());
}

TEST(S3AdminXmlTest, ReadsVersioningAndLocation) {
  EXPECT_EQ(*decode_versioning("<VersioningConfiguration/>"), Versioning::off);
  EXPECT_EQ(*decode_versioning(
                "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
            Versioning::on);
  EXPECT_EQ(*decode_versioning(
                "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"),
            Versioning::suspended);
  EXPECT_FALSE(
      decode_versioning("<VersioningConfiguration><Status>Odd</Status></VersioningConfiguration>"));
  for (const char* told :
       {"<LocationConstraint/>", "<LocationConstraint>default</LocationConstraint>",
        "<LocationConstraint>us</LocationConstraint>",
        "<LocationConstraint>a-b</LocationConstraint>",
        "<LocationConstraint>../x-y-1</LocationConstraint>"}) {
    EXPECT_EQ(*decode_location(told), std::nullopt) << told;
  }
  EXPECT_EQ(*decode_location("<LocationConstraint>EU</LocationConstraint>"), Region("eu-west-1"));
  EXPECT_EQ(*decode_location("<LocationConstraint>eu-central-1</LocationConstraint>"),
            Region("eu-central-1"));
}

TEST(S3AdminXmlTest, AddsItsLifecycleRuleToTheOthers) {
  const std::string others =
      "<LifecycleConfiguration><Rule><ID>mine</ID><Status>Enabled</Status><Expiration><Days>90</"
      "Days>"
      "</Expiration></Rule></LifecycleConfiguration>";

  const Result<std::string> merged = with_our_rules(others, std::nullopt);

  ASSERT_TRUE(merged) << merged.error().what;
  EXPECT_NE(merged->find("<ID>mine</ID><Status>Enabled</Status><Expiration><Days>90</Days>"),
            std::string::npos);
  EXPECT_NE(merged->find("<AbortIncompleteMultipartUpload>"), std::string::npos);
  EXPECT_EQ(*with_our_rules(*merged, std::nullopt), "");
  EXPECT_FALSE(with_our_rules("<html/>", std::nullopt));
}

TEST(S3AdminXmlTest, KnowsWhenUnfinishedUploadsEnd) {
  const auto days = [](const std::string& rule) {
    return decode_unfinished_upload_days("<LifecycleConfiguration>" + rule +
                                         "</LifecycleConfiguration>")
        .value();
  };
  const auto rule = [](const std::string& scope, int count, const char* status = "Enabled") {
    return "<Rule>" + scope + "<Status>" + status + "</Status><AbortIncompleteMultipartUpload>" +
           "<DaysAfterInitiation>" + std::to_string(count) +
           "</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>";
  };

  EXPECT_EQ(days(""), std::nullopt);
  EXPECT_EQ(days("<Rule><Status>Enabled</Status><Expiration><Days>9</Days></Expiration></Rule>"),
            std::nullopt);
  EXPECT_EQ(days(rule("<Filter/>", 7) + rule("<Filter><Prefix></Prefix></Filter>", 3)), 3U);
  EXPECT_EQ(days(rule("<Prefix></Prefix>", 1)), 1U);
  EXPECT_EQ(days(rule("<Prefix>logs/</Prefix>", 1)), std::nullopt);
  EXPECT_EQ(days(rule("<Filter><Prefix>logs/</Prefix></Filter>", 1)), std::nullopt);
  EXPECT_EQ(days(rule("<Filter/>", 1, "Disabled")), std::nullopt);
  EXPECT_EQ(decode_unfinished_upload_days(with_our_rules("", std::nullopt).value()).value(), 1U);
}

TEST(S3AdminXmlTest, LetsObjectsExpireBesideOtherRulesAndTakesThatBack) {
  const std::string others =
      "<LifecycleConfiguration><Rule><ID>mine</ID><Status>Enabled</Status><Expiration><Days>9</"
      "Days>"
      "</Expiration></Rule></LifecycleConfiguration>";

  const std::string ninety = with_our_rules(others, 90).value();
  const std::string thirty = with_our_rules(ninety, 30).value();
  const std::string never = with_our_rules(thirty, 0).value();

  EXPECT_NE(ninety.find("<Days>90</Days>"), std::string::npos) << ninety;
  EXPECT_NE(ninety.find("<NoncurrentDays>90</NoncurrentDays>"), std::string::npos);
  EXPECT_NE(ninety.find("<ExpiredObjectDeleteMarker>true<"), std::string::npos);
  EXPECT_EQ(thirty.find("90"), std::string::npos) << thirty;
  EXPECT_EQ(never.find("30"), std::string::npos) << never;
  for (const std::string& document : {ninety, thirty, never}) {
    EXPECT_NE(document.find("<ID>mine</ID>"), std::string::npos);
    EXPECT_NE(document.find("<AbortIncompleteMultipartUpload>"), std::string::npos);
    EXPECT_EQ(with_our_rules(document, std::nullopt).value(), "") << "as it is";
  }
  EXPECT_EQ(with_our_rules(ninety, 90).value(), "");
  EXPECT_EQ(with_our_rules(never, 0).value(), "");
}

TEST(S3AdminXmlTest, SwitchesExpiryOnAgainWhereSomebodyChangedIt) {
  std::string changed = with_our_rules("", 90).value();
  const std::string enabled =
      "<ID>cordon-expiry</ID><Filter><Prefix></Prefix></Filter><Status>Enabled";
  ASSERT_NE(changed.find(enabled), std::string::npos) << changed;
  changed.replace(changed.find(enabled) + enabled.size() - 7, 7, "Disabled");

  EXPECT_NE(with_our_rules(changed, 90).value().find(enabled), std::string::npos);
}

/// Answers by operation; what is not named is done.
class S3AdminTest : public testing::Test {
 protected:
  S3AdminTest() {
    client_.answer_by(
        [this](const AwsCall& call, Deadline, std::stop_token) -> Result<HttpResponse> {
          const auto known = answers_.find(call.operation);
          return known == answers_.end() ? HttpResponse{200, {}, ""} : known->second;
        });
    answers_.emplace(
        "GetBucketEncryption",
        remote_error(Errc::not_found, "ServerSideEncryptionConfigurationNotFoundError"));
    answers_.emplace("GetBucketLifecycleConfiguration",
                     remote_error(Errc::not_found, "NoSuchLifecycleConfiguration"));
  }

  void answer(const std::string& operation, Result<HttpResponse> what) {
    answers_.insert_or_assign(operation, std::move(what));
  }
  Result<void> ensure() {
    return admin_.ensure_private({.name = BucketName("q")}, Deadline::never(), {});
  }
  bool called(const std::string& operation) const {
    for (const std::string& one : client_.operations()) {
      if (one == operation) return true;
    }
    return false;
  }

  FakeServiceClient client_;
  SimulatedClock clock_;
  Log log_{LogLevel::debug, clock_, [](std::string_view) {}};
  S3Admin admin_{client_, {.account = AccountId("111122223333")}, log_};
  std::map<std::string, Result<HttpResponse>> answers_;
};

TEST_F(S3AdminTest, SaysWhatKeepsABucketFromBeingPrivate) {
  const char* const kOpen =
      "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
      "<IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy>"
      "<RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
  answer("GetBucketVersioning", HttpResponse{200,
                                             {},
                                             "<VersioningConfiguration><Status>Suspended</Status>"
                                             "</VersioningConfiguration>"});
  answer("GetPublicAccessBlock", HttpResponse{200, {}, kOpen});
  answer("GetBucketOwnershipControls",
         remote_error(Errc::not_found, "OwnershipControlsNotFoundError"));
  answer("GetBucketEncryption",
         remote_error(Errc::not_found, "ServerSideEncryptionConfigurationNotFoundError"));
  answer("GetBucketLifecycleConfiguration",
         remote_error(Errc::not_found, "NoSuchLifecycleConfiguration"));

  const auto lacks = admin_.private_lacks({.name = BucketName("q")}, Deadline::never(), {});

  ASSERT_TRUE(lacks) << lacks.error().what;
  EXPECT_EQ(*lacks, (std::vector<std::string>{"versioning", "public access block",
                                              "owner of objects", "encryption", "lifecycle"}));
  EXPECT_FALSE(called("PutPublicAccessBlock"));
}

TEST_F(S3AdminTest, WhatAStoreDoesNotKnowIsNotMissed) {
  answer("GetBucketVersioning", HttpResponse{200,
                                             {},
                                             "<VersioningConfiguration><Status>Enabled</Status>"
                                             "</VersioningConfiguration>"});
  for (const char* operation : {"GetPublicAccessBlock", "GetBucketOwnershipControls",
                                "GetBucketEncryption", "GetBucketLifecycleConfiguration"}) {
    answer(operation, remote_error(Errc::invalid, "NotImplemented"));
  }

  EXPECT_TRUE(admin_.private_lacks({.name = BucketName("q")}, Deadline::never(), {})->empty());

  answer("GetBucketVersioning", remote_error(Errc::not_found, "NoSuchBucket"));
  EXPECT_EQ(admin_.private_lacks({.name = BucketName("q")}, Deadline::never(), {}).error().code,
            Errc::not_found);
}

// As Ceph's gateway does.
TEST_F(S3AdminTest, ABlockThatKeepsEverybodysObjectsOutIsLeftOutOnStoresThatAreNotAws) {
  const char* const kLists = "<ListBucketResult><Name>q</Name></ListBucketResult>";
  answer("PutObject", remote_error(Errc::denied, "AccessDenied"));
  answer("PutBucketOwnershipControls", remote_error(Errc::invalid, "InvalidArgument"));
  answer("GetBucketEncryption", HttpResponse{200, {}, kLists});
  const PrivateBucket bucket{.name = BucketName("q"), .on_any_store = true};

  const Result<void> done = admin_.ensure_private(bucket, Deadline::never(), {});

  ASSERT_TRUE(done) << done.error().what;
  std::vector<std::string> blocks;
  for (const AwsCall& call : client_.calls()) {
    if (std::string(call.operation) == "PutPublicAccessBlock") blocks.push_back(call.body);
  }
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_THAT(blocks[0], testing::HasSubstr("<BlockPublicAcls>true"));
  EXPECT_THAT(blocks[1], testing::HasSubstr("<BlockPublicAcls>false"));
  EXPECT_THAT(blocks[1], testing::HasSubstr("<IgnorePublicAcls>true"));
  EXPECT_FALSE(called("PutBucketEncryption"));
  EXPECT_FALSE(ensure()) << "AWS knows all of it";
}

TEST_F(S3AdminTest, WhatWasTriedIsRemovedWithItsVersion) {
  answer("PutObject", HttpResponse{200, {{"x-amz-version-id", "v1"}}, ""});

  ASSERT_TRUE(admin_.ensure_private({.name = BucketName("q"), .on_any_store = true},
                                    Deadline::never(), {}));

  bool is_removed = false;
  for (const AwsCall& call : client_.calls()) {
    if (std::string(call.operation) != "DeleteObject") continue;
    is_removed = true;
    EXPECT_EQ(call.query.size(), 1U);
    EXPECT_EQ(call.query[0].second, "v1");
  }
  EXPECT_TRUE(is_removed);
  EXPECT_TRUE(called("PutPublicAccessBlock"));
}

TEST_F(S3AdminTest, TakesAnEmptyAnswerForABucketWithoutNotifications) {
  answer("GetBucketNotificationConfiguration", HttpResponse{200, {}, ""});

  const auto none = admin_.notifications(BucketName("b"), Deadline::never(), {});

  ASSERT_TRUE(none) << none.error().what;
  EXPECT_TRUE(none->entries.empty());
  EXPECT_FALSE(none->event_bridge);
}

TEST_F(S3AdminTest, MakesABucketPrivateBeforeItIsUsed) {
  ASSERT_TRUE(ensure());

  EXPECT_EQ(client_.operations(),
            (std::vector<std::string>{
                "CreateBucket", "PutPublicAccessBlock", "PutBucketOwnershipControls",
                "PutBucketVersioning", "GetBucketEncryption", "PutBucketEncryption",
                "GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration"}));
  const std::vector<AwsCall> calls = client_.calls();
  EXPECT_NE(calls[0].body.find("<LocationConstraint>eu-west-1<"), std::string::npos);
  for (std::size_t i = 1; i < calls.size(); ++i) {
    if (calls[i].method != "PUT") continue;
    EXPECT_TRUE(calls[i].headers.has("Content-MD5")) << calls[i].operation;
    EXPECT_EQ(calls[i].headers.get("x-amz-expected-bucket-owner"), "111122223333");
  }
}

TEST_F(S3AdminTest, SaysOfANameInTheAccountsNamespaceThatItIsInThere) {
  const auto space_of = [&](const char* name) {
    EXPECT_TRUE(admin_.ensure_private({.name = BucketName(name)}, Deadline::never(), {}));
    const auto calls = client_.calls();
    const auto made = std::find_if(calls.rbegin(), calls.rend(), [](const AwsCall& call) {
      return call.operation == "CreateBucket";
    });
    return std::string(made->headers.get("x-amz-bucket-namespace").value_or(""));
  };

  EXPECT_EQ(space_of("q-111122223333-eu-west-1-an"), "account-regional");
  EXPECT_EQ(space_of("q-111122223333-eu-west-1"), "");
  EXPECT_EQ(space_of("q-111122223333-eu-west-2-an"), "");
  EXPECT_EQ(space_of("milan"), "");
}

TEST_F(S3AdminTest, ReadsWritesAndTakesAwayThePolicyOfABucketThatIsOurs) {
  const BucketName bucket("q");
  answer("GetBucketPolicy", HttpResponse{200, {}, "{\"Statement\":[]}"});
  EXPECT_EQ(admin_.policy(bucket, Deadline::never(), {}).value(), "{\"Statement\":[]}");
  for (const char* none : {"NoSuchBucketPolicy", "NotImplemented"}) {
    answer("GetBucketPolicy", remote_error(Errc::not_found, none));
    EXPECT_EQ(admin_.policy(bucket, Deadline::never(), {}).value(), "");
  }
  for (const Errc code : {Errc::denied, Errc::not_found, Errc::unavailable}) {
    answer("GetBucketPolicy", remote_error(code, "Other"));
    EXPECT_EQ(admin_.policy(bucket, Deadline::never(), {}).error().code, code);
  }

  ASSERT_TRUE(admin_.set_policy(bucket, "{\"Statement\":[1]}", Deadline::never(), {}));
  EXPECT_EQ(client_.calls().back().operation, "PutBucketPolicy");
  EXPECT_EQ(client_.calls().back().body, "{\"Statement\":[1]}");
  ASSERT_TRUE(admin_.set_policy(bucket, "", Deadline::never(), {}));
  EXPECT_EQ(client_.calls().back().operation, "DeleteBucketPolicy");
  answer("DeleteBucketPolicy", remote_error(Errc::not_found, "NoSuchBucketPolicy"));
  EXPECT_TRUE(admin_.set_policy(bucket, "", Deadline::never(), {}));
  for (const AwsCall& call : client_.calls()) {
    EXPECT_EQ(call.headers.get("x-amz-expected-bucket-owner"), "111122223333") << call.operation;
  }
}

TEST_F(S3AdminTest, KeepsAnEncryptionThatSomebodyChose) {
  answer("CreateBucket", remote_error(Errc::invalid, "BucketAlreadyOwnedByYou"));
  answer("GetBucketEncryption", HttpResponse{200, {}, "<ServerSideEncryptionConfiguration/>"});

  ASSERT_TRUE(ensure());

  EXPECT_FALSE(called("PutBucketEncryption"));
}

TEST_F(S3AdminTest, TakesNobodysBucket) {
  answer("CreateBucket", remote_error(Errc::invalid, "BucketAlreadyExists"));
  answer("HeadBucket", remote_error(Errc::denied, "AccessDenied"));

  EXPECT_EQ(ensure().error().code, Errc::denied);
  EXPECT_EQ(client_.operations(), (std::vector<std::string>{"CreateBucket", "HeadBucket"}));
}

TEST_F(S3AdminTest, DoesWithoutWhatAServerDoesNotHave) {
  for (const char* operation : {"PutPublicAccessBlock", "PutBucketOwnershipControls",
                                "GetBucketEncryption", "GetBucketLifecycleConfiguration"}) {
    answer(operation, remote_error(Errc::invalid, "NotImplemented"));
  }

  EXPECT_TRUE(ensure());
}

TEST_F(S3AdminTest, StopsAtTheFirstRefusal) {
  answer("PutPublicAccessBlock", remote_error(Errc::denied, "AccessDenied"));

  EXPECT_EQ(ensure().error().code, Errc::denied);
  EXPECT_FALSE(called("PutBucketVersioning"));
}

TEST_F(S3AdminTest, FindsTheRegionInTheHeaderOrTheDocument) {
  answer("HeadBucket", HttpResponse{200, {{"x-amz-bucket-region", "eu-north-1"}}, ""});
  EXPECT_EQ(*admin_.region_of(BucketName("b"), Deadline::never(), {}), Region("eu-north-1"));

  answer("HeadBucket", HttpResponse{200, {}, ""});
  answer("GetBucketLocation",
         HttpResponse{200, {}, "<LocationConstraint>eu-west-3</LocationConstraint>"});
  EXPECT_EQ(*admin_.region_of(BucketName("b"), Deadline::never(), {}), Region("eu-west-3"));
}

TEST_F(S3AdminTest, AStoreThatKnowsNoRegionsIsInOurs) {
  const Result<HttpResponse> kAnswers[] = {
      HttpResponse{200, {}, "<LocationConstraint/>"},
      HttpResponse{200, {}, "<LocationConstraint>default</LocationConstraint>"},
      remote_error(Errc::invalid, "NotImplemented"),
      remote_error(Errc::invalid, "MethodNotAllowed"),
  };
  for (const Result<HttpResponse>& location : kAnswers) {
    answer("HeadBucket", HttpResponse{200, {}, ""});
    answer("GetBucketLocation", location);

    EXPECT_EQ(*admin_.region_of(BucketName("b"), Deadline::never(), {}), client_.region());
  }
  answer("HeadBucket", HttpResponse{200, {}, ""});
  answer("GetBucketLocation", remote_error(Errc::denied, "AccessDenied"));
  EXPECT_EQ(admin_.region_of(BucketName("b"), Deadline::never(), {}).error().code, Errc::denied);
}

TEST_F(S3AdminTest, ListsAllPagesOfBuckets) {
  client_.will_answer(200, {},
                      "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name></Bucket></Buckets>"
                      "<ContinuationToken>more</ContinuationToken></ListAllMyBucketsResult>");
  client_.will_answer(200, {},
                      "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets>"
                      "</ListAllMyBucketsResult>");

  const auto all = admin_.list(Deadline::never(), {});

  ASSERT_TRUE(all) << all.error().what;
  EXPECT_EQ(*all, (std::vector<BucketName>{BucketName("a"), BucketName("b")}));
}

}  // namespace
}  // namespace cordon
