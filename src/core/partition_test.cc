#include "core/partition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace cordon {
namespace {

const AccountId kAccount("111122223333");

TEST(Partition, FollowsFromTheFormOfARegionsName) {
  const std::pair<const char*, const char*> kRows[] = {{"eu-west-1", "aws"},
                                                       {"mx-central-1", "aws"},
                                                       {"cn-north-1", "aws-cn"},
                                                       {"cn-northwest-1", "aws-cn"},
                                                       {"us-gov-east-1", "aws-us-gov"},
                                                       {"us-iso-east-1", "aws-iso"},
                                                       {"us-isob-east-1", "aws-iso-b"},
                                                       {"eu-isoe-west-1", "aws-iso-e"},
                                                       {"us-isof-south-1", "aws-iso-f"},
                                                       {"eusc-de-east-1", "aws-eusc"},
                                                       // Not open yet.
                                                       {"ap-southeast-99", "aws"},
                                                       {"cn-south-4", "aws-cn"},
                                                       {"us-gov-central-2", "aws-us-gov"},
                                                       {"eusc-de-north-12", "aws-eusc"}};
  for (const auto& [region, id] : kRows) {
    SCOPED_TRACE(region);
    ASSERT_NE(known_partition_of(Region(region)), nullptr);
    EXPECT_EQ(partition_of(Region(region)).id, id);
  }
}

TEST(Partition, AnotherFormIsUnknownAndCountsAsAws) {
  for (const char* region : {"", "mars-north-1", "garage", "us-west", "us-west-", "us-west-1a",
                             "us--1", "cn-north-1-x", "eusc-fr-west-1", "US-EAST-1", "*"}) {
    SCOPED_TRACE(region);
    EXPECT_EQ(known_partition_of(Region(region)), nullptr);
    EXPECT_EQ(partition_of(Region(region)).id, "aws");
  }
}

TEST(Partition, EachHasOneRow) {
  std::set<std::string_view> ids;
  for (const Partition& one : partitions()) {
    EXPECT_TRUE(ids.insert(one.id).second) << one.id;
    EXPECT_EQ(find_partition(one.id), &one);
  }
  EXPECT_EQ(ids, (std::set<std::string_view>{"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b",
                                             "aws-iso-e", "aws-iso-f", "aws-eusc"}));
  EXPECT_EQ(find_partition("aws-"), nullptr);
}

TEST(Partition, KnowsHostsOfAws) {
  for (const char* host : {"s3.eu-west-1.amazonaws.com",
                           "vpce-1a2b.s3.eu-west-1.vpce.amazonaws.com", "sqs.eu-west-1.api.aws",
                           "s3.cn-north-1.amazonaws.com.cn", "s3.eusc-de-east-1.amazonaws.eu"}) {
    EXPECT_TRUE(is_aws_host(host)) << host;
  }
  for (const char* host : {"", "amazonaws.com", "evilamazonaws.com", "s3.amazonaws.com.example",
                           "amazonaws.com.example.org", "127.0.0.1", "store.example"}) {
    EXPECT_FALSE(is_aws_host(host)) << host;
  }
}

TEST(Arn, HasThePartitionOfItsRegion) {
  const Region china("cn-north-1");
  EXPECT_EQ(regional_arn("sns", china, kAccount, "t"), "arn:aws-cn:sns:cn-north-1:111122223333:t");
  EXPECT_EQ(bucket_arn(Region("us-gov-west-1"), "b/*"), "arn:aws-us-gov:s3:::b/*");
  EXPECT_EQ(account_root_arn(Region("eusc-de-east-1"), kAccount),
            "arn:aws-eusc:iam::111122223333:root");
  EXPECT_EQ(regional_arn("sqs", Region("garage"), kAccount, "q"),
            "arn:aws:sqs:garage:111122223333:q");
}

TEST(Arn, IsReadAsItWasWritten) {
  for (const char* text :
       {"arn:aws-cn:sns:cn-north-1:111122223333:t", "arn:aws:s3:::b/k:with:colons",
        "arn:aws-us-gov:iam::111122223333:role/path/r"}) {
    const auto arn = parse_arn(text);
    ASSERT_TRUE(arn) << text;
    EXPECT_EQ(to_string(*arn), text);
  }
}

TEST(Arn, RefusesWhatIsNone) {
  for (const char* text : {"", "arn", "arn:aws:s3::", "arn:aws:s3:::", "arn:azure:s3:::b",
                           "arn::s3:::b", "ARN:aws:s3:::b", "arn:aws::::b",
                           "arn:aws:iam::1111:role/r", "arn:aws:iam::11112222333x:r"}) {
    EXPECT_FALSE(parse_arn(text)) << text;
  }
}

TEST(RoleArn, TellsTheAccountAndTheName) {
  for (const char* partition : {"aws", "aws-cn", "aws-us-gov", "aws-iso-f", "aws-eusc"}) {
    const std::string text = "arn:" + std::string(partition) + ":iam::444455556666:role/path/r";
    const auto role = parse_role_arn(text);
    ASSERT_TRUE(role) << partition;
    EXPECT_EQ(role->partition, partition);
    EXPECT_EQ(role->account, AccountId("444455556666"));
    EXPECT_EQ(role->name, "path/r");
  }
  for (const char* wrong :
       {"", "role/r", "arn:aws:iam::4444:role/r", "arn:aws:iam::444455556666:user/r",
        "arn:aws:iam::444455556666:role/", "arn:aws:iam::44445555666x:role/r",
        "arn:aws-xx:iam::444455556666:role/r", "arn:aws:sts::444455556666:role/r",
        "arn:aws:iam:eu-west-1:444455556666:role/r", "arn:aws:iam:::role/r"}) {
    EXPECT_FALSE(parse_role_arn(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace cordon
