#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/verdict.h"

struct cl_engine;

namespace cordon {

/// The engine's hard ceiling, for an object and for anything inside it (INT_MAX - 2).
inline constexpr std::uint64_t kObjectBytesMax = 2'147'483'645;

/// Limits stand at the engine's ceilings; what bounds a scan is time. Tests lower them.
struct EngineOptions {
  std::filesystem::path signatures;
  std::uint64_t object_bytes_max = kObjectBytesMax;  ///< The object and every part of it.
  std::uint64_t unpacked_bytes_max = 1ULL << 40;     ///< Everything in one object together.
  std::uint32_t layers_max = 1'000'000;              ///< Parts of one object.
  std::uint32_t depth_max = 40;  ///< Nesting. Each level costs descriptors and stack.
};

/// libclamav with a loaded and compiled signature set. Loading takes 0.1 s for the test set and
/// some 7 s and 1 GiB for the official one; forks share the memory.
class ClamavEngine {
 public:
  /// Errors: not_found, denied, invalid (nothing usable in the directory), unavailable (memory);
  /// each says what to do, and which file is at fault. A set that loads zero signatures is an
  /// error.
  static Result<ClamavEngine> load(const EngineOptions& options);

  const EngineVersion& version() const { return version_; }
  std::uint64_t signature_count() const { return signature_count_; }
  const EngineOptions& options() const { return options_; }
  /// Rules that were loaded and are not in force, or only in part: `rule_notes`.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  friend class ClamavScanner;
  struct Free {
    void operator()(cl_engine* engine) const;
  };

  ClamavEngine() = default;

  std::unique_ptr<cl_engine, Free> engine_;
  /// Settings of a scan (time limit, temporary directory) live in the library's engine, so scans
  /// with one engine take turns. Workers are processes and do not notice.
  std::unique_ptr<std::mutex> turn_ = std::make_unique<std::mutex>();
  EngineOptions options_;
  EngineVersion version_;
  std::uint64_t signature_count_ = 0;
  std::vector<std::string> notes_;
};

/// Everything that libraries load lazily from files and that a sandboxed worker could no longer
/// open: character set converters, the time zone, OpenSSL's configuration. Once, before the
/// lock-down.
void prepare_for_sandbox();

}  // namespace cordon
