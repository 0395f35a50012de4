#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// Where new signatures come from.
///
/// Threads: one.
class SignatureSource {
 public:
  virtual ~SignatureSource() = default;

  /// As people know it, without secrets: "freshclam", "s3://bucket/prefix".
  virtual std::string name() const = 0;

  /// Brings `staging`, which holds the present set, up to date. What it holds after an error is
  /// worth nothing.
  /// Errors: not_found, denied, unavailable, timeout, cancelled, invalid (what is offered is no
  /// set); each says what to do where that is known.
  virtual Result<void> fetch(const std::filesystem::path& staging, Deadline deadline,
                             std::stop_token stop) = 0;
};

}  // namespace cordon
