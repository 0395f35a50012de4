#include "clamav/compound_file_sample.h"

#include <cstdint>

namespace cordon {
namespace {

constexpr std::size_t kSector = 512;
constexpr std::size_t kMiniSector = 64;
constexpr std::size_t kCutoff = 4096;
constexpr std::uint32_t kFree = 0xFFFFFFFF;
constexpr std::uint32_t kEnd = 0xFFFFFFFE;

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xFFU);
  return text;
}

std::string padded(std::string text, std::size_t to) {
  text.resize((text.size() + to - 1) / to * to, '\0');
  return text;
}

std::string entry(const std::string& name, char type, std::uint32_t first, std::size_t bytes) {
  std::string wide;
  for (const char c : name) wide += std::string{c, '\0'};
  const std::size_t name_bytes = wide.size() + 2;
  wide.resize(64, '\0');
  return wide + number(name_bytes, 2) + type + '\1' + number(kFree, 4) + number(kFree, 4) +
         number(kFree, 4) + std::string(36, '\0') + number(first, 4) + number(bytes, 8);
}

/// Sectors that follow one another, as the table says it.
void add_chain(std::string& table, std::size_t count) {
  const std::size_t from = table.size() / 4;
  for (std::size_t i = 1; i < count; ++i) table += number(from + i, 4);
  if (count > 0) table += number(kEnd, 4);
}

}  // namespace

std::string compound_file_of(const std::vector<std::pair<std::string, std::string>>& streams) {
  // Sector 0 is the table, 1 the directory, 2 the table of the small sectors.
  std::string table = number(0xFFFFFFFD, 4) + number(kEnd, 4) + number(kEnd, 4);
  std::string mini_table;
  std::string mini;
  std::string body;
  std::string entries;
  for (const auto& [name, content] : streams) {
    const bool small = content.size() < kCutoff;
    std::string& to = small ? mini : body;
    std::string& chain = small ? mini_table : table;
    const std::size_t unit = small ? kMiniSector : kSector;
    entries += entry(name, '\2', static_cast<std::uint32_t>(chain.size() / 4), content.size());
    to += padded(content, unit);
    add_chain(chain, (content.size() + unit - 1) / unit);
  }
  const auto mini_first = static_cast<std::uint32_t>(table.size() / 4);
  add_chain(table, padded(mini, kSector).size() / kSector);
  const std::string root = entry("Root Entry", '\5', mini.empty() ? kEnd : mini_first, mini.size());
  table.resize(kSector, '\xFF');
  mini_table.resize(kSector, '\xFF');
  std::string header = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + std::string(16, '\0') +
                       number(0x3E, 2) + number(3, 2) + number(0xFFFE, 2) + number(9, 2) +
                       number(6, 2) + std::string(6, '\0') + number(0, 4) + number(1, 4) +
                       number(1, 4) + number(0, 4) + number(kCutoff, 4) + number(2, 4) +
                       number(1, 4) + number(kEnd, 4) + number(0, 4) + number(0, 4);
  header.resize(kSector, '\xFF');
  return header + table + padded(root + entries, kSector) + mini_table + body +
         padded(mini, kSector);
}

}  // namespace cordon
