#include "updates/updater.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "signatures/signature_files.h"
#include "testing/seeded_random.h"
#include "testing/signature_place.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

/// Offers one file, whose content is its version.
class FakeSource final : public SignatureSource {
 public:
  std::string name() const override { return "fake"; }
  Result<void> fetch(const fs::path& staging, Deadline, std::stop_token) override {
    if (failure) return *failure;
    std::ofstream(staging / "own.ndb") << offered;
    for (const auto& [name, content] : more) std::ofstream(staging / name) << content;
    return {};
  }

  std::string offered = "one";
  std::map<std::string, std::string> more;
  std::optional<Error> failure;
};

class UpdaterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "updater-XXXXXX";
    root_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(root_); }

  Result<UpdateOutcome> update(const std::string& offered, bool force = false) {
    source_.offered = offered;
    CORDON_TRY(SetDirectory sets, SetDirectory::open(root_));
    const ProveSet prove = [this](const fs::path& directory, std::stop_token) -> Result<ProvenSet> {
      ++proofs_;
      std::ifstream in(directory / "own.ndb");
      const std::string said(std::istreambuf_iterator<char>(in), {});
      if (said == "bad") return Error{Errc::invalid, "the canary was not found"};
      return ProvenSet{.set = {said, said == "small" ? 1U : 1000U}, .engine = "Fake 1"};
    };
    return update_signatures(sets, source_, prove, {.force = force}, random_, clock_,
                             Deadline::never(), {});
  }
  std::string live() const {
    std::ifstream in(live_directory(root_) / "own.ndb");
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  std::ptrdiff_t versions() const {
    return std::distance(fs::directory_iterator(root_ / "versions"), {});
  }

  fs::path root_;
  FakeSource source_;
  SimulatedClock clock_;
  SeededRandom random_;
  int proofs_ = 0;
};

TEST_F(UpdaterTest, PutsWhatItFetchedInForceAndKeepsTheSetBefore) {
  for (const char* version : {"one", "two", "three"}) {
    const auto outcome = update(version);
    ASSERT_TRUE(outcome) << outcome.error().what;
    EXPECT_TRUE(outcome->changed);
    EXPECT_EQ(live(), version);
  }

  EXPECT_EQ(versions(), 2);
  EXPECT_EQ(manifest_in(root_ / "current")->version, "three");
  EXPECT_EQ(manifest_in(root_ / "current")->signatures, 1000U);
  EXPECT_EQ(manifest_in(root_ / "previous")->version, "two");
}

TEST_F(UpdaterTest, WhatIsInForceAlreadyIsNotProvenAgain) {
  ASSERT_TRUE(update("one"));
  const fs::path before = live_directory(root_);

  const auto outcome = update("one");

  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->changed);
  EXPECT_EQ(proofs_, 1);
  EXPECT_EQ(live_directory(root_), before);
  EXPECT_EQ(versions(), 1);
}

TEST_F(UpdaterTest, AnyFailureLeavesWhatIsInForce) {
  ASSERT_TRUE(update("one"));

  EXPECT_EQ(update("bad").error().code, Errc::invalid);
  EXPECT_EQ(update("small").error().code, Errc::invalid);
  source_.failure = Error{Errc::unavailable, "the mirror is away"};
  EXPECT_EQ(update("two").error().code, Errc::unavailable);

  EXPECT_EQ(live(), "one");
  EXPECT_EQ(versions(), 1);
  EXPECT_FALSE(fs::exists(root_ / "previous"));
}

TEST_F(UpdaterTest, ForceTakesASmallSetButNeverABadOne) {
  ASSERT_TRUE(update("one"));

  EXPECT_TRUE(update("small", true));
  EXPECT_FALSE(update("bad", true));

  EXPECT_EQ(live(), "small");
}

TEST_F(UpdaterTest, TheSetThatWasRolledBackFromIsNotTakenAgain) {
  ASSERT_TRUE(update("one"));
  ASSERT_TRUE(update("two"));
  {
    SetDirectory sets = SetDirectory::open(root_).value();
    const auto back = sets.roll_back();
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(back->version, "one");
    EXPECT_EQ(sets.roll_back().error().code, Errc::not_found);
  }
  EXPECT_EQ(live(), "one");

  EXPECT_EQ(update("two").error().code, Errc::invalid);
  EXPECT_EQ(live(), "one");
  EXPECT_TRUE(update("two", true));
  EXPECT_TRUE(update("three"));
}

