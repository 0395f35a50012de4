#include "clamav/pdf_objects.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "clamav/mark_search.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::ptrdiff_t kRevisionsMax = 64;
constexpr std::size_t kValuesMax = 8;
constexpr std::size_t kStepsMax = 32;
constexpr std::size_t kWaysMax = 8;
constexpr std::size_t kPackedMax = 200'000;
constexpr int kReferencesMax = 8;
/// What is asked for by reference (a length, names of filters) is short.
constexpr std::size_t kReferredBytesMax = 4096;

char at(Bytes bytes, std::size_t place) { return std::to_integer<char>(bytes[place]); }

/// The digits that end right in front of `end`, which is moved to their beginning.
std::optional<std::int64_t> number_before(Bytes pdf, std::size_t& end) {
  constexpr std::size_t kDigitsMax = 12;
  std::size_t begin = end;
  while (begin > 0 && end - begin < kDigitsMax && at(pdf, begin - 1) >= '0' &&
         at(pdf, begin - 1) <= '9') {
    --begin;
  }
  if (begin == end) return std::nullopt;
  std::int64_t value = 0;
  for (std::size_t i = begin; i < end; ++i) value = value * 10 + (at(pdf, i) - '0');
  end = begin;
  return value;
}

void skip_space_back(Bytes pdf, std::size_t& end) {
  constexpr std::size_t kSpaceMax = 64;
  for (std::size_t i = 0; i < kSpaceMax && end > 0 && is_pdf_space(at(pdf, end - 1)); ++i) --end;
}

PdfObjects::Place place_at(Bytes pdf, std::size_t keyword) {
  PdfObjects::Place place{.behind = keyword + 3};
  std::size_t end = keyword;
  skip_space_back(pdf, end);
  const auto generation = number_before(pdf, end);
  skip_space_back(pdf, end);
  const auto number = number_before(pdf, end);
  if (generation && number) {
    place.number = *number;
    place.generation = *generation;
  }
  return place;
}

}  // namespace

PdfObjects::PdfObjects(Bytes pdf, PdfBudget& budget) : pdf_(pdf), budget_(budget) {
  constexpr Mark kObject{.bytes = "obj", .rare = 2};
  std::optional<std::size_t> found = find_mark(pdf, kObject);
  for (; found; found = find_mark(pdf, kObject, *found + 3)) {
    const bool is_end = *found >= 3 && at(pdf, *found - 1) == 'd' && at(pdf, *found - 2) == 'n';
    if (is_end) continue;
    if (places_.size() == kPdfObjectsMax) {
      too_many_ = true;
      break;
    }
    places_.push_back(place_at(pdf, *found));
  }
  by_number_.resize(places_.size());
  std::iota(by_number_.begin(), by_number_.end(), 0U);
  std::ranges::stable_sort(by_number_, {}, [&](std::uint32_t i) { return places_[i].number; });
}

void PdfObjects::add_packed(std::int64_t number, PdfValue value) {
  if (packed_.size() < kPackedMax) packed_.emplace(number, std::move(value));
}

PdfObjects::Resolved PdfObjects::resolve(const PdfValue& value) const {
  Resolved resolved;
  resolve(value, 0, resolved);
  return resolved;
}

void PdfObjects::resolve(const PdfValue& value, int depth, Resolved& into) const {
  if (value.kind != PdfValue::Kind::reference) {
    if (std::ranges::find(into.values, value) != into.values.end()) return;
    into.all = into.all && into.values.size() < kValuesMax;
    if (into.values.size() < kValuesMax) into.values.push_back(value);
    return;
  }
  const auto number_of = [&](std::uint32_t i) { return places_[i].number; };
  const auto first = std::ranges::lower_bound(by_number_, value.number, {}, number_of);
  const auto last = std::ranges::upper_bound(by_number_, value.number, {}, number_of);
  into.all = into.all && last - first <= kRevisionsMax && depth <= kReferencesMax;
  // The newest revision stands last.
  for (auto i = last; i != first && last - i < kRevisionsMax && into.all;) {
    const Bytes rest = pdf_.subspan(static_cast<std::size_t>(places_[*--i].behind));
    PdfLexer lexer(rest.first(std::min(rest.size(), kReferredBytesMax)));
    const std::optional<PdfValue> found = lexer.value();
    into.all = budget_.spend(lexer.position() + 1) && into.all;
    if (found && into.all) resolve(*found, depth + 1, into);
  }
  const auto [begin, end] = packed_.equal_range(value.number);
  for (auto i = begin; i != end && into.all; ++i) resolve(i->second, depth + 1, into);
}

