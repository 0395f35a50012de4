#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cordon {

struct BenchFile {
  std::string kind;  ///< text, html, script, program, image, archive, tarball
  std::string bytes;
};

/// One clean file of each kind, each of about `bytes` bytes. Equal arguments, equal files.
std::vector<BenchFile> generate_files(std::uint64_t bytes, std::uint64_t seed);

}  // namespace cordon
