#include "provision/settings_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/settings_document.h"
#include "testing/fake_admins.h"
#include "testing/fake_document_store.h"

namespace cordon {
namespace {

using testing::HasSubstr;

Settings notifying() {
  Settings settings;
  settings.notifications.enabled = true;
  return settings;
}

class SettingsWriterTest : public testing::Test {
 protected:
  Result<AppliedSettings> apply(const Settings& settings,
                                const std::optional<ETag>& expected = std::nullopt) {
    return writer_.apply(settings, expected, Deadline::never(), {});
  }
  Settings kept() {
    const auto stored = writer_.get(Deadline::never(), {});
    return read_settings(stored.value().document, SettingsFormat::json).settings.value();
  }

  FakeBucketAdmin buckets_;
  FakeTopicAdmin topics_;
  FakeQueueAdmin queues_;
  FakeDocumentStore store_;
  std::vector<Region> asked_;
  SettingsWriter writer_{*Deployment::create("main"),
                         AccountId("111122223333"),
                         Region("eu-west-1"),
                         [this](const Region& region) -> Result<RegionAdmin> {
                           asked_.push_back(region);
                           return RegionAdmin{buckets_, topics_, queues_};
                         },
                         store_,
                         /*tls_only=*/true};
};

TEST_F(SettingsWriterTest, TheFirstDocumentGetsAPrivateBucket) {
  EXPECT_EQ(writer_.get(Deadline::never(), {}).error().code, Errc::not_found);

  const auto applied = apply(Settings());

  ASSERT_TRUE(applied) << applied.error().what;
  EXPECT_TRUE(applied->is_changed);
  const auto& bucket = buckets_.buckets.at("cordon-system-main-111122223333");
  EXPECT_EQ(bucket.versioning, Versioning::on);
  EXPECT_THAT(bucket.policy, HasSubstr("aws:SecureTransport"));
  EXPECT_EQ(applied->steps.at(0).state, ProvisionStep::State::created);
  EXPECT_TRUE(topics_.topics.empty());
  EXPECT_EQ(writer_.get(Deadline::never(), {})->document, to_document(Settings()));
}

TEST_F(SettingsWriterTest, AnAccountRegionalSystemBucketIsMadeInItsOwnRegion) {
  SettingsWriter far(
      Deployment::create("main")->with_account_regional_buckets(Region("eu-central-1")),
      AccountId("111122223333"), Region("eu-west-1"),
      [this](const Region& region) -> Result<RegionAdmin> {
        asked_.push_back(region);
        return RegionAdmin{buckets_, topics_, queues_};
      },
      store_, true);

  ASSERT_TRUE(far.apply(Settings(), std::nullopt, Deadline::never(), {}));

  EXPECT_EQ(asked_.at(0), Region("eu-central-1"));
  EXPECT_EQ(buckets_.buckets.count("cordon-system-main-111122223333-eu-central-1-an"), 1U);
}

TEST_F(SettingsWriterTest, TheSameSettingsAgainChangeNothing) {
  const auto first = apply(notifying());
  ASSERT_TRUE(first);

  const auto second = apply(notifying());

  ASSERT_TRUE(second);
  EXPECT_FALSE(second->is_changed);
  EXPECT_EQ(second->stored, first->stored);
}

TEST_F(SettingsWriterTest, NotificationsGetTheirTopicBeforeAnybodyIsToldToUseIt) {
  store_.put(to_document(Settings()));
  store_.fail_with({Errc::unavailable, "away"});
  ASSERT_FALSE(apply(notifying()));
  store_.recover();

  const auto applied = apply(notifying());

  ASSERT_TRUE(applied) << applied.error().what;
  EXPECT_TRUE(
      topics_.topics.contains("arn:aws:sns:eu-west-1:111122223333:cordon-notifications-main"));
  EXPECT_EQ(kept().notifications.region, Region("eu-west-1"));
}

TEST_F(SettingsWriterTest, TheTopicStaysInItsRegion) {
  Settings elsewhere = notifying();
  elsewhere.notifications.region = Region("us-east-1");
  ASSERT_TRUE(apply(elsewhere));
  asked_.clear();

  Settings unsaid = notifying();
  unsaid.tags.enabled = false;
  ASSERT_TRUE(apply(unsaid));

  EXPECT_EQ(kept().notifications.region, Region("us-east-1"));
  EXPECT_EQ(asked_, std::vector<Region>{Region("us-east-1")});
}

TEST_F(SettingsWriterTest, SaysWhenTheStoreDidNotKeepTheDocument) {
  ASSERT_TRUE(apply(Settings()));
  store_.writes_swallowed = 1;

  EXPECT_EQ(apply(notifying()).error().code, Errc::unavailable);

  EXPECT_FALSE(kept().notifications.enabled);
  EXPECT_TRUE(apply(notifying()));
}

TEST_F(SettingsWriterTest, NeverWritesOverWhatItsCallerHasNotSeen) {
  const auto mine = apply(Settings());
  ASSERT_TRUE(mine);
  store_.put(to_document(notifying()));
  Settings change;
  change.tags.enabled = false;

  const auto applied = apply(change, mine->stored.etag);

  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Errc::changed);
  EXPECT_THAT(applied.error().what, HasSubstr("cordon settings get"));
  EXPECT_TRUE(kept().notifications.enabled);

