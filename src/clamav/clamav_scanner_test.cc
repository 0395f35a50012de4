#include "clamav/clamav_scanner.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "clamav/sample_archives.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

UniqueFd in_memory(std::string_view bytes) {
  UniqueFd fd(::memfd_create("sample", MFD_CLOEXEC));
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n <= 0) return {};
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return fd;
}

class ClamavScannerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "cordon-scanner-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    temp_ = name;
    engine();  // Before a test takes descriptors or space away, for loading needs both.
  }
  void TearDown() override { fs::remove_all(temp_); }

  static ClamavEngine& engine() {
    static Result<ClamavEngine> loaded =
        ClamavEngine::load({.signatures = CORDON_SIGNATURES_DIR, .object_bytes_max = 1'000'000});
    return loaded.value();
  }
  Result<ScanReport> scan(std::string_view bytes, Deadline deadline = Deadline::never(),
                          std::stop_token stop = {}) {
    ClamavScanner scanner(engine(), {.temp_directory = temp_, .policy = policy_}, clock_);
    return scanner.scan(in_memory(bytes), bytes.size(), deadline, std::move(stop));
  }
  std::string said(std::string_view bytes) {
    const auto report = scan(bytes);
    if (!report) return "error " + std::string(name_of(report.error().code));
    std::string text(name_of(report->verdict.disposition));
    if (report->verdict.reason) text += " " + std::string(name_of(*report->verdict.reason));
    return text;
  }

  const RealClock clock_;
  ScanPolicy policy_;
  fs::path temp_;
};

TEST_F(ClamavScannerTest, TellsInfectedFromClean) {
  EXPECT_EQ(said(eicar()), "Infected");
  EXPECT_EQ(said("a clean text"), "Clean");
  EXPECT_EQ(scan(eicar())->verdict.virus_names,
            std::vector<std::string>{"Eicar-Test-Signature.UNOFFICIAL"});
  EXPECT_EQ(scan(eicar())->version, engine().version());
}

