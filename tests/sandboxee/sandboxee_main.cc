// An engine program whose objects command the worker: real zygote, real confinement, and a scanner
// that plays taken over. What it loads says how loading goes: the first word of the file
// `behaviour.ndb` in the signature directory; the second is the version of the signatures.
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "base/text.h"
#include "engine/zygote.h"
#include "misbehaviour.h"

// The one place where engine processes of tests configure the sanitizer: a worker cannot run the
// leak checker, which traces its own threads.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace cordon {
namespace {

constexpr std::string_view kHarmful = "CORDON-TEST-HARMFUL";
constexpr std::size_t kBytesMax = 1 << 20;

Result<std::string> read_all(const UniqueFd& content, std::uint64_t bytes) {
  std::string text(std::min<std::uint64_t>(bytes, kBytesMax), '\0');
  const ssize_t n = ::pread(content.get(), text.data(), text.size(), 0);
  if (n < 0 || static_cast<std::size_t>(n) != text.size()) {
    return Error{Errc::unavailable, "the content cannot be read"};
  }
  return text;
}

class SandboxeeScanner final : public Scanner {
 public:
  SandboxeeScanner(std::filesystem::path temporary, bool blind)
      : temporary_(std::move(temporary)), blind_(blind) {}

  Result<ScanReport> scan(const UniqueFd& content, std::uint64_t bytes, Deadline,
                          std::stop_token) override {
    CORDON_TRY(const std::string text, read_all(content, bytes));
    if (text.starts_with("do: ")) return obey(text.substr(4), content);
    const bool found = !blind_ && text.find(kHarmful) != std::string::npos;
    return report(found ? infected_verdict({"Cordon.Test.Harmful"}, bytes) : clean_verdict(bytes));
  }

 private:
  Result<ScanReport> obey(const std::string& text, const UniqueFd& content) const {
    const std::size_t space = text.find(' ');
    const std::string argument = space == std::string::npos ? "" : text.substr(space + 1);
    CORDON_TRY(Verdict verdict, misbehave({.name = text.substr(0, space),
                                           .argument = argument,
                                           .content = content,
                                           .temporary = temporary_}));
    return report(std::move(verdict));
  }
  static ScanReport report(Verdict verdict) {
    return {.verdict = std::move(verdict), .version = {}};
  }

  const std::filesystem::path temporary_;
  const bool blind_;
};

class Sandboxee final : public ServedEngine {
 public:
  Sandboxee(std::string behaviour, std::string version)
      : behaviour_(std::move(behaviour)), version_(std::move(version)) {}

  EngineVersion version() const override {
    return {.engine = "Sandboxee 1.0", .signatures = version_};
  }
  std::uint64_t signature_count() const override { return 1; }
  std::vector<std::string> notes() const override { return {"own.yar: a rule is not in force"}; }
  NumberParsing number_parsing() const override { return NumberParsing::stock; }
  void prepare_for_sandbox() override {}
  std::unique_ptr<Scanner> scanner(const std::filesystem::path& temporary) override {
    return std::make_unique<SandboxeeScanner>(temporary, behaviour_ == "blind");
  }
  Result<void> prove(Scanner& worker, Deadline deadline) override {
    CORDON_TRY(expect(worker, std::string(kHarmful), Disposition::infected, deadline));
    return expect(worker, "harmless", Disposition::clean, deadline);
  }

 private:
  static Result<void> expect(Scanner& worker, const std::string& text, Disposition expected,
                             Deadline deadline) {
    const UniqueFd content(::memfd_create("canary", MFD_CLOEXEC));
    if (::write(content.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      return Error{Errc::unavailable, "no canary"};
    }
    CORDON_TRY(const ScanReport report, worker.scan(content, text.size(), deadline, {}));
    if (report.verdict.disposition == expected) return {};
    return Error{Errc::unavailable, "the canary was not recognised"};
  }

  const std::string behaviour_;
  const std::string version_;
  const std::string signatures_ = std::string(16 << 20, 's');  ///< So large that it can be shared.
};

Result<std::unique_ptr<ServedEngine>> load(const std::filesystem::path& signatures) {
  std::ifstream file(signatures / "behaviour.ndb");
  std::string behaviour;
  std::string version;
  if (!(file >> behaviour >> version)) return Error{Errc::invalid, "no file `behaviour.ndb`"};
  if (behaviour == "refuse") return Error{Errc::invalid, "these signatures are broken"};
  if (behaviour == "die") ::_exit(3);
  if (behaviour == "hang") {
    std::ofstream(signatures / "loading") << ::getpid() << "\n";
    for (;;) ::poll(nullptr, 0, -1);
  }
  return std::unique_ptr<ServedEngine>(new Sandboxee(behaviour, version));
}

std::uint64_t number(const std::string& text) { return parse_u64(text).value_or(0); }

int run(int argc, char** argv) {
  std::map<std::string, std::string> options;
  ZygoteOptions zygote;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--temporary-on-disk") {
      zygote.limits.memory_temporary = false;
    } else if (i + 1 < argc) {
      options[name] = argv[++i];
    }
  }
  zygote.scratch = options["--scratch"];
  zygote.limits.memory_bytes = number(options["--memory-bytes"]);
  zygote.limits.temporary_bytes = number(options["--temporary-bytes"]);
  Result<UniqueFd> socket = inherited_socket();
  if (!socket) {
    std::cerr << socket.error().what << "\n";
    return 2;
  }
  const RealClock clock;
  return serve_zygote(
      std::move(socket).value(), zygote,
      [&](const Clock&) { return load(options["--signatures"]); }, clock);
}

}  // namespace
}  // namespace cordon

int main(int argc, char** argv) { return cordon::run(argc, argv); }
