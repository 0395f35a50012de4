#include "clamav/pdf_xref.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "clamav/mark_search.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

/// What may stand between an offset and the word "obj".
constexpr std::uint64_t kHeadBytesMax = 256;

bool is_digit(std::byte b) { return b >= std::byte{'0'} && b <= std::byte{'9'}; }

std::optional<std::int64_t> number_from(PdfLexer& lexer) {
  const std::optional<PdfValue> value = lexer.value();
  if (!value || value->kind != PdfValue::Kind::number || value->number < 0) return std::nullopt;
  return value->number;
}

/// From behind the word on: pairs of first number and count, and that many entries each. False:
/// stopped.
bool each_entry_of(PdfLexer& lexer, const UseXrefEntry& use) {
  for (;;) {
    const auto first = number_from(lexer);
    const auto count = first ? number_from(lexer) : std::nullopt;
    if (!count) return true;
    for (std::int64_t i = 0; i < *count; ++i) {
      const auto offset = number_from(lexer);
      const auto generation = offset ? number_from(lexer) : std::nullopt;
      if (!generation) return true;
      const bool used = lexer.keyword("n");
      if (!used && !lexer.keyword("f")) return true;
      if (used && !use(*first + i, static_cast<std::uint64_t>(*offset))) return false;
    }
  }
}

std::vector<std::int64_t> numbers_under(const PdfValue& dictionary, const char* key) {
  std::vector<std::int64_t> numbers;
  const PdfValue* list = dictionary.find(key);
  if (list == nullptr) return numbers;
  for (const PdfValue& item : list->items) {
    if (item.kind == PdfValue::Kind::number) numbers.push_back(item.number);
  }
  return numbers;
}

std::uint64_t big_endian(Bytes bytes) {
  std::uint64_t value = 0;
  for (const std::byte b : bytes) value = value << 8U | std::to_integer<std::uint64_t>(b);
  return value;
}

}  // namespace

bool each_table_entry(Bytes pdf, PdfBudget& budget, const UseXrefEntry& use) {
  constexpr Mark kTable{.bytes = "xref", .rare = 0};
  std::optional<std::size_t> found = find_mark(pdf, kTable);
  while (found && !budget.spent_up()) {
    const std::size_t begin = *found + kTable.bytes.size();
    PdfLexer lexer(pdf.subspan(begin));
    if (!each_entry_of(lexer, use)) return false;
    budget.spend(lexer.position() + 1);
    found = find_mark(pdf, kTable, begin);
  }
  return !budget.spent_up();
}

bool each_stream_entry(const PdfValue& dictionary, Bytes content, const UseXrefEntry& use) {
  constexpr std::int64_t kWidthMax = 8;
  const std::vector<std::int64_t> widths = numbers_under(dictionary, "W");
  if (widths.size() != 3) return false;
  std::size_t entry_bytes = 0;
  for (const std::int64_t width : widths) {
    if (width < 0 || width > kWidthMax) return false;
    entry_bytes += static_cast<std::size_t>(width);
  }
  if (entry_bytes == 0) return false;
  std::vector<std::int64_t> sections = numbers_under(dictionary, "Index");
  if (sections.empty()) sections = {0, INT32_MAX};
  if (sections.size() % 2 != 0 || sections.size() >= kPdfItemsMax) return false;
  for (std::size_t i = 0; i < sections.size(); i += 2) {
    for (std::int64_t n = 0; n < sections[i + 1] && content.size() >= entry_bytes; ++n) {
      const auto kind_bytes = static_cast<std::size_t>(widths[0]);
      const std::uint64_t kind = kind_bytes == 0 ? 1 : big_endian(content.first(kind_bytes));
      const std::uint64_t offset =
          big_endian(content.subspan(kind_bytes, static_cast<std::size_t>(widths[1])));
      content = content.subspan(entry_bytes);
      if (kind == 1 && !use(sections[i] + n, offset)) return false;
    }
  }
  return true;
}

bool leads_to(Bytes pdf, std::span<const PdfObjects::Place> places, std::int64_t number,
              std::uint64_t offset) {
  const auto place = std::ranges::upper_bound(places, offset, {}, &PdfObjects::Place::behind);
  if (place == places.end() || place->behind - offset > kHeadBytesMax) return true;
  const auto at = static_cast<std::size_t>(offset);
  const bool inside_number = at > 0 && is_digit(pdf[at]) && is_digit(pdf[at - 1]);
  return place->number == number && !inside_number;
}

}  // namespace cordon
