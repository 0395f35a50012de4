// What an earlier verdict spares: by the tags alone, by a seal over the same bytes, or because a
// gateway wrote the same bytes again. Whatever is not proven means that the object is scanned.

#include "agent/object_handler.h"
#include "core/deployment.h"
#include "core/failure_verdicts.h"
#include "core/object_state.h"
#include "core/provenance.h"

namespace cordon {
namespace {

// What nobody believes any more was not found: the engine is asked again.
bool is_rejected(const PipelinePorts& ports, const Verdict& verdict) {
  return ports.brake != nullptr && ports.brake->is_rejected(verdict.virus_names);
}

}  // namespace

Result<bool> ObjectHandler::trust_tags() {
  if (policy_.skip_scanned != SkipScanned::tagged || !options_.tagging) return false;
  CORDON_TRY(before(Step::open));
  Result<ObjectHead> head = ports_.store.head(object_, deadline_, stop_);
  if (!head) {
    // What is gone is found out by the read as well, and it may have been us; what is denied is
    // judged there.
    if (head.error().code == Errc::denied || head.error().code == Errc::not_found) return false;
    return head.error();
  }
  // The read finds out, and what became of the one that was told of.
  if (!pins_bytes(object_.version) && event_.etag && head->etag != *event_.etag) return false;
  ObjectRef pinned = object_;
  if (head->version) pinned.version = head->version;
  const Result<TagSet> tags = ports_.store.tags(pinned, deadline_, stop_);
  if (!tags) return false;
  const std::optional<Verdict> stated = stated_verdict(*tags, options_.tag_keys);
  if (!stated || stated->disposition == Disposition::error || !is_consistent(*stated)) return false;
  if (is_rejected(ports_, *stated)) return false;
  const std::optional<SystemTime> time = stated_time(*tags, options_.tag_keys);
  if (objection_to_time(time, ports_.clock.system_now(), age_limit(policy_))) return false;
  if (!pins_bytes(pinned.version)) {
    // The tags may be those of what came in between.
    CORDON_TRY(const ObjectHead now, ports_.store.head(pinned, deadline_, stop_));
    is_seen_changed_ = !is_same_state(*head, now);
    if (is_seen_changed_) return Error{Errc::changed, "the object was replaced"};
  }
  CORDON_TRY(announce_opened(*head));
  tags_ = *tags;
  result_.verdict = *stated;
  result_.skipped = true;
  result_.tagging = TaggingState::done;
  return true;
}

// The tags were somebody's claim until here; the seal says whether they are ours, and about these
// bytes.
Result<bool> ObjectHandler::trust_seal(const StagedContent& content) {
  const bool is_sealing = options_.seal_keys && options_.tagging && !options_.tag_keys.seal.empty();
  if (!is_sealing || head_->tag_count == 0) return false;
  Result<TagSet> tags = ports_.store.tags(object_, deadline_, stop_);
  if (!tags) {
    const bool is_refusal =
        is_denied_for_object(tags.error()) || tags.error().code == Errc::invalid;
    if (is_refusal) return false;
    return tags.error();
  }
  const TagSeal seal =
      check_seal(*tags, options_.tag_keys, {content.sha256, content.bytes}, *options_.seal_keys);
  if (seal.state == SealState::absent) return false;
  if (seal.state != SealState::valid) {
    ports_.metrics.count("cordon_forged_tags_total", {{"kind", std::string(name_of(seal.state))}});
    return false;
  }
  if (policy_.skip_scanned == SkipScanned::never) return false;
  std::optional<Verdict> verdict = lasting_verdict(*tags, options_.tag_keys);
  if (!verdict || is_rejected(ports_, *verdict)) return false;
  if (!is_acceptable(*seal.text, *verdict)) return false;
  CORDON_TRY(still_the_same());  // Or the tags are those of what is there now.
  // A copy is sealed for the place that it came from. Sealed anew, a sweep need not have it read.
  const bool is_at_home =
      is_sealed_at(*tags, options_.tag_keys, content.bytes, place(), *options_.seal_keys);
  if (is_at_home) sealed_as_ = verdict->disposition;
  sealed_by_ = origin_of(*seal.text);
  tags_ = *std::move(tags);
  result_.verdict = *std::move(verdict);
  if (seal.text->signatures != kNoSignatures) result_.signatures = seal.text->signatures;
  result_.skipped = true;
  result_.tagging = TaggingState::done;
  return true;
}

// Whether what was found then and there stands for a scan here and now.
bool ObjectHandler::is_acceptable(const SealText& seal, const Verdict& verdict) {
  const std::optional<SealObjection> objection =
      objection_to(seal, verdict.disposition, seal_terms());
  if (!objection) return true;
  ports_.metrics.count("cordon_seals_not_taken_total", {{"why", std::string(name_of(*objection))}});
  return false;
}

SealTerms ObjectHandler::seal_terms() const {
  return {.deployment = deployment_id(options_.deployment, options_.account),
          .policy = options_.verdict_policy,
          .now = ports_.clock.system_now(),
          .age_max = age_limit(policy_)};
}

SealedPlace ObjectHandler::place() const {
  return {.object = object_, .etag = head_->etag, .modified = head_->modified};
}

// Sealing anew makes nothing younger, nor stricter.
SealOrigin ObjectHandler::seal_origin() const {
  if (sealed_by_) return *sealed_by_;
  return {.signatures = result_.signatures.value_or(""),
          .deployment = deployment_id(options_.deployment, options_.account),
          .policy = options_.verdict_policy,
          .time = result_.scanned_at};
}

// A gateway writes the same bytes again when only the file's metadata changed. Tagged and routed
// they are all the same; the engine has seen them.
bool ObjectHandler::was_scanned_lately(const StagedContent& content) {
  if (uploads_ == nullptr || policy_.skip_scanned == SkipScanned::never) return false;
  std::optional<ScanResult> lately = uploads_->lately(object_, content.sha256);
  if (!lately || is_rejected(ports_, lately->verdict)) return false;
  const SystemTime now = ports_.clock.system_now();
  if (objection_to_time(lately->scanned_at, now, age_limit(policy_))) return false;
  result_.scanned_at = lately->scanned_at;
  result_.verdict = std::move(lately->verdict);
  result_.engine = std::move(lately->engine);
  result_.signatures = std::move(lately->signatures);
  result_.skipped = true;
  return true;
}

// Hashing it first costs a second transfer when the seal is not ours, so only for who carries one.
Result<bool> ObjectHandler::trust_seal_unkept() {
  if (!options_.seal_keys || !options_.tagging || head_->tag_count == 0) return false;
  if (policy_.skip_scanned == SkipScanned::never) return false;
  const Result<TagSet> tags = ports_.store.tags(object_, deadline_, stop_);
  if (!tags || !tags->contains(options_.tag_keys.seal)) return false;
  CORDON_TRY(std::string sha256, hash_of(object_, *head_));
  const StagedContent content{.bytes = head_->bytes, .sha256 = sha256};
  CORDON_TRY(const bool sealed, trust_seal(content));
  if (sealed) result_.sha256 = std::move(sha256);
  return sealed;
}

}  // namespace cordon
