#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/text.h"
#include "clamav/sample_archives.h"
#include "corpus/corpus_scan.h"
#include "corpus/rar_samples.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string clean_text() {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "Line " + std::to_string(i) + " of a clean text.\n";
  return text;
}

template <typename Wrap>
std::string wrapped(std::string bytes, int times, const Wrap& wrap) {
  for (int i = 0; i < times; ++i) bytes = wrap(bytes);
  return bytes;
}

std::string zip1(const std::string& bytes) { return zip_of({{.name = "member", .bytes = bytes}}); }
std::string gzip1(const std::string& bytes) { return gzip_of(bytes); }

TEST_F(CorpusTest, GivesEachStoredSampleItsGoldenVerdict) {
  std::vector<fs::path> samples;
  for (const auto& entry : fs::directory_iterator(CORDON_CORPUS_DIR)) {
    if (entry.path().extension() == ".b64") samples.push_back(entry.path());
  }
  std::sort(samples.begin(), samples.end());
  ASSERT_GE(samples.size(), 35U);
  for (fs::path sample : samples) {
    SCOPED_TRACE(sample.filename());
    std::string encoded = content_of(sample);
    std::erase(encoded, '\n');
    const auto bytes = unbase64(encoded);
    ASSERT_TRUE(bytes);
    const std::string golden(trim(content_of(sample.replace_extension(".verdict"))));

    EXPECT_EQ(verdict_on(*bytes), golden) << details_;
  }
}

