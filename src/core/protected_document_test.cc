#include "core/protected_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cordon {
namespace {

using testing::HasSubstr;

const AccountId kOurs("111122223333");
const AccountId kTheirs("444455556666");

TEST(ProtectedDocument, IsReadAsItWasWritten) {
  const ProtectedDocument document{
      {{BucketName("uploads"), {kOurs, Region("eu-west-1"), {kByEvents}}},
       {BucketName("scans.of.offices"), {kOurs, Region("eu-west-1"), {kByEvents, kByGateway}}},
       {BucketName("far"), {kOurs, Region("us-east-1"), {kByGateway}}},
       {BucketName("theirs"), {kTheirs, Region("eu-west-1"), {kByEvents}}}}};

  const auto text = encode_protected(document);

  ASSERT_TRUE(text);
  EXPECT_EQ(decode_protected(*text).value(), document);
  EXPECT_EQ(decode_protected(encode_protected({}).value()).value(), ProtectedDocument());
}

TEST(ProtectedDocument, KeepsWaysAndMembersOfNewerPrograms) {
  const auto document = decode_protected(
      R"({"schema":"cordon.protected/1","more":1,"accounts":{"111122223333":{"eu-west-1":{"b":["newer","events"]}}}})");

  ASSERT_TRUE(document);
  EXPECT_EQ(document->buckets.at(BucketName("b")).ways, (std::set<std::string>{"events", "newer"}));
  EXPECT_THAT(encode_protected(*document).value(), HasSubstr(R"("b":["events","newer"])"));
}

TEST(ProtectedDocument, HasRoomForTenThousandBuckets) {
  ProtectedDocument document;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "a-bucket-of-the-department-of-large-things-" + std::to_string(i);
    document.buckets[BucketName(name)] = {kOurs, Region("eu-west-1"), {kByEvents}};
  }

  const auto text = encode_protected(document);

  ASSERT_TRUE(text);
  EXPECT_EQ(decode_protected(*text).value().buckets.size(), 10'000U);
}

TEST(ProtectedDocument, IsNotWrittenWhenItCouldNotBeRead) {
  ProtectedDocument document;
  for (int i = 0; i < 20'000; ++i) {
    document.buckets[BucketName(std::string(57, 'x') + std::to_string(100'000 + i))] = {
        kOurs, Region("eu-west-1"), {kByEvents}};
  }

  EXPECT_EQ(encode_protected(document).error().code, Errc::invalid);
}

TEST(ProtectedDocument, WhatIsNoneIsRefused) {
  const char* const kNone[] = {
      "",
      "[]",
      "{}",
      "null",
      R"({"schema":"cordon.protected/2","accounts":{}})",
      R"({"schema":"cordon.protected/1"})",
      R"({"schema":"cordon.protected/1","accounts":[]})",
      R"({"schema":"cordon.protected/1","accounts":{"1":{}}})",
      R"({"schema":"cordon.protected/1","accounts":{"11112222333x":{}}})",
      R"({"schema":"cordon.protected/1","accounts":{"111122223333":[]}})",
      R"({"schema":"cordon.protected/1","accounts":{"111122223333":{"r":[]}}})",
      R"({"schema":"cordon.protected/1","accounts":{"111122223333":{"":{}}}})",
      R"({"schema":"cordon.protected/1","accounts":{"111122223333":{"r":{"a/b":["events"]}}}})",
      R"({"schema":"cordon.protected/1","accounts":{"111122223333":{"r":{"b":[]}}}})",
      R"({"schema":"cordon.protected/1","accounts":{"111122223333":{"r":{"b":"events"}}}})",
      R"({"schema":"cordon.protected/1","accounts":{"111122223333":{"r":{"b":[1]}}}})",
      R"({"schema":"cordon.protected/1","accounts":{"111122223333":{"r":{"b":["events"]},"s":{"b":["events"]}}}})",
  };
  for (const char* text : kNone) {
    const auto document = decode_protected(text);
    ASSERT_FALSE(document) << text;
    EXPECT_EQ(document.error().code, Errc::invalid) << text;
  }
  EXPECT_FALSE(decode_protected(std::string((1U << 20U) + 1, ' ')));
}

}  // namespace
}  // namespace cordon
