// What is written down: log lines, metrics, files, digests, binary messages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <filesystem>
#include <thread>

#include "base/byte_reader.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using testing::HasSubstr;

class LogTest : public testing::Test {
 protected:
  SimulatedClock clock_;
  std::vector<std::string> lines_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { lines_.emplace_back(line); }};
};

TEST_F(LogTest, WritesOneJsonObjectPerEvent) {
  log_.info("scan.done", {{"object", "s3://b/k"}, {"ms", 12}, {"clean", true}, {"ratio", 0.5}});

  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0], R"({"time":"2026-11-22T15:50:33.000Z","level":"info","event":"scan.done",)"
                       R"("object":"s3://b/k","ms":12,"clean":true,"ratio":0.5})");
}

TEST_F(LogTest, NamesTheThreadWhereItIsNotTheFirst) {
  std::jthread([&] {
    ::pthread_setname_np(::pthread_self(), "slot-7");
    log_.info("scan.done", {{"ms", 12}});
  }).join();

  EXPECT_THAT(lines_.at(0), testing::EndsWith(R"("ms":12,"thread":"slot-7"})"));
}

TEST_F(LogTest, AKeyCannotForgeALine) {
  const std::string hostile = "a\n{\"level\":\"error\"}\r\x1b[31m\"\\\xFF";

  log_.info("object", {{"key", hostile}});

  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0].find('\n'), std::string::npos);
  EXPECT_EQ(lines_[0].find('\x1b'), std::string::npos);
  const auto parsed = boost::json::parse(lines_[0]).as_object();
  EXPECT_EQ(parsed.at("key").as_string(), "a\n{\"level\":\"error\"}\r\x1b[31m\"\\\xEF\xBF\xBD");
}

TEST_F(LogTest, CutsLongValues) {
  log_.info("object", {{"key", std::string(100'000, 'x')}});
  EXPECT_LT(lines_.at(0).size(), 2300U);
}

TEST_F(LogTest, NothingInALineSteersATerminalAndNothingIsLost) {
  const std::string hostile =
      "\xC2\x9B"
      "31m\x7f\u202Eexe.\u2028\u2066";

  log_.warn("object", {{"key", hostile}});

  std::string_view rest = lines_.at(0);
  while (!rest.empty()) EXPECT_TRUE(is_plain_to_show(take_character(rest)));
  EXPECT_EQ(boost::json::parse(lines_[0]).as_object().at("key").as_string(), hostile);
}

TEST_F(LogTest, AnEventThatOthersCauseIsWrittenTenTimesAMinuteAndCounted) {
  for (int i = 0; i < 1244; ++i) log_.write_limited(LogLevel::warn, "message.bad", {{"n", i}});
  for (int i = 0; i < 3; ++i) log_.write_limited(LogLevel::warn, "other", {});
  EXPECT_EQ(lines_.size(), 13U);

  clock_.advance(std::chrono::seconds(59));
  log_.tell_left_out();
  EXPECT_EQ(lines_.size(), 13U);
  clock_.advance(std::chrono::seconds(1));
  log_.info("anything");

  ASSERT_EQ(lines_.size(), 15U) << "nothing of the other was left out";
  EXPECT_THAT(lines_[13], HasSubstr(R"("level":"warn","event":"log.left_out","of":"message.bad",)"
                                    R"("count":1234,"seconds":60})"));
  log_.write_limited(LogLevel::warn, "message.bad", {});
  EXPECT_EQ(lines_.size(), 16U) << "a new minute";
}

TEST_F(LogTest, WhatWasLeftOutIsToldAtTheEndAtTheLatest) {
  {
    Log log(LogLevel::info, clock_, [&](std::string_view line) { lines_.emplace_back(line); });
    for (int i = 0; i < 11; ++i) log.write_limited(LogLevel::warn, "message.bad", {});
    for (int i = 0; i < 11; ++i) log.write_limited(LogLevel::debug, "below", {});
  }
  ASSERT_EQ(lines_.size(), 11U);
  EXPECT_THAT(lines_[10], HasSubstr(R"("count":1,)"));
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  log_.debug("noise");
  EXPECT_TRUE(lines_.empty());
}

TEST(LogLevels, HaveNames) {
  EXPECT_EQ(parse_log_level("warn").value(), LogLevel::warn);
  EXPECT_FALSE(parse_log_level("loud"));
}

TEST(Metrics, ExportWhatWasCounted) {
  Metrics metrics;
  metrics.describe("cordon_objects_scanned_total", "Objects with a verdict.");
  metrics.count("cordon_objects_scanned_total", {{"verdict", "Clean"}});
  metrics.count("cordon_objects_scanned_total", {{"verdict", "Clean"}}, 2);
  metrics.set("cordon_slots_busy", {}, 3);
  metrics.observe_seconds("cordon_scan_duration_seconds", {}, 0.002);

  EXPECT_EQ(metrics.value("cordon_objects_scanned_total", {{"verdict", "Clean"}}), 3);
  EXPECT_EQ(metrics.value("cordon_objects_scanned_total", {{"verdict", "Infected"}}), 0);
  EXPECT_EQ(metrics.value("never_touched"), 0);
  EXPECT_THAT(metrics.text(),
              HasSubstr("# HELP cordon_objects_scanned_total Objects with a verdict."));
  EXPECT_THAT(metrics.text(), HasSubstr("cordon_objects_scanned_total{verdict=\"Clean\"} 3"));
  EXPECT_THAT(metrics.text(), HasSubstr("cordon_scan_duration_seconds_bucket{le=\"0.0025\"} 1"));
}

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "cordon-files-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~FilesTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(FilesTest, AReplacedFileIsPrivateAndWhole) {
  const auto path = folder_ / "state";
  ASSERT_TRUE(write_file_atomically(path, "one"));
  ASSERT_TRUE(write_file_atomically(path, "two"));

  EXPECT_EQ(read_small_file(path, 100).value(), "two");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(FilesTest, SayWhatIsWrong) {
  EXPECT_EQ(read_small_file(folder_ / "none", 10).error().code, Errc::not_found);
  EXPECT_EQ(read_small_file(folder_, 10).error().code, Errc::invalid);
  ASSERT_TRUE(write_file_atomically(folder_ / "long", std::string(11, 'x')));
  EXPECT_EQ(read_small_file(folder_ / "long", 10).error().code, Errc::invalid);
  EXPECT_FALSE(write_file_atomically(folder_ / "none" / "x", "y"));
}

TEST_F(FilesTest, ASecretIsNotReadWhenEverybodyCouldReadIt) {
  const auto path = folder_ / "secret";
  ASSERT_TRUE(create_private_file(path, "one"));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);

  for (const mode_t fine : {0600U, 0400U, 0640U}) {
    ASSERT_EQ(::chmod(path.c_str(), fine), 0);
    EXPECT_EQ(read_private_file(path, 10).value(), "one");
  }
  for (const mode_t open : {0604U, 0602U, 0644U, 0666U}) {
    ASSERT_EQ(::chmod(path.c_str(), open), 0);
    const auto refused = read_private_file(path, 10);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_NE(refused.error().what.find("chmod o= "), std::string::npos);
  }
  for (const mode_t writable : {0660U, 0620U, 0460U}) {
    ASSERT_EQ(::chmod(path.c_str(), writable), 0);
    const auto refused = read_private_file(path, 10);
    ASSERT_FALSE(refused) << "its group could put another secret in its place";
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_NE(refused.error().what.find("chmod g-w "), std::string::npos);
  }
}

TEST_F(FilesTest, ASecretIsNotReadWhenItIsSomebodyElses) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const auto path = folder_ / "secret";
  ASSERT_TRUE(create_private_file(path, "one"));
  EXPECT_TRUE(read_private_file(path, 10));
  ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);

  const auto refused = read_private_file(path, 10);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid);
  EXPECT_NE(refused.error().what.find("65534"), std::string::npos);
  EXPECT_TRUE(read_small_file(path, 10)) << "what is no secret may be anybody's";
}

