#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace cordon {

/// A made-up signature set of the size and shape of the official one, because its cost is what a
/// scan costs in the field: layers pay for every logical signature, files for every pattern prefix
/// that occurs in them. Equal options give equal files.
struct SignatureSetOptions {
  std::uint64_t hashes = 6'000'000;  ///< A third each: MD5, SHA-256, MD5 of PE sections.
  std::uint64_t patterns = 100'000;  ///< .ndb
  std::uint64_t logical = 30'000;    ///< .ldb, 2 to 5 patterns each
  std::uint64_t seed = 1;
  /// This many percent of the patterns begin like a piece of a sample and end otherwise.
  unsigned sample_percent = 30;
  std::vector<std::string> samples = {};
};

/// Writes generated.{hdb,hsb,mdb,ndb,ldb} into `directory`, which must exist.
Result<void> generate_signatures(const SignatureSetOptions& options,
                                 const std::filesystem::path& directory);

}  // namespace cordon
