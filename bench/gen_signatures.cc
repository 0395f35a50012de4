#include "gen_signatures.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <random>
#include <set>
#include <string_view>

#include "base/files.h"
#include "base/text.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

class Generator {
 public:
  explicit Generator(const SignatureSetOptions& options)
      : options_(options), random_(options.seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }

  std::string bytes(std::size_t count) {
    std::string out(count, '\0');
    for (char& c : out) c = static_cast<char>(random_() >> 56);
    return out;
  }
  std::string hex_bytes(std::size_t count) { return hex(as_bytes_of(bytes(count))); }

  /// 1 KiB to 8 MiB, evenly on a logarithmic scale.
  std::uint64_t file_bytes() {
    const double exponent = 10.0 + 13.0 * static_cast<double>(below(1'000'000)) / 1e6;
    return static_cast<std::uint64_t>(std::exp2(exponent));
  }

  /// What a signature applies to: mostly Windows programs, as in the field.
  int target() {
    constexpr std::array<std::pair<unsigned, int>, 8> kShares = {
        {{60, 1}, {15, 0}, {8, 3}, {6, 7}, {5, 2}, {2, 4}, {2, 6}, {2, 10}}};
    std::uint64_t at = below(100);
    for (const auto& [share, type] : kShares) {
      if (at < share) return type;
      at -= share;
    }
    return 0;
  }

  /// A pattern in hexadecimal. The last bytes are random, so it matches nothing by intention.
  std::string pattern(std::size_t length, bool with_wildcard) {
    const std::string raw = chance(options_.sample_percent) ? sample_piece(length) : bytes(length);
    const std::string text = hex(as_bytes_of(raw));
    if (!with_wildcard) return text;
    constexpr std::array<std::string_view, 4> kWildcards = {"??", "{2-20}", "*", "(00|ff)"};
    const std::size_t middle = length / 2 * 2;
    return text.substr(0, middle) + std::string(kWildcards[below(kWildcards.size())]) +
           text.substr(middle);
  }

 private:
  std::string sample_piece(std::size_t length) {
    constexpr std::size_t kRandomTail = 8;
    if (options_.samples.empty() || length <= kRandomTail + 8) return bytes(length);
    // A few attempts: like an analyst, avoid a piece that begins with a run of equal bytes.
    for (int attempt = 0; attempt < 20; ++attempt) {
      const std::string& sample = options_.samples[below(options_.samples.size())];
      if (sample.size() <= length) continue;
      std::string piece = sample.substr(below(sample.size() - length), length - kRandomTail);
      if (std::set<char>(piece.begin(), piece.begin() + 8).size() < 6) continue;
      return piece + bytes(kRandomTail);
    }
    return bytes(length);
  }

  const SignatureSetOptions& options_;
  std::mt19937_64 random_;
};

template <typename Line>
Result<void> write_lines(const fs::path& file, std::uint64_t count, const Line& line) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  for (std::uint64_t i = 0; i < count && out; ++i) out << line(i) << '\n';
  out.close();
  if (!out) return errno_error("cannot write " + file.string(), errno);
  return {};
}

std::string logical_line(Generator& make, std::uint64_t i) {
  const std::uint64_t patterns = 2 + make.below(4);
  // One operator per expression: mixing them needs parentheses.
  const char op = make.chance(70) ? '&' : '|';
  std::string expression = "0";
  std::string bodies;
  for (std::uint64_t k = 0; k < patterns; ++k) {
    if (k > 0) expression += op + std::to_string(k);
    bodies += ';' + make.pattern(24 + make.below(24), make.chance(20));
  }
  return "Generated.Logical-" + std::to_string(i) +
         ";Engine:81-255,Target:" + std::to_string(make.target()) + ";" + expression + bodies;
}

}  // namespace

Result<void> generate_signatures(const SignatureSetOptions& options, const fs::path& directory) {
  Generator make(options);
  const std::uint64_t third = options.hashes / 3;
  CORDON_TRY(write_lines(directory / "generated.hdb", third, [&](std::uint64_t i) {
    return make.hex_bytes(16) + ":" + std::to_string(make.file_bytes()) + ":Generated.Md5-" +
           std::to_string(i);
  }));
  CORDON_TRY(write_lines(directory / "generated.hsb", third, [&](std::uint64_t i) {
    return make.hex_bytes(32) + ":" + std::to_string(make.file_bytes()) + ":Generated.Sha256-" +
           std::to_string(i) + ":73";
  }));
  CORDON_TRY(
      write_lines(directory / "generated.mdb", options.hashes - 2 * third, [&](std::uint64_t i) {
        return std::to_string((1 + make.below(2048)) * 512) + ":" + make.hex_bytes(16) +
               ":Generated.Section-" + std::to_string(i);
      }));
  CORDON_TRY(write_lines(directory / "generated.ndb", options.patterns, [&](std::uint64_t i) {
    const int target = make.target();
    const std::string offset = make.chance(10) ? std::to_string(make.below(4096)) : "*";
    return "Generated.Body-" + std::to_string(i) + ":" + std::to_string(target) + ":" + offset +
           ":" + make.pattern(24 + make.below(72), make.chance(33));
  }));
  return write_lines(directory / "generated.ldb", options.logical,
                     [&](std::uint64_t i) { return logical_line(make, i); });
}

}  // namespace cordon
