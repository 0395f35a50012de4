#include "aws/s3_bucket_census.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_service_client.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const BucketName kBucket("uploads");

class S3BucketCensusTest : public testing::Test {
 protected:
  FakeServiceClient client_;
  S3BucketCensus census_{client_};
};

TEST_F(S3BucketCensusTest, ListsBucketsOverAllPagesWithWhereTheyAre) {
  client_.will_answer(HttpResponse{
      .status = 200,
      .body = "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name><CreationDate>T1"
              "</CreationDate><BucketRegion>eu-west-1</BucketRegion></Bucket></Buckets>"
              "<ContinuationToken>next</ContinuationToken></ListAllMyBucketsResult>"});
  client_.will_answer(HttpResponse{
      .status = 200,
      .body = "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets>"
              "</ListAllMyBucketsResult>"});

  const auto all = census_.buckets(Deadline::never(), {});

  EXPECT_THAT(all.value(), ElementsAre(BucketEntry{BucketName("a"), Region("eu-west-1"), "T1"},
                                       BucketEntry{BucketName("b"), std::nullopt, ""}));
}

TEST_F(S3BucketCensusTest, TellsNoTagsFromNotKnowingThem) {
  client_.will_answer(HttpResponse{
      .status = 200,
      .body = "<Tagging><TagSet><Tag><Key>cordon</Key><Value>protect</Value></Tag></TagSet>"
              "</Tagging>"});
  client_.will_answer(remote_error(Errc::not_found, "NoSuchTagSet"));
  client_.will_answer(remote_error(Errc::not_found, "NoSuchBucket"));
  client_.will_answer(remote_error(Errc::denied, "AccessDenied"));

  EXPECT_THAT(census_.tags(kBucket, Deadline::never(), {}).value(),
              ElementsAre(Pair("cordon", "protect")));
  EXPECT_THAT(census_.tags(kBucket, Deadline::never(), {}).value(), IsEmpty());
  EXPECT_EQ(census_.tags(kBucket, Deadline::never(), {}).error().code, Errc::not_found);
  EXPECT_EQ(census_.tags(kBucket, Deadline::never(), {}).error().code, Errc::denied);
}

TEST_F(S3BucketCensusTest, AVersionAMarkerOrAnotherPageIsSomethingInTheBucket) {
  const std::pair<const char*, bool> kPages[] = {
      {"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>", true},
      {"<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>", false},
      {"<ListVersionsResult><Version><Key>a</Key></Version></ListVersionsResult>", false},
      {"<ListVersionsResult><DeleteMarker><Key>a</Key></DeleteMarker></ListVersionsResult>",
       false}};
  for (const auto& [page, empty] : kPages) {
    client_.will_answer(HttpResponse{.status = 200, .body = page});
    EXPECT_EQ(census_.is_empty(kBucket, Deadline::never(), {}).value(), empty) << page;
  }
}

TEST_F(S3BucketCensusTest, RemovesOnlyWhatIsEmpty) {
  client_.will_answer(HttpResponse{.status = 204});
  client_.will_answer(remote_error(Errc::invalid, "BucketNotEmpty"));

  EXPECT_TRUE(census_.remove_empty(kBucket, Deadline::never(), {}));
  EXPECT_EQ(client_.last_call().method, "DELETE");
  EXPECT_THAT(client_.last_call().query, IsEmpty());
  EXPECT_EQ(census_.remove_empty(kBucket, Deadline::never(), {}).error().code, Errc::changed);
}

TEST(S3BucketCensusXmlTest, ForeignDocumentsAreErrors) {
  std::string many = "<Tagging><TagSet>";
  for (int i = 0; i < 51; ++i) many += "<Tag><Key>k" + std::to_string(i) + "</Key></Tag>";
  many += "</TagSet></Tagging>";
  for (const std::string& xml : {std::string(), std::string("<Other/>"), std::string("{"), many}) {
    EXPECT_EQ(decode_bucket_tags(xml).error().code, Errc::unavailable);
    EXPECT_EQ(names_no_version(xml).error().code, Errc::unavailable);
  }
}

}  // namespace
}  // namespace cordon
