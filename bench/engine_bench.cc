// What Cordon's engine costs beside libclamav alone, in one run: the same files, one after the
// other, by three ways that take turns, so that a noisy machine is noisy for all of them.
//   raw      libclamav in this process, from memory, no check of ours
//   checked  ClamavScanner in this process: plus mapping, per-layer checks and the judge
//   sandbox  Engine: plus the worker process, its confinement and the passing of the descriptor
// The object is already in a sealed memfd for the last two; copying it there is the agent's part.
//
// All of it on one processor: on a shared machine two differ by more than what is measured here
// (a worker on the other one took 2.6 ms longer for 1 MB in one run and 0.6 in the next).

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "clamav/clamav_scanner.h"
#include "engine/engine.h"
#include "engine_memory.h"
#include "gen_corpus.h"
#include "gen_signatures.h"
#include "raw_engine.h"
#include "sealed_object.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Settings {
  fs::path work = "bench-work";
  fs::path signatures;
  fs::path engine;
  fs::path json;
  std::vector<std::string> sets = {"small", "full"};
  std::vector<std::uint64_t> sizes = {10'000, 100'000, 1'000'000, 10'000'000};  ///< Bytes.
  std::vector<std::string> kinds;                                               ///< Empty: all.
  SignatureSetOptions full;
  double seconds_per_file = 3;
  bool any_processor = false;
  bool processor_time = false;
};

struct Row {
  std::string set;
  std::uint64_t bytes = 0;
  std::string kind;  ///< "all" for the sum of the medians
  std::size_t files = 1;
  std::size_t runs = 0;
  double raw = 0, checked = 0, sandbox = 0;  ///< median milliseconds
  double over = 0;  ///< what a scan costs more than raw, milliseconds; for "all" the median kind's

  double ratio() const { return raw > 0 ? sandbox / raw : 0; }
  /// What a scan may cost more: a fixed part and one for each megabyte.
  double over_max() const { return 0.3 + 1.0 * static_cast<double>(bytes) / 1e6; }
};

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "engine_bench: " << what << "\n";
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result) fail(result.error().what);
  return std::move(result).value();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

/// Milliseconds since some time.
using Stopwatch = double (*)();
double wall_ms() {
  return Milliseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}
/// Of this process and its workers: hardly notices who else is at work on the machine.
double processor_ms() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6 +
         workers_processor_ms();
}

double timed(Stopwatch now, const std::function<void()>& act) {
  const double before = now();
  act();
  return now() - before;
}

void must_be_clean(Scanner& scanner, const UniqueFd& object, std::uint64_t bytes) {
  const auto report = scanner.scan(object, bytes, Deadline::never(), {});
  if (!report) fail(report.error().what);
  if (report->verdict.disposition != Disposition::clean) {
    fail("a generated file is not clean: " + report->verdict.message +
         (report->verdict.virus_names.empty() ? "" : report->verdict.virus_names.front()));
  }
}

Row measure(const BenchFile& file, double seconds, Stopwatch now, RawEngine& raw, Scanner& checked,
            Scanner& sandbox) {
  const UniqueFd object = must(sealed_object(file.bytes));
  std::vector<double> times[3];
  const std::function<void()> ways[3] = {
      [&] {
        if (!raw.scan(file.bytes)) fail("the raw engine finds something in a generated file");
      },
      [&] { must_be_clean(checked, object, file.bytes.size()); },
      [&] { must_be_clean(sandbox, object, file.bytes.size()); },
  };
  for (const auto& way : ways) way();  // caches, first use
  double spent = 0;
  constexpr std::size_t kRunsMin = 3;
  constexpr std::size_t kRunsMax = 300;
  for (std::size_t run = 0; run < kRunsMax && (run < kRunsMin || spent < seconds * 1e3); ++run) {
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t way = (run + i) % 3;
      times[way].push_back(timed(now, ways[way]));
      spent += times[way].back();
    }
  }
  return {.bytes = file.bytes.size(),
          .kind = file.kind,
          .runs = times[0].size(),
          .raw = median(times[0]),
          .checked = median(times[1]),
          .sandbox = median(times[2]),
          .over = median(times[2]) - median(times[0])};
}

