#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cordon {

/// For tests: a compound file ([MS-CFB], sectors of 512 bytes) with these streams, at most three,
/// of which those below 4,096 bytes lie in the stream of small ones, as the format wants it.
std::string compound_file_of(const std::vector<std::pair<std::string, std::string>>& streams);

}  // namespace cordon
