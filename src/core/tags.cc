#include "core/tags.h"

#include <array>
#include <vector>

#include "base/text.h"

namespace cordon {
namespace {

// The ASCII part of S3's tag alphabet.
bool allowed_ascii(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || std::string_view(" +-=._:/@").find(c) != std::string_view::npos;
}

// The first name; "Name+2" when there are two more.
std::string virus_value(const std::vector<std::string>& names) {
  std::string value = names.front();
  if (names.size() > 1) value += "+" + std::to_string(names.size() - 1);
  return value;
}

void put(TagSet& tags, const std::string& key, std::string_view value) {
  if (!key.empty()) tags[key] = tag_value(value);
}

// What goes first when there is no room (docs/formats/tags.md).
std::array<const std::string*, 5> drop_order(const TagKeys& keys) {
  return {&keys.uploaded_by, &keys.message, &keys.date, &keys.virus, &keys.seal};
}

}  // namespace

std::string tag_value(std::string_view text) {
  const std::string clean = utf8_clean(text, text.size() * 3);
  std::string out;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < clean.size() && characters < kTagValueCharsMax; ++characters) {
    const auto first = static_cast<unsigned char>(clean[i]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    // Beyond ASCII S3 allows letters and digits only, and which they are is Unicode's table;
    // everything there is replaced, for a refused tag would leave the object without its verdict.
    out.push_back(length == 1 && allowed_ascii(clean[i]) ? clean[i] : '_');
    i += length;
  }
  return out;
}

TagSet tags_for(const TagFacts& facts, const TagKeys& keys) {
  TagSet tags;
  const Verdict& verdict = facts.verdict;
  put(tags, keys.result, name_of(verdict.disposition));
  put(tags, keys.date, rfc3339_s(facts.scanned_at));
  if (facts.seal) put(tags, keys.seal, *facts.seal);
  if (verdict.reason) {
    put(tags, keys.message, std::string(name_of(*verdict.reason)) + ": " + verdict.message);
  }
  if (!verdict.virus_names.empty()) put(tags, keys.virus, virus_value(verdict.virus_names));
  if (facts.uploaded_by && verdict.disposition == Disposition::infected) {
    put(tags, keys.uploaded_by, *facts.uploaded_by);
  }
  return tags;
}

TagSet without_ours(TagSet present, const TagKeys& keys) {
  for (const std::string* key :
       {&keys.result, &keys.date, &keys.seal, &keys.message, &keys.virus, &keys.uploaded_by}) {
    present.erase(*key);
  }
  return present;
}

MergedTags merge_tags(const TagSet& present, const TagSet& ours, const TagKeys& keys) {
  MergedTags merged;
  const TagSet owners = without_ours(present, keys);
  TagSet kept = ours;
  for (const std::string* key : drop_order(keys)) {
    if (owners.size() + kept.size() <= kTagsMax) break;
    if (kept.erase(*key) > 0) merged.complete = false;
  }
  if (owners.size() + kept.size() > kTagsMax) {
    merged.fits = false;
    merged.complete = false;
    merged.tags = present;
    return merged;
  }
  merged.tags = owners;
  merged.tags.insert(kept.begin(), kept.end());
  return merged;
}

}  // namespace cordon
