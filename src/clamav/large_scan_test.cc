// Objects above the ceiling, with a ceiling of 64 KiB: borders, overlaps and members in
// milliseconds. The same with real sizes: tests/failopen/test_large.py.
#include "clamav/large_scan.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <random>
#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/clamav_scanner.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kCeiling = 64 << 10;
constexpr WindowSizes kWindows{.bytes = 32 << 10, .overlap_bytes = 4 << 10};
const std::string kFound = "Infected Cordon.Test.Marker-1.UNOFFICIAL";

UniqueFd in_memory(std::string_view bytes) {
  UniqueFd fd(::memfd_create("sample", MFD_CLOEXEC));
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n <= 0) return {};
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return fd;
}

ClamavEngine& engine() {
  static Result<ClamavEngine> loaded =
      ClamavEngine::load({.signatures = CORDON_SIGNATURES_DIR, .object_bytes_max = kCeiling});
  return loaded.value();
}

std::string words(const Result<ScanReport>& report) {
  if (!report) return "error " + std::string(name_of(report.error().code));
  const Verdict& verdict = report->verdict;
  std::string text(name_of(verdict.disposition));
  if (verdict.reason) text += " " + std::string(name_of(*verdict.reason));
  for (const std::string& name : verdict.virus_names) text += " " + name;
  return text;
}

/// Bytes that no packer makes smaller and nothing takes for anything. The same every time, and
/// other ones for each length.
std::string noise(std::size_t bytes) {
  std::mt19937_64 random(bytes);
  std::string out(bytes, '\0');
  for (char& c : out) c = static_cast<char>(random() & 0xFFU);
  return out;
}

struct File {
  std::string name;
  std::string bytes;
};

using Format = void (*)(struct archive*);
void zip(struct archive* out) { archive_write_set_format_zip(out); }
void stored_zip(struct archive* out) {
  zip(out);
  archive_write_zip_set_compression_store(out);
}
void locked_zip(struct archive* out) {
  zip(out);
  archive_write_set_options(out, "zip:encryption=traditional");
  archive_write_set_passphrase(out, "secret");
}
void seven_zip(struct archive* out) { archive_write_set_format_7zip(out); }
void tar(struct archive* out) { archive_write_set_format_ustar(out); }
void tar_gz(struct archive* out) {
  tar(out);
  archive_write_add_filter_gzip(out);
}
void tar_xz(struct archive* out) {
  tar(out);
  archive_write_add_filter_xz(out);
}
void tar_zst(struct archive* out) {
  tar(out);
  archive_write_add_filter_zstd(out);
}
void raw_gz(struct archive* out) {
  archive_write_set_format_raw(out);
  archive_write_add_filter_gzip(out);
}

std::string archive_of(Format setup, const std::vector<File>& files) {
  std::string bytes(4 << 20, '\0');
  std::size_t used = 0;
  struct archive* out = archive_write_new();
  setup(out);
  archive_write_set_bytes_in_last_block(out, 1);
  EXPECT_EQ(archive_write_open_memory(out, bytes.data(), bytes.size(), &used), ARCHIVE_OK);
  for (const File& file : files) {
    struct archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, file.name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(file.bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    EXPECT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << archive_error_string(out);
    archive_write_data(out, file.bytes.data(), file.bytes.size());
    archive_entry_free(entry);
  }
  EXPECT_EQ(archive_write_close(out), ARCHIVE_OK);
  archive_write_free(out);
  bytes.resize(used);
  return bytes;
}

class LargeScanTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "cordon-large-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    options_.temp_directory = name;
  }
  void TearDown() override {
    EXPECT_TRUE(fs::is_empty(options_.temp_directory));
    fs::remove_all(options_.temp_directory);
  }

  enum class Size { large, any };

  Result<ScanReport> scan(const std::string& bytes, Size size = Size::large) {
    EXPECT_TRUE(size == Size::any || bytes.size() > kCeiling) << "not a large object";
    ClamavScanner scanner(engine(), options_, clock_);
    return scanner.scan(in_memory(bytes), bytes.size(), Deadline::never(), {});
  }
  std::string said(const std::string& bytes, Size size = Size::large) {
    return words(scan(bytes, size));
  }
  Result<ScanReport> scan_window(const std::string& bytes, std::uint64_t offset,
                                 std::uint64_t object_bytes) {
    ClamavScanner scanner(engine(), options_, clock_);
    return scanner.scan_window(in_memory(bytes), {offset, bytes.size(), object_bytes},
                               Deadline::never(), {});
  }

  const RealClock clock_;
  ClamavScannerOptions options_{.temp_directory = {}, .windows = kWindows};
};

