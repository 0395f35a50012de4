#include "signatures/signature_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "signatures/signature_set.h"
#include "testing/signature_place.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

TEST(SignatureFiles, AreThoseThatTheEngineLoadsInTheOrderOfTheirNames) {
  const SignaturePlace place;
  place.put("b.ndb", "1234");
  place.put("a.yar", "rule");
  place.put("README", "text");
  place.put(".main.cvd.Xk3", "half a copy");

  const auto files = signature_files(place.set());

  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ(files->front().path.filename(), "a.yar");
  EXPECT_EQ(files->back().bytes, 4U);
}

TEST(SignatureFiles, OfADirectoryWithoutAnyAreAnErrorThatSaysWhatToDo) {
  const SignaturePlace place;

  const auto files = signature_files(place.set());

  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, Errc::invalid);
  EXPECT_NE(files.error().what.find("freshclam"), std::string::npos);
  EXPECT_EQ(signature_files(place.root() / "none").error().code, Errc::not_found);
}

TEST(Fingerprint, ChangesWithEverythingThatMayHappenToAFile) {
  const SignaturePlace place;
  place.put("a.ndb", "1234");
  place.put("b.ndb", "1234");
  std::string last = *fingerprint_of(place.set());
  const auto changes = [&](const char* what) {
    SCOPED_TRACE(what);
    const std::string now = *fingerprint_of(place.set());
    EXPECT_NE(now, last);
    EXPECT_EQ(now, *fingerprint_of(place.set()));
    last = now;
  };

  place.put("c.ndb", "1");
  changes("a file is added");
  place.put("a.ndb", "12345");
  changes("a file grows");
  fs::last_write_time(place.set() / "a.ndb",
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  changes("a file is written with as many bytes");
  place.put("new", "1234");
  fs::last_write_time(place.set() / "new", fs::last_write_time(place.set() / "b.ndb"));
  fs::rename(place.set() / "new", place.set() / "b.ndb");
  changes("a file is replaced by one of equal size and time");
  fs::remove(place.set() / "c.ndb");
  changes("a file is removed");
  place.put("README", "no signature file");
  EXPECT_EQ(*fingerprint_of(place.set()), last);
}

TEST(LiveDirectory, IsWhatTheLinkLeadsToAndWithoutOneTheDirectory) {
  const SignaturePlace place;
  EXPECT_EQ(live_directory(place.set()), place.set());
  SignaturePlace::put_in(place.set() / "versions/1", "a.ndb", "1");

  fs::create_directory_symlink("versions/1", place.set() / "current");
  EXPECT_EQ(live_directory(place.set()), fs::canonical(place.set() / "versions/1"));

  fs::remove_all(place.set() / "versions");
  EXPECT_EQ(signature_files(live_directory(place.set())).error().code, Errc::not_found);
}

TEST(SetTime, IsTheNewestBuildTimeOfOfficialDatabasesWhateverCopiesDidToTheirFiles) {
  const SignaturePlace place;
  place.put("main.cvd", SignaturePlace::cvd(62, 1'600'000'000));
  place.put("daily.cvd", SignaturePlace::cvd(27451, 1'700'000'000));

  EXPECT_EQ(*set_time(place.set()), SystemTime(std::chrono::seconds(1'700'000'000)));
}

TEST(SetTime, IsForOtherFilesWhenTheyWereWritten) {
  const SignaturePlace place;
  place.put("own.ndb", "A:0:*:61616161");
  place.put(std::string(kIgnoredFile), "Some.Name\n");
  const auto then = fs::file_time_type::clock::now() - std::chrono::hours(100);
  fs::last_write_time(place.set() / "own.ndb", then);

  EXPECT_EQ(*set_time(place.set()), std::chrono::file_clock::to_sys(then));
}

TEST(SetTime, OfAHeaderThatTellsNoTimeOfDayIsTheFiles) {
  EXPECT_EQ(cvd_time(SignaturePlace::cvd(1, 12)), std::nullopt);
  EXPECT_EQ(cvd_time(SignaturePlace::cvd(1, 9'999'999'999)), std::nullopt);
  EXPECT_EQ(cvd_time("ClamAV-VDB:"), std::nullopt);
  EXPECT_EQ(cvd_time(""), std::nullopt);
}

}  // namespace
}  // namespace cordon
