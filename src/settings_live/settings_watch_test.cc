#include "settings_live/settings_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/files.h"
#include "settings/settings_document.h"
#include "testing/fake_document_store.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kInterval{5};

Settings deleting() {
  Settings settings;
  settings.policies.defaults.on_infected = {{RouteStep::Kind::remove}};
  return settings;
}
Settings untagged() {
  Settings settings;
  settings.tags.enabled = false;
  return settings;
}

class SettingsWatchTest : public testing::Test {
 protected:
  SettingsWatchTest() { std::filesystem::remove_all(folder_); }
  ~SettingsWatchTest() override {
    stop();
    std::filesystem::remove_all(folder_);
  }

  /// Starts the thread that looks, once settings are known.
  void start() {
    watch_.emplace(SettingsWatchOptions{.origin = "s3://system/settings.json", .usual = usual_},
                   store_, &cache_, clock_, log_, metrics_);
    thread_ = std::jthread([this](std::stop_token stop) {
      if (watch_->await(stop)) {
        known_ = true;
        watch_->run(stop);
      }
    });
    clock_.until_waiting(1);
  }
  void stop() {
    thread_ = std::jthread();
    known_ = false;
  }
  /// The next look, done.
  void next_look() {
    const int before = store_.reads();
    clock_.advance(kInterval);
    while (store_.reads() == before) std::this_thread::yield();
    clock_.until_waiting(1);
  }
  Settings in_force() const { return *watch_->current(); }
  int logged(const std::string& event) {
    return lines_.with([&](const std::vector<std::string>& lines) {
      return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
        return line.find("\"" + event + "\"") != std::string::npos;
      }));
    });
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("settings-watch-" + std::to_string(::getpid()));
  Settings usual_;
  SimulatedClock clock_{SimulatedClock::Mode::manual};
  Guarded<std::vector<std::string>> lines_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) {
             lines_.with([&](auto& lines) { lines.emplace_back(line); });
           }};
  Metrics metrics_;
  FakeDocumentStore store_;
  DocumentCache cache_{folder_ / "settings", "s3://system/settings.json"};
  std::optional<SettingsWatch> watch_;
  std::atomic<bool> known_ = false;
  std::jthread thread_;
};

TEST_F(SettingsWatchTest, WithoutADocumentEverythingIsAsUsual) {
  usual_ = untagged();

  start();

  EXPECT_TRUE(known_);
  EXPECT_EQ(in_force(), untagged());
  EXPECT_EQ(logged("settings.none"), 1);
}

TEST_F(SettingsWatchTest, ANewDocumentIsInForceAtTheNextLook) {
  store_.put(to_document(Settings()));
  start();
  EXPECT_EQ(in_force(), Settings());
  const std::shared_ptr<const Settings> begun_with = watch_->current();

  store_.put(to_document(deleting()));
  next_look();

  EXPECT_EQ(in_force(), deleting());
  EXPECT_EQ(*begun_with, Settings());
  EXPECT_EQ(logged("settings.in_force"), 2);
}

TEST_F(SettingsWatchTest, AnUnchangedDocumentIsNotTransferredAgain) {
  store_.put(to_document(deleting()));
  start();

  for (int i = 0; i < 5; ++i) next_look();

  EXPECT_EQ(store_.reads(), 6);
  EXPECT_EQ(store_.transfers(), 1);
  EXPECT_EQ(logged("settings.in_force"), 1);
}

TEST_F(SettingsWatchTest, AnInvalidDocumentLeavesTheLastGoodOneInForce) {
  store_.put(to_document(deleting()));
  start();

  store_.put("{\"schema\": 1, \"defaults\": {\"on\": {\"infected\": [\"keep\"]}, \"oops\": 1}}");
  next_look();
  next_look();

  EXPECT_EQ(in_force(), deleting());
  EXPECT_EQ(logged("settings.refused"), 1);
  EXPECT_EQ(metrics_.value("cordon_settings_troubled"), 1);
  EXPECT_EQ(cache_.load()->document, to_document(deleting()));

  store_.put(to_document(untagged()));
  next_look();
  EXPECT_EQ(in_force(), untagged());
  EXPECT_EQ(metrics_.value("cordon_settings_troubled"), 0);
}

