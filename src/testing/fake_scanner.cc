#include "testing/fake_scanner.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"

namespace cordon {
namespace {

Result<std::string> read_all(const UniqueFd& content, std::uint64_t bytes) {
  struct stat status {};
  if (::fstat(content.get(), &status) != 0 || static_cast<std::uint64_t>(status.st_size) != bytes) {
    return Error{Errc::invalid, "the content has another size"};
  }
  std::string text(bytes, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n =
        ::pread(content.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (n <= 0) return Error{Errc::unavailable, "the content cannot be read"};
    done += static_cast<std::size_t>(n);
  }
  return text;
}

}  // namespace

Result<ScanReport> FakeScanner::scan(const UniqueFd& content, std::uint64_t bytes,
                                     Deadline deadline, std::stop_token stop) {
  std::function<void()> hook;
  {
    std::lock_guard lock(mutex_);
    hook = hook_;
  }
  if (hook) hook();
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  if (deadline.passed(clock_)) return Error{Errc::timeout, "no time left"};
  CORDON_TRY(std::string text, read_all(content, bytes));
  std::lock_guard lock(mutex_);
  scanned_.push_back(text);
  if (!answers_.empty()) {
    Result<Verdict> answer = std::move(answers_.front());
    answers_.pop_front();
    if (!answer) return std::move(answer).error();
    return ScanReport{.verdict = std::move(answer).value(), .version = version_};
  }
  Verdict verdict = text.find(kHarmful) == std::string::npos
                        ? clean_verdict(bytes)
                        : infected_verdict({kVirusName}, bytes);
  return ScanReport{.verdict = std::move(verdict), .version = version_};
}

Result<ScanReport> FakeScanner::scan_window(const UniqueFd& content, const Window& window,
                                            Deadline deadline, std::stop_token stop) {
  {
    std::lock_guard lock(mutex_);
    windows_.push_back(window);
  }
  return scan(content, window.bytes, deadline, std::move(stop));
}

std::vector<Window> FakeScanner::windows() const {
  std::lock_guard lock(mutex_);
  return windows_;
}

void FakeScanner::answer_next(Result<Verdict> answer) {
  std::lock_guard lock(mutex_);
  answers_.push_back(std::move(answer));
}

void FakeScanner::on_scan(std::function<void()> hook) {
  std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

std::vector<std::string> FakeScanner::scanned() const {
  std::lock_guard lock(mutex_);
  return scanned_;
}

void FakeScanner::set_version(EngineVersion version) {
  std::lock_guard lock(mutex_);
  version_ = std::move(version);
}

EngineVersion FakeScanner::version() const {
  std::lock_guard lock(mutex_);
  return version_;
}

UniqueFd content_of(std::string_view bytes) {
  UniqueFd file(::memfd_create("content", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  CORDON_CHECK(file);
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    CORDON_CHECK(n > 0);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return file;
}

}  // namespace cordon
