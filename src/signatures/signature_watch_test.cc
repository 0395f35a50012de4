#include "signatures/signature_watch.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "signatures/signature_files.h"
#include "signatures/signature_set.h"
#include "testing/signature_place.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

/// An engine whose verdict on a set stands in the set's file own.ndb: its version, its count, or
/// what is wrong with it.
class FakeLoader final : public SetLoader {
 public:
  Result<LoadedSet> load(const fs::path& directory, const Judge& judge,
                         std::stop_token stop) override {
    ++loads;
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    const std::string said = SignaturePlace::content(directory / "own.ndb");
    if (said == "bad") {
      return Error{Errc::invalid, (directory / "own.ndb").string() + ": nothing was found"};
    }
    if (said == "no memory") return Error{Errc::unavailable, "the engine died"};
    LoadedSet set{said + (fs::exists(directory / kIgnoredFile) ? "-less" : ""), 1000};
    if (said == "small") set.signatures = 1;
    CORDON_TRY(judge(set));
    scanning_with = set.version;
    return set;
  }

  int loads = 0;
  std::string scanning_with = "one";
};

class SignatureWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    place_.put("own.ndb", "one");
    const auto from = watch_.begin({});
    ASSERT_TRUE(from) << from.error().what;
    started_from_ = *from;
    watch_.started({"one", 1000});
  }
  void look(int times = 1) {
    for (int i = 0; i < times; ++i) {
      clock_.advance(options_.interval);
      watch_.look(loader_, {});
    }
  }
  double reloads(const char* result) const {
    return metrics_.value("cordon_signature_reloads_total", {{"result", result}});
  }
  double troubled() const { return metrics_.value("cordon_signatures_refused", {}); }

  SignaturePlace place_;
  SimulatedClock clock_{SimulatedClock::Mode::manual};
  Log log_{LogLevel::off, clock_};
  Metrics metrics_;
  SignatureWatchOptions options_{.root = place_.set(), .home = place_.home()};
  SignatureWatch watch_{options_, clock_, log_, metrics_};
  FakeLoader loader_;
  fs::path started_from_;
};

TEST_F(SignatureWatchTest, StartsFromACopyAndLoadsNothingAsLongAsNothingChanges) {
  look(5);

  EXPECT_EQ(SignaturePlace::content(started_from_ / "own.ndb"), "one");
  EXPECT_EQ(started_from_.parent_path(), place_.home());
  EXPECT_EQ(loader_.loads, 0);
}

TEST_F(SignatureWatchTest, PutsASetInForceOnceTwoLooksSawTheSame) {
  place_.put("own.ndb", "two");

  look();
  EXPECT_EQ(loader_.loads, 0);
  look();

  EXPECT_EQ(loader_.scanning_with, "two");
  EXPECT_EQ(watch_.state().in_force, (LoadedSet{"two", 1000}));
  EXPECT_EQ(reloads("loaded"), 1);
  look(5);
  EXPECT_EQ(loader_.loads, 1);
}

TEST_F(SignatureWatchTest, WaitsAsLongAsFilesGrow) {
  for (const char* half : {"t", "tw", "two", "two h"}) {
    place_.put("own.ndb", half);
    look();
  }
  EXPECT_EQ(loader_.loads, 0);

  look();

  EXPECT_EQ(loader_.scanning_with, "two h");
  EXPECT_EQ(loader_.loads, 1);
}

TEST_F(SignatureWatchTest, FollowsALinkThatIsSwapped) {
  SignaturePlace::put_in(place_.set() / "versions/2", "own.ndb", "two");
  fs::create_directory_symlink("versions/2", place_.set() / "current");

  look(2);

  EXPECT_EQ(loader_.scanning_with, "two");
}

