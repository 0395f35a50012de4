#include "clamav/self_test.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "base/files.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

struct Sample {
  std::string_view name;
  std::string bytes;
  Disposition expected;
};

Result<UniqueFd> in_memory(std::string_view bytes) {
  UniqueFd fd(::memfd_create("canary", MFD_CLOEXEC));
  if (!fd) return errno_error("no memory file for the self-test", errno);
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n <= 0) return errno_error("cannot fill a memory file for the self-test", errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return fd;
}

std::string said(const Verdict& verdict) {
  std::string text(name_of(verdict.disposition));
  if (verdict.reason) text += " (" + std::string(name_of(*verdict.reason)) + ")";
  if (!verdict.message.empty()) text += ": " + verdict.message;
  if (!verdict.virus_names.empty()) text += ": " + verdict.virus_names.front();
  return text;
}

Result<void> check(Scanner& scanner, const Sample& sample, Deadline deadline,
                   const std::stop_token& stop) {
  CORDON_TRY(const UniqueFd content, in_memory(sample.bytes));
  auto report = scanner.scan(content, sample.bytes.size(), deadline, stop);
  if (!report) return with_context(report.error(), "self-test with " + std::string(sample.name));
  if (report->verdict.disposition == sample.expected) return {};
  return Error{Errc::unavailable,
               "self-test: " + std::string(sample.name) + " should be " +
                   std::string(name_of(sample.expected)) + " and the engine said " +
                   said(report->verdict) +
                   ": the signature set or the engine's surroundings are broken"};
}

}  // namespace

Result<void> self_test(Scanner& scanner, Deadline deadline, std::stop_token stop) {
  const std::string text = "Nothing to see here: a clean text of some length.\n";
  const Sample samples[] = {
      {"the EICAR string", eicar(), Disposition::infected},
      {"the EICAR string in a zip", zip_of({{.name = "eicar.com", .bytes = eicar()}}),
       Disposition::infected},
      {"the EICAR string in a tar.gz", gzip_of(tar_of("eicar.com", eicar())),
       Disposition::infected},
      {"a clean text", text, Disposition::clean},
      {"a clean zip", zip_of({{.name = "a.txt", .bytes = text}}), Disposition::clean},
      {"a clean tar.gz", gzip_of(tar_of("a.txt", text)), Disposition::clean},
  };
  for (const Sample& sample : samples) CORDON_TRY(check(scanner, sample, deadline, stop));
  return {};
}

}  // namespace cordon
