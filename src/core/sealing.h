#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/seal.h"
#include "core/tags.h"

namespace cordon {

/// The bytes that a seal is over.
struct SealedContent {
  std::string sha256;  ///< hex
  std::uint64_t bytes = 0;
};

/// Puts into `tags` the seal over what they state about `content`, in place of any that is there.
/// The result, date, virus and message tags must have their last values: a change breaks the seal.
/// Does nothing when the settings leave out seals.
void seal_tags(TagSet& tags, const TagKeys& keys, const SealedContent& content,
               std::string_view signatures, const SealKeyRing& ring);

/// What the tags of an object say about where they come from.
enum class SealState : std::uint8_t {
  absent,       ///< No verdict, no seal.
  unsealed,     ///< A verdict that anybody may have written.
  unknown_key,  ///< Sealed with a key that is not in the ring.
  broken,       ///< A seal that is none, or one that was made over something else.
  valid,
};

/// "absent", "unsealed", "unknown-key", "broken", "sealed"
std::string_view name_of(SealState state);

struct TagSeal {
  SealState state = SealState::absent;
  std::optional<SealText> text = std::nullopt;  ///< Set when it has the form of a seal.
};

/// What can be said without the content: `valid` never; nullopt when it depends on the content.
std::optional<TagSeal> seal_without_content(const TagSet& tags, const TagKeys& keys,
                                            const SealKeyRing& ring);

/// Whether the seal in `tags` was made, with one of our keys, over exactly what they state and
/// exactly this content.
TagSeal check_seal(const TagSet& tags, const TagKeys& keys, const SealedContent& content,
                   const SealKeyRing& ring);

/// The verdict of tags whose seal is valid, when it can stand for a scan: not an Error, for that is
/// worth another try, as is an engine that crashed or ran out of time; not InfectedAllowed, for it
/// may not be allowed here and now; and only when the tags still tell all of it: the reason, or the
/// one signature that was found.
std::optional<Verdict> lasting_verdict(const TagSet& tags, const TagKeys& keys);

}  // namespace cordon