/// This process and all that it starts.
void stay_on_one_processor() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) fail("cannot ask for processors");
  int first = 0;
  while (first < CPU_SETSIZE && !CPU_ISSET(first, &allowed)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  if (::sched_setaffinity(0, sizeof one, &one) != 0) fail("cannot stay on one processor");
}

/// Signatures "small": the repository's. "full": the same plus the generated ones.
fs::path prepare_set(const Settings& settings, const std::string& set) {
  if (set == "small") return settings.signatures;
  const fs::path directory = settings.work / "full-set";
  fs::create_directories(directory);
  SignatureSetOptions options = settings.full;
  for (const BenchFile& file : generate_files(100'000, 7)) options.samples.push_back(file.bytes);
  std::cerr << "generating " << options.hashes + options.patterns + options.logical
            << " signatures\n";
  if (auto made = generate_signatures(options, directory); !made) fail(made.error().what);
  for (const auto& entry : fs::directory_iterator(settings.signatures)) {
    if (entry.path().extension() == ".md") continue;
    fs::copy_file(entry.path(), directory / entry.path().filename(),
                  fs::copy_options::overwrite_existing);
  }
  return directory;
}

/// Workers have their temporary files in memory; a disk would make the other two ways slow.
fs::path temporary_in_memory(const Settings& settings) {
  const fs::path memory = "/dev/shm";
  const fs::path parent = fs::is_directory(memory) ? memory : settings.work;
  std::string name = (parent / "cordon-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail("no temporary directory in " + parent.string());
  return name;
}

// For whoever measures the same files in another way (bench.py).
void keep(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  if (!out.flush()) fail("cannot write " + path.string());
}

std::vector<Row> run_set(const Settings& settings, const std::string& set) {
  const fs::path signatures = prepare_set(settings, set);
  const fs::path temp = temporary_in_memory(settings);
  const RealClock clock;
  Log log(LogLevel::warn, clock);
  Metrics metrics;
  std::cerr << "loading the " << set << " set three times\n";
  RawEngine raw = must(RawEngine::load(signatures, temp));
  ClamavEngine engine = must(ClamavEngine::load({.signatures = signatures}));
  ClamavScanner checked(engine, {.temp_directory = temp}, clock);
  Engine::Options options{.binary = settings.engine,
                          .signatures_dir = signatures,
                          .scratch_dir = settings.work / "scratch",
                          .workers = 1,
                          .recycle_after = 1'000'000};
  auto sandbox = must(Engine::start(options, clock, log, metrics));
  std::vector<Row> rows;
  for (const std::uint64_t bytes : settings.sizes) {
    Row sum{.set = set, .bytes = bytes, .kind = "all", .files = 0};
    std::vector<double> over;
    for (const BenchFile& file : generate_files(bytes, 1)) {
      if (!settings.kinds.empty() && !std::ranges::count(settings.kinds, file.kind)) continue;
      keep(settings.work / "corpus" / std::to_string(bytes) / file.kind, file.bytes);
      Row row =
          measure(file, settings.seconds_per_file, settings.processor_time ? processor_ms : wall_ms,
                  raw, checked, sandbox->scanner());
      row.set = set;
      row.bytes = bytes;
      ++sum.files;
      sum.runs += row.runs;
      sum.raw += row.raw;
      sum.checked += row.checked;
      sum.sandbox += row.sandbox;
      over.push_back(row.over);
      rows.push_back(row);
    }
    sum.over = median(over);
    rows.push_back(sum);
    std::cerr << set << " " << bytes << " bytes: raw " << sum.raw << " ms, sandbox " << sum.sandbox
              << " ms, ratio " << sum.ratio() << "\n";
  }
  fs::remove_all(temp);
  return rows;
}

std::string as_json(const std::vector<Row>& rows) {
  std::string out = "{\"schema\":\"cordon.engine-bench/1\",\"unit\":\"ms\",\"rows\":[";
  for (const Row& row : rows) {
    if (out.back() == '}') out += ',';
    out += "\n{\"set\":\"" + row.set + "\",\"bytes\":" + std::to_string(row.bytes) +
           ",\"kind\":\"" + row.kind + "\",\"runs\":" + std::to_string(row.runs) +
           ",\"raw\":" + std::to_string(row.raw) + ",\"checked\":" + std::to_string(row.checked) +
           ",\"sandbox\":" + std::to_string(row.sandbox) +
           ",\"ratio\":" + std::to_string(row.ratio()) + ",\"over\":" + std::to_string(row.over) +
           ",\"over_max\":" + std::to_string(row.over_max()) + "}";
  }
  return out + "\n]}\n";
}

void print_table(const std::vector<Row>& rows) {
  std::printf("%-6s %10s %-8s %6s %10s %10s %10s %8s %9s %9s %9s\n", "set", "bytes", "kind", "runs",
              "raw ms", "checked ms", "sandbox ms", "ratio", "over ms", "at most", "MB/s");
  for (const Row& row : rows) {
    const bool sum = row.kind == "all";
    std::printf("%-6s %10llu %-8s %6zu %10.3f %10.3f %10.3f %8.3f %9.3f %8.3f%s %9.2f%s\n",
                row.set.c_str(), static_cast<unsigned long long>(row.bytes), row.kind.c_str(),
                row.runs, row.raw, row.checked, row.sandbox, row.ratio(), row.over, row.over_max(),
                row.over <= row.over_max() ? " " : "!",
                static_cast<double>(row.files * row.bytes) / 1e3 / row.sandbox, sum ? "  *" : "");
  }
  std::printf(
      "* sum of the medians of the kinds; ratio = sandbox / raw; over = sandbox - raw (*: that of\n"
      "  the kind in the middle)\n"
      "! more than 0.3 ms + 1 ms per MB: html is searched twice, as written and normalised; a\n"
      "  tarball is unpacked again to see that it is whole\n");
}

int run(int argc, char** argv) {
  Settings settings{.signatures = CORDON_SIGNATURES_DIR};
  CLI::App app("Engine benchmark: libclamav alone, with Cordon's checks, and in the sandbox");
  app.add_option("--work", settings.work, "Directory for generated files");
  app.add_option("--signatures", settings.signatures, "The small set");
  app.add_option("--engine", settings.engine, "cordon-engine; default: beside this program");
  app.add_option("--json", settings.json, "Write the rows here as JSON");
  app.add_option("--sets", settings.sets, "small, full")->delimiter(',');
  app.add_option("--sizes", settings.sizes, "Bytes of the files")->delimiter(',');
  app.add_option("--kinds", settings.kinds, "text, html, ...; default: all")->delimiter(',');
  app.add_option("--hashes", settings.full.hashes);
  app.add_option("--patterns", settings.full.patterns);
  app.add_option("--logical", settings.full.logical);
  app.add_option("--seed", settings.full.seed);
  app.add_option("--seconds", settings.seconds_per_file, "Time per file and set");
  app.add_flag("--processor-time", settings.processor_time,
               "Count processor time instead of the clock's");
  app.add_flag("--any-processor", settings.any_processor, "Do not keep all on one processor");
  CLI11_PARSE(app, argc, argv);
  if (!settings.any_processor) stay_on_one_processor();
  fs::create_directories(settings.work);
  settings.work = fs::absolute(settings.work);
  std::vector<Row> rows;
  for (const std::string& set : settings.sets) {
    if (set != "small" && set != "full") fail("unknown set " + set);
    for (Row& row : run_set(settings, set)) rows.push_back(std::move(row));
  }
  if (!settings.json.empty()) {
    std::ofstream out(settings.json);
    out << as_json(rows);
    if (!out.flush()) fail("cannot write " + settings.json.string());
  }
  print_table(rows);
  return 0;
}

}  // namespace
}  // namespace cordon

int main(int argc, char** argv) { return cordon::run(argc, argv); }