/// The numbers 0, 1 and 2 beside each border of a window, where mistakes are made.
TEST_F(LargeScanTest, FindsASignatureAcrossEveryBorder) {
  const std::size_t size = 200'000;
  const std::string clean = noise(size);
  const std::string signature = marker();
  std::vector<std::size_t> places = {0, size - signature.size()};
  for (Window window = first_window(size, kWindows); !window.is_last();
       window = window_after(window, kWindows)) {
    for (const std::uint64_t border : {window.end(), window.end() - kWindows.overlap_bytes}) {
      for (const std::size_t before : {std::size_t{0}, std::size_t{1}, signature.size() / 2,
                                       signature.size() - 1, signature.size()}) {
        places.push_back(static_cast<std::size_t>(border) - before);
      }
    }
  }
  EXPECT_EQ(said(clean), "Clean");

  for (const std::size_t place : places) {
    if (place + signature.size() > size) continue;
    std::string bytes = clean;
    bytes.replace(place, signature.size(), signature);
    EXPECT_EQ(said(bytes), kFound) << "at " << place;
  }
}

RC_GTEST_FIXTURE_PROP(LargeScanTest, FindsASignatureAnywhereWithAnyWindows, ()) {
  const std::string signature = marker();
  const auto overlap = *rc::gen::inRange<std::uint64_t>(signature.size(), 8'000);
  options_.windows = {.bytes = overlap + *rc::gen::inRange<std::uint64_t>(5'000, 50'000),
                      .overlap_bytes = overlap};
  const auto size = *rc::gen::inRange<std::size_t>(kCeiling + 1, 3 * kCeiling);
  const auto place = *rc::gen::inRange<std::size_t>(0, size - signature.size() + 1);
  std::string bytes(size, 'x');
  bytes.replace(place, signature.size(), signature);

  RC_ASSERT(said(bytes) == kFound);
}

TEST_F(LargeScanTest, SaysHowMuchWasScanned) {
  EXPECT_EQ(scan(std::string(3 * kCeiling, 'x'))->verdict, clean_verdict(3 * kCeiling));
}

TEST_F(LargeScanTest, OpaqueContentIsCleanAndTheRestTooLarge) {
  const std::string rest = noise(kCeiling + 1000);
  const std::pair<std::string, std::string> kObjects[] = {
      {"Clean", rest},
      {"Clean", std::string(2 * kCeiling, '\0')},
      {"Clean", std::string("ID3\x03\0\0\0\0\0\x10", 10) + rest},
      {"Clean", std::string("SQLite format 3\0", 16) + rest},
      {"Unscannable too-large", "%PDF-1.7\n" + rest},
      {"Unscannable too-large", std::string("Rar!\x1A\x07\x01\0", 8) + rest},
      {"Unscannable too-large", "<!DOCTYPE html><html><body>" + std::string(2 * kCeiling, 'x')},
      {"Unscannable too-large", std::string(510, '\0') + "\x55\xAA" + rest},
      {"Unscannable too-large", std::string(32'769, '\0') + "CD001" + rest},
  };
  for (const auto& [verdict, bytes] : kObjects) {
    EXPECT_EQ(said(bytes), verdict) << bytes.substr(0, 8);
    EXPECT_EQ(said(bytes + marker()), kFound) << bytes.substr(0, 8);
  }
}

TEST_F(LargeScanTest, FindsWhatIsEmbeddedInOpaqueContent) {
  const std::string zip_inside = zip_of({{.name = "a", .bytes = marker()}});
  for (const std::size_t place : {std::size_t{10}, std::size_t{28'600}, std::size_t{60'000}}) {
    std::string bytes = noise(2 * kCeiling);
    bytes.replace(place, zip_inside.size(), zip_inside);
    EXPECT_EQ(said(bytes), kFound) << "at " << place;
  }
}

TEST_F(LargeScanTest, AZipAtTheEndIsUnpackedWhateverComesBefore) {
  const std::string front = noise(2 * kCeiling);

  EXPECT_EQ(said(front + archive_of(zip, {{"a", marker()}})), kFound);
  EXPECT_EQ(said(front + archive_of(locked_zip, {{"a", "hello world"}})), "Unscannable encrypted");
}

constexpr std::pair<const char*, Format> kArchives[] = {
    {"zip", zip},       {"stored zip", stored_zip}, {"7z", seven_zip},   {"tar", tar},
    {"tar.gz", tar_gz}, {"tar.xz", tar_xz},         {"tar.zst", tar_zst}};

TEST_F(LargeScanTest, ArchivesAreScannedMemberByMember) {
  const File big{"big", noise(50'000)};
  const File big_too{"big too", noise(60'000)};
  const File packed{"packed.zip", archive_of(zip, {{"inner", marker()}})};
  for (const auto& [name, setup] : kArchives) {
    SCOPED_TRACE(name);

    EXPECT_EQ(said(archive_of(setup, {big, big_too, {"small", "1234"}, {"empty", ""}})), "Clean");
    EXPECT_EQ(said(archive_of(setup, {big, big_too, {"last", marker()}})), kFound);
    EXPECT_EQ(said(archive_of(setup, {big, packed, big_too})), kFound);
  }
}

TEST_F(LargeScanTest, AMemberAboveTheCeilingIsScannedInWindows) {
  const std::string big = noise(3 * kCeiling);
  for (const auto& [name, setup] : kArchives) {
    SCOPED_TRACE(name);

    EXPECT_EQ(said(archive_of(setup, {{"big", big}, {"small", "hello world"}})), "Clean");
    EXPECT_EQ(said(archive_of(setup, {{"big", big + marker()}})), kFound);
    EXPECT_EQ(said(archive_of(setup, {{"big", "%PDF-1.7" + big}})), "Unscannable too-large");
    EXPECT_EQ(said(archive_of(setup, {{"in", archive_of(stored_zip, {{"a", big}})}})),
              "Unscannable too-large");
  }
}

TEST_F(LargeScanTest, SoIsOneInAnArchiveBelowTheCeiling) {
  const std::string big(3 * kCeiling, 'x');
  for (const Format setup : {zip, seven_zip, tar_gz, tar_xz}) {
    const std::string clean = archive_of(setup, {{"big", big}});
    const std::string infected = archive_of(setup, {{"big", big + marker()}, {"b", "hello world"}});
    const std::string closed = archive_of(setup, {{"big", "%PDF-1.7" + big}});
    ASSERT_LT(infected.size(), kCeiling);

    EXPECT_EQ(said(clean, Size::any), "Clean");
    EXPECT_EQ(said(infected, Size::any), kFound);
    EXPECT_EQ(said(closed, Size::any), "Unscannable too-large");
  }
}

TEST_F(LargeScanTest, OneCompressedFileIsAMemberOfUnknownLength) {
  const std::string big = noise(3 * kCeiling);

  EXPECT_EQ(said(archive_of(raw_gz, {{"a", big}})), "Clean");
  for (const std::size_t place :
       {std::size_t{0}, std::size_t{30'000}, std::size_t{kCeiling} - 30, big.size() - 68}) {
    std::string infected = big;
    infected.replace(place, marker().size(), marker());
    EXPECT_EQ(said(archive_of(raw_gz, {{"a", infected}})), kFound) << place;
  }
  EXPECT_EQ(said(archive_of(raw_gz, {{"a", archive_of(stored_zip, {{"b", big}})}})),
            "Unscannable too-large");
}

TEST_F(LargeScanTest, LockedMembersAreNamedAndTheOthersScanned) {
  const File big{"big", noise(2 * kCeiling)};

  EXPECT_EQ(said(archive_of(locked_zip, {big, {"a", "hello world"}})), "Unscannable encrypted");
  options_.policy.encrypted_is_infected = true;
  EXPECT_EQ(said(archive_of(locked_zip, {big})), "Infected Heuristics.Encrypted.Content");
}

TEST_F(LargeScanTest, DamagedArchivesAreNeverClean) {
  const std::vector<File> files = {
      {"a", noise(50'000)}, {"b", noise(60'000)}, {"c", noise(70'000)}};
  for (const auto& [name, setup] : kArchives) {
    SCOPED_TRACE(name);
    const std::string whole = archive_of(setup, files);
    ASSERT_EQ(said(whole), "Clean");
    std::string broken = whole;
    for (std::size_t i = 0; i < 64; ++i) broken[80'000 + i] = static_cast<char>(0x80U | i);

    EXPECT_EQ(said(whole.substr(0, whole.size() / 2)), "Unscannable unsupported");
    if (setup == tar || setup == tar_gz || setup == tar_zst) continue;  // Without checksums.
    EXPECT_EQ(said(broken), "Unscannable unsupported");
  }
}

TEST_F(LargeScanTest, AnArchiveThatLiesAboutASizeIsNotClean) {
  std::string lying = archive_of(stored_zip, {{"a", noise(100'000)}, {"b", "hello world"}});
  for (const std::size_t field : {std::size_t{22}, lying.find("PK\x01\x02") + 24}) {
    lying[field + 2] = 'x';  // The unpacked size of the first member: 7 MB.
  }

  EXPECT_EQ(said(lying), "Unscannable unsupported");
}

TEST_F(LargeScanTest, AZipThatConcealsAMemberFromItsListIsNotClean) {
  const std::string honest = zip_of({{.name = "a", .bytes = noise(70'000)},
                                     {.name = "b", .bytes = "good morning"},
                                     {.name = "c", .bytes = "hello world"}});
  const std::size_t list = honest.find("PK\x01\x02");
  const std::size_t from = honest.find("PK\x01\x02", list + 4);
  const std::size_t to = honest.find("PK\x01\x02", from + 4);
  std::string concealing = honest.substr(0, from) + honest.substr(to);
  const std::size_t end = concealing.rfind("PK\x05\x06");
  concealing[end + 8] = concealing[end + 10] = 2;
  concealing[end + 12] = static_cast<char>(concealing[end + 12] - static_cast<char>(to - from));

  EXPECT_EQ(said(honest), "Clean");
  EXPECT_EQ(said(concealing), "Unscannable unsupported");
  EXPECT_EQ(scan(concealing)->verdict.message, "the zip holds other members than it lists");
}

TEST_F(LargeScanTest, LimitsHoldForWhatIsUnpacked) {
  const std::vector<File> files = {
      {"a", noise(50'000)}, {"b", noise(60'000)}, {"c", "hello world"}};
  const std::string archive = archive_of(zip, files);

  options_.members_max = 2;
  EXPECT_EQ(said(archive), "Unscannable limit");
  options_.members_max = 3;
  EXPECT_EQ(said(archive), "Unscannable limit") << "that it ends here is not known yet";
  options_.members_max = 4;
  EXPECT_EQ(said(archive), "Clean");
  options_.unpacked_bytes_max = 110'000;
  EXPECT_EQ(said(archive), "Unscannable limit");
}

TEST_F(LargeScanTest, BytesThatNoMemberOwnsAreSearched) {
  const std::vector<File> files = {{"a", noise(50'000)}, {"b", noise(60'000)}};
  for (const auto& [name, setup] : kArchives) {
    SCOPED_TRACE(name);
    EXPECT_EQ(said(archive_of(setup, files) + std::string(4'000, '\0') + marker()), kFound);
  }
}

TEST_F(LargeScanTest, AZipBehindAnArchiveIsUnpackedToo) {
  const File big{"a", noise(3 * kCeiling)};
  const std::string behind = archive_of(zip, {{"b", marker()}});
  for (const auto& [name, setup] : kArchives) {
    SCOPED_TRACE(name);
    const std::string verdict = said(archive_of(setup, {big}) + behind);
    EXPECT_TRUE(verdict == kFound || verdict == "Unscannable unsupported") << verdict;
  }
  EXPECT_EQ(said(archive_of(tar_gz, {big}) + behind), kFound);
  EXPECT_EQ(said(archive_of(seven_zip, {big}) + behind), kFound);
}

TEST_F(LargeScanTest, ATarBehindATarIsUnpackedToo) {
  const std::string first = archive_of(tar, {{"a", noise(100'000)}});
  const std::string second = archive_of(tar, {{"b.zip", archive_of(zip, {{"c", marker()}})}});

  EXPECT_EQ(said(first + second), kFound);
}

TEST_F(LargeScanTest, AWindowAloneSaysWhatItCanSay) {
  const std::string bytes = noise(kWindows.bytes);
  const std::uint64_t far = 10ULL << 40;

  EXPECT_EQ(words(scan_window(bytes, 0, far)), "Clean");
  EXPECT_EQ(words(scan_window(bytes, far / 2, far)), "Clean");
  EXPECT_EQ(words(scan_window(bytes, far - bytes.size(), far)), "Clean");
  EXPECT_EQ(words(scan_window(bytes + marker(), far / 2, far)), kFound);
  EXPECT_EQ(words(scan_window(archive_of(tar, {{"a", bytes}}), 0, far)), "Unscannable too-large");
  const std::string end = archive_of(zip, {{"a", "hello world"}});
  EXPECT_EQ(words(scan_window(end, far - end.size(), far)), "Unscannable too-large");
}

TEST_F(LargeScanTest, AWindowThatCannotBeIsRefused) {
  EXPECT_EQ(words(scan_window("12345", 0, 100)), "error invalid");
  EXPECT_EQ(words(scan_window("123456", 95, 100)), "error invalid");
  EXPECT_EQ(words(scan_window(std::string(kCeiling + 1, 'x'), 0, 1 << 30)), "error invalid");
}

TEST_F(LargeScanTest, WithoutATemporaryDirectoryThereIsNoVerdict) {
  const std::string archive = archive_of(tar, {{"a", noise(100'000)}});
  const fs::path kept = std::exchange(options_.temp_directory, "/nowhere");

  EXPECT_EQ(said(archive), "error unavailable");
  EXPECT_EQ(said(noise(100'000)), "error unavailable");
  options_.temp_directory = kept;
}

TEST_F(LargeScanTest, AStopAndTheDeadlineEndItWithoutAVerdict) {
  const std::string archive = archive_of(tar, {{"a", noise(100'000)}});
  ClamavScanner scanner(engine(), options_, clock_);
  std::stop_source stop;
  stop.request_stop();

  EXPECT_EQ(
      words(scanner.scan(in_memory(archive), archive.size(), Deadline::never(), stop.get_token())),
      "error cancelled");
  EXPECT_EQ(words(scanner.scan(in_memory(archive), archive.size(),
                               Deadline::after(clock_, std::chrono::milliseconds(0)), {})),
            "error timeout");
}

}  // namespace
}  // namespace cordon
