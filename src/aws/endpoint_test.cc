#include "aws/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

#include "aws/aws_test_oracle.h"
#include "core/partition.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::Not;

EndpointUrl url(std::string_view text) { return *parse_endpoint_url(text, "--endpoint-url"); }

TEST(EndpointUrl, AcceptsWhatPeopleWrite) {
  const std::pair<const char*, EndpointUrl> kRows[] = {
      {"http://127.0.0.1:4566", {false, "127.0.0.1:4566", ""}},
      {"  HTTPS://Example.ORG/ ", {true, "example.org", ""}},
      {"https://example.org:443/base/path//", {true, "example.org", "/base/path"}},
      {"http://localhost:80", {false, "localhost", ""}},
      {"http://[::1]:9000", {false, "[::1]:9000", ""}},
      {"https://bucket_store.internal:8443", {true, "bucket_store.internal:8443", ""}},
  };
  for (const auto& [text, expected] : kRows) {
    SCOPED_TRACE(text);

    const auto parsed = parse_endpoint_url(text, "AWS_ENDPOINT_URL");

    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, expected);
  }
}

TEST(EndpointUrl, SaysWhichSettingIsBrokenAndWhatToWrite) {
  const char* const kBroken[] = {"",
                                 "127.0.0.1:4566",
                                 "localhost",
                                 "http",
                                 "https:/",
                                 "ftp://x",
                                 "http://",
                                 "http:///path",
                                 "http://:80",
                                 "http://host:",
                                 "http://host:0",
                                 "http://host:65536",
                                 "http://host:8o",
                                 "http://ho st",
                                 "http://host\r\nX: y",
                                 "http://[::1",
                                 "http://[zz]",
                                 "http://[::1]x",
                                 "http://host/?q=1",
                                 "http://host#f",
                                 "http://host/a b",
                                 "http://-host",
                                 "https://ex%41mple.org"};
  for (const char* text : kBroken) {
    SCOPED_TRACE(text);

    const auto parsed = parse_endpoint_url(text, "AWS_ENDPOINT_URL_S3");

    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::invalid);
    EXPECT_THAT(parsed.error().what, HasSubstr("AWS_ENDPOINT_URL_S3"));
    EXPECT_THAT(parsed.error().what, HasSubstr("write http://HOST:PORT"));
  }
}

TEST(EndpointUrl, NeverRepeatsAPassword) {
  const auto parsed = parse_endpoint_url("http://user:hunter2@host", "AWS_ENDPOINT_URL");

  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().what, Not(HasSubstr("hunter2")));
}

