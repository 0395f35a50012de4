// The shipped cordon-engine, with libclamav and our own signatures, seen from the agent's side.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

#include "sandbox_fixture.h"
#include "testing/scanner_contract.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

/// The test string that every scanner knows, assembled so that this file does not hold it.
std::string eicar() {
  return std::string("X5O!P%@AP[4\\PZX54(P^)7CC)7}$") + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE" +
         "!$H+H*";
}

Engine::Options real_options(const Place& place) {
  Engine::Options options = place.options();
  options.binary.clear();  // The default: beside this program.
  options.signatures_dir = CORDON_SIGNATURES_DIR;
  options.temporary_bytes = 512ULL << 20;
  options.max_scan = seconds(60);
  return options;
}

class RealEngine : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the ThreadSanitizer runtime needs a second thread, which workers may not have";
#endif
    start(real_options(place_));
  }
  void start(const Engine::Options& options) {
    auto engine = Engine::start(options, clock_, log_, metrics_);
    ASSERT_TRUE(engine) << engine.error().what;
    engine_ = std::move(engine).value();
  }
  Result<ScanReport> scan(const UniqueFd& content, std::uint64_t bytes) {
    return engine_->scanner().scan(content, bytes, Deadline::after(clock_, seconds(120)), {});
  }
  Result<ScanReport> scan(const std::string& bytes) {
    return scan(content_of(bytes), bytes.size());
  }
  double deaths() const {
    double sum = 0;
    for (const char* cause : {"crash", "violation", "memory", "lie", "timeout", "fault"}) {
      sum += metrics_.value("cordon_engine_workers_ended_total", {{"cause", cause}});
    }
    return sum;
  }

  Place place_;
  RealClock clock_;
  Log log_{LogLevel::off, clock_};
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(RealEngine, SaysWhoItIs) {
  EXPECT_TRUE(engine_->version().engine.starts_with("ClamAV "));
  EXPECT_FALSE(engine_->version().signatures.empty());
  EXPECT_GT(engine_->signature_count(), 0U);
  EXPECT_TRUE(engine_->healthy());
}

TEST_F(RealEngine, ReadsNumbersFastUnlessToldOtherwise) {
  const std::pair<std::vector<std::string>, NumberParsing> kWays[] = {
      {{}, NumberParsing::fast}, {{"--stock-parsing"}, NumberParsing::stock}};
  for (auto [arguments, expected] : kWays) {
    arguments.insert(arguments.end(), {"--signatures", CORDON_SIGNATURES_DIR});

    const auto process = EngineProcess::start({.binary = beside_this_program("cordon-engine"),
                                               .arguments = arguments,
                                               .scratch = place_.scratch() / "other"},
                                              clock_, Deadline::after(clock_, seconds(120)), {});

    ASSERT_TRUE(process) << process.error().what;
    EXPECT_EQ((*process)->number_parsing(), expected);
  }
}

