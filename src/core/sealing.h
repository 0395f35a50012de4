#pragma once

#include <chrono>
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
               const SealOrigin& origin, const SealedPlace& place, const SealKeyRing& ring);

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

/// What is known of the seal in an object's tags: from `seal_without_content` or `check_seal`.
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

/// Whether the seal in `tags` was made, with one of our keys, over exactly what they state and for
/// the `bytes` that lie at `place`. Says it without the content; of a copy, and of a seal of the
/// form v1, it cannot be said.
bool is_sealed_at(const TagSet& tags, const TagKeys& keys, std::uint64_t bytes,
                  const SealedPlace& place, const SealKeyRing& ring);

/// What a verdict has to be, beyond sealed, to stand for a scan of ours.
struct SealTerms {
  std::string deployment;     ///< Ours: deployment_id.
  VerdictPolicy policy = {};  ///< In force here.
  SystemTime now;
  std::optional<std::chrono::milliseconds> age_max = std::nullopt;  ///< None: any age.
};

/// Why a verdict under a seal that holds does not stand for a scan of ours.
enum class SealObjection : std::uint8_t {
  undeclared,        ///< A v1: it does not say who came to it, and by which rules.
  other_deployment,  ///< Keys are shared; settings, signatures and machines need not be.
  laxer_policy,      ///< Something may be Clean there that is not Clean here.
  stricter_policy,   ///< And the verdict is not Clean, which it might be here.
  future,            ///< A clock was wrong; so its age is not known.
  too_old,
};

/// "undeclared", "other-deployment", "laxer-policy", "stricter-policy", "future", "too-old"
std::string_view name_of(SealObjection objection);

/// Clocks differ. S3 refuses requests of clocks that are further off than this.
inline constexpr std::chrono::minutes kClockSkewMax{15};

/// Whether a verdict of that time is too old, or of the future. Without a time any limit on its age
/// is an objection. Pure.
std::optional<SealObjection> objection_to_time(
    const std::optional<SystemTime>& time, SystemTime now,
    const std::optional<std::chrono::milliseconds>& age_max);

/// The first objection to a verdict under this seal; nothing: none. Pure.
std::optional<SealObjection> objection_to(const SealText& seal, Disposition disposition,
                                          const SealTerms& terms);

/// What the date tag says; nothing: it is not there, or no time.
std::optional<SystemTime> stated_time(const TagSet& tags, const TagKeys& keys);

/// The verdict of tags whose seal is valid, when it can stand for a scan: not an Error, for that is
/// worth another try, as is an engine that crashed or ran out of time; not InfectedAllowed, for it
/// may not be allowed here and now; and only when the tags still tell all of it: the reason, or the
/// one signature that was found.
std::optional<Verdict> lasting_verdict(const TagSet& tags, const TagKeys& keys);

}  // namespace cordon
