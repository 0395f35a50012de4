#include "apps/cordon/services/engine_start.h"

#include "signatures/signature_files.h"

namespace cordon {

Result<std::unique_ptr<Engine>> start_engine(const EngineFlags& flags, Process& process) {
  Engine::Options options;
  CORDON_TRY(const std::filesystem::path signatures, signatures_dir(flags));
  options.signatures_dir = live_directory(signatures);
  CORDON_TRY(const std::filesystem::path spool, spool_dir(flags, process.environment));
  options.binary = flags.engine_binary;
  options.scratch_dir = spool / "engine";
  options.workers = flags.workers;
  options.recycle_after = flags.recycle_after;
  options.max_scan = std::chrono::seconds(flags.max_scan_seconds);
  options.crashes_max = flags.max_crashes;
  options.crash_window = std::chrono::seconds(flags.crash_window_seconds);
  options.arguments = flags.scanner_arguments;
  if (flags.stock_parsing) options.arguments.emplace_back("--stock-parsing");
  if (flags.allow_weak_sandbox) options.allow_weak_sandbox.emplace();
  CORDON_TRY(std::unique_ptr<Engine> engine,
             Engine::start(options, process.clock, process.log, process.metrics, process.stop));
  const EngineVersion version = engine->version();
  process.log.info("engine.ready", {{"engine", version.engine},
                                    {"signatures", version.signatures},
                                    {"count", engine->signature_count()}});
  if (version.signatures.starts_with("test-")) {
    process.log.warn("signatures.test_only",
                     {{"directory", options.signatures_dir.string()},
                      {"meaning", "only the EICAR test file and the test corpus are found"}});
  }
  return engine;
}

}  // namespace cordon
