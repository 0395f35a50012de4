// How long the engine of this build needs for files that somebody names. against.py asks two builds
// in turn.
//
// A line on stdin is a path; a line on stdout is what the scan of that file said:
//   {"ms":1.25,"cpu_ms":1.19,"verdict":"Clean","reason":"","worker_mb":5.1}
// `cpu_ms` is the worker's processor time, which hardly notices who else is at work on the machine.
// `worker_mb` is what the worker has for itself; it is looked at up to five times a second, since
// with a full set a look takes longer than a scan. The first line, without a question, is
// {"count":N}: so many signatures are loaded.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine_memory.h"
#include "sealed_object.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "files_bench: " << what << "\n";
  std::exit(1);
}

UniqueFd sealed_copy(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail("cannot read " + path);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Result<UniqueFd> object = sealed_object(bytes);
  if (!object) fail(path + ": " + object.error().what);
  return *std::move(object);
}

double recent_worker_mb() {
  static double megabytes = 0;
  static std::chrono::steady_clock::time_point next{};
  const auto now = std::chrono::steady_clock::now();
  if (now >= next) {
    megabytes = largest_worker();
    next = now + std::chrono::milliseconds(200);
  }
  return megabytes;
}

void answer(Engine& engine, const std::string& path) {
  const UniqueFd object = sealed_copy(path);
  const double processor_before = workers_processor_ms();
  const auto before = std::chrono::steady_clock::now();
  const auto report = engine.scanner().scan(object, fs::file_size(path), Deadline::never(), {});
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - before;
  const double processor = workers_processor_ms() - processor_before;
  if (!report) fail(report.error().what);
  const auto& reason = report->verdict.reason;
  std::printf(R"({"ms":%.4f,"cpu_ms":%.4f,"verdict":"%s","reason":"%s","worker_mb":%.2f})"
              "\n",
              took.count(), processor, std::string(name_of(report->verdict.disposition)).c_str(),
              reason ? std::string(name_of(*reason)).c_str() : "", recent_worker_mb());
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  Engine::Options options{.signatures_dir = CORDON_SIGNATURES_DIR, .workers = 1};
  options.recycle_after = 1'000'000;
  options.scratch_dir = "bench-work/scratch";
  CLI::App app("Scans the files that are named on stdin, one after the other, on one warm worker");
  app.add_option("--signatures", options.signatures_dir, "Directory of the signatures");
  app.add_option("--engine", options.binary, "cordon-engine; default: beside this program");
  app.add_option("--scratch", options.scratch_dir, "Directory for temporary files");
  CLI11_PARSE(app, argc, argv);
  fs::create_directories(options.scratch_dir);
  const RealClock clock;
  Log log(LogLevel::warn, clock);
  Metrics metrics;
  const auto engine = Engine::start(options, clock, log, metrics);
  if (!engine) fail(engine.error().what);
  std::printf("{\"count\":%llu}\n", static_cast<unsigned long long>((*engine)->signature_count()));
  std::fflush(stdout);
  for (std::string path; std::getline(std::cin, path);) answer(**engine, path);
  return 0;
}

}  // namespace
}  // namespace cordon

int main(int argc, char** argv) { return cordon::run(argc, argv); }
