#include "clamav/pdf_lock.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "clamav/layer_bytes.h"
#include "clamav/mark_search.h"
#include "clamav/pdf_dictionary.h"
#include "clamav/pdf_password.h"

// Nothing here follows the file's own table of objects: it may be damaged or point to where another
// reader does not look. Every "N G obj" with a dictionary like that of an encryption counts.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using Dictionary = std::map<std::string, PdfValue>;
constexpr std::string_view kDigits = "0123456789";

bool is_pdf(Bytes layer) {
  constexpr std::size_t kFrontMax = 1024;
  constexpr Mark kMark{.bytes = "%PDF-", .rare = 0};
  return find_mark(layer.first(std::min(layer.size(), kFrontMax)), kMark).has_value();
}

/// ISO 32000-2 H.3, note 18: readers look for the end in the last 1,024 bytes. So does the engine,
/// and without it does not decrypt.
bool has_end(Bytes layer) {
  constexpr std::size_t kBehindMax = 1024;
  constexpr Mark kMark{.bytes = "%%EOF", .rare = 0};
  return find_mark(layer.last(std::min(layer.size(), kBehindMax)), kMark).has_value();
}

/// Whether a dictionary is one of an encryption: its handler and the algorithm.
bool is_encryption(const Dictionary& dictionary) {
  const auto filter = dictionary.find("Filter");
  return filter != dictionary.end() && filter->second.kind == PdfValue::Kind::name &&
         (dictionary.contains("V") || dictionary.contains("SubFilter") || dictionary.contains("R"));
}

/// Where the values of the entries of this name begin.
struct Entry {
  std::size_t at = 0;
  bool plain = true;  ///< Spelled without escapes.
};

void find_plain(std::string_view text, const Mark& mark, std::vector<Entry>& found) {
  const Bytes bytes = as_bytes_of(text);
  std::size_t from = 0;
  while (const auto at = find_mark(bytes, mark, from)) {
    from = *at + 1;
    std::string_view rest = text.substr(*at, 64);
    const std::string_view whole = rest;
    const auto name = take_pdf_name(rest);
    if (!name || *name != mark.bytes.substr(1)) continue;
    if (found.size() >= kPdfLocksMax) return;
    found.push_back({.at = *at + whole.size() - rest.size()});
  }
}

/// A name of nine characters at most, each as it is or as '#' and two digits.
void find_escaped(std::string_view text, std::string_view wanted, std::vector<Entry>& found) {
  constexpr std::size_t kSpelledMax = 64;
  for (std::size_t at = 0; (at = text.find('#', at)) != std::string_view::npos; ++at) {
    const std::size_t from = at - std::min(at, kSpelledMax);
    const std::size_t slash = text.substr(from, at - from).rfind('/');
    if (slash == std::string_view::npos) continue;
    std::string_view rest = text.substr(from + slash, kSpelledMax);
    const std::size_t before = rest.size();
    const auto name = take_pdf_name(rest);
    if (!name || *name != wanted) continue;
    if (found.size() >= kPdfLocksMax) return;
    found.push_back({.at = from + slash + before - rest.size(), .plain = false});
    at = found.back().at - 1;  // Its other escapes are of the same entry.
  }
}

/// "12 0 R" at the beginning: the number.
std::optional<std::string> reference_at(std::string_view text) {
  text = skip_pdf_space(text.substr(0, 256));
  const std::string_view number = text.substr(0, text.find_first_not_of(kDigits));
  if (number.empty() || number.size() > 10) return std::nullopt;
  return std::string(number);
}

/// The number in front of "G obj" that ends at `end`.
std::string_view number_before(std::string_view text, std::size_t end) {
  constexpr std::size_t kHeadMax = 64;
  std::string_view head = text.substr(end - std::min(end, kHeadMax), std::min(end, kHeadMax));
  for (int word = 0; word < 2; ++word) {
    const std::size_t last = head.find_last_not_of(std::string_view("\0\t\n\f\r ", 6));
    if (last == std::string_view::npos) return {};
    head = head.substr(0, last + 1);
    const std::size_t before = head.find_last_not_of(kDigits);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    if (begin == head.size()) return {};
    if (word == 1) return head.substr(begin);
    head = head.substr(0, begin);
  }
  return {};
}

