#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace cordon {

/// The secrets of those who may bring events. Several, so that one can be replaced while senders
/// still use another. Kept as digests.
///
/// Threads: any.
class PushTokens {
 public:
  /// One token a line, of 16 to 256 visible characters; empty lines and those that begin with '#'
  /// say nothing. Pure. Errors: invalid: none, too many (16), or a line that is no token.
  static Result<PushTokens> parse(std::string_view text);
  /// From a file that is only its owner's to read. Errors: invalid; also where there is none.
  static Result<PushTokens> load(const std::filesystem::path& path);

  /// Takes as long whatever the token is.
  bool has(std::string_view token) const;

 private:
  explicit PushTokens(std::vector<Sha256Digest> digests) : digests_(std::move(digests)) {}

  std::vector<Sha256Digest> digests_;
};

}  // namespace cordon
