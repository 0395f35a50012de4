#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace cordon {

/// libclamav alone, in this process, from memory, with the alerts and limits that Cordon uses but
/// without any of Cordon's checks: what the rest is measured against.
class RawEngine {
 public:
  static Result<RawEngine> load(const std::filesystem::path& signatures,
                                const std::filesystem::path& temp_directory);
  RawEngine(RawEngine&&) noexcept;
  ~RawEngine();

  /// True when the engine says clean.
  bool scan(std::string_view bytes);

 private:
  struct State;
  explicit RawEngine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cordon
