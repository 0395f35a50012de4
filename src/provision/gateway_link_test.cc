#include "provision/gateway_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_admins.h"
#include "testing/fake_document_store.h"
#include "testing/fake_wiring.h"

namespace cordon {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const std::string kHead = "arn:aws:storagegateway:eu-west-1:111122223333:share/";
const std::string kNfs = kHead + "share-nfs";
const std::string kSmb = kHead + "share-smb";
constexpr const char* kTopic = "arn:aws:sns:eu-west-1:111122223333:cordon-events-main";

class GatewayLinkTest : public testing::Test {
 protected:
  GatewayLinkTest() {
    buckets_.buckets["scans"] = {};
    shares_.shares[kNfs] = {.arn = kNfs, .bucket = BucketName("scans"), .prefix = "in/"};
    shares_.shares[kSmb] = {
        .arn = kSmb, .protocol = FileShare::Protocol::smb, .bucket = BucketName("scans")};
  }

  Result<GatewayReport> link(const std::string& arn, const GatewayLinkOptions& options = {}) {
    return gateway_.link(arn, options, Deadline::never(), {});
  }
  Result<GatewayReport> unlink(const std::string& arn) {
    return gateway_.unlink(arn, Deadline::never(), {});
  }
  GatewayReport status(const std::string& arn) {
    auto reports = gateway_.status(Region("eu-west-1"), Deadline::never(), {});
    EXPECT_TRUE(reports) << reports.error().what;
    for (const GatewayReport& report : *reports) {
      if (report.share_arn == arn) return report;
    }
    return {};
  }
  const EventRule& rule() { return bus_.rules.at("cordon-gateway-main"); }

  FakeBucketAdmin buckets_;
  FakeTopicAdmin topics_;
  FakeQueueAdmin queues_;
  FakeTopicListening listening_;
  FakeEventBus bus_;
  FakeFileShareAdmin shares_;
  RegionAdminSource regions_ = [this](const Region&) -> Result<RegionAdmin> {
    return RegionAdmin{buckets_, topics_, queues_};
  };
  RegionWiringSource wiring_ = [this](const Region&) -> Result<RegionWiring> {
    return RegionWiring{listening_, bus_, shares_};
  };
  Deployment deployment_ = *Deployment::create("main");
  Protection protection_{
      deployment_,  AccountId("111122223333"), Region("eu-west-1"), regions_, wiring_,
      no_members(), /*tls_only=*/true};
  GatewayLink gateway_{deployment_, AccountId("111122223333"), regions_, wiring_, protection_};
};

TEST_F(GatewayLinkTest, LinksAShareWithoutAnyProtectedBucket) {
  auto report = link(kNfs);

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_TRUE(report->is_linked);
  EXPECT_EQ(shares_.shares[kNfs].settling, seconds(60));
  EXPECT_THAT(rule().pattern, HasSubstr("Storage Gateway Object Upload Event"));
  EXPECT_THAT(rule().pattern, HasSubstr("Storage Gateway File Upload Event"));
  EXPECT_THAT(rule().pattern, HasSubstr(kNfs));
  EXPECT_THAT(rule().targets, testing::ElementsAre(kTopic));
  EXPECT_TRUE(has_statement(topics_.topics.at(kTopic).policy, kTopicFromEventBusSid));
  EXPECT_TRUE(queues_.queues.contains("cordon-events-main"));
  EXPECT_TRUE(buckets_.buckets["scans"].notifications.entries.empty());
  EXPECT_TRUE(status(kNfs).is_linked);
  EXPECT_FALSE(status(kSmb).is_linked);
}

TEST_F(GatewayLinkTest, ASecondRunChangesNothing) {
  ASSERT_TRUE(link(kNfs));
  const EventRule before = rule();

  auto report = link(kNfs);

  ASSERT_TRUE(report);
  EXPECT_EQ(rule(), before);
  for (const ProvisionStep& step : report->steps) {
    EXPECT_EQ(step.state, ProvisionStep::State::present) << name_of(step.part);
  }
}

TEST_F(GatewayLinkTest, TwoSharesShareTheRuleAndPartFromItOneByOne) {
  ASSERT_TRUE(link(kNfs));
  ASSERT_TRUE(link(kSmb, {.settling = seconds(120)}));
  EXPECT_EQ(shares_.shares[kSmb].settling, seconds(120));

  ASSERT_TRUE(unlink(kNfs));

  EXPECT_THAT(rule().pattern, Not(HasSubstr(kNfs)));
  EXPECT_THAT(rule().pattern, HasSubstr(kSmb));
  EXPECT_EQ(shares_.shares[kNfs].settling, std::nullopt);
  EXPECT_EQ(shares_.shares[kSmb].settling, seconds(120));

  ASSERT_TRUE(unlink(kSmb));
  EXPECT_TRUE(bus_.rules.empty());
}

TEST_F(GatewayLinkTest, AnnouncementsThatWereOnStayOnAsTheyWere) {
  shares_.shares[kNfs].settling = seconds(300);

  ASSERT_TRUE(link(kNfs));
  ASSERT_TRUE(link(kNfs));  // Must not take our own doing for what was there.
  EXPECT_EQ(shares_.shares[kNfs].settling, seconds(300));
  auto report = unlink(kNfs);

  ASSERT_TRUE(report);
  EXPECT_EQ(shares_.shares[kNfs].settling, seconds(300));
}

TEST_F(GatewayLinkTest, RefusesABucketWithS3EventsUnlessTold) {
  ASSERT_TRUE(protection_.protect(BucketName("scans"), Deadline::never(), {}));

  auto refused = link(kNfs);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("cordon bucket unprotect scans"));
  EXPECT_TRUE(bus_.rules.empty());
  EXPECT_EQ(shares_.shares[kNfs].settling, std::nullopt);

