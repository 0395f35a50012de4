#include "corpus/corpus_scan.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace cordon {

namespace fs = std::filesystem;

void CorpusTest::SetUp() {
  std::string name = (fs::temp_directory_path() / "cordon-corpus-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  temp_ = name;
}

void CorpusTest::TearDown() {
  EXPECT_TRUE(fs::is_empty(temp_)) << "temporary files were left behind";
  fs::remove_all(temp_);
}

ClamavEngine& CorpusTest::engine() {
  static Result<ClamavEngine> loaded = ClamavEngine::load({.signatures = CORDON_SIGNATURES_DIR});
  return loaded.value();
}

std::string CorpusTest::verdict_on(ClamavEngine& engine, const UniqueFd& content,
                                   std::uint64_t bytes) {
  ClamavScanner scanner(engine, {.temp_directory = temp_, .policy = policy_}, clock_);
  const auto report = scanner.scan(content, bytes, Deadline::after(clock_, time_max_), {});
  if (!report) {
    details_ = report.error().what;
    return "no verdict: " + std::string(name_of(report.error().code));
  }
  const Verdict& verdict = report->verdict;
  EXPECT_TRUE(is_consistent(verdict));
  details_ = verdict.virus_names.empty() ? verdict.message : verdict.virus_names.front();
  std::string said(name_of(verdict.disposition));
  if (verdict.reason) said += " " + std::string(name_of(*verdict.reason));
  return said;
}

std::string CorpusTest::verdict_on(ClamavEngine& engine, std::string_view bytes) {
  const UniqueFd fd(::memfd_create("sample", MFD_CLOEXEC));
  for (std::string_view left = bytes; !left.empty();) {
    const ssize_t n = ::write(fd.get(), left.data(), left.size());
    if (n <= 0) return "the sample does not fit into memory";
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  return verdict_on(engine, fd, bytes.size());
}

std::string CorpusTest::verdict_on_file(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  return verdict_on(engine(), fd, fs::file_size(file));
}

}  // namespace cordon