TEST_F(SettingsWatchTest, ARefusedDocumentIsStillRefusedAfterAnOutage) {
  store_.put(to_document(deleting()));
  start();
  store_.put("{}");
  next_look();

  store_.fail_with({Errc::unavailable, "away"});
  next_look();
  store_.recover();
  next_look();

  EXPECT_EQ(in_force(), deleting());
  EXPECT_EQ(metrics_.value("cordon_settings_troubled"), 1);
}

TEST_F(SettingsWatchTest, AnOutageChangesNothingAndIsToldOnce) {
  store_.put(to_document(deleting()));
  start();

  store_.fail_with({Errc::denied, "no"});
  for (int i = 0; i < 3; ++i) next_look();
  EXPECT_EQ(in_force(), deleting());
  EXPECT_EQ(logged("settings.away"), 1);
  EXPECT_EQ(metrics_.value("cordon_settings_troubled"), 1);

  store_.recover();
  next_look();
  EXPECT_EQ(logged("settings.reachable"), 1);
  EXPECT_EQ(metrics_.value("cordon_settings_troubled"), 0);
}

TEST_F(SettingsWatchTest, ADeletedDocumentStaysInForce) {
  store_.put(to_document(deleting()));
  start();

  store_.remove();
  next_look();
  next_look();
  EXPECT_EQ(in_force(), deleting());
  EXPECT_EQ(logged("settings.gone"), 1);

  store_.put(to_document(untagged()));
  next_look();
  EXPECT_EQ(in_force(), untagged());
}

TEST_F(SettingsWatchTest, TheCacheHoldsWhileThePlaceIsAway) {
  store_.put(to_document(deleting()));
  start();
  stop();

  store_.fail_with({Errc::unavailable, "away"});
  start();

  EXPECT_TRUE(known_);
  EXPECT_EQ(in_force(), deleting());
  EXPECT_EQ(logged("settings.from_cache"), 1);
}

TEST_F(SettingsWatchTest, TheCacheDoesNotHideWhatChangedMeanwhile) {
  store_.put(to_document(deleting()));
  start();
  stop();

  store_.put(to_document(untagged()));
  start();

  EXPECT_EQ(in_force(), untagged());
}

TEST_F(SettingsWatchTest, ADamagedCacheIsIgnoredAloud) {
  std::filesystem::create_directories(folder_);
  ASSERT_TRUE(write_file_atomically(folder_ / "settings", "damaged"));
  store_.put(to_document(deleting()));

  start();

  EXPECT_EQ(in_force(), deleting());
  EXPECT_EQ(logged("settings.cache_ignored"), 1);
  EXPECT_EQ(cache_.load()->document, to_document(deleting()));
}

TEST_F(SettingsWatchTest, ACachedDocumentThatIsNoneIsIgnoredToo) {
  ASSERT_TRUE(cache_.save({.document = "{\"schema\": 2}", .etag = ETag("e")}));

  start();

  EXPECT_EQ(in_force(), Settings());
  EXPECT_EQ(logged("settings.cache_ignored"), 1);
}

TEST_F(SettingsWatchTest, NothingIsKnownUntilTheStoreHasAnswered) {
  store_.fail_with({Errc::unavailable, "away"});
  start();
  EXPECT_FALSE(known_);
  next_look();
  EXPECT_FALSE(known_);

  store_.recover();
  next_look();

  EXPECT_TRUE(known_);
  EXPECT_EQ(logged("settings.away"), 1);
}

TEST_F(SettingsWatchTest, AFirstDocumentThatIsRefusedMakesNothingKnown) {
  store_.put("{\"schema\": 1, \"on\": {}}");
  start();
  EXPECT_FALSE(known_);

  store_.put(to_document(deleting()));
  next_look();

  EXPECT_TRUE(known_);
  EXPECT_EQ(in_force(), deleting());
}

TEST_F(SettingsWatchTest, ACacheThatCannotBeWrittenStopsNobody) {
  std::filesystem::create_directories(folder_ / "settings");
  store_.put(to_document(deleting()));

  start();

  EXPECT_EQ(in_force(), deleting());
  EXPECT_EQ(logged("settings.not_cached"), 1);
}

TEST_F(SettingsWatchTest, ChangedEngineSettingsAreSaidToWait) {
  store_.put(to_document(deleting()));
  start();
  Settings changed = deleting();
  changed.engine.detect_macros = true;

  store_.put(to_document(changed));
  next_look();

  EXPECT_EQ(logged("settings.engine_waits"), 1);
}

}  // namespace
}  // namespace cordon