  EXPECT_TRUE(link(kNfs, {.beside_s3_events = true}));
  EXPECT_EQ(status(kNfs).steps.back().part, ProvisionPart::s3_events);
}

TEST_F(GatewayLinkTest, RefusesWhatItCannotServe) {
  buckets_.buckets["scans"].region = Region("us-east-1");
  const std::pair<const char*, std::string> kCases[] = {
      {"one agent serves one region", kNfs},
      {"no share", kHead + "share-gone"},
      {"is no ARN of a file share", "arn:aws:s3:::scans"},
      {"is no ARN of a file share", "arn:aws:storagegateway:eu-west-1:111122223333:gateway/sgw-1"},
      {"is no ARN of a file share", ""},
      {"eu-west-1 is a region of partition aws",
       "arn:aws-cn:storagegateway:eu-west-1:111122223333:share/share-nfs"},
  };
  for (const auto& [reason, arn] : kCases) {
    SCOPED_TRACE(arn);
    auto report = link(arn);
    ASSERT_FALSE(report);
    EXPECT_THAT(report.error().what, HasSubstr(reason));
  }
  EXPECT_FALSE(link(kNfs, {.settling = seconds(5)}));
}

TEST_F(GatewayLinkTest, DriftIsShownAndRepaired) {
  ASSERT_TRUE(link(kNfs));
  const std::pair<const char*, std::function<void()>> kDamages[] = {
      {"announcements off", [&] { shares_.shares[kNfs].settling.reset(); }},
      {"rule disabled", [&] { bus_.rules.begin()->second.enabled = false; }},
      {"target removed", [&] { bus_.rules.begin()->second.targets.clear(); }},
      {"policy replaced", [&] { topics_.topics.at(kTopic).policy = "{}"; }},
  };
  for (const auto& [damage, inflict] : kDamages) {
    SCOPED_TRACE(damage);
    inflict();
    EXPECT_FALSE(status(kNfs).is_linked);

    ASSERT_TRUE(link(kNfs));

    EXPECT_TRUE(status(kNfs).is_linked);
  }
}

TEST_F(GatewayLinkTest, AShareThatWasDeletedCanStillBeUnlinked) {
  ASSERT_TRUE(link(kNfs));
  shares_.shares.erase(kNfs);
  EXPECT_THAT(status(kNfs).steps.back().note, HasSubstr("cordon gateway unlink"));

  ASSERT_TRUE(unlink(kNfs));

  EXPECT_TRUE(bus_.rules.empty());
}

TEST_F(GatewayLinkTest, SaysWhenTheRuleIsFull) {
  for (int i = 0; i < 40; ++i) {
    const std::string arn = kHead + "share-" + std::to_string(10'000'000 + i);
    shares_.shares[arn] = {.arn = arn, .bucket = BucketName("scans")};
    auto report = link(arn);
    if (report) continue;
    EXPECT_THAT(report.error().what, HasSubstr("--deployment"));
    EXPECT_EQ(shares_.shares[arn].settling, std::nullopt);
    EXPECT_GT(i, 15);
    return;
  }
  FAIL() << "a rule's pattern has at most 2,048 characters";
}