TEST_F(RealEngine, ScansWindowsOfAnObjectThatIsElsewhere) {
  constexpr std::uint64_t kObject = 10ULL << 40;
  const auto said = [&](const std::string& bytes, std::uint64_t offset) {
    return engine_->scanner().scan_window(content_of(bytes), {offset, bytes.size(), kObject},
                                          Deadline::after(clock_, seconds(120)), {});
  };
  const std::string padding(100'000, 'a');

  const auto clean = said(padding, 1ULL << 40);
  const auto infected = said(padding + eicar(), kObject - 100'068);
  const auto archive = said("7z\xBC\xAF\x27\x1C" + padding, 0);

  ASSERT_TRUE(clean && infected && archive);
  EXPECT_EQ(clean->verdict.disposition, Disposition::clean);
  EXPECT_EQ(infected->verdict.disposition, Disposition::infected);
  EXPECT_EQ(archive->verdict.reason, Reason::too_large);
  EXPECT_FALSE(said(padding, kObject - 1)) << "beyond the end of its object";
  EXPECT_EQ(deaths(), 0);
}

TEST_F(RealEngine, FindsTheTestStringAtEveryPlaceOfAFile) {
  const std::string padding(100'000, 'a');
  for (const std::string& bytes :
       {eicar(), padding + eicar(), eicar() + padding, padding + eicar() + padding}) {
    auto report = scan(bytes);

    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->verdict.disposition, Disposition::infected) << report->verdict.message;
  }
}

TEST_F(RealEngine, ScansWhatLiesOnThisMachineWithoutOneForbiddenCall) {
  // Programs, archives, images, documents, scripts: each kind drives another part of the library.
  const fs::path kSomeFiles[] = {"/bin/bash",
                                 "/usr/share/dict/words",
                                 "/usr/lib/x86_64-linux-gnu/libc.a",
                                 "/usr/share/doc/bash/changelog.gz",
                                 "/usr/share/perl/5.36.0/perl5db.pl",
                                 "/usr/lib/python3/dist-packages/pip/_vendor/certifi/cacert.pem",
                                 "/usr/share/i18n/charmaps/UTF-8.gz"};
  int scanned = 0;
  for (const fs::path& path : kSomeFiles) {
    std::error_code missing;
    if (!fs::is_regular_file(path, missing)) continue;
    SCOPED_TRACE(path);

    auto report = scan(text_of(path));

    ASSERT_TRUE(report) << report.error().what;
    EXPECT_NE(report->verdict.reason, Reason::engine_crash) << report->verdict.message;
    ++scanned;
  }
  EXPECT_GT(scanned, 0);
  EXPECT_EQ(deaths(), 0);
}

TEST_F(RealEngine, ScansTheSamplesOfTheEnginesMakersWithoutOneForbiddenCall) {
  const fs::path samples = "/usr/share/clamav-testfiles";
  if (!fs::is_directory(samples)) GTEST_SKIP() << "package clamav-testfiles is not installed";
  for (const auto& entry : fs::directory_iterator(samples)) {
    if (!entry.is_regular_file()) continue;
    SCOPED_TRACE(entry.path());

    auto report = scan(text_of(entry.path()));

    ASSERT_TRUE(report) << report.error().what;
    EXPECT_NE(report->verdict.reason, Reason::engine_crash) << report->verdict.message;
    EXPECT_NE(report->verdict.disposition, Disposition::error) << report->verdict.message;
  }
  EXPECT_EQ(deaths(), 0);
}

TEST_F(RealEngine, TemporaryFilesOnDiskGiveTheSameVerdicts) {
  Engine::Options options = real_options(place_);
  options.temporary_bytes = 1ULL << 50;  // More than any machine has in memory.
  start(options);

  EXPECT_EQ(scan(eicar())->verdict.disposition, Disposition::infected);
  EXPECT_EQ(scan("harmless text")->verdict.disposition, Disposition::clean);
  EXPECT_EQ(deaths(), 0);
}

TEST_F(RealEngine, RefusesDirectoriesWithoutSignaturesAndSaysSo) {
  fs::create_directories(place_.root() / "empty");
  for (const fs::path& directory : {place_.root() / "empty", fs::path("/nonexistent/signatures")}) {
    SCOPED_TRACE(directory);
    Engine::Options options = real_options(place_);
    options.signatures_dir = directory;

    auto engine = Engine::start(options, clock_, log_, metrics_);

    ASSERT_FALSE(engine);
    EXPECT_NE(engine.error().what.find(directory.string()), std::string::npos)
        << engine.error().what;
  }
}

TEST(RealEngineProgram, ExplainsItselfToWhoeverStartsItByHand) {
  const std::string command = "'" + beside_this_program("cordon-engine").string() +
                              "' --signatures / --scratch / >/dev/null 2>&1 3<&-";

  EXPECT_EQ(std::system(command.c_str()), 2 << 8);
}

#ifndef __SANITIZE_THREAD__  // Whose runtime needs a second thread, which workers may not have.
class RealSubject {
 public:
  RealSubject() { engine_ = Engine::start(real_options(place_), clock_, log_, metrics_).value(); }
  Scanner& scanner() { return engine_->scanner(); }
  std::string harmful() const { return eicar(); }
  const Clock& clock() const { return clock_; }

 private:
  Place place_;
  RealClock clock_;
  Log log_{LogLevel::off, clock_};
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Clamav, ScannerContract, RealSubject);
#else
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ScannerContract);
#endif

}  // namespace
}  // namespace cordon
