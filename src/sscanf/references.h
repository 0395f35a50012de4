#pragma once

#include <cstddef>
#include <string_view>

namespace cordon {

/// How many of a library's references to sscanf, under either of its names, lead to the functions
/// of this folder, and how many lead elsewhere.
struct SscanfReferences {
  std::size_t here = 0;
  std::size_t elsewhere = 0;
  bool operator==(const SscanfReferences&) const = default;
};

/// Of the loaded library whose file name begins with `library` ("libclamav.so"), read from the
/// tables through which it calls. A function that is looked up at its first call leads elsewhere
/// until then; Debian's libraries look up all at the start.
///
/// Threads: any.
SscanfReferences sscanf_references(std::string_view library);

}  // namespace cordon