TEST(Endpoint, FollowsRegionPartitionAndSwitches) {
  struct Row {
    AwsService service;
    const char* region;
    bool fips, dualstack;
    const char* host;
  };
  const Row kRows[] = {
      {AwsService::s3, "eu-west-1", false, false, "s3.eu-west-1.amazonaws.com"},
      {AwsService::s3, "us-east-1", false, false, "s3.us-east-1.amazonaws.com"},
      {AwsService::s3, "us-east-1", true, false, "s3-fips.us-east-1.amazonaws.com"},
      {AwsService::s3, "eu-west-1", false, true, "s3.dualstack.eu-west-1.amazonaws.com"},
      {AwsService::s3, "us-east-2", true, true, "s3-fips.dualstack.us-east-2.amazonaws.com"},
      {AwsService::s3, "cn-north-1", false, false, "s3.cn-north-1.amazonaws.com.cn"},
      {AwsService::s3, "us-gov-west-1", true, false, "s3-fips.us-gov-west-1.amazonaws.com"},
      {AwsService::sqs, "eu-west-1", false, false, "sqs.eu-west-1.amazonaws.com"},
      {AwsService::sqs, "us-east-1", true, false, "sqs-fips.us-east-1.amazonaws.com"},
      {AwsService::sqs, "eu-west-1", false, true, "sqs.eu-west-1.api.aws"},
      {AwsService::sqs, "us-gov-west-1", true, false, "sqs.us-gov-west-1.amazonaws.com"},
      {AwsService::sns, "cn-north-1", false, false, "sns.cn-north-1.amazonaws.com.cn"},
      {AwsService::sns, "cn-north-1", false, true, "sns.cn-north-1.api.amazonwebservices.com.cn"},
      {AwsService::logs, "us-east-1", true, false, "logs-fips.us-east-1.amazonaws.com"},
      {AwsService::events, "eu-west-1", false, false, "events.eu-west-1.amazonaws.com"},
      {AwsService::sts, "eu-west-1", false, false, "sts.eu-west-1.amazonaws.com"},
      {AwsService::sts, "us-gov-west-1", true, false, "sts.us-gov-west-1.amazonaws.com"},
      {AwsService::storagegateway, "ca-central-1", true, false,
       "storagegateway-fips.ca-central-1.amazonaws.com"},
      {AwsService::events, "us-gov-west-1", true, true, "events.us-gov-west-1.api.aws"},
      {AwsService::sqs, "us-gov-west-1", true, true, "sqs-fips.us-gov-west-1.api.aws"},
      {AwsService::s3, "us-iso-east-1", true, true, "s3-fips.dualstack.us-iso-east-1.c2s.ic.gov"},
      {AwsService::sns, "us-isob-east-1", false, true, "sns.us-isob-east-1.api.aws.scloud"},
      {AwsService::logs, "eu-isoe-west-1", false, true,
       "logs.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
      {AwsService::sts, "us-isof-south-1", false, false, "sts.us-isof-south-1.csp.hci.ic.gov"},
      {AwsService::sqs, "eusc-de-east-1", false, false, "sqs.eusc-de-east-1.amazonaws.eu"},
      {AwsService::sqs, "eusc-de-east-1", true, true,
       "sqs-fips.eusc-de-east-1.api.amazonwebservices.eu"},
      {AwsService::s3, "mars-north-1", false, false, "s3.mars-north-1.amazonaws.com"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.host);

    const auto endpoint =
        resolve_endpoint({{}, row.fips, row.dualstack}, row.service, Region(row.region));

    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->url, (EndpointUrl{true, row.host, ""}));
    EXPECT_FALSE(endpoint->configured);
  }
}

TEST(EndpointProperty, AgreesWithBotocoreOnEveryServiceRegionAndSwitch) {
  const OracleOutput oracle = run_oracle("endpoint_oracle.py");
  if (oracle.is_missing()) {
    GTEST_SKIP() << "the oracle cannot run: install python3-botocore. " << oracle.text;
  }
  ASSERT_EQ(oracle.exit_code, 0) << oracle.text;
  const std::map<std::string, AwsService> kServices = {
      {"s3", AwsService::s3},
      {"sqs", AwsService::sqs},
      {"sns", AwsService::sns},
      {"logs", AwsService::logs},
      {"events", AwsService::events},
      {"sts", AwsService::sts},
      {"storagegateway", AwsService::storagegateway}};
  std::istringstream lines(oracle.text);
  std::string service, region, partition, host;
  bool fips = false, dualstack = false;
  std::size_t cases = 0;

  for (; lines >> service >> region >> partition >> fips >> dualstack >> host; ++cases) {
    SCOPED_TRACE(service + " " + region + " " + host);
    const auto endpoint =
        resolve_endpoint({{}, fips, dualstack}, kServices.at(service), Region(region));
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->url.host, host);
    ASSERT_NE(known_partition_of(Region(region)), nullptr);
    EXPECT_EQ(partition_of(Region(region)).id, partition);
  }
  EXPECT_GT(cases, 800U);
}

TEST(Endpoint, RefusesWhatIsNoRegion) {
  for (const char* region : {"", "evil.example", "a/b", "EU", "eu-west-1 "}) {
    SCOPED_TRACE(region);
    EXPECT_EQ(resolve_endpoint({}, AwsService::s3, Region(region)).error().code, Errc::invalid);
  }
}

