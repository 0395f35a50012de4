#include "core/tags.h"

#include <utf8proc.h>
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "core/code_points.h"

namespace cordon {
namespace {

// S3 allows letters, spaces and digits of any language and + - = . _ : / @, by Unicode's categories
// L, Z and N: vowel signs that are marks of their own (M) it does not.
bool is_tag_character(char32_t c) {
  if (c < 0x80) {
    const char ascii = static_cast<char>(c);
    return (ascii >= 'a' && ascii <= 'z') || (ascii >= 'A' && ascii <= 'Z') ||
           (ascii >= '0' && ascii <= '9') ||
           std::string_view(" +-=._:/@").find(ascii) != std::string_view::npos;
  }
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:  // NOLINT: the library's enum; whatever is neither letter, number nor separator.
      return false;
  }
}

std::string cut_value(std::string_view text, std::size_t chars_max) {
  std::string out;
  std::size_t count = 0;
  for (const char32_t c : code_points(text)) {
    if (count++ == chars_max) break;
    append_utf8(out, is_tag_character(c) ? c : U'_');
  }
  return std::string(trim(out));
}

std::string virus_value(const std::vector<std::string>& names) {
  const std::string more = names.size() > 1 ? "+" + std::to_string(names.size() - 1) : "";
  return cut_value(names.front(), kTagValueCharsMax - more.size()) + more;
}

bool names_viruses(Disposition disposition) {
  switch (disposition) {
    case Disposition::infected:
    case Disposition::infected_allowed:
    case Disposition::suspicious:
      return true;
    case Disposition::clean:
    case Disposition::unscannable:
    case Disposition::error:
      return false;
  }
  return false;
}

std::optional<Reason> reason_in(std::string_view message) {
  const std::size_t colon = message.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return parse_reason(message.substr(0, colon));
}

bool is_ours(const std::string& key, const std::string& value, const TagKeys& keys) {
  if (key == keys.result || key == keys.date || key == keys.seal || key == keys.virus) return true;
  return key == keys.message && reason_in(value).has_value();
}

std::optional<std::string> value_of(const TagSet& tags, const std::string& key) {
  const auto found = tags.find(key);
  if (found == tags.end()) return std::nullopt;
  return found->second;
}

}  // namespace

TagSet in_ascii(const TagSet& tags) {
  TagSet plain;
  for (const auto& [key, value] : tags) {
    std::string& out = plain[key];
    for (const char32_t c : code_points(value)) append_utf8(out, c < 0x80 ? c : U'_');
  }
  return plain;
}

std::string tag_value(std::string_view text) { return cut_value(text, kTagValueCharsMax); }

TagSet tags_for(const TagFacts& facts, const TagKeys& keys) {
  const Verdict& verdict = facts.verdict;
  TagSet tags;
  tags[keys.result] = std::string(name_of(verdict.disposition));
  tags[keys.date] = rfc3339_s(facts.scanned_at);
  if (facts.seal) tags[keys.seal] = *facts.seal;
  if (verdict.reason) {
    tags[keys.message] = tag_value(std::string(name_of(*verdict.reason)) + ": " + verdict.message);
  }
  if (names_viruses(verdict.disposition) && !verdict.virus_names.empty()) {
    tags[keys.virus] = virus_value(verdict.virus_names);
  }
  if (verdict.disposition == Disposition::infected && facts.uploaded_by) {
    tags[keys.uploaded_by] = tag_value(*facts.uploaded_by);
  }
  tags.erase("");  // What the settings leave out.
  return tags;
}

MergedTags merge_tags(const TagSet& present, const TagSet& ours, const TagKeys& keys) {
  MergedTags merged{.tags = without_ours(present, keys)};
  if (merged.tags.size() >= kTagsMax) {
    return MergedTags{.tags = present, .complete = false, .fits = false};
  }
  // From what must not be missing to what is dropped first.
  for (const std::string* key :
       {&keys.result, &keys.seal, &keys.virus, &keys.date, &keys.message, &keys.uploaded_by}) {
    const std::optional<std::string> value = value_of(ours, *key);
    if (!value) continue;
    const auto there = merged.tags.find(*key);
    if (there == merged.tags.end() && merged.tags.size() < kTagsMax) {
      merged.tags.emplace(*key, *value);
    } else if (there == merged.tags.end() || there->second != *value) {
      merged.complete = false;
    }
  }
  return merged;
}

TagSet without_ours(TagSet present, const TagKeys& keys) {
  std::erase_if(present, [&](const auto& tag) { return is_ours(tag.first, tag.second, keys); });
  return present;
}

TagSet without_written(TagSet present, const TagSet& written) {
  std::erase_if(present, [&](const auto& tag) {
    const auto ours = written.find(tag.first);
    return ours != written.end() && ours->second == tag.second;
  });
  return present;
}

std::optional<Verdict> stated_verdict(const TagSet& tags, const TagKeys& keys) {
  const std::optional<std::string> result = value_of(tags, keys.result);
  const std::optional<Disposition> disposition = result ? parse_disposition(*result) : std::nullopt;
  if (!disposition) return std::nullopt;
  Verdict verdict{.disposition = *disposition};
  if (names_viruses(*disposition)) {
    verdict.virus_names.push_back(value_of(tags, keys.virus).value_or("unknown"));
  }
  if (*disposition == Disposition::unscannable || *disposition == Disposition::error) {
    const std::string message = value_of(tags, keys.message).value_or("");
    verdict.reason = reason_in(message);
    if (!verdict.reason) return std::nullopt;
    verdict.message = std::string(trim(std::string_view(message).substr(message.find(':') + 1)));
  }
  return verdict;
}

}  // namespace cordon