  store_.remove();
  EXPECT_EQ(apply(change, mine->stored.etag).error().code, Errc::changed);
}

// What follows from other accounts is done by whoever applied them (MemberUpkeep).
TEST_F(SettingsWriterTest, SaysWhoWasAMemberBeforeAndWhoIsNow) {
  const MemberAccount member{.id = AccountId("444455556666"),
                             .role_arn = "arn:aws:iam::444455556666:role/r",
                             .buckets = {BucketName("theirs")}};
  Settings with;
  with.accounts = {member};

  const auto first = apply(with);
  const auto again = apply(with);
  const auto left = apply(Settings());

  EXPECT_TRUE(first->members_before.empty());
  EXPECT_EQ(first->members, with.accounts);
  EXPECT_EQ(again->members_before, with.accounts);
  EXPECT_FALSE(again->is_changed);
  EXPECT_EQ(left->members_before, with.accounts);
  EXPECT_TRUE(left->members.empty());
}

TEST_F(SettingsWriterTest, ReplacesADocumentThatNobodyCanRead) {
  store_.put("damaged");

  ASSERT_TRUE(apply(notifying()));

  EXPECT_EQ(kept().notifications.region, Region("eu-west-1"));
}

TEST_F(SettingsWriterTest, SaysWhatItThinksOfEachDestination) {
  buckets_.buckets["tidy"].unfinished_upload_days = 1;
  buckets_.buckets["untidy"].unfinished_upload_days = 7;
  Settings settings;
  settings.policies.defaults.on_clean = {{RouteStep::Kind::move, Destination{BucketName("tidy")}}};
  settings.policies.defaults.quarantine = BucketName("missing");
  settings.policies.buckets = {
      {BucketName("aaa"),
       "",
       {.on_error = Route{{RouteStep::Kind::copy, Destination{BucketName("untidy"), "p"}}}}}};

  const auto applied = apply(settings);

  ASSERT_TRUE(applied) << applied.error().what;
  std::map<std::string, ProvisionStep> steps;
  for (const ProvisionStep& step : applied->steps) {
    if (step.part == ProvisionPart::destination) steps[step.name] = step;
  }
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps["missing"].state, ProvisionStep::State::missing);
  EXPECT_EQ(steps["tidy"].note, "");
  EXPECT_THAT(steps["untidy"].note, HasSubstr("7 days"));
}

const AllowEntry kAllowed{.sha256 = std::string(64, 'a'), .signature = "Sig.A"};

TEST_F(SettingsWriterTest, AllowsContentWithoutTouchingTheRest) {
  ASSERT_TRUE(apply(notifying()));

  ASSERT_TRUE(writer_.allow({kAllowed}, Deadline::never(), {}));
  ASSERT_TRUE(writer_.allow({kAllowed}, Deadline::never(), {}));

  Settings expected = notifying();
  expected.notifications.region = Region("eu-west-1");
  expected.allow = {kAllowed};
  EXPECT_EQ(kept(), expected);
}

TEST_F(SettingsWriterTest, AllowsContentWhereThereIsNoDocumentYet) {
  ASSERT_TRUE(writer_.allow({kAllowed}, Deadline::never(), {}));

  EXPECT_EQ(kept(), (Settings{.allow = {kAllowed}}));
  EXPECT_TRUE(buckets_.buckets.contains("cordon-system-main-111122223333"));
}

TEST_F(SettingsWriterTest, SomebodyElsesSettingsSurviveARaceForTheAllowList) {
  ASSERT_TRUE(apply(Settings()));
  store_.before_write = [this] {
    store_.before_write = {};
    ASSERT_TRUE(apply(notifying()));
  };

  ASSERT_TRUE(writer_.allow({kAllowed}, Deadline::never(), {}));

  EXPECT_TRUE(kept().notifications.enabled);
  EXPECT_EQ(kept().allow, std::vector<AllowEntry>{kAllowed});
}