std::string_view without_leading_zeros(std::string_view number) {
  const std::size_t first = number.find_first_not_of('0');
  return first == std::string_view::npos ? number.substr(0, 1) : number.substr(first);
}

/// The dictionaries of all objects with one of these numbers.
std::vector<Dictionary> objects(std::string_view text, const std::set<std::string>& numbers) {
  constexpr Mark kMark{.bytes = "obj", .rare = 2};
  std::vector<Dictionary> found;
  const Bytes bytes = as_bytes_of(text);
  std::size_t from = 0;
  while (const auto at = find_mark(bytes, kMark, from)) {
    from = *at + kMark.bytes.size();
    const std::string number(without_leading_zeros(number_before(text, *at)));
    if (!numbers.contains(number)) continue;
    auto dictionary = read_pdf_dictionary(text.substr(from));
    if (!dictionary || !is_encryption(*dictionary)) continue;
    if (found.size() >= kPdfLocksMax) break;
    found.push_back(*std::move(dictionary));
  }
  return found;
}

std::vector<Dictionary> encryptions(std::string_view text, const std::vector<Entry>& entries) {
  std::vector<Dictionary> found;
  std::set<std::string> numbers;
  for (const Entry& entry : entries) {
    const std::string_view value = text.substr(entry.at);
    if (auto direct = read_pdf_dictionary(value); direct && is_encryption(*direct)) {
      found.push_back(*std::move(direct));
    } else if (const auto number = reference_at(value)) {
      numbers.emplace(without_leading_zeros(*number));
    }
  }
  if (numbers.empty()) return found;
  for (Dictionary& one : objects(text, numbers)) found.push_back(std::move(one));
  return found;
}

/// The first strings of the arrays: "/ID [<...> <...>]".
std::vector<std::string> identifiers(std::string_view text) {
  constexpr Mark kMark{.bytes = "/ID", .rare = 1};
  std::vector<Entry> entries;
  find_plain(text, kMark, entries);
  std::vector<std::string> found;
  for (const Entry& entry : entries) {
    std::string_view value = skip_pdf_space(text.substr(entry.at, 1024));
    if (!value.starts_with('[')) continue;
    value.remove_prefix(1);
    // Read as the value of an entry, whose decoding is the same.
    const auto read = read_pdf_dictionary("<< /ID " + std::string(value) + " >>");
    if (!read || !read->contains("ID")) continue;
    const std::string& identifier = read->at("ID").text;
    if (std::ranges::find(found, identifier) == found.end()) found.push_back(identifier);
  }
  return found;
}

}  // namespace

PdfLock pdf_lock(Bytes layer) {
  if (!is_pdf(layer)) return PdfLock::none;
  constexpr Mark kMark{.bytes = "/Encrypt", .rare = 1};
  const std::string_view text = as_text(layer);
  std::vector<Entry> entries;
  find_plain(text, kMark, entries);
  const bool plain = !entries.empty();
  find_escaped(text, "Encrypt", entries);
  if (entries.empty()) return PdfLock::none;
  const std::vector<Dictionary> found = encryptions(text, entries);
  // So many are none of an ordinary file, and there may be one more.
  if (entries.size() >= kPdfLocksMax || found.size() >= kPdfLocksMax)
    return PdfLock::needs_password;
  if (found.empty()) return PdfLock::none;
  const std::vector<std::string> known = identifiers(text);
  const bool all_open = std::ranges::all_of(
      found, [&](const Dictionary& one) { return opens_without_password(one, known); });
  if (!all_open) return PdfLock::needs_password;
  return plain && has_end(layer) ? PdfLock::opens_for_all : PdfLock::opens_for_others;
}

}  // namespace cordon