// In the directory itself; a link may lead to an older set, for that is how one goes back.
TEST_F(SignatureWatchTest, AnOlderOfficialSetInTheDirectoryReplacesNothing) {
  place_.put("daily.cvd", SignaturePlace::cvd(27451, 1'800'000'000));
  place_.put("own.ndb", "two");
  look(2);
  ASSERT_EQ(loader_.scanning_with, "two");

  place_.put("daily.cvd", SignaturePlace::cvd(27450, 1'800'000'000));
  place_.put("own.ndb", "three");
  look(3);

  EXPECT_EQ(loader_.scanning_with, "two");
  EXPECT_EQ(loader_.loads, 1) << "nothing is loaded to see that it is older";
  EXPECT_EQ(troubled(), 1);
  EXPECT_NE(watch_.state().trouble.find("daily 27450"), std::string::npos);
  EXPECT_NE(watch_.state().trouble.find("restarts the agent"), std::string::npos);
  SignaturePlace::put_in(place_.set() / "versions/1", "own.ndb", "one");
  SignaturePlace::put_in(place_.set() / "versions/1", "daily.cvd",
                         SignaturePlace::cvd(27450, 1'800'000'000));
  fs::create_directory_symlink("versions/1", place_.set() / "current");
  look(2);
  EXPECT_EQ(loader_.scanning_with, "one");
}

TEST_F(SignatureWatchTest, ABadSetReplacesNothingAndIsNotTriedAgainBeforeItChanges) {
  place_.put("own.ndb", "bad");

  look(50);

  EXPECT_EQ(loader_.loads, 1);
  EXPECT_EQ(loader_.scanning_with, "one");
  EXPECT_EQ(watch_.state().in_force.version, "one");
  // Named as it lies in the directory, not as the copy that is gone when people read this.
  EXPECT_EQ(watch_.state().trouble, (place_.set() / "own.ndb").string() + ": nothing was found");
  EXPECT_EQ(reloads("refused"), 1);
  EXPECT_EQ(troubled(), 1);

  place_.put("own.ndb", "three");
  look(2);
  EXPECT_EQ(loader_.scanning_with, "three");
  EXPECT_EQ(troubled(), 0);
  EXPECT_EQ(watch_.state().trouble, "");
}

TEST_F(SignatureWatchTest, EmptyAndMissingDirectoriesAreBadSets) {
  fs::remove(place_.set() / "own.ndb");
  look(5);
  EXPECT_EQ(reloads("refused"), 1);

  fs::remove_all(place_.set());
  look(5);
  EXPECT_EQ(reloads("refused"), 1);
  EXPECT_EQ(loader_.loads, 0);
  EXPECT_EQ(troubled(), 1);

  SignaturePlace::put_in(place_.set(), "own.ndb", "two");
  look(2);
  EXPECT_EQ(loader_.scanning_with, "two");
}

TEST_F(SignatureWatchTest, ASetThatShrinksTooMuchIsRefused) {
  place_.put("own.ndb", "small");

  look(5);

  EXPECT_EQ(loader_.scanning_with, "one");
  EXPECT_EQ(reloads("refused"), 1);
}

TEST_F(SignatureWatchTest, AFailureThatMayPassIsTriedAgainLaterEachTime) {
  place_.put("own.ndb", "no memory");
  look(2);
  EXPECT_EQ(loader_.loads, 1);
  EXPECT_EQ(reloads("failed"), 1);

  look(3);
  EXPECT_EQ(loader_.loads, 1);
  clock_.advance(options_.retry_min);
  look(2);
  EXPECT_EQ(loader_.loads, 2);
  clock_.advance(options_.retry_min);
  look(2);
  EXPECT_EQ(loader_.loads, 2);
  clock_.advance(options_.retry_min);
  look(2);
  EXPECT_EQ(loader_.loads, 3);
}

TEST_F(SignatureWatchTest, WhatIsIgnoredChangesTheSetWithoutAChangeOfItsFiles) {
  watch_.ignore({"Bad.Name"});
  look(2);
  EXPECT_EQ(loader_.scanning_with, "one-less");

  watch_.ignore({});
  look(2);
  EXPECT_EQ(loader_.scanning_with, "one");
}

TEST_F(SignatureWatchTest, GoesBackToTheSetBeforeAndRefusesTheOneThatWasThere) {
  place_.put("own.ndb", "two");
  look(2);

  ASSERT_TRUE(watch_.go_back(loader_, {}));

  EXPECT_EQ(loader_.scanning_with, "one");
  look(5);
  EXPECT_EQ(loader_.scanning_with, "one");
  EXPECT_EQ(reloads("rolled-back"), 1);
  EXPECT_EQ(watch_.state().trouble, "the set two was rejected");
  EXPECT_EQ(watch_.go_back(loader_, {}).error().code, Errc::not_found);

  place_.put("own.ndb", "three");
  look(2);
  EXPECT_EQ(loader_.scanning_with, "three");
}

TEST_F(SignatureWatchTest, WhatIsIgnoredDoesNotBringBackASetThatWasRejected) {
  place_.put("own.ndb", "two");
  look(2);
  ASSERT_TRUE(watch_.go_back(loader_, {}));

  watch_.ignore({"Bad.Name"});
  look(5);
  EXPECT_EQ(loader_.scanning_with, "one-less");

  place_.put("own.ndb", "three");
  look(2);
  EXPECT_EQ(loader_.scanning_with, "three-less");
}

TEST_F(SignatureWatchTest, WhatIsIgnoredIsLeftOutAlsoWhileTheDirectoryHoldsABadSet) {
  place_.put("own.ndb", "bad");
  look(2);
  ASSERT_EQ(troubled(), 1);

  watch_.ignore({"Bad.Name"});
  look(5);
  EXPECT_EQ(loader_.scanning_with, "one-less");
  EXPECT_EQ(troubled(), 1) << "the directory is no better for it";
  const int loads = loader_.loads;
  watch_.ignore({});
  look(5);
  EXPECT_EQ(loader_.scanning_with, "one");
  look(20);
  EXPECT_EQ(loader_.loads, loads + 2) << "the bad set was tried once more, with the other list";
  EXPECT_EQ(std::distance(fs::directory_iterator(place_.home()), {}), 1);

  place_.put("own.ndb", "two");
  look(2);
  EXPECT_EQ(loader_.scanning_with, "two");
  EXPECT_EQ(troubled(), 0);
}

TEST_F(SignatureWatchTest, KeepsTwoCopiesAtMost) {
  for (const char* name : {"two", "three", "bad", "four"}) {
    place_.put("own.ndb", name);
    look(2);
  }

  const auto copies = std::distance(fs::directory_iterator(place_.home()), {});
  EXPECT_EQ(copies, 2);
}

TEST_F(SignatureWatchTest, AStopIsNoVerdictOnTheSet) {
  place_.put("own.ndb", "two");
  look();
  std::stop_source stopped;
  stopped.request_stop();
  watch_.look(loader_, stopped.get_token());
  EXPECT_EQ(troubled(), 0);

  look(2);

  EXPECT_EQ(loader_.scanning_with, "two");
}

TEST_F(SignatureWatchTest, TellsHowOldTheSetInForceIs) {
  place_.put("daily.cvd", SignaturePlace::cvd(27451, 1'700'000'000));
  place_.put("own.ndb", "two");
  fs::last_write_time(place_.set() / "own.ndb",
                      std::chrono::file_clock::from_sys(
                          std::chrono::sys_seconds(std::chrono::seconds(1'600'000'000))));
  look(3);

  const double age = metrics_.value("cordon_signatures_age_seconds", {});
  const std::chrono::duration<double> now = clock_.system_now().time_since_epoch();
  EXPECT_NEAR(age, now.count() - 1'700'000'000, 1);
}

TEST(SignatureWatchStart, WithoutAPlaceForCopiesUsesTheDirectoryItself) {
  const SignaturePlace place;
  place.put("own.ndb", "one");
  SignaturePlace::put_in(place.root(), "file", "not a directory");
  const SimulatedClock clock;
  Log log(LogLevel::off, clock);
  Metrics metrics;
  SignatureWatch watch({.root = place.set(), .home = place.root() / "file" / "home"}, clock, log,
                       metrics);

  const auto from = watch.begin({});

  ASSERT_TRUE(from) << from.error().what;
  EXPECT_EQ(*from, place.set());
}

}  // namespace
}  // namespace cordon
