#include "operations/deployment_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using State = ProvisionStep::State;

const MemberAccount kMember{.id = AccountId("444455556666"),
                            .role_arn = "arn:aws:iam::444455556666:role/r",
                            .buckets = {BucketName("theirs")}};

class DeploymentSettingsTest : public testing::Test {
 protected:
  Result<SettingsOutcome> apply(Settings settings, std::optional<ETag> expected = std::nullopt) {
    return apply_settings(access_, runtime_.runtime, {std::move(settings), std::move(expected)});
  }
  Result<StoredSettings> stored() { return stored_settings(access_, runtime_.runtime); }
  FakeDocumentStore& document() { return account_.stored("settings.json"); }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
  const std::string where_ = "s3://cordon-system-main-111122223333/settings.json";
};

TEST_F(DeploymentSettingsTest, TheFirstDocumentIsWrittenOverNone) {
  const SettingsOrder order{.settings = {}, .expected = std::nullopt, .only_first = true};
  ASSERT_TRUE(apply_settings(access_, runtime_.runtime, order));
  EXPECT_TRUE(stored());

  EXPECT_EQ(apply_settings(access_, runtime_.runtime, order).error().code, Errc::changed);
  document().remove();
  document().before_write = [this] {
    document().before_write = nullptr;
    document().put("{}");
  };
  EXPECT_EQ(apply_settings(access_, runtime_.runtime, order).error().code, Errc::changed)
      << "somebody was faster";
}

TEST(CheckSettings, ReadsEitherFormatAndSaysWhatIsWrong) {
  EXPECT_TRUE(check_settings("a.json", R"({"schema":1})").is_valid());
  EXPECT_TRUE(check_settings("a.toml", "schema = 1\n[engine]\n").is_valid());
  EXPECT_TRUE(check_settings("(standard input)", R"({"schema":1})").is_valid());
  EXPECT_EQ(boost::json::serialize(document_of(check_settings("a.json", R"({"schema":1})"))),
            R"({"schema":"cordon.settings-check/1","file":"a.json","valid":true})");

  const SettingsCheck refused = check_settings("a.toml", "schema = 1\n[engin]\nx = 1\n");

  EXPECT_FALSE(refused.is_valid());
  const boost::json::object document = document_of(refused);
  EXPECT_EQ(document.at("file"), "a.toml");
  EXPECT_EQ(document.at("valid"), false);
  const boost::json::object& problem = document.at("problems").as_array().at(0).as_object();
  EXPECT_EQ(problem.at("line"), 2);
  EXPECT_EQ(problem.at("key"), "engin");
  EXPECT_EQ(problem.at("didYouMean"), "engine");
}

TEST(CheckSettings, AProblemOfTheWholeDocumentHasNoLine) {
  const SettingsCheck refused = check_settings("-", std::string((1U << 20U) + 1, ' '));

  ASSERT_FALSE(refused.is_valid());
  EXPECT_EQ(boost::json::serialize(document_of(refused).at("problems")),
            R"([{"line":null,"key":"","problem":"a settings document has at most 1 MiB"}])");
}

TEST_F(DeploymentSettingsTest, WithoutADocumentItSaysHowToBegin) {
  const auto found = stored();

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::not_found);
  EXPECT_THAT(found.error().what, HasSubstr("cordon settings apply"));
}

TEST_F(DeploymentSettingsTest, WhatWasAppliedIsFoundAgain) {
  Settings settings;
  settings.notifications.enabled = true;

  const auto first = apply(settings);
  const auto found = stored();
  const auto again = apply(settings);

  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(first->where, where_);
  EXPECT_TRUE(first->applied.is_changed);
  EXPECT_FALSE(first->unfinished);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->check.is_valid());
  EXPECT_EQ(found->check.reading.settings->notifications.region, access_.region());
  EXPECT_EQ(found->stored.etag, first->applied.stored.etag);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->applied.is_changed);
}