TEST_F(FilesTest, CreateOnceAndAddAtTheEnd) {
  const auto path = folder_ / "keys";
  ASSERT_TRUE(create_private_file(path, "one\n"));
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);

  EXPECT_EQ(create_private_file(path, "two").error().code, Errc::changed);
  ASSERT_TRUE(append_to_file(path, "two\n"));

  EXPECT_EQ(read_small_file(path, 100).value(), "one\ntwo\n");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
  EXPECT_EQ(append_to_file(folder_ / "none", "x").error().code, Errc::not_found);
  EXPECT_EQ(create_private_file(folder_ / "none" / "x", "y").error().code, Errc::not_found);
}

TEST(Digests, MatchKnownVectors) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(md5(as_bytes_of(""))), "d41d8cd98f00b204e9800998ecf8427e");
  // RFC 4231, test case 2.
  EXPECT_EQ(hex(hmac_sha256(as_bytes_of("Jefe"), "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digests, PiecesGiveTheSameAsTheWhole) {
  Hasher hasher(Hasher::Kind::sha256);
  hasher.update(as_bytes_of("a"));
  hasher.update(as_bytes_of(""));
  hasher.update(as_bytes_of("bc"));
  EXPECT_EQ(hex(as_bytes_of(hasher.finish())), hex(sha256("abc")));
}

TEST(EqualConstantTime, ComparesLengthsToo) {
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
}

TEST(ByteReader, ReadsWhatByteWriterWrote) {
  ByteWriter out;
  out.u8(1);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090A0B0C0D0E0F);
  out.text("name");
  const std::string bytes = std::move(out).take();
  ByteReader in(as_bytes_of(bytes));

  EXPECT_EQ(in.u8().value(), 1);
  EXPECT_EQ(in.u16().value(), 0x0203);
  EXPECT_EQ(in.u32().value(), 0x04050607U);
  EXPECT_EQ(in.u64().value(), 0x08090A0B0C0D0E0FU);
  EXPECT_EQ(in.text(4).value(), "name");
  EXPECT_TRUE(in.end());
}

TEST(ByteReader, RefusesShortLongAndTrailing) {
  EXPECT_FALSE(ByteReader(as_bytes_of("\x01")).u16());
  EXPECT_FALSE(ByteReader(as_bytes_of(std::string("\x05\0\0\0abc", 7))).text(10));
  EXPECT_FALSE(ByteReader(as_bytes_of(std::string("\x05\0\0\0abcde", 9))).text(4));
  EXPECT_FALSE(ByteReader(as_bytes_of("x")).end());
}

}  // namespace
}  // namespace cordon