TEST_F(CorpusTest, FindsTheTestStringInEveryLayer) {
  const std::pair<const char*, std::string> kSamples[] = {
      {"plain", eicar()},
      {"zip of the EICAR file", zip1(eicar())},
      {"behind other bytes", std::string(100'000, '\x01') + marker()},
      {"at an odd offset of a text", clean_text() + "x" + marker() + clean_text()},
      {"zip", zip1(marker())},
      {"stored zip", zip_of({{.name = "a", .bytes = marker(), .packed = false}})},
      {"second member",
       zip_of({{.name = "a", .bytes = clean_text()}, {.name = "b", .bytes = marker()}})},
      {"zip behind a program", "MZ" + std::string(4000, '\0') + zip1(marker())},
      {"zip before junk", zip1(marker()) + std::string(100'000, 'j')},
      {"zip in zip in zip", wrapped(marker(), 3, zip1)},
      {"zip 30 deep", wrapped(marker(), 30, zip1)},
      {"gzip", gzip_of(marker())},
      {"gzip 30 deep", wrapped(marker(), 30, gzip1)},
      {"tar", tar_of("a.com", marker())},
      {"tar.gz", gzip_of(tar_of("a.com", marker()))},
      {"tar.gz in zip", zip1(gzip_of(tar_of("a.com", marker())))},
      {"html", "<!DOCTYPE html><html><body><p>" + marker() + "</p></body></html>"},
      {"html comment", "<html><!-- " + marker() + " --></html>"},
      {"mp3", std::string("ID3\x03\0\0\0\0\0\0", 10) + std::string(300, '\0') + marker()},
      {"large mp3", std::string("ID3\x03\0\0\0\0\0\0", 10) + std::string(300'000, '\0') + marker()},
      {"mp3 without a tag", "\xFF\xFB\x90" + std::string(300, '\0') + marker()},
      {"ogg", std::string("OggS\0\2", 6) + std::string(300, '\0') + marker()},
      {"real media", ".RMF" + std::string(300, '\0') + marker()},
      {"sqlite", std::string("SQLite format 3\0", 16) + std::string(8000, '\0') + marker()},
      {"mp3 in zip in zip",
       wrapped(std::string("ID3\x03\0\0\0\0\0\0", 10) + std::string(300, '\0') + marker(), 2,
               zip1)},
      {"rar 4", rar4_of("a.com", marker())},
      {"rar 5", rar5_of("a.com", marker())},
      {"gzip in rar 4", rar4_of("a.gz", gzip_of(marker()))},
      {"gzip in rar 5", rar5_of("a.gz", gzip_of(marker()))},
      {"directory with content in rar 5",
       rar5_of("a.gz", gzip_of(marker()), RarFlaw::says_directory)},
      {"rar 5 in zip", zip1(rar5_of("a.gz", gzip_of(marker())))},
      {"rar 4 in rar 5", rar5_of("a.rar", rar4_of("a.gz", gzip_of(marker())))},
      {"rar 5 behind a program",
       "MZ" + std::string(4000, '\0') + rar5_of("a.gz", gzip_of(marker()))},
      {"behind a text in a zip", zip1(clean_text() + marker())},
      {"signature with a gap", "cordon-test-" + std::string("1234-wildcard")},
  };
  for (const auto& [where, bytes] : kSamples) {
    SCOPED_TRACE(where);

    EXPECT_EQ(verdict_on(bytes), "Infected") << details_;
  }
}

TEST_F(CorpusTest, CallsCleanWhatWasWhollySeen) {
  const std::pair<const char*, std::string> kSamples[] = {
      {"nothing", ""},
      {"one byte", "x"},
      {"text", clean_text()},
      {"long text", wrapped(clean_text(), 7, [](const std::string& t) { return t + t; })},
      {"zeros", std::string(3'000'000, '\0')},
      {"zip", zip1(clean_text())},
      {"empty zip", zip_of({})},
      {"zip with an empty member", zip_of({{.name = "a", .bytes = ""}})},
      {"zip in zip", wrapped(clean_text(), 2, zip1)},
      {"tar.gz", gzip_of(tar_of("a", clean_text()))},
      {"html", "<html><body>" + clean_text() + "</body></html>"},
      {"mp3", std::string("ID3\x03\0\0\0\0\0\0", 10) + std::string(300'000, '\0')},
      {"rar 4", rar4_of("a.txt", clean_text())},
      {"rar 5", rar5_of("a.txt", clean_text())},
      {"the test string with one letter changed", "Y" + eicar().substr(1)},
  };
  for (const auto& [what, bytes] : kSamples) {
    SCOPED_TRACE(what);

    EXPECT_EQ(verdict_on(bytes), "Clean") << details_;
  }
}

TEST_F(CorpusTest, NeverCallsCleanWhatItCouldNotSee) {
  const std::string locked_zip = zip_of({{.name = "a", .bytes = clean_text(), .flags = 1}});
  const std::pair<std::string, std::string> kSamples[] = {
      {"Unscannable encrypted", locked_zip},
      {"Unscannable encrypted", zip1(locked_zip)},
      {"Unscannable encrypted", gzip_of(locked_zip)},
      {"Unscannable encrypted", rar4_of("a", clean_text(), RarFlaw::encrypted)},
      {"Unscannable encrypted", rar4_of("a", clean_text(), RarFlaw::encrypted_headers)},
      {"Unscannable encrypted", rar5_of("a", clean_text(), RarFlaw::encrypted)},
      {"Unscannable encrypted", rar5_of("a", clean_text(), RarFlaw::encrypted_headers)},
      {"Unscannable unsupported", std::string("Rar!\x1A\x07\x00", 7)},
      {"Unscannable unsupported", std::string("Rar!\x1A\x07\x01\x00", 8)},
      {"Unscannable unsupported", rar4_of("a", clean_text(), RarFlaw::truncated)},
      {"Unscannable unsupported", rar5_of("a", clean_text(), RarFlaw::truncated)},
      {"Unscannable unsupported", zip1(rar5_of("a", clean_text(), RarFlaw::truncated))},
      {"Unscannable unsupported", zip1(clean_text()).substr(0, 200)},
      {"Unscannable unsupported", zip1(zip1(clean_text()).substr(0, 200))},
      {"Unscannable too-large",
       zip_of({{.name = "a", .bytes = "short in truth", .claimed_bytes = 2'147'483'646}})},
      {"Unscannable limit", wrapped(clean_text(), 60, gzip1)},
      {"Unscannable limit", wrapped(clean_text(), 60, zip1)},
  };
  for (std::size_t i = 0; i < std::size(kSamples); ++i) {
    SCOPED_TRACE(i);
    const auto& [golden, bytes] = kSamples[i];

    EXPECT_EQ(verdict_on(bytes), golden) << details_;
  }
}

TEST_F(CorpusTest, PrefersTheDetectionOverTheDoubt) {
  EXPECT_EQ(verdict_on(zip_of({{.name = "a", .bytes = clean_text(), .flags = 1},
                               {.name = "b", .bytes = eicar()}})),
            "Infected");
  EXPECT_EQ(verdict_on(zip_of({{.name = "a", .bytes = "x", .claimed_bytes = 2'147'483'646},
                               {.name = "b", .bytes = eicar()}})),
            "Infected");
  EXPECT_EQ(verdict_on(zip_of({{.name = "a", .bytes = eicar(), .packed = false}}).substr(0, 110)),
            "Infected");
}

/// The library normalises HTML up to 40 MB by default and skips longer files without a word.
TEST_F(CorpusTest, SearchesLongHtmlToItsEnd) {
  std::string html = "<!DOCTYPE html><html><body>";
  const std::string line = "<p class=\"a\">Some text in a paragraph of a long page.</p>\n";
  while (html.size() < 42'000'000) html += line;

  EXPECT_EQ(verdict_on(html + "</body></html>"), "Clean") << details_;
  EXPECT_EQ(verdict_on(html + eicar() + "</body></html>"), "Infected") << details_;
}

TEST_F(CorpusTest, ABombEndsAtALimit) {
  const auto bomb = unbase64([] {
    std::string text = content_of(fs::path(CORDON_CORPUS_DIR) / "zip-bomb-200-mb.b64");
    std::erase(text, '\n');
    return text;
  }());
  ASSERT_TRUE(bomb);
  auto small =
      ClamavEngine::load({.signatures = CORDON_SIGNATURES_DIR, .unpacked_bytes_max = 20'000'000});
  auto few = ClamavEngine::load({.signatures = CORDON_SIGNATURES_DIR, .layers_max = 20});
  auto tiny =
      ClamavEngine::load({.signatures = CORDON_SIGNATURES_DIR, .object_bytes_max = 10'000'000});
  ASSERT_TRUE(small && few && tiny);
  std::vector<ZipMember> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back({.name = "m" + std::to_string(i), .bytes = clean_text() + std::to_string(i)});
  }

  EXPECT_EQ(verdict_on(*small, *bomb), "Unscannable limit") << details_;
  EXPECT_EQ(verdict_on(*tiny, *bomb), "Unscannable too-large") << details_;
  EXPECT_EQ(verdict_on(*few, zip_of(many)), "Unscannable limit") << details_;
  EXPECT_EQ(verdict_on(zip_of(many)), "Clean") << details_;
}

TEST_F(CorpusTest, ABombEndsAtTheTimeLimit) {
  std::vector<ZipMember> many;
  for (int i = 0; i < 40'000; ++i) {
    many.push_back({.name = "m" + std::to_string(i), .bytes = "content " + std::to_string(i)});
  }
  time_max_ = std::chrono::seconds(1);

  const std::string verdict = verdict_on(zip_of(many));

  EXPECT_TRUE(verdict == "Unscannable timeout" || verdict == "no verdict: timeout")
      << verdict << ": " << details_;
}

TEST_F(CorpusTest, SaysNothingWithoutATemporaryDirectory) {
  const fs::path whole = temp_;
  temp_ = whole / "missing";

  EXPECT_EQ(verdict_on(zip1(eicar())), "no verdict: unavailable");
  EXPECT_EQ(verdict_on(clean_text()), "no verdict: unavailable");

  temp_ = "/proc/self";  // May be entered and listed, by root too, but not written.
  EXPECT_EQ(verdict_on(zip1(eicar())), "no verdict: unavailable");
  EXPECT_EQ(verdict_on(clean_text()), "no verdict: unavailable");
  temp_ = whole;
}

}  // namespace
}  // namespace cordon