TEST_F(DeploymentSettingsTest, TheDocumentOfAnOutcomeHasItsSteps) {
  const auto outcome = apply({});

  ASSERT_TRUE(outcome);
  EXPECT_EQ(boost::json::serialize(document_of(*outcome)),
            R"({"schema":"cordon.settings-change/1","where":")" + where_ +
                R"(","changed":true,"eTag":")" + outcome->applied.stored.etag.str() +
                R"(","versionId":"v1","steps":[{"what":"system bucket",)"
                R"("name":"cordon-system-main-111122223333","state":"created","note":null}]})");
}

TEST_F(DeploymentSettingsTest, TheDocumentOfWhatIsInForceHasTheSettings) {
  ASSERT_TRUE(apply({}));

  const boost::json::object document = document_of(*stored());

  EXPECT_EQ(boost::json::value_to<std::string>(document.at("where")), where_);
  EXPECT_EQ(boost::json::value_to<std::string>(document.at("eTag")), stored()->stored.etag.str());
  EXPECT_EQ(document.at("versionId"), "v1");
  EXPECT_EQ(boost::json::serialize(document.at("settings")), to_json_line(Settings()));
}

TEST_F(DeploymentSettingsTest, ADocumentThatAgentsRefuseIsShownWithItsProblems) {
  document().put(R"({"engin": {}})");

  const auto found = stored();

  ASSERT_TRUE(found);
  EXPECT_FALSE(found->check.is_valid());
  const boost::json::object shown = document_of(*found);
  EXPECT_EQ(boost::json::value_to<std::string>(shown.at("file")), where_);
  EXPECT_EQ(shown.at("valid"), false);
  EXPECT_FALSE(shown.contains("settings"));
}

TEST_F(DeploymentSettingsTest, AStoreWithoutVersionsIsSaidSo) {
  StoredSettings found{.stored = {.document = R"({"schema":1})", .etag = ETag("e")},
                       .check = check_settings(where_, R"({"schema":1})")};

  EXPECT_TRUE(document_of(found).at("versionId").is_null());
}

TEST_F(DeploymentSettingsTest, ASecondWriterGetsAConflict) {
  ASSERT_TRUE(apply({}));
  Settings other;
  other.notifications.enabled = true;

  const auto refused = apply(other, ETag("somebody-elses"));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::changed);
  EXPECT_THAT(boost::json::serialize(conflict_document(where_, refused.error())),
              StartsWith(R"({"schema":"cordon.settings-change/1","where":")" + where_ +
                         R"(","changed":false,"conflict":true,)"));
  EXPECT_FALSE(stored()->check.reading.settings->notifications.enabled);
}

TEST_F(DeploymentSettingsTest, AStoreThatMayNotBeReadChangesNothing) {
  document().fail_with(Error{Errc::denied, "s3:GetObject"});

  EXPECT_EQ(stored().error().code, Errc::denied);
  EXPECT_EQ(apply({}).error().code, Errc::denied);

  document().recover();
  EXPECT_EQ(stored().error().code, Errc::not_found);
}

TEST_F(DeploymentSettingsTest, WhatFollowsFromMembersIsAmongTheSteps) {
  Settings settings;
  settings.accounts = {kMember};

  const auto outcome = apply(settings);

  ASSERT_TRUE(outcome) << outcome.error().what;
  EXPECT_FALSE(outcome->unfinished);
  EXPECT_GT(outcome->applied.steps.size(), 1U);
}

TEST_F(DeploymentSettingsTest, SettingsStayInForceWhenWhatFollowsWasInterrupted) {
  Settings settings;
  settings.accounts = {kMember};
  document().before_write = [this] { runtime_.stop.request_stop(); };

  const auto outcome = apply(settings);

  ASSERT_TRUE(outcome) << outcome.error().what;
  ASSERT_TRUE(outcome->unfinished);
  EXPECT_EQ(outcome->unfinished->code, Errc::cancelled);
  EXPECT_TRUE(outcome->applied.is_changed);
}

}  // namespace
}  // namespace cordon
