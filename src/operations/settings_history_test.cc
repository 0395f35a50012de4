#include "operations/settings_history.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

const BucketName kSystem("cordon-system-main-111122223333");
const ObjectKey kKey("settings.json");

class SettingsHistoryTest : public testing::Test {
 protected:
  SettingsHistoryTest() { account_.objects.make_bucket(kSystem, FakeObjectStore::Versions::on); }
  VersionId put(const std::string& document) {
    return *account_.objects.put(kSystem, kKey, document).version;
  }
  Result<SettingsHistory> history(std::size_t count_max,
                                  const std::optional<VersionId>& after = std::nullopt) {
    return settings_history(access_, runtime_.runtime, count_max, after);
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
};

TEST_F(SettingsHistoryTest, GoesFromTheNewestToTheOldestAndNoFurther) {
  const VersionId first = put("{\"schema\": 1}");
  const VersionId second = put("{\"schema\": 2}");
  account_.objects.put(kSystem, ObjectKey("settings.json.bak"), "x");

  const auto newest = history(1);
  ASSERT_TRUE(newest) << newest.error().what;
  ASSERT_EQ(newest->versions.size(), 1U);
  EXPECT_EQ(newest->versions[0].version, second);
  EXPECT_TRUE(newest->versions[0].is_current);
  ASSERT_TRUE(newest->next);
  const auto rest = history(10, newest->next);
  ASSERT_TRUE(rest) << rest.error().what;
  ASSERT_EQ(rest->versions.size(), 1U);
  EXPECT_EQ(rest->versions[0].version, first);
  EXPECT_FALSE(rest->versions[0].is_current);
  EXPECT_FALSE(rest->next);
}

TEST_F(SettingsHistoryTest, ShowsAVersionAlsoOneThatIsRefusedToday) {
  const VersionId good = put("{\"schema\": 1}");
  const VersionId bad = put("{\"schema\": 2}");

  EXPECT_TRUE(settings_version(access_, runtime_.runtime, good)->check.is_valid());
  const auto refused = settings_version(access_, runtime_.runtime, bad);
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->check.is_valid());
  EXPECT_EQ(refused->stored.version, bad);
  EXPECT_EQ(settings_version(access_, runtime_.runtime, VersionId("v99")).error().code,
            Errc::not_found);
}

TEST_F(SettingsHistoryTest, WithoutADocumentThereIsNone) {
  EXPECT_TRUE(history(10)->versions.empty());
  FakeAccount bare;  // Not even a system bucket.
  DeploymentAccess access(bare);
  EXPECT_TRUE(settings_history(access, runtime_.runtime, 10, std::nullopt)->versions.empty());
  account_.catalogue.list_fails.emplace(kSystem, Error{Errc::denied, "no"});
  EXPECT_EQ(history(10).error().code, Errc::denied);
}

TEST(SettingsVersionDocument, TellsWhichAndWhen) {
  EXPECT_EQ(boost::json::serialize(
                document_of(SettingsVersion{.version = VersionId("v1"),
                                            .etag = ETag("e"),
                                            .bytes = 7,
                                            .modified = SystemTime(std::chrono::seconds(1)),
                                            .is_current = true})),
            R"({"schema":"cordon.settings-version/1","versionId":"v1","eTag":"e","size":7,)"
            R"("modified":"1970-01-01T00:00:01.000Z","current":true})");
}

}  // namespace
}  // namespace cordon