TEST_F(UpdaterTest, AnOlderSetIsRefusedUnlessItIsForced) {
  const auto offer = [this](int daily, int main) {
    source_.more = {{"daily.cvd", SignaturePlace::cvd(daily, 1'800'000'000)},
                    {"main.cvd", SignaturePlace::cvd(main, 1'700'000'000)}};
  };
  offer(27451, 62);
  ASSERT_TRUE(update("one"));

  offer(27450, 62);
  const auto older = update("two");
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, Errc::invalid);
  EXPECT_NE(older.error().what.find("daily 27450"), std::string::npos) << older.error().what;
  EXPECT_NE(older.error().what.find("--force"), std::string::npos) << older.error().what;
  offer(27452, 61);
  EXPECT_FALSE(update("two")) << "one part is older";
  EXPECT_EQ(live(), "one");

  offer(27452, 62);
  EXPECT_TRUE(update("two"));
  offer(27450, 62);
  EXPECT_TRUE(update("three", true));
  EXPECT_EQ(live(), "three");
}

TEST_F(UpdaterTest, SignFilesStayBesideTheirDatabasesAndGoWithThem) {
  source_.more = {{"daily.cvd", SignaturePlace::cvd(27451, 1'800'000'000)},
                  {"daily-27451.cvd.sign", "signed"}};
  ASSERT_TRUE(update("one"));
  EXPECT_TRUE(fs::exists(live_directory(root_) / "daily-27451.cvd.sign"));

  source_.more = {{"daily.cvd", SignaturePlace::cvd(27452, 1'800'000'000)}};
  ASSERT_TRUE(update("two"));

  EXPECT_FALSE(fs::exists(live_directory(root_) / "daily-27451.cvd.sign"));
}

TEST_F(UpdaterTest, ASignFileThatComesAfterItsDatabaseIsKeptAsWell) {
  source_.more = {{"daily.cvd", SignaturePlace::cvd(27451, 1'800'000'000)}};
  ASSERT_TRUE(update("one"));
  source_.more["daily-27451.cvd.sign"] = "signed";

  const auto outcome = update("one");

  ASSERT_TRUE(outcome) << outcome.error().what;
  EXPECT_FALSE(outcome->changed) << "it is no part of the set";
  std::ifstream kept(live_directory(root_) / "daily-27451.cvd.sign");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "signed");
  EXPECT_EQ(versions(), 1);
}

// A directory that the service clamav-freshclam fills, say: agents scan with what lies in it.
TEST_F(UpdaterTest, TheFirstUpdateIsNotOlderThanWhatAgentsFindInTheDirectory) {
  std::ofstream(root_ / "daily.cvd") << SignaturePlace::cvd(27451, 1'800'000'000);
  source_.more = {{"daily.cvd", SignaturePlace::cvd(27450, 1'800'000'000)}};

  const auto older = update("one");

  ASSERT_FALSE(older);
  EXPECT_NE(older.error().what.find("daily 27450"), std::string::npos) << older.error().what;
  EXPECT_EQ(live_directory(root_), root_) << "agents go on as before";
  EXPECT_TRUE(update("one", true));
  EXPECT_EQ(live(), "one");
}

TEST_F(UpdaterTest, AManifestThatIsDamagedLetsNothingOlderIn) {
  source_.more = {{"daily.cvd", SignaturePlace::cvd(27451, 1'800'000'000)}};
  ASSERT_TRUE(update("one"));
  std::ofstream(root_ / "current" / "cordon-set.json") << "{";
  source_.more = {{"daily.cvd", SignaturePlace::cvd(27450, 1'800'000'000)}};

  EXPECT_FALSE(update("two"));

  EXPECT_EQ(live(), "one");
}

TEST_F(UpdaterTest, TwoDoNotUpdateOneDirectoryAtATime) {
  const SetDirectory first = SetDirectory::open(root_).value();

  EXPECT_EQ(update("one").error().code, Errc::changed);
}

TEST_F(UpdaterTest, WhatAKilledUpdateLeftIsRemoved) {
  fs::create_directories(root_ / "versions/staging-old");

  ASSERT_TRUE(update("one"));

  EXPECT_EQ(versions(), 1);
}

TEST(SetManifestText, IsReadAsItWasWrittenAndGarbageIsRefused) {
  const SetManifest manifest{.version = "27451",
                             .signatures = 8'000'000,
                             .source = "s3://b/p/",
                             .engine = "ClamAV 1.4.6",
                             .taken_at = SystemTime(std::chrono::seconds(1'700'000'000)),
                             .digest = "ab"};

  EXPECT_EQ(parse_manifest(to_json(manifest)).value(), manifest);
  for (const char* text : {"", "[]", "{}", "{\"schema\":\"cordon.signature-set/1\"}"}) {
    EXPECT_EQ(parse_manifest(text).error().code, Errc::invalid) << text;
  }
}

}  // namespace
}  // namespace cordon
