#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "core/verdict.h"

namespace cordon {

/// The tags of one object version: key to value.
using TagSet = std::map<std::string, std::string>;

/// S3's limits (user guide, "Categorizing your storage using tags"): characters, not bytes.
inline constexpr std::size_t kTagsMax = 10;
inline constexpr std::size_t kTagKeyCharsMax = 128;
inline constexpr std::size_t kTagValueCharsMax = 256;

/// The names of our tags; they can be renamed in the settings, their values cannot. A tag whose
/// name is empty is not written, and nothing is taken for it; `result` always has a name.
struct TagKeys {
  std::string result = "scan-result";
  std::string date = "date-scanned";
  std::string seal = "scan-seal";
  std::string message = "message";
  std::string virus = "virus-name";
  std::string uploaded_by = "uploaded-by";

  bool operator==(const TagKeys&) const = default;
};

/// What the tags of one object have to say.
struct TagFacts {
  Verdict verdict;
  SystemTime scanned_at;
  std::optional<std::string> seal = std::nullopt;
  std::optional<std::string> uploaded_by = std::nullopt;
};

/// `text` cut to S3's length and with everything outside its tag alphabet (letters, digits and
/// spaces of all languages, and + - = . _ : / @) replaced by '_'.
std::string tag_value(std::string_view text);
/// The same tags with '_' for every character of a value that is not ASCII.
TagSet in_ascii(const TagSet& tags);

/// Our tags for `facts`, before merging: docs/formats/tags.md.
TagSet tags_for(const TagFacts& facts, const TagKeys& keys);

/// The outcome of fitting our tags beside the owner's.
struct MergedTags {
  TagSet tags;           ///< What to write.
  bool complete = true;  ///< False: some of ours were dropped for lack of room.
  bool fits = true;      ///< False: not even the result fits; write nothing.
};

/// Keeps every tag of the owner, replaces what an earlier scan wrote under our keys, and adds ours
/// within ten tags: dropped first are uploaded-by, message, date, virus-name, seal, in this order.
///
/// `message` and `uploaded-by` are words that owners use too. A `message` is ours only when it
/// starts with a reason code; any other one, and an `uploaded-by` that is already there, stays as
/// it is.
MergedTags merge_tags(const TagSet& present, const TagSet& ours, const TagKeys& keys);

/// The same tags without ours.
TagSet without_ours(TagSet present, const TagKeys& keys);

/// The same tags without those that still are as `written`: takes back one merge, and nothing that
/// somebody else has written since.
TagSet without_written(TagSet present, const TagSet& written);

/// The verdict that our tags state, if they state one: the disposition with a signature name or a
/// reason where it needs one. Says nothing about whether it can be trusted.
std::optional<Verdict> stated_verdict(const TagSet& tags, const TagKeys& keys);

}  // namespace cordon
