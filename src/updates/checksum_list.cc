#include "updates/checksum_list.h"

#include <algorithm>

#include "base/text.h"
#include "signatures/signature_files.h"

namespace cordon {
namespace {

constexpr std::size_t kFilesMax = 10'000;
constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kHexDigits = 64;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_' || c == '+';
}

}  // namespace

bool is_takeable(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_plain) &&
         (is_signature_file(std::string(name)) || is_sign_file(std::string(name)));
}

Result<std::map<std::string, std::string>> parse_checksums(std::string_view text) {
  std::map<std::string, std::string> sums;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const Error broken{Errc::invalid, std::string(kChecksumFile) + ", line " +
                                          std::to_string(number) +
                                          ": not as sha256sum writes it (64 digits, two blanks, a "
                                          "name)"};
    if (line.size() < kHexDigits + 3 || line[kHexDigits] != ' ' ||
        (line[kHexDigits + 1] != ' ' && line[kHexDigits + 1] != '*')) {
      return broken;
    }
    const std::string sum = lower(line.substr(0, kHexDigits));
    if (!unhex(sum)) return broken;
    const std::string_view name = line.substr(kHexDigits + 2);
    if (!is_takeable(name)) continue;
    if (!sums.emplace(name, sum).second) {
      return Error{Errc::invalid,
                   std::string(kChecksumFile) + " names " + std::string(name) + " twice"};
    }
    if (sums.size() > kFilesMax) {
      return Error{Errc::invalid, std::string(kChecksumFile) + " names more than 10,000 files"};
    }
  }
  if (sums.empty()) {
    return Error{Errc::invalid, std::string(kChecksumFile) + " names no signature file"};
  }
  return sums;
}

}  // namespace cordon
