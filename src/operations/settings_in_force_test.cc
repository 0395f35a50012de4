#include "operations/settings_in_force.h"

#include <gtest/gtest.h>

#include "settings/settings_document.h"
#include "testing/fake_account.h"

namespace cordon {
namespace {

class SettingsInForceTest : public testing::Test {
 protected:
  Result<KnownSettings> known() { return settings_in_force(access_, Deadline::never(), {}); }
  FakeDocumentStore& document() { return account_.stored("settings.json"); }

  FakeAccount account_;
  DeploymentAccess access_{account_};
};

TEST_F(SettingsInForceTest, WithoutADocumentEverythingIsAsUsual) {
  const auto found = known();

  ASSERT_TRUE(found);
  EXPECT_EQ(found->settings, Settings());
  EXPECT_FALSE(found->unseen);
  EXPECT_EQ(account_.expected(BucketName("uploads")), access_.account());
}

TEST_F(SettingsInForceTest, FromThenOnEveryBucketHasToBeWhoseTheySay) {
  Settings settings;
  settings.tags.enabled = false;
  settings.accounts = {{.id = AccountId("444455556666"),
                        .role_arn = "arn:aws:iam::444455556666:role/r",
                        .buckets = {BucketName("theirs")}}};
  document().put(to_document(settings));

  const auto found = known();

  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->settings, settings);
  EXPECT_EQ(account_.expected(BucketName("theirs")), AccountId("444455556666"));
  EXPECT_EQ(account_.expected(BucketName("ours")), access_.account());
}

TEST_F(SettingsInForceTest, WhoMayNotReadThemGetsTheUsualOnesAndTheReason) {
  document().fail_with(Error{Errc::denied, "s3:GetObject"});

  const auto found = known();

  ASSERT_TRUE(found);
  EXPECT_EQ(found->settings, Settings());
  ASSERT_TRUE(found->unseen);
  EXPECT_EQ(found->unseen->what, "s3:GetObject");
  EXPECT_FALSE(account_.expected) << "nobody knows whose the buckets are";
}

TEST_F(SettingsInForceTest, EveryOtherFailureIsOne) {
  document().put("{");
  EXPECT_EQ(known().error().code, Errc::invalid);

  document().fail_with(Error{Errc::unavailable, "away"});
  EXPECT_EQ(known().error().code, Errc::unavailable);
}

}  // namespace
}  // namespace cordon
