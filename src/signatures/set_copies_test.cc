#include "signatures/set_copies.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "signatures/signature_files.h"
#include "signatures/signature_set.h"
#include "testing/signature_place.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

TEST(SetCopies, KeepsACopyThatLaterWritesDoNotReach) {
  const SignaturePlace place;
  place.put("a.ndb", "one");
  SetCopies copies = SetCopies::open(place.home()).value();

  const auto kept = copies.keep(place.set(), {}, {});
  place.put("a.ndb", "two");

  ASSERT_TRUE(kept) << kept.error().what;
  EXPECT_EQ(SignaturePlace::content(kept->directory / "a.ndb"), "one");
  EXPECT_NE(kept->fingerprint, *fingerprint_of(place.set()));
}

TEST(SetCopies, CopiesSignaturesOnlyAndKeepsTheirTimes) {
  const SignaturePlace place;
  place.put("a.ndb", "one");
  place.put("README", "text");
  const auto then = fs::file_time_type::clock::now() - std::chrono::hours(50);
  fs::last_write_time(place.set() / "a.ndb", then);
  SetCopies copies = SetCopies::open(place.home()).value();

  const auto kept = copies.keep(place.set(), {}, {});

  ASSERT_TRUE(kept);
  EXPECT_FALSE(fs::exists(kept->directory / "README"));
  EXPECT_EQ(*set_time(kept->directory), std::chrono::file_clock::to_sys(then));
}

TEST(SetCopies, CopiesTheSignFilesOfTheDatabasesThatAreThere) {
  const SignaturePlace place;
  place.put("daily.cvd", SignaturePlace::cvd(27451, 1'700'000'000));
  for (const char* name : {"daily-27451.cvd.sign", "daily-27450.cvd.sign", "main-62.cvd.sign",
                           "own-1.cvd.sign", "daily-.cvd.sign", "daily-1x.cvd.sign"}) {
    place.put(name, "signed");
  }
  SetCopies copies = SetCopies::open(place.home()).value();

  const auto kept = copies.keep(place.set(), {}, {});

  ASSERT_TRUE(kept) << kept.error().what;
  EXPECT_TRUE(fs::exists(kept->directory / "daily-27451.cvd.sign"));
  EXPECT_EQ(std::distance(fs::directory_iterator(kept->directory), {}), 2);
  const SignFiles files = sign_files(place.set());
  EXPECT_EQ(files.used.size(), 1U);
  EXPECT_EQ(files.stale.size(), 2U) << "names of another form are nobody's";
}

TEST(SetCopies, AddsTheListOfWhatIsIgnoredAndTheVersionTellsOfIt) {
  const SignaturePlace place;
  place.put("daily.cvd", SignaturePlace::cvd(27451, 1'700'000'000));
  SetCopies copies = SetCopies::open(place.home()).value();

  const auto plain = copies.keep(place.set(), {}, {});
  const auto less = copies.keep(place.set(), {"Win.Bad-1", "Own.Rule.UNOFFICIAL"}, {});

  ASSERT_TRUE(plain && less);
  EXPECT_EQ(SignaturePlace::content(less->directory / kIgnoredFile), "Own.Rule\nWin.Bad-1\n");
  EXPECT_EQ(describe_signatures(plain->directory)->version, "27451");
  EXPECT_TRUE(describe_signatures(less->directory)->version.starts_with("27451+"));
}

TEST(SetCopies, LeavesNamesOutThatCouldBreakTheListsForm) {
  EXPECT_EQ(ignore_list_of({"Good", "two\nlines", "a:b", "", "with space", std::string(300, 'x')}),
            "Good\n");
}

TEST(SetCopies, RetainsWhatItIsToldAndRemovesTheRest) {
  const SignaturePlace place;
  place.put("a.ndb", "one");
  SetCopies copies = SetCopies::open(place.home()).value();
  const SetCopy first = copies.keep(place.set(), {}, {}).value();
  const SetCopy second = copies.keep(place.set(), {}, {}).value();

  copies.retain({second.directory});

  EXPECT_FALSE(fs::exists(first.directory));
  EXPECT_TRUE(fs::exists(second.directory / "a.ndb"));
}

TEST(SetCopies, LeavesNoHalfCopyBehind) {
  const SignaturePlace place;
  place.put("a.ndb", "one");
  SetCopies copies = SetCopies::open(place.home()).value();
  std::stop_source stopped;
  stopped.request_stop();

  EXPECT_EQ(copies.keep(place.set(), {}, stopped.get_token()).error().code, Errc::cancelled);
  EXPECT_EQ(copies.keep(place.root() / "none", {}, {}).error().code, Errc::not_found);

  EXPECT_TRUE(fs::is_empty(place.home()));
}

}  // namespace
}  // namespace cordon
