// What a full-size signature set costs: load time, memory of the zygote, private memory per worker,
// and the peak of a reload under load; how many scans failed or waited for a worker meanwhile.

#include <sys/mman.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine_memory.h"
#include "gen_signatures.h"
#include "sealed_object.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "reload_bench: " << what << "\n";
  std::exit(1);
}

UniqueFd object_of(const std::string& bytes) {
  Result<UniqueFd> object = sealed_object(bytes);
  if (!object) fail(object.error().what);
  return *std::move(object);
}

int run(int argc, char** argv) {
  CLI::App app("What loading and reloading a full-size signature set costs");
  fs::path work = "bench-work";
  SignatureSetOptions set;
  std::size_t workers = 2;
  app.add_option("--work", work);
  app.add_option("--hashes", set.hashes);
  app.add_option("--patterns", set.patterns);
  app.add_option("--logical", set.logical);
  app.add_option("--workers", workers);
  CLI11_PARSE(app, argc, argv);
  work = fs::absolute(work);
  const fs::path directory = work / "full-set";
  if (!fs::exists(directory / "generated.ldb")) {
    fs::create_directories(directory);
    for (const auto& file : fs::directory_iterator(CORDON_SIGNATURES_DIR)) {
      fs::copy(file.path(), directory, fs::copy_options::overwrite_existing);
    }
    if (const auto made = generate_signatures(set, directory); !made) fail(made.error().what);
  }
  const RealClock clock;
  Log log(LogLevel::off, clock);
  Metrics metrics;
  const auto begun = clock.steady_now();
  auto started = Engine::start({.signatures_dir = directory,
                                .scratch_dir = work / "scratch",
                                .workers = workers,
                                .recycle_after = 1'000'000},
                               clock, log, metrics);
  if (!started) fail(started.error().what);
  Engine& engine = **started;
  const auto seconds_since = [&](SteadyTime time) {
    return std::chrono::duration<double>(clock.steady_now() - time).count();
  };
  std::printf("signatures       %10llu\nload             %10.1f s\n",
              static_cast<unsigned long long>(engine.signature_count()), seconds_since(begun));

  std::string content(100'000, 'x');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i % 251);
  std::atomic<int> scans = 0, failed = 0;
  std::atomic<double> longest = 0;
  std::vector<std::jthread> load;
  for (std::size_t i = 0; i < workers; ++i) {
    load.emplace_back([&](const std::stop_token& stop) {
      const UniqueFd object = object_of(content);
      while (!stop.stop_requested()) {
        const auto before = clock.steady_now();
        const auto report = engine.scanner().scan(object, content.size(), Deadline::never(), {});
        longest = std::max(longest.load(), seconds_since(before) * 1000);
        if (!report || report->verdict.disposition != Disposition::clean) ++failed;
        ++scans;
      }
    });
  }
  clock.wait_for(std::chrono::seconds(5), {});
  const std::string zygote = children_of("self").at(0);
  std::printf("zygote           %10.0f MB PSS\n", memory_of(zygote).pss);
  std::printf("worker, private  %10.1f MB\nengine, together %10.0f MB PSS\n", largest_worker(),
              engines_pss());
  std::printf("before: %d scans in 5 s, the longest %.1f ms\n", scans.load(), longest.load());

  const double cold = metrics.value("cordon_engine_cold_leases_total", {});
  scans = 0;
  longest = 0;
  std::atomic<double> peak = 0;
  std::jthread watcher([&](const std::stop_token& stop) {
    do peak = std::max(peak.load(), engines_pss());
    while (clock.wait_for(std::chrono::milliseconds(200), stop));
  });
  const auto reload_begun = clock.steady_now();
  const Result<void> reloaded = engine.reload({});
  const double took = seconds_since(reload_begun);
  watcher.request_stop();
  watcher.join();
  load.clear();
  if (!reloaded) fail(reloaded.error().what);
  std::printf("reload           %10.1f s\nreload peak      %10.0f MB PSS\n", took, peak.load());
  std::printf(
      "during: %d scans, %d failed, %.0f waited for a worker's birth, the longest %.1f ms\n",
      scans.load(), failed.load(), metrics.value("cordon_engine_cold_leases_total", {}) - cold,
      longest.load());
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace cordon

int main(int argc, char** argv) { return cordon::run(argc, argv); }
