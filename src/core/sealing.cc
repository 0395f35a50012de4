#include "core/sealing.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {
namespace {

std::string text_at(const TagSet& tags, const std::string& key) {
  const auto found = tags.find(key);
  return found == tags.end() ? std::string() : found->second;
}

SealedFacts facts_of(const TagSet& tags, const TagKeys& keys, const SealedContent& content) {
  // `message` may be the owner's own word; then it is no part of the verdict.
  const bool message_is_ours = !without_ours(tags, keys).contains(keys.message);
  return {.result = text_at(tags, keys.result),
          .date = text_at(tags, keys.date),
          .virus = text_at(tags, keys.virus),
          .message = message_is_ours ? text_at(tags, keys.message) : std::string(),
          .sha256 = content.sha256,
          .bytes = content.bytes};
}

// "Some.Name+2" stands for three signatures, of which one is known.
bool names_all(std::string_view virus) {
  const std::size_t plus = virus.rfind('+');
  if (plus == std::string_view::npos || plus + 1 == virus.size()) return true;
  const std::string_view count = virus.substr(plus + 1);
  return !std::all_of(count.begin(), count.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whether the reason speaks of the bytes alone. The others may end otherwise on another machine.
bool lasts(Reason reason) {
  switch (reason) {
    case Reason::encrypted:
    case Reason::too_large:
    case Reason::limit:
    case Reason::archived:
    case Reason::sse_c:
    case Reason::unsupported:
    case Reason::coverage:
      return true;
    case Reason::engine_crash:
    case Reason::timeout:
    case Reason::access_denied:
    case Reason::kms:
    case Reason::staging:
    case Reason::integrity:
      return false;
  }
  return false;
}

}  // namespace

std::string_view name_of(SealState state) {
  switch (state) {
    case SealState::absent:
      return "absent";
    case SealState::unsealed:
      return "unsealed";
    case SealState::unknown_key:
      return "unknown-key";
    case SealState::broken:
      return "broken";
    case SealState::valid:
      return "sealed";
  }
  return "broken";
}

void seal_tags(TagSet& tags, const TagKeys& keys, const SealedContent& content,
               const SealOrigin& origin, const SealedPlace& place, const SealKeyRing& ring) {
  if (keys.seal.empty()) return;
  tags[keys.seal] = to_string(ring.seal(facts_of(tags, keys, content), origin, place));
}

std::optional<TagSeal> seal_without_content(const TagSet& tags, const TagKeys& keys,
                                            const SealKeyRing& ring) {
  const auto seal = tags.find(keys.seal);
  if (seal == tags.end()) {
    return TagSeal{tags.contains(keys.result) ? SealState::unsealed : SealState::absent};
  }
  const Result<SealText> text = parse_seal(seal->second);
  if (!text || !tags.contains(keys.result)) return TagSeal{SealState::broken};
  if (!ring.knows(text->key_id)) return TagSeal{SealState::unknown_key, *text};
  return std::nullopt;
}

TagSeal check_seal(const TagSet& tags, const TagKeys& keys, const SealedContent& content,
                   const SealKeyRing& ring) {
  if (const std::optional<TagSeal> known = seal_without_content(tags, keys, ring)) return *known;
  const Result<SealText> text = parse_seal(tags.at(keys.seal));
  if (!text) return TagSeal{SealState::broken};
  const bool holds = ring.holds(*text, facts_of(tags, keys, content));
  return TagSeal{holds ? SealState::valid : SealState::broken, *text};
}

bool is_sealed_at(const TagSet& tags, const TagKeys& keys, std::uint64_t bytes,
                  const SealedPlace& place, const SealKeyRing& ring) {
  if (seal_without_content(tags, keys, ring)) return false;
  const Result<SealText> text = parse_seal(tags.at(keys.seal));
  return text && ring.holds_at(*text, facts_of(tags, keys, {.bytes = bytes}), place);
}

std::string_view name_of(SealObjection objection) {
  switch (objection) {
    case SealObjection::undeclared:
      return "undeclared";
    case SealObjection::other_deployment:
      return "other-deployment";
    case SealObjection::laxer_policy:
      return "laxer-policy";
    case SealObjection::stricter_policy:
      return "stricter-policy";
    case SealObjection::future:
      return "future";
    case SealObjection::too_old:
      return "too-old";
  }
  return "undeclared";
}

std::optional<SealObjection> objection_to_time(
    const std::optional<SystemTime>& time, SystemTime now,
    const std::optional<std::chrono::milliseconds>& age_max) {
  if (time && *time > now + kClockSkewMax) return SealObjection::future;
  if (age_max && (!time || *time < now - *age_max)) return SealObjection::too_old;
  return std::nullopt;
}

std::optional<SealObjection> objection_to(const SealText& seal, Disposition disposition,
                                          const SealTerms& terms) {
  const std::optional<SealOrigin> origin = origin_of(seal);
  if (!origin) return SealObjection::undeclared;
  if (origin->deployment != terms.deployment) return SealObjection::other_deployment;
  if (!origin->policy.is_as_strict_as(terms.policy)) return SealObjection::laxer_policy;
  if (origin->policy != terms.policy && disposition != Disposition::clean) {
    return SealObjection::stricter_policy;
  }
  return objection_to_time(origin->time, terms.now, terms.age_max);
}

std::optional<SystemTime> stated_time(const TagSet& tags, const TagKeys& keys) {
  const Result<SystemTime> time = parse_rfc3339(text_at(tags, keys.date));
  return time ? std::optional<SystemTime>(*time) : std::nullopt;
}

std::optional<Verdict> lasting_verdict(const TagSet& tags, const TagKeys& keys) {
  const std::optional<Verdict> stated = stated_verdict(tags, keys);
  if (!stated || !is_consistent(*stated)) return std::nullopt;
  switch (stated->disposition) {
    case Disposition::clean:
      return stated;
    case Disposition::unscannable:
      return lasts(*stated->reason) ? stated : std::nullopt;
    case Disposition::infected:
    case Disposition::suspicious:
      if (text_at(tags, keys.virus).empty() || !names_all(text_at(tags, keys.virus))) {
        return std::nullopt;
      }
      return stated;
    case Disposition::infected_allowed:
    case Disposition::error:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace cordon
