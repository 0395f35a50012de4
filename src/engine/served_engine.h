#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"
#include "core/ports/scanner.h"
#include "core/verdict.h"
#include "engine/protocol.h"

namespace cordon {

/// What a zygote serves: a loaded engine that makes one scanner per worker. `apps/cordon_engine`
/// puts libclamav behind it, tests something that misbehaves.
class ServedEngine {
 public:
  virtual ~ServedEngine() = default;

  virtual EngineVersion version() const = 0;
  virtual std::uint64_t signature_count() const = 0;
  /// Rules that were loaded and are not in force, or only in part, one sentence each.
  virtual std::vector<std::string> notes() const = 0;

  /// What reads the numbers in the expressions of its signatures.
  virtual NumberParsing number_parsing() const = 0;

  /// Zygote, once, before the first fork: opens whatever a library would otherwise open on first
  /// use. A confined worker can open nothing outside its temporary directory.
  virtual void prepare_for_sandbox() = 0;

  /// Worker, after confinement. `temporary` is its private directory, as the worker sees it.
  virtual std::unique_ptr<Scanner> scanner(const std::filesystem::path& temporary) = 0;

  /// Zygote: shows `worker`, a confined worker of this engine, the canary set. Errors when it
  /// misses something bad or finds something in what is clean.
  virtual Result<void> prove(Scanner& worker, Deadline deadline) = 0;
};

/// Loads the signatures. Errors say what the operator should do.
using LoadEngine = std::function<Result<std::unique_ptr<ServedEngine>>(const Clock& clock)>;

}  // namespace cordon
