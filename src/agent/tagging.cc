#include "agent/tagging.h"

#include "core/failure_verdicts.h"

namespace cordon {
namespace {

constexpr int kRepairsMax = 2;

// The tags stay as they are and the verdict takes its way without them.
bool gives_up(const Error& error) {
  return is_denied_for_object(error) || error.code == Errc::invalid;
}

}  // namespace

MergedTags Tagging::merge(const TagSet& present, const TagSet& ours, const Seal& seal) const {
  MergedTags merged = merge_tags(present, ours, keys_);
  if (merged.fits && seal && merged.tags.contains(keys_.seal)) seal(merged.tags);
  return merged;
}

Result<TagOutcome> Tagging::write(const TagSet& ours, const Check& check, const Seal& seal) {
  Result<TagSet> present = read();
  if (!present) {
    if (gives_up(present.error())) return TagOutcome{.why = present.error().what};
    return present.error();
  }
  present_ = *present;
  const MergedTags merged = merge(present_, ours, seal);
  if (!merged.fits) {
    return TagOutcome{.state = TaggingState::no_room, .tags = std::move(present_)};
  }
  CORDON_TRY(check());
  const Result<void> set = store_.set_tags(object_, merged.tags, deadline_, stop_);
  if (!set && set.error().code == Errc::invalid) {
    // A store may know fewer letters than we do, and the verdict must not be lost for one of them.
    const TagSet plain = in_ascii(ours);
    if (plain != ours) return write(plain, check, seal);
  }
  if (!set) {
    if (gives_up(set.error())) return TagOutcome{.why = set.error().what, .tags = present_};
    return set.error();
  }
  written_ = merged.tags;
  return look_again(ours, check, seal);
}

// Somebody else wrote between our read and our write, or after it, or the store did not do what it
// said. What others wrote last is the truth about their tags. Those that we overwrote cannot be
// told from those that they deleted.
Result<TagOutcome> Tagging::look_again(const TagSet& ours, const Check& check, const Seal& seal) {
  for (int repairs = 0;; ++repairs) {
    Result<TagSet> found = read();
    if (!found && !gives_up(found.error())) return found.error();
    if (!found || *found == written_) break;
    const MergedTags merged = merge(*found, ours, seal);
    if (!merged.fits) {
      written_ = *found;
      return TagOutcome{.state = TaggingState::no_room, .tags = std::move(*found)};
    }
    if (merged.tags == *found) {
      written_ = *std::move(found);
      break;
    }
    if (repairs == kRepairsMax) {
      return TagOutcome{.why = "they are not there after they were written, again and again",
                        .tags = *std::move(found)};
    }
    CORDON_TRY(check());
    CORDON_TRY(store_.set_tags(object_, merged.tags, deadline_, stop_));
    written_ = merged.tags;
  }
  return TagOutcome{.state = TaggingState::done, .tags = written_, .before = present_};
}

Result<void> Tagging::take_back() {
  Result<TagSet> found = read();
  if (!found) {
    if (found.error().code == Errc::not_found) return {};
    return found.error();
  }
  TagSet added;
  for (const auto& tag : written_) {
    const auto before = present_.find(tag.first);
    if (before == present_.end() || before->second != tag.second) added.insert(tag);
  }
  TagSet restored = without_written(*found, added);
  if (restored == *found) return {};
  const Result<void> set = store_.set_tags(object_, restored, deadline_, stop_);
  if (!set && set.error().code == Errc::not_found) return {};
  return set;
}

}  // namespace cordon