TEST_F(ClamavScannerTest, CallsNoiseUnscannableOnlyWhereThePolicySaysSo) {
  std::mt19937 random(7);
  std::string noise(100'000, '\0');
  for (char& c : noise) c = static_cast<char>(random() >> 24);
  EXPECT_EQ(said(noise), "Clean");

  policy_.opaque_is_unscannable = true;
  EXPECT_EQ(said(noise), "Unscannable unsupported");
  EXPECT_EQ(said(zip_of({{.name = "a", .bytes = noise}})), "Unscannable unsupported");
  EXPECT_EQ(said(std::string(100'000, 'x')), "Clean");
}

TEST_F(ClamavScannerTest, NeedsNoEngineForFiveBytesAndLess) {
  EXPECT_EQ(said(""), "Clean");
  EXPECT_EQ(said("12345"), "Clean");
  EXPECT_EQ(scan("12345")->verdict.bytes_scanned, 5U);
}

TEST_F(ClamavScannerTest, SaysHowManyBytesOfDistinctContentsWereScanned) {
  const auto scanned = [&](const std::string& bytes) { return scan(bytes)->verdict.bytes_scanned; };
  const std::string text(700, 't');
  const std::string zip = zip_of({{.name = "a", .bytes = text}, {.name = "b", .bytes = text}});
  const std::string tar = tar_of("a", text);
  const std::string ignored = std::string("ID3\x03\0\0\0\0\0\x10", 10) + std::string(90'000, 'x');

  EXPECT_EQ(scanned(text), text.size());
  EXPECT_EQ(scanned(zip), zip.size() + text.size());
  EXPECT_EQ(scanned(gzip_of(tar)), gzip_of(tar).size() + tar.size() + text.size());
  EXPECT_EQ(scanned(ignored), ignored.size()) << "three times, in different ways";
}

TEST_F(ClamavScannerTest, CountsWhatOnlyASecondReaderOpened) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "a line of text, number " + std::to_string(i) + "\n";
  const std::string header = "WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: ";
  const std::string warc = header + std::to_string(text.size()) + "\r\n\r\n" + text + "\r\n\r\n";

  EXPECT_EQ(scan(warc)->verdict.bytes_scanned, warc.size() + text.size());
}

TEST_F(ClamavScannerTest, FindsArchivesBehindTypesThatTheEngineIgnores) {
  const std::string zip = zip_of({{.name = "a", .bytes = eicar()}});

  EXPECT_EQ(said(std::string("ID3\x03\0\0\0\0\0\x10", 10) + std::string(300, '\0') + zip),
            "Infected");
  EXPECT_EQ(said(std::string("SQLite format 3\0", 16) + std::string(300, '\0') + zip), "Infected");
}

TEST_F(ClamavScannerTest, LeavesNothingInTheTemporaryDirectory) {
  EXPECT_EQ(said(gzip_of(tar_of("a", eicar()))), "Infected");
  EXPECT_EQ(said(gzip_of(tar_of("a", "clean content"))), "Clean");

  EXPECT_TRUE(fs::is_empty(temp_));
}

TEST_F(ClamavScannerTest, TakesObjectsOnBothSidesOfTheCeiling) {
  for (const std::size_t bytes : {1'000'000, 1'000'001}) {
    EXPECT_EQ(said(std::string(bytes, 'x')), "Clean");
    EXPECT_EQ(said(std::string(bytes - 68, 'x') + eicar()), "Infected");
  }
}

TEST_F(ClamavScannerTest, NoticesAMemberAboveTheCeilingWhateverItClaims) {
  const std::string big = std::string(1'000'010, 'x') + eicar();
  EXPECT_EQ(said(gzip_of(gzip_of(std::string(900'000, '\0')))), "Clean");

  EXPECT_EQ(said(zip_of({{.name = "a", .bytes = big, .packed = true}})), "Infected");
  EXPECT_EQ(
      said(zip_of({{.name = "a", .bytes = std::string(10, 'x'), .claimed_bytes = 1'000'001}})),
      "Unscannable too-large");
}

TEST_F(ClamavScannerTest, RefusesADescriptorThatHoldsSomethingElse) {
  ClamavScanner scanner(engine(), {.temp_directory = temp_}, clock_);

  const auto shorter = scanner.scan(in_memory("hello world"), 5, Deadline::never(), {});
  const auto longer = scanner.scan(in_memory("hello world"), 50, Deadline::never(), {});
  const auto none = scanner.scan(UniqueFd(), 50, Deadline::never(), {});

  EXPECT_EQ(shorter.error().code, Errc::invalid);
  EXPECT_EQ(longer.error().code, Errc::invalid);
  EXPECT_FALSE(none);
}

TEST_F(ClamavScannerTest, AStoppedScanIsCancelledNotClean) {
  std::stop_source stop;
  stop.request_stop();

  EXPECT_EQ(scan("a clean text", Deadline::never(), stop.get_token()).error().code,
            Errc::cancelled);
}

TEST_F(ClamavScannerTest, ALateScanIsATimeoutNotClean) {
  EXPECT_EQ(scan("a clean text", Deadline::at(SteadyTime{})).error().code, Errc::timeout);
}

TEST_F(ClamavScannerTest, SaysWhenTheTemporaryDirectoryIsMissing) {
  temp_ /= "nowhere";

  const auto report = scan("a clean text");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::unavailable);
  EXPECT_NE(report.error().what.find("temporary directory"), std::string::npos);
  EXPECT_EQ(scan(eicar()).error().code, Errc::unavailable);
}

/// Runs `act` in a child whose descriptors are limited to those open now plus `spare`.
template <typename Act>
int with_descriptors(rlim_t spare, const Act& act) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const UniqueFd next(::dup(0));
    const rlimit limit{static_cast<rlim_t>(next.get()) + spare, 4096};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::_exit(act());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// libclamav calls a tar.gz clean when it gets no descriptor for its content. With any number of
/// free descriptors the answer must be "infected" or none, never "clean".
TEST_F(ClamavScannerTest, NeverCallsCleanForWantOfDescriptors) {
  std::string nested = eicar();
  for (int i = 0; i < 30; ++i) nested = gzip_of(nested);
  for (const std::string& sample : {gzip_of(tar_of("a", eicar())), nested}) {
    const UniqueFd content = in_memory(sample);
    for (const rlim_t spare : {1, 2, 4, 8, 16, 40, 60}) {
      const int outcome = with_descriptors(spare, [&] {
        ClamavScanner scanner(engine(), {.temp_directory = temp_}, clock_);
        const auto report = scanner.scan(content, sample.size(), Deadline::never(), {});
        return report && report->verdict.disposition == Disposition::clean ? 1 : 0;
      });
      EXPECT_EQ(outcome, 0) << spare << " spare descriptors";
    }
  }
}

TEST_F(ClamavScannerTest, SaysWhenDescriptorsAreScarce) {
  const UniqueFd content = in_memory("a clean text");
  for (const auto& [spare, expected] : {std::pair<rlim_t, int>{20, 1}, {100, 0}}) {
    const int outcome = with_descriptors(spare, [&] {
      ClamavScanner scanner(engine(), {.temp_directory = temp_}, clock_);
      const auto report = scanner.scan(content, 12, Deadline::never(), {});
      return !report && report.error().code == Errc::unavailable ? 1 : 0;
    });
    EXPECT_EQ(outcome, expected) << spare << " spare descriptors";
  }
}

/// The same for files that may not grow beyond a few bytes, as when the temporary file system is
/// full.
TEST_F(ClamavScannerTest, NeverCallsCleanForWantOfSpace) {
  const std::string sample = gzip_of(tar_of("a", std::string(40'000, 'x') + eicar()));
  const UniqueFd content = in_memory(sample);
  for (const rlim_t bytes : {0U, 1U, 512U, 4096U, 20'000U}) {
    const int outcome = with_descriptors(200, [&] {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{bytes, bytes};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      ClamavScanner scanner(engine(), {.temp_directory = temp_}, clock_);
      const auto report = scanner.scan(content, sample.size(), Deadline::never(), {});
      return report && report->verdict.disposition == Disposition::clean ? 1 : 0;
    });
    EXPECT_EQ(outcome, 0) << bytes << " bytes";
  }
}

TEST_F(ClamavScannerTest, FollowsThePolicyOnEncryption) {
  std::string locked = zip_of({{.name = "a", .bytes = "hello world", .flags = 1}});
  EXPECT_EQ(said(locked), "Unscannable encrypted");

  policy_.encrypted_is_infected = true;

  EXPECT_EQ(said(locked), "Infected");
}

TEST_F(ClamavScannerTest, FollowsThePolicyOnWhatNothingOpens) {
  const std::string image = "hsqs" + std::string(1000, '\0') + "harmless";
  const std::string archive = std::string("zPQ\1", 4) + std::string(1000, '\1');
  EXPECT_EQ(said(image), "Unscannable unsupported");

  policy_.may_stay_unopened.add(ContentClass::disk_image);

  EXPECT_EQ(said(image), "Clean");
  EXPECT_EQ(said(gzip_of(image)), "Clean");
  EXPECT_EQ(said(image + eicar()), "Infected");
  EXPECT_EQ(said(archive), "Unscannable unsupported");
  // What is allowed does not stand for what is not, in whichever order they come.
  EXPECT_EQ(said(zip_of({{.name = "a", .bytes = image}, {.name = "b", .bytes = archive}})),
            "Unscannable unsupported");
  EXPECT_EQ(said(zip_of({{.name = "a", .bytes = archive}, {.name = "b", .bytes = image}})),
            "Unscannable unsupported");
}

TEST_F(ClamavScannerTest, OpensWhatTheEngineStepsOver) {
  const std::string id3 = std::string("ID3\x03\0\0\0\0\0\0", 10) + std::string(50, '\0') + eicar();

  EXPECT_EQ(said(id3), "Infected");
  EXPECT_EQ(said(gzip_of(id3)), "Infected");
  EXPECT_EQ(said(zip_of({{.name = "a", .bytes = zip_of({{.name = "b", .bytes = id3}})}})),
            "Infected");
  EXPECT_EQ(said("<html><body>" + eicar() + "</body></html>"), "Infected");
}

}  // namespace
}  // namespace cordon
