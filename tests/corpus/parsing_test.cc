// The engine with the program's own function for numbers, and with the C library's: the same
// verdicts, whatever is scanned and however an expression is written. This program has the
// function, as cordon-engine has.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "base/text.h"
#include "clamav/sample_archives.h"
#include "corpus/corpus_scan.h"
#include "sscanf/interposition.h"
#include "sscanf/references.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

/// Three words, of which a text has more or fewer.
constexpr std::string_view kWords[] = {"cordon-alpha", "cordon-bravo", "cordon-delta"};

/// Every form that the engine has for an expression, and over how many of the words it is.
constexpr std::pair<const char*, std::size_t> kExpressions[] = {{"0&1&2", 3},
                                                                {"0|1|2", 3},
                                                                {"0&(1|2)", 3},
                                                                {"(0&1)|2", 3},
                                                                {"0>1", 1},
                                                                {"0<2&1", 2},
                                                                {"0=2", 1},
                                                                {"0=0&1", 2},
                                                                {"0>0&1>0&2<1", 3},
                                                                {"(0|1)>1", 2},
                                                                {"(0|1|2)>3", 3},
                                                                {"(0|1|2)=3", 3},
                                                                {"(0|1|2)<3", 3},
                                                                {"(0|1|2)>2,2", 3},
                                                                {"(0|1|2)>1,3", 3},
                                                                {"(0|1)>1,1&2", 3},
                                                                {"(0&1)>2,2|2", 3},
                                                                {"((0|1)&2)", 3},
                                                                {"0=00002&1", 2},
                                                                {"0>000000001", 1},
                                                                {"(0|1|2)=6,03", 3},
                                                                {"0=4294967298&1", 2},
                                                                {"0&1&2>999999999", 3}};

std::string hex_of(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4U];
    text += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

/// One signature for each expression; their names say which.
std::string logical_signatures() {
  std::string lines;
  for (std::size_t i = 0; i < std::size(kExpressions); ++i) {
    lines +=
        "Cordon.Parsing-" + std::to_string(i) + ";Engine:81-255,Target:0;" + kExpressions[i].first;
    for (std::size_t word = 0; word < kExpressions[i].second; ++word) {
      lines += ";" + hex_of(kWords[word]);
    }
    lines += "\n";
  }
  return lines;
}

/// Texts with each word up to three times.
std::vector<std::string> texts() {
  std::vector<std::string> made;
  for (int counts = 0; counts < 64; ++counts) {
    std::string text = "Words of a text:\n";
    for (std::size_t word = 0; word < 3; ++word) {
      for (int i = 0; i < ((counts >> (2 * word)) & 3); ++i)
        text += std::string(kWords[word]) + "\n";
    }
    made.push_back(text);
  }
  return made;
}

std::vector<std::string> stored_samples() {
  std::vector<std::string> samples;
  for (const auto& entry : fs::directory_iterator(CORDON_CORPUS_DIR)) {
    if (entry.path().extension() != ".b64") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string encoded((std::istreambuf_iterator<char>(in)), {});
    std::erase(encoded, '\n');
    if (auto bytes = unbase64(encoded)) samples.push_back(*std::move(bytes));
  }
  return samples;
}

class Parsing : public CorpusTest {
 protected:
  void SetUp() override {
    CorpusTest::SetUp();
    signatures_ = temp_ / "signatures";
    fs::create_directory(signatures_);
    for (const auto& entry : fs::directory_iterator(CORDON_SIGNATURES_DIR)) {
      if (entry.path().extension() != ".md") {
        fs::copy_file(entry.path(), signatures_ / entry.path().filename());
      }
    }
  }
  void TearDown() override {
    set_sscanf_answerer(SscanfAnswerer::cordon);
    fs::remove_all(signatures_);
    CorpusTest::TearDown();
  }

  /// What the engine says of all samples: verdict, and name or message.
  std::vector<std::string> said(SscanfAnswerer answerer, const std::vector<std::string>& samples) {
    set_sscanf_answerer(answerer);
    auto loaded = ClamavEngine::load({.signatures = signatures_});
    EXPECT_TRUE(loaded) << loaded.error().what;
    if (!loaded) return {};
    std::vector<std::string> all;
    for (const std::string& sample : samples) {
      std::string verdict = verdict_on(*loaded, sample);
      all.push_back(std::move(verdict) + ": " + details_);
    }
    return all;
  }

  void write_signatures(const std::string& lines) const {
    std::ofstream(signatures_ / "parsing.ldb") << lines;
  }

  fs::path signatures_;
};

TEST_F(Parsing, IsReplacedInThisProgram) {
  EXPECT_GT(sscanf_references("libclamav.so").here, 0U);
  EXPECT_EQ(sscanf_references("libclamav.so").elsewhere, 0U);
}

TEST_F(Parsing, MakesNoDifferenceToAnySample) {
  write_signatures(logical_signatures());
  std::vector<std::string> samples = stored_samples();
  ASSERT_GE(samples.size(), 35U);
  for (const std::string& text : texts()) {
    samples.push_back(text);
    samples.push_back(gzip_of(text));
  }

  EXPECT_EQ(said(SscanfAnswerer::cordon, samples), said(SscanfAnswerer::c_library, samples));
}

TEST_F(Parsing, MakesNoDifferenceToAnyExpression) {
  const std::vector<std::string> samples = texts();
  std::istringstream lines(logical_signatures());
  std::set<std::vector<std::string>> different;
  for (std::string line; std::getline(lines, line);) {
    SCOPED_TRACE(line);
    // One alone, for the engine reports the first that matches.
    write_signatures(line + "\n");

    const std::vector<std::string> with = said(SscanfAnswerer::cordon, samples);

    EXPECT_EQ(with, said(SscanfAnswerer::c_library, samples));
    different.insert(with);
  }
  // Expressions that were all read alike would show nothing.
  EXPECT_GT(different.size(), 12U);
}

}  // namespace
}  // namespace cordon
