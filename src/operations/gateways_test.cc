#include "operations/gateways.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using std::chrono::seconds;
using testing::SizeIs;

const std::string kShare = "arn:aws:storagegateway:eu-west-1:111122223333:share/share-nfs";
const std::string kOther = "arn:aws:storagegateway:eu-west-1:111122223333:share/share-other";

class GatewaysTest : public testing::Test {
 protected:
  GatewaysTest() {
    account_.home().buckets.buckets["scans"] = {};
    shares()[kShare] = {.arn = kShare, .bucket = BucketName("scans"), .prefix = "in/"};
  }

  std::map<std::string, FileShare>& shares() { return account_.home().shares.shares; }
  Result<GatewayReport> link(const std::string& arn, GatewayLinkOptions options = {}) {
    return link_file_share(access_, runtime_.runtime, {.share_arn = arn, .options = options});
  }
  Result<GatewayReport> unlink(const std::string& arn) {
    return unlink_file_share(access_, runtime_.runtime, arn);
  }
  Result<std::vector<GatewayReport>> status() {
    return file_share_status(access_, runtime_.runtime);
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
};

TEST_F(GatewaysTest, LinksAndUnlinksAShare) {
  const auto linked = link(kShare, {.settling = seconds(120)});

  ASSERT_TRUE(linked) << linked.error().what;
  EXPECT_TRUE(linked->is_linked);
  EXPECT_EQ(shares().at(kShare).settling, seconds(120));
  EXPECT_TRUE(account_.home().bus.rules.contains("cordon-gateway-main"));

  const auto unlinked = unlink(kShare);
  ASSERT_TRUE(unlinked) << unlinked.error().what;
  EXPECT_FALSE(unlinked->is_linked);
  EXPECT_EQ(shares().at(kShare).settling, std::nullopt);
  EXPECT_FALSE(account_.home().bus.rules.contains("cordon-gateway-main"));
}

TEST_F(GatewaysTest, ABucketWithS3EventsIsLinkedOnlyWhenToldSo) {
  ASSERT_TRUE(access_.protection().protect(BucketName("scans"), Deadline::never(), {}));

  EXPECT_EQ(link(kShare).error().code, Errc::invalid);
  EXPECT_TRUE(link(kShare, {.beside_s3_events = true}));
}

TEST_F(GatewaysTest, WhatIsNoShareIsRefused) {
  EXPECT_EQ(link(kOther).error().code, Errc::not_found);
  EXPECT_EQ(link("arn:aws:s3:::scans").error().code, Errc::invalid);
  EXPECT_EQ(unlink("arn:aws:s3:::scans").error().code, Errc::invalid);
}

TEST_F(GatewaysTest, StatusTellsWhetherALinkLacksAPart) {
  ASSERT_TRUE(link(kShare));
  shares()[kOther] = {.arn = kOther, .bucket = BucketName("scans")};

  auto reports = status();
  ASSERT_TRUE(reports) << reports.error().what;
  ASSERT_THAT(*reports, SizeIs(2));
  EXPECT_TRUE(reports->at(0).is_linked);
  EXPECT_FALSE(lacks_a_part(reports->at(0)));
  EXPECT_FALSE(reports->at(1).is_linked);
  EXPECT_FALSE(lacks_a_part(reports->at(1)));  // It is not meant to be linked.

  shares().at(kShare).settling = std::nullopt;
  EXPECT_TRUE(lacks_a_part(status()->at(0)));
  shares().erase(kShare);
  EXPECT_TRUE(lacks_a_part(status()->at(0)));
}

TEST(GatewayDocument, HasTheShareAsFarAsItIsThere) {
  GatewayReport report{.share_arn = "arn"};
  EXPECT_EQ(boost::json::serialize(document_of(report)),
            R"({"schema":"cordon.gateway-report/1","fileShareArn":"arn","linked":false,"steps":[]})");

  report.share = FileShare{.arn = "arn", .bucket = BucketName("b"), .prefix = "p/"};
  EXPECT_EQ(boost::json::serialize(document_of(report)),
            R"({"schema":"cordon.gateway-report/1","fileShareArn":"arn","linked":false,"protocol":"NFS","bucket":"b",)"
            R"("prefix":"p/","settlingSeconds":null,"steps":[]})");

  report.is_linked = true;
  report.share->protocol = FileShare::Protocol::smb;
  report.share->settling = seconds(60);
  report.steps = {{ProvisionPart::rule, "r", ProvisionStep::State::present, ""}};
  EXPECT_EQ(boost::json::serialize(document_of(report)),
            R"({"schema":"cordon.gateway-report/1","fileShareArn":"arn","linked":true,"protocol":"SMB","bucket":"b",)"
            R"("prefix":"p/","settlingSeconds":60,)"
            R"("steps":[{"what":"rule","name":"r","state":"present","note":""}]})");
}

}  // namespace
}  // namespace cordon
