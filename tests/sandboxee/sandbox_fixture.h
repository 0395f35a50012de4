#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "engine/engine.h"
#include "engine/engine_process.h"
#include "engine/sandbox_scanner.h"
#include "engine/worker_pool.h"
#include "testing/fake_scanner.h"

namespace cordon {

/// A place with a signature directory and a scratch directory, removed in the end.
class Place {
 public:
  Place() {
    std::string name = testing::TempDir() + "sandboxee-XXXXXX";
    root_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(signatures());
    behave("well", "1");
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::filesystem::path root() const { return root_; }
  std::filesystem::path signatures() const { return root_ / "signatures"; }
  std::filesystem::path scratch() const { return root_ / "scratch"; }
  void behave(const std::string& how, const std::string& version) const {
    std::ofstream(signatures() / "behaviour.ndb") << how << " " << version << "\n";
  }
  Engine::Options options() const {
    return {.binary = beside_this_program("cordon_sandboxee"),
            .signatures_dir = signatures(),
            .scratch_dir = scratch(),
            .workers = 1,
            .temporary_bytes = 32ULL << 20,
            .max_scan = std::chrono::seconds(20)};
  }

 private:
  std::filesystem::path root_;
};

/// The stack below the retries: one zygote, one pool, one scanner.
class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the ThreadSanitizer runtime needs a second thread, which workers may not have";
#endif
    if (setup_) start();
  }

  void start() {
    auto process = start_process();
    ASSERT_TRUE(process) << process.error().what;
    engine_ = static_cast<EngineProcess*>(process->get());
    pool_ = std::make_unique<WorkerPool>(
        pool_options_, [this](Deadline, const std::stop_token&) { return start_process(); }, clock_,
        log_, metrics_);
    pool_->replace(std::move(process).value());
    scanner_ = std::make_unique<SandboxScanner>(*pool_, scanner_options_, clock_, metrics_);
  }

  Result<std::shared_ptr<WorkerSource>> start_process() {
    std::vector<std::string> arguments = {"--signatures",      place_.signatures().string(),
                                          "--memory-bytes",    std::to_string(memory_bytes_),
                                          "--temporary-bytes", std::to_string(32ULL << 20)};
    if (on_disk_) arguments.push_back("--temporary-on-disk");
    CORDON_TRY(std::shared_ptr<EngineProcess> process,
               EngineProcess::start({.binary = beside_this_program("cordon_sandboxee"),
                                     .arguments = arguments,
                                     .scratch = place_.scratch()},
                                    clock_, Deadline::after(clock_, std::chrono::seconds(30)), {}));
    return std::shared_ptr<WorkerSource>(std::move(process));
  }

  Result<ScanReport> scan(const std::string& bytes) {
    return scanner_->scan(content_of(bytes), bytes.size(),
                          Deadline::after(clock_, std::chrono::seconds(60)), {});
  }
  Result<ScanReport> order(const std::string& deed) { return scan("do: " + deed); }

  /// What the worker said about itself.
  std::string said(const std::string& deed) {
    auto report = order(deed);
    if (!report) return "error: " + report.error().what;
    return report->verdict.message;
  }
  double ended(const std::string& cause) const {
    return metrics_.value("cordon_engine_workers_ended_total", {{"cause", cause}});
  }
  void expect_that_honest_objects_are_still_scanned() {
    auto report = scan("harmless");
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->verdict, clean_verdict(8));
  }

  Place place_;
  bool setup_ = true;
  bool on_disk_ = false;
  std::uint64_t memory_bytes_ = 256ULL << 20;
  WorkerPoolOptions pool_options_{.workers = 1, .restart_interval = std::chrono::seconds(0)};
  SandboxScannerOptions scanner_options_{.scan_time_max = std::chrono::seconds(20),
                                         .scratch = place_.scratch()};
  RealClock clock_;
  Log log_{LogLevel::off, clock_};
  Metrics metrics_;
  EngineProcess* engine_ = nullptr;  // While the pool has not started another.
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<SandboxScanner> scanner_;
};

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace cordon