TEST(Endpoint, RefusesFipsWhereThereIsNone) {
  for (const bool dualstack : {false, true}) {
    const auto endpoint =
        resolve_endpoint({{}, true, dualstack}, AwsService::s3, Region("cn-north-1"));
    ASSERT_FALSE(endpoint);
    EXPECT_THAT(endpoint.error().what, HasSubstr("AWS_USE_FIPS_ENDPOINT"));
  }
}

std::string placed(const Endpoint& endpoint, BucketStyle style, std::string bucket,
                   std::string path) {
  const AwsCall call{.service = AwsService::s3,
                     .operation = "GetObject",
                     .method = "GET",
                     .bucket = BucketName(std::move(bucket)),
                     .path = std::move(path)};
  const auto target = target_of(endpoint, style, call);
  return target ? target->url("") : "error: " + target.error().what;
}

TEST(Target, PutsTheBucketWhereItCanStand) {
  const Endpoint aws{url("https://s3.eu-west-1.amazonaws.com"), false};
  const Endpoint address{url("http://127.0.0.1:4566"), true};
  const Endpoint named{url("http://store.example:9000/base"), true};
  struct Row {
    const Endpoint& endpoint;
    BucketStyle style;
    const char* bucket;
    const char* expected;
  };
  const Row kRows[] = {
      {aws, BucketStyle::automatic, "uploads", "https://uploads.s3.eu-west-1.amazonaws.com/k"},
      {aws, BucketStyle::automatic, "a.b", "https://s3.eu-west-1.amazonaws.com/a.b/k"},
      {aws, BucketStyle::automatic, "Upper_Case",
       "https://s3.eu-west-1.amazonaws.com/Upper_Case/k"},
      {aws, BucketStyle::automatic, "10.0.0.1", "https://s3.eu-west-1.amazonaws.com/10.0.0.1/k"},
      {aws, BucketStyle::automatic, "-ab", "https://s3.eu-west-1.amazonaws.com/-ab/k"},
      {aws, BucketStyle::path, "uploads", "https://s3.eu-west-1.amazonaws.com/uploads/k"},
      {address, BucketStyle::automatic, "uploads", "http://127.0.0.1:4566/uploads/k"},
      {named, BucketStyle::automatic, "uploads", "http://store.example:9000/base/uploads/k"},
      {named, BucketStyle::virtual_host, "uploads", "http://uploads.store.example:9000/base/k"},
      {named, BucketStyle::virtual_host, "a.b", "http://a.b.store.example:9000/base/k"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.expected);
    EXPECT_EQ(placed(row.endpoint, row.style, row.bucket, "/k"), row.expected);
  }
  EXPECT_THAT(placed(address, BucketStyle::virtual_host, "uploads", "/k"), HasSubstr("path style"));
}

TEST(Target, KeepsEveryByteOfAHostileKey) {
  const Endpoint store{url("http://127.0.0.1:1"), true};

  EXPECT_EQ(placed(store, BucketStyle::automatic, "b00", "/x/../y//./a b+%2F?#\tü"),
            "http://127.0.0.1:1/b00/x/../y//./a%20b%2B%252F%3F%23%09%C3%BC");
  EXPECT_EQ(placed(store, BucketStyle::automatic, "b00", "//lead"), "http://127.0.0.1:1/b00//lead");
  EXPECT_EQ(placed(store, BucketStyle::automatic, "b00", "/"), "http://127.0.0.1:1/b00");
}

TEST(Target, RefusesABucketNameThatWouldLeaveItsPlace) {
  const Endpoint store{url("https://s3.eu-west-1.amazonaws.com"), false};
  for (const char* bucket : {"", ".", "..", "a/b", "a?b", "a@evil.example", "a#", "a b", "a\r\nb",
                             "arn:aws:s3:eu-west-1:1:accesspoint/x"}) {
    SCOPED_TRACE(bucket);
    EXPECT_THAT(placed(store, BucketStyle::automatic, bucket, "/k"),
                HasSubstr("is not a bucket name"));
  }
}

}  // namespace
}  // namespace cordon
