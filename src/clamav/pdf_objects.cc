#include "clamav/pdf_objects.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "clamav/mark_search.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kRevisionsMax = 4;
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

std::vector<PdfValue> PdfObjects::resolve(const PdfValue& value) const { return resolve(value, 0); }

std::vector<PdfValue> PdfObjects::resolve(const PdfValue& value, int depth) const {
  if (value.kind != PdfValue::Kind::reference) return {value};
  std::vector<PdfValue> values;
  if (depth > kReferencesMax) return values;
  const auto add = [&](const PdfValue& found) {
    for (PdfValue& one : resolve(found, depth + 1)) {
      if (values.size() < kRevisionsMax) values.push_back(std::move(one));
    }
  };
  const auto number_of = [&](std::uint32_t i) { return places_[i].number; };
  const auto first = std::ranges::lower_bound(by_number_, value.number, {}, number_of);
  const auto last = std::ranges::upper_bound(by_number_, value.number, {}, number_of);
  // The newest revision stands last.
  for (auto i = last; i != first && values.size() < kRevisionsMax;) {
    const Bytes rest = pdf_.subspan(static_cast<std::size_t>(places_[*--i].behind));
    PdfLexer lexer(rest.first(std::min(rest.size(), kReferredBytesMax)));
    const std::optional<PdfValue> found = lexer.value();
    if (!budget_.spend(lexer.position() + 1)) return values;
    if (found) add(*found);
  }
  const auto [begin, end] = packed_.equal_range(value.number);
  for (auto i = begin; i != end && values.size() < kRevisionsMax; ++i) add(i->second);
  return values;
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

/// The names (or parameters) of all filters in a row, whatever arrays they are in. What is referred
/// to is taken from the newest revision. Returns false when a reference leads nowhere.
bool flatten(const PdfValue& value, const PdfObjects& objects, int depth,
             std::vector<PdfValue>& flat) {
  if (flat.size() >= kStepsMax || depth > kReferencesMax) return false;
  if (value.kind == PdfValue::Kind::reference) {
    const std::vector<PdfValue> found = objects.resolve(value);
    return !found.empty() && flatten(found.front(), objects, depth + 1, flat);
  }
  if (value.kind != PdfValue::Kind::array) {
    flat.push_back(value);
    return true;
  }
  return std::ranges::all_of(
      value.items, [&](const PdfValue& item) { return flatten(item, objects, depth + 1, flat); });
}

PdfParameters parameters_from(const PdfValue& dictionary, const PdfObjects& objects) {
  PdfParameters parameters;
  const auto take = [&](std::string_view key, std::int64_t& into) {
    const PdfValue* value = dictionary.find(key);
    if (value == nullptr) return;
    const std::vector<PdfValue> found = objects.resolve(*value);
    if (found.empty()) return;
    const bool is_number = found.front().kind == PdfValue::Kind::number;
    if (is_number || found.front().kind == PdfValue::Kind::other) into = found.front().number;
  };
  take("Predictor", parameters.predictor);
  take("Colors", parameters.colors);
  take("BitsPerComponent", parameters.bits);
  take("Columns", parameters.columns);
  take("EarlyChange", parameters.early_change);
  return parameters;
}

PdfChain chain_of(const std::vector<PdfValue>& names, const std::vector<PdfValue>& parameters,
                  const PdfObjects& objects) {
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
    chain.steps.push_back({*filter, parameters_from(own, objects)});
  }
  return chain;
}

/// Every value that stands under one of two keys, of every revision; one that is empty if none
/// does.
std::vector<PdfValue> values_under(const PdfValue& dictionary, std::string_view key,
                                   std::string_view short_key, const PdfObjects& objects,
                                   bool& unresolved) {
  std::vector<PdfValue> values;
  for (const auto& [name, value] : dictionary.entries) {
    if (name != key && name != short_key) continue;
    std::vector<PdfValue> found = objects.resolve(value);
    unresolved = unresolved || found.empty();
    for (PdfValue& one : found) {
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
  const auto filters = values_under(dictionary, "Filter", "F", objects, chains.unresolved);
  const auto parameters = values_under(dictionary, "DecodeParms", "DP", objects, chains.unresolved);
  for (const PdfValue& filter : filters) {
    std::vector<PdfValue> names;
    if (!flatten(filter, objects, 0, names)) {
      chains.unresolved = true;
      chains.too_many = chains.too_many || names.size() >= kStepsMax;
    }
    for (const PdfValue& one : parameters) {
      std::vector<PdfValue> flat;
      if (!flatten(one, objects, 0, flat)) chains.unresolved = true;
      PdfChain chain = chain_of(names, flat, objects);
      if (std::ranges::find(chains.ways, chain) != chains.ways.end()) continue;
      chains.too_many = chains.too_many || chains.ways.size() == kWaysMax;
      if (chains.ways.size() < kWaysMax) chains.ways.push_back(std::move(chain));
    }
  }
  return chains;
}

}  // namespace cordon