namespace {

std::optional<PdfFilter> filter_named(std::string_view name) {
  if (name == "FlateDecode" || name == "Fl") return PdfFilter::flate;
  if (name == "LZWDecode" || name == "LZW") return PdfFilter::lzw;
  if (name == "ASCII85Decode" || name == "A85") return PdfFilter::ascii_85;
  if (name == "ASCIIHexDecode" || name == "AHx") return PdfFilter::ascii_hex;
  if (name == "RunLengthDecode" || name == "RL") return PdfFilter::run_length;
  return std::nullopt;
}

/// What is asked for inside a list has one value: the ways to combine several would be too many.
std::optional<PdfValue> only_value(const PdfValue& value, const PdfObjects& objects,
                                   PdfChains& chains) {
  const PdfObjects::Resolved found = objects.resolve(value);
  chains.ambiguous = chains.ambiguous || found.values.size() > 1 || !found.all;
  chains.unresolved = chains.unresolved || found.values.empty();
  return found.values.empty() ? std::nullopt : std::optional(found.values.front());
}

/// The names (or parameters) of all filters in a row, whatever arrays they are in.
void flatten(const PdfValue& value, const PdfObjects& objects, int depth, PdfChains& chains,
             std::vector<PdfValue>& flat) {
  if (flat.size() >= kStepsMax || depth > kReferencesMax) {
    chains.too_many = true;
    return;
  }
  const std::optional<PdfValue> only = only_value(value, objects, chains);
  if (!only || only->kind != PdfValue::Kind::array) {
    flat.push_back(only.value_or(PdfValue{}));
    return;
  }
  for (const PdfValue& item : only->items) flatten(item, objects, depth + 1, chains, flat);
}

PdfParameters parameters_from(const PdfValue& dictionary, const PdfObjects& objects,
                              PdfChains& chains) {
  PdfParameters parameters;
  const auto take = [&](std::string_view key, std::int64_t& into) {
    const PdfValue* value = dictionary.find(key);
    const auto found = value ? only_value(*value, objects, chains) : std::nullopt;
    const bool is_number =
        found && (found->kind == PdfValue::Kind::number || found->kind == PdfValue::Kind::other);
    if (is_number) into = found->number;
  };
  take("Predictor", parameters.predictor);
  take("Colors", parameters.colors);
  take("BitsPerComponent", parameters.bits);
  take("Columns", parameters.columns);
  take("EarlyChange", parameters.early_change);
  return parameters;
}

PdfChain chain_of(const std::vector<PdfValue>& names, const std::vector<PdfValue>& parameters,
                  const PdfObjects& objects, PdfChains& chains) {
  PdfChain chain;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const PdfValue none;
    const PdfValue& own = i < parameters.size() ? parameters[i] : none;
    if (names[i].is_name("Crypt")) {
      const PdfValue* name = own.find("Name");
      chain.crypt_filter = name == nullptr ? "Identity" : name->text;
      continue;
    }
    const std::optional<PdfFilter> filter = filter_named(names[i].text);
    chain.to_the_end = names[i].kind == PdfValue::Kind::name && filter;
    if (!chain.to_the_end) break;
    chain.steps.push_back({*filter, parameters_from(own, objects, chains)});
  }
  return chain;
}

/// Every value that stands under one of two keys, of every revision; one that is empty if none
/// does.
std::vector<PdfValue> values_under(const PdfValue& dictionary, std::string_view key,
                                   std::string_view short_key, const PdfObjects& objects,
                                   PdfChains& chains) {
  std::vector<PdfValue> values;
  for (const auto& [name, value] : dictionary.entries) {
    if (name != key && name != short_key) continue;
    PdfObjects::Resolved found = objects.resolve(value);
    chains.unresolved = chains.unresolved || found.values.empty();
    chains.too_many = chains.too_many || !found.all;
    for (PdfValue& one : found.values) {
      // /F of a stream is also the name of an outside file: a string or a dictionary.
      const bool is_list = one.kind == PdfValue::Kind::array || one.kind == PdfValue::Kind::name;
      if (key == "Filter" && !is_list) continue;
      values.push_back(std::move(one));
    }
  }
  if (values.empty()) values.push_back({.kind = PdfValue::Kind::array});
  return values;
}

}  // namespace

PdfChains chains_of(const PdfValue& dictionary, const PdfObjects& objects) {
  PdfChains chains;
  const auto filters = values_under(dictionary, "Filter", "F", objects, chains);
  const auto parameters = values_under(dictionary, "DecodeParms", "DP", objects, chains);
  for (const PdfValue& filter : filters) {
    std::vector<PdfValue> names;
    flatten(filter, objects, 0, chains, names);
    for (const PdfValue& one : parameters) {
      std::vector<PdfValue> flat;
      flatten(one, objects, 0, chains, flat);
      PdfChain chain = chain_of(names, flat, objects, chains);
      if (std::ranges::find(chains.ways, chain) != chains.ways.end()) continue;
      chains.too_many = chains.too_many || chains.ways.size() == kWaysMax;
      if (chains.ways.size() < kWaysMax) chains.ways.push_back(std::move(chain));
    }
  }
  return chains;
}

bool each_object_in(const PdfValue& dictionary, Bytes text, const PdfObjects& objects,
                    const UsePackedObject& use) {
  const auto number_under = [&](const char* key) {
    const std::vector<PdfValue> found = objects.resolve(*dictionary.find(key)).values;
    return found.size() == 1 ? found.front().number : -1;
  };
  const std::int64_t first = number_under("First");
  const std::int64_t count = number_under("N");
  if (first < 0 || count < 0 || static_cast<std::uint64_t>(first) > text.size()) return false;
  PdfLexer pairs(text.first(static_cast<std::size_t>(first)));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto number = pairs.value();
    const auto offset = pairs.value();
    if (!number || !offset || offset->number < 0) return false;
    const std::uint64_t place =
        static_cast<std::uint64_t>(first) + static_cast<std::uint64_t>(offset->number);
    if (place >= text.size() ||
        !use(number->number, text.subspan(static_cast<std::size_t>(place)))) {
      return false;
    }
  }
  return true;
}

}  // namespace cordon