MemberAccount member(const char* id, const char* role) {
  return {.id = AccountId(id),
          .role_arn = "arn:aws:iam::" + std::string(id) + ":role/" + role,
          .external_id = "contract-7"};
}

TEST_F(SettingsWriterTest, EnrolsBucketsOfMembersAndForgetsAnAccountWithItsLast) {
  const MemberAccount theirs = member("444455556666", "cordon");
  const auto enrol = [&](const char* bucket) {
    return writer_.enrol(theirs, BucketName(bucket), Deadline::never(), {});
  };
  const auto dismiss = [&](const char* bucket) {
    return writer_.dismiss(BucketName(bucket), Deadline::never(), {});
  };
  ASSERT_TRUE(apply(notifying()));

  EXPECT_TRUE(*enrol("bbb"));
  EXPECT_TRUE(*enrol("aaa"));
  EXPECT_FALSE(*enrol("aaa"));
  MemberAccount both = theirs;
  both.buckets = {BucketName("aaa"), BucketName("bbb")};
  EXPECT_EQ(kept().accounts, std::vector<MemberAccount>{both});
  EXPECT_TRUE(kept().notifications.enabled);

  EXPECT_TRUE(*dismiss("aaa"));
  EXPECT_FALSE(*dismiss("aaa"));
  EXPECT_EQ(kept().accounts.at(0).buckets, std::vector<BucketName>{BucketName("bbb")});
  EXPECT_TRUE(*dismiss("bbb"));
  EXPECT_TRUE(kept().accounts.empty());
}

TEST_F(SettingsWriterTest, ABucketBelongsToOneAccountAndAnAccountHasOneRole) {
  const MemberAccount before = member("444455556666", "old");
  const MemberAccount after = member("444455556666", "new");
  const MemberAccount other = member("777788889999", "r");
  ASSERT_TRUE(writer_.enrol(before, BucketName("aaa"), Deadline::never(), {}));
  ASSERT_TRUE(writer_.enrol(before, BucketName("bbb"), Deadline::never(), {}));

  EXPECT_TRUE(*writer_.enrol(after, BucketName("bbb"), Deadline::never(), {}));
  EXPECT_EQ(kept().accounts.at(0).role_arn, after.role_arn);
  EXPECT_EQ(kept().accounts.at(0).buckets.size(), 2U);

  EXPECT_TRUE(*writer_.enrol(other, BucketName("aaa"), Deadline::never(), {}));
  const std::vector<MemberAccount> accounts = kept().accounts;
  EXPECT_EQ(account_of(accounts, BucketName("aaa"))->id, other.id);
  EXPECT_EQ(account_of(accounts, BucketName("bbb"))->id, after.id);
  EXPECT_EQ(account_of(accounts, BucketName("ccc")), nullptr);
}

TEST_F(SettingsWriterTest, AnAccountThatSomebodyNamedWithoutBucketsStays) {
  Settings named;
  named.accounts = {member("444455556666", "r")};
  ASSERT_TRUE(apply(named));
  ASSERT_TRUE(writer_.enrol(member("777788889999", "r"), BucketName("aaa"), Deadline::never(), {}));

  ASSERT_TRUE(writer_.dismiss(BucketName("aaa"), Deadline::never(), {}));

  EXPECT_EQ(kept(), named);
}

TEST_F(SettingsWriterTest, EnrollingSurvivesARace) {
  ASSERT_TRUE(apply(Settings()));
  store_.before_write = [this] {
    store_.before_write = {};
    ASSERT_TRUE(apply(notifying()));
  };

  ASSERT_TRUE(writer_.enrol(member("444455556666", "r"), BucketName("aaa"), Deadline::never(), {}));

  EXPECT_TRUE(kept().notifications.enabled);
  EXPECT_EQ(kept().accounts.size(), 1U);
}

TEST_F(SettingsWriterTest, AllowsNothingInADocumentThatAgentsRefuse) {
  store_.put(R"({"schema":1,"tgas":{}})");

  EXPECT_EQ(writer_.allow({kAllowed}, Deadline::never(), {}).error().code, Errc::invalid);
  EXPECT_EQ(writer_.current(Deadline::never(), {}).error().code, Errc::invalid);

  EXPECT_EQ(writer_.get(Deadline::never(), {})->document, R"({"schema":1,"tgas":{}})");
}

TEST_F(SettingsWriterTest, WritesNothingThatAgentsWouldRefuse) {
  Settings settings;
  settings.allow.assign(10'001, kAllowed);

  EXPECT_EQ(apply(settings).error().code, Errc::invalid);

  EXPECT_EQ(writer_.current(Deadline::never(), {}).value(), Settings());
}

}  // namespace
}  // namespace cordon