TEST_F(GatewayLinkTest, AnAgentSeesWhichBucketsLinkedSharesShow) {
  const auto linked = [&] {
    return gateway_.linked_buckets(Region("eu-west-1"), Deadline::never(), {}).value();
  };
  EXPECT_THAT(linked(), testing::IsEmpty());
  ASSERT_TRUE(link(kNfs));

  EXPECT_THAT(linked(), testing::ElementsAre(BucketName("scans")));

  ASSERT_TRUE(unlink(kNfs));
  EXPECT_THAT(linked(), testing::IsEmpty());
}

TEST_F(GatewayLinkTest, WritesDownTheBucketOfLinkedShares) {
  FakeDocumentStore store;
  ProtectedRegister protected_register(
      store, [](auto, auto) -> Result<void> { return {}; }, false);
  gateway_.know_register(protected_register);
  const auto ways = [&] {
    const auto document = protected_register.current(Deadline::never(), {}).value();
    const auto entry = document.buckets.find(BucketName("scans"));
    return entry == document.buckets.end() ? std::set<std::string>() : entry->second.ways;
  };

  ASSERT_TRUE(link(kNfs));
  EXPECT_EQ(ways(), (std::set<std::string>{kByGateway}));
  ASSERT_TRUE(link(kSmb));
  ASSERT_TRUE(unlink(kNfs));
  EXPECT_EQ(ways(), (std::set<std::string>{kByGateway}));  // The other share is one of it.
  ASSERT_TRUE(unlink(kSmb));
  EXPECT_TRUE(ways().empty());
}

TEST_F(GatewayLinkTest, AShareThatCannotBeDescribedShowsWhatWasWrittenDown) {
  ASSERT_TRUE(link(kNfs));
  shares_.failure = Error{Errc::denied, "no right"};
  const auto linked = [&](const char* region) {
    return gateway_.linked_buckets(Region(region), Deadline::never(), {});
  };
  EXPECT_EQ(linked("eu-west-1").error().code, Errc::denied) << "nothing was written down";
  FakeDocumentStore store;
  ProtectedRegister protected_register(
      store, [](auto, auto) -> Result<void> { return {}; }, false);
  gateway_.know_register(protected_register);
  const auto add = [&](const char* bucket, const char* region, const char* way) {
    EXPECT_TRUE(protected_register.add(BucketName(bucket), AccountId("111122223333"),
                                       Region(region), way, Deadline::never(), {}));
  };
  add("scans", "eu-west-1", kByGateway);
  add("uploads", "eu-west-1", kByEvents);
  add("far", "us-east-1", kByGateway);

  EXPECT_THAT(linked("eu-west-1").value(), testing::ElementsAre(BucketName("scans")));

  shares_.failure = Error{Errc::cancelled, "stopped"};
  EXPECT_EQ(linked("eu-west-1").error().code, Errc::cancelled);
}

TEST_F(GatewayLinkTest, TakesTheBucketOutOfTheSetWhateverBecameOfTheShare) {
  FakeDocumentStore store;
  ProtectedRegister protected_register(
      store, [](auto, auto) -> Result<void> { return {}; }, false);
  gateway_.know_register(protected_register);
  const auto listed = [&] {
    return protected_register.current(Deadline::never(), {}).value().buckets.size();
  };
  const FileShare share = shares_.shares[kNfs];
  ASSERT_TRUE(link(kNfs));
  ASSERT_EQ(listed(), 1U);
  shares_.shares.erase(kNfs);
  ASSERT_TRUE(unlink(kNfs));
  EXPECT_EQ(listed(), 0U);

  shares_.shares[kNfs] = share;
  ASSERT_TRUE(link(kNfs));
  store.fail_with(Error{Errc::denied, "no right"});
  const auto failed = unlink(kNfs);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().what, HasSubstr("agents go on acting"));
  store.recover();
  ASSERT_EQ(listed(), 1U);
  ASSERT_TRUE(unlink(kNfs));  // It is not linked any more.
  EXPECT_EQ(listed(), 0U);
}

TEST_F(GatewayLinkTest, LinksNoShareOfAQuarantine) {
  PolicySet policies;
  policies.defaults.quarantine = BucketName("scans");
  protection_.know_policies([&](auto, auto) { return Result<PolicySet>(policies); });

  EXPECT_EQ(link(kNfs).error().code, Errc::invalid);

  EXPECT_TRUE(bus_.rules.empty());
}

}  // namespace
}  // namespace cordon
