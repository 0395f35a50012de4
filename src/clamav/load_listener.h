#pragma once

#include <string>
#include <vector>

#include "signatures/rule_notes.h"

struct cl_engine;

namespace cordon {

/// Hears, while it lives, what the library says at loading and which YARA rules it takes up. It is
/// the library's only listener for that time, in the whole process: nothing may be scanned. May be
/// nested; only the inner one hears.
class LoadListener {
 public:
  /// `engine` outlives it.
  explicit LoadListener(cl_engine* engine);
  LoadListener(const LoadListener&) = delete;
  LoadListener& operator=(const LoadListener&) = delete;
  ~LoadListener();

  /// At most 2,000 lines of 300 printable bytes.
  const LoadWords& words() const { return words_; }
  /// The first two of its errors.
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  friend struct LoadCallbacks;

  cl_engine* engine_;
  LoadListener* outer_;
  LoadWords words_;
  std::vector<std::string> errors_;
};

}  // namespace cordon
