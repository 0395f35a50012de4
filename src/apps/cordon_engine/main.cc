// cordon-engine: loads the signatures, proves itself, forks confined workers. Started by `cordon`
// alone, with one socket and nothing else; run by hand it explains that and ends.

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "clamav/clamav_engine.h"
#include "clamav/clamav_scanner.h"
#include "clamav/self_test.h"
#include "command_line/command_line.h"
#include "core/content_class.h"
#include "engine/zygote.h"
#include "sscanf/interposition.h"
#include "sscanf/references.h"

#ifdef CORDON_SANITIZED
// A confined worker cannot run the leak checker, which traces its own threads.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

namespace cordon {
namespace {

constexpr int kExitUsage = 2;

struct Arguments {
  std::filesystem::path signatures;
  ZygoteOptions zygote;
  ScanPolicy policy;
  std::vector<std::string> may_stay_unopened;  ///< Names of classes, for `policy`.
  bool stock_parsing = false;
};

/// The switch, and whether libclamav really calls our function.
NumberParsing set_parsing(bool stock) {
  set_sscanf_answerer(stock ? SscanfAnswerer::c_library : SscanfAnswerer::cordon);
  if (stock) return NumberParsing::stock;
  const SscanfReferences references = sscanf_references("libclamav.so");
  return references.here > 0 && references.elsewhere == 0 ? NumberParsing::fast
                                                          : NumberParsing::bypassed;
}

/// libclamav as what a zygote serves.
class ServedClamav final : public ServedEngine {
 public:
  ServedClamav(ClamavEngine engine, ScanPolicy policy, NumberParsing parsing, const Clock& clock)
      : engine_(std::move(engine)), policy_(policy), parsing_(parsing), clock_(clock) {}

  EngineVersion version() const override { return engine_.version(); }
  std::uint64_t signature_count() const override { return engine_.signature_count(); }
  std::vector<std::string> notes() const override { return engine_.notes(); }
  NumberParsing number_parsing() const override { return parsing_; }
  void prepare_for_sandbox() override { cordon::prepare_for_sandbox(); }
  std::unique_ptr<Scanner> scanner(const std::filesystem::path& temporary) override {
    return std::make_unique<ClamavScanner>(
        engine_, ClamavScannerOptions{.temp_directory = temporary, .policy = policy_}, clock_);
  }
  Result<void> prove(Scanner& worker, Deadline deadline) override {
    return self_test(worker, deadline, {});
  }

 private:
  ClamavEngine engine_;
  const ScanPolicy policy_;
  const NumberParsing parsing_;
  const Clock& clock_;
};

std::string objection_to_class(const std::string& name) {
  return parse_content_class(name) ? "" : "no such class: " + name;
}

void add_options(Command& app, Arguments& arguments, bool& weak) {
  app.add_option("--signatures", arguments.signatures, "Directory of signatures")->required();
  app.add_option("--scratch", arguments.zygote.scratch, "Directory for workers' directories")
      ->required();
  app.add_option("--memory-bytes", arguments.zygote.limits.memory_bytes,
                 "Memory of a worker beyond the shared signatures");
  app.add_option("--temporary-bytes", arguments.zygote.limits.temporary_bytes,
                 "Temporary files of a worker");
  app.add_flag("--temporary-on-disk{false}", arguments.zygote.limits.memory_temporary,
               "Temporary files in the scratch directory instead of in memory");
  app.add_flag("--allow-weak-sandbox", weak, "Serve although the kernel lacks Landlock or seccomp");
  app.add_flag("--detect-macros", arguments.policy.detect_macros, "Office macros are Suspicious");
  app.add_flag("--ignore-broken{false}", arguments.policy.detect_broken,
               "Damaged executables are scanned like any other file");
  app.add_flag("--encrypted-is-infected", arguments.policy.encrypted_is_infected,
               "Encrypted content is Infected instead of Unscannable");
  app.add_flag("--opaque-is-unscannable", arguments.policy.opaque_is_unscannable,
               "Content that looks like noise is Unscannable instead of Clean");
  app.add_flag("--stock-parsing", arguments.stock_parsing,
               "libclamav reads the numbers of its signatures with the C library: slower");
  app.add_option(
         "--may-stay-unopened", arguments.may_stay_unopened,
         "Class of content that nothing opens and that may be Clean all the same; may be repeated")
      ->repeatable()
      ->check(objection_to_class);
}

void take_classes(Arguments& arguments) {
  for (const std::string& name : arguments.may_stay_unopened) {
    const std::optional<ContentClass> one = parse_content_class(name);
    if (one) arguments.policy.may_stay_unopened.add(*one);
  }
}

int serve(const Arguments& arguments) {
  Result<UniqueFd> socket = inherited_socket();
  if (!socket) {
    std::fprintf(stderr, "cordon-engine: %s\n", socket.error().what.c_str());
    return 2;
  }
  const RealClock clock;
  const NumberParsing parsing = set_parsing(arguments.stock_parsing);
  const LoadEngine load = [&](const Clock& real) -> Result<std::unique_ptr<ServedEngine>> {
    CORDON_TRY(ClamavEngine engine, ClamavEngine::load({.signatures = arguments.signatures}));
    return std::unique_ptr<ServedEngine>(
        std::make_unique<ServedClamav>(std::move(engine), arguments.policy, parsing, real));
  };
  return serve_zygote(*std::move(socket), arguments.zygote, load, clock);
}

}  // namespace
}  // namespace cordon

int main(int argc, char** argv) {
  cordon::forbid_core_dumps();
  cordon::CommandLine line("cordon-engine",
                           "Scans what cordon hands it. Started by cordon, not by hand.");
  cordon::Arguments arguments;
  bool weak = false;
  cordon::add_options(line.root(), arguments, weak);
  if (const auto done = line.parse(argc, argv, cordon::kExitUsage)) return *done;
  cordon::take_classes(arguments);
  if (weak) arguments.zygote.weak.emplace();
  return cordon::serve(arguments);
}
