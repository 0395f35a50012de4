#include "sweep/sweep.h"

#include <algorithm>

#include "base/parallel_for.h"
#include "base/text.h"
#include "core/ports/scan_asking.h"
#include "core/provenance.h"
#include "staging/content_hash.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kRequestLimit{30};
constexpr std::chrono::seconds kReadLimit{15 * 60};
constexpr std::size_t kBatch = 10;
// A page where seals are checked may mean so many downloads; the lease has to last for it.
constexpr std::size_t kPageOfDownloads = 50;
// A billion versions.
constexpr std::uint64_t kPagesMax = 1'000'000;

// An unversioned object is told by its ETag; the version "null" says nothing about the bytes.
ObjectRef pinned(const ListedVersion& object) {
  ObjectRef ref = object.object;
  if (!pins_bytes(ref.version)) ref.version.reset();
  return ref;
}

SealedPlace place_of(const ListedVersion& object) {
  return {.object = object.object, .etag = object.etag, .modified = object.modified};
}

bool is_in_window(const SweepRequest& request, const ListedVersion& object) {
  return (!request.since || object.modified >= *request.since) &&
         (!request.until || object.modified < *request.until);
}

}  // namespace

std::string purpose_of(const SweepRequest& request) {
  const auto time = [](const std::optional<SystemTime>& t) { return t ? rfc3339_ms(*t) : "-"; };
  return std::string(request.every ? "every" : "unscanned") +
         " signatures=" + request.signatures.value_or("-") + (request.check_seals ? " seals" : "") +
         (request.errors ? " errors" : "") + (request.acts_anywhere ? " acts" : "") +
         " since=" + time(request.since) + " until=" + time(request.until) +
         " prefix=" + request.prefix;
}

bool is_older_signatures(const std::string& a, const std::string& b) {
  const std::optional<std::uint64_t> left = parse_u64(a);
  const std::optional<std::uint64_t> right = parse_u64(b);
  return left && right ? *left < *right : a != b;
}

std::chrono::seconds oldest_unscanned_age(const SweepCheckpoint& checkpoint, SystemTime now) {
  if (!checkpoint.oldest) return std::chrono::seconds(0);
  return std::max(std::chrono::seconds(0),
                  std::chrono::duration_cast<std::chrono::seconds>(now - *checkpoint.oldest));
}

RetryContext Sweep::context(const std::stop_token& stop) {
  return {options_.retry,
          retries_,
          ports_.clock,
          ports_.random,
          Deadline::after(ports_.clock, kReadLimit),
          stop};
}

// --- lease and checkpoint --------------------------------------------------------------------

Result<void> Sweep::begin(const SweepRequest& request, const std::stop_token& stop) {
  const SystemTime start = ports_.clock.system_now();
  const Deadline limit = Deadline::after(ports_.clock, kRequestLimit);
  Result<std::optional<StoredDocument>> stored = ports_.checkpoint.read(std::nullopt, limit, stop);
  if (!stored && stored.error().code != Errc::not_found) return stored.error();
  now_ = SweepCheckpoint{.purpose = purpose_of(request), .started = start};
  etag_.reset();
  if (stored && *stored) {
    etag_ = (*stored)->etag;
    // What is not understood is no lease and nothing to go on with.
    Result<SweepCheckpoint> before = parse_sweep_checkpoint((*stored)->document);
    const bool is_taken = before && before->lease_until && *before->lease_until > start &&
                          before->holder != options_.holder && !request.take_over;
    if (is_taken) {
      return Error{Errc::changed, "bucket " + request.bucket.str() + " is being swept by " +
                                      utf8_clean(before->holder, 128) + ", at least until " +
                                      rfc3339_ms(*before->lease_until) +
                                      "; cordon sweep status shows how far it is"};
    }
    const auto& finished = before ? before->finished : std::nullopt;
    if (finished && request.unless_finished_after && *finished > *request.unless_finished_after) {
      return Error{Errc::changed, "bucket " + request.bucket.str() + " has just been swept by " +
                                      utf8_clean(before->holder, 128)};
    }
    const bool goes_on = before && !before->finished && before->purpose == now_.purpose;
    if (goes_on && !request.restart) now_ = *std::move(before);
  }
  now_.holder = options_.holder;
  return save(Lease::keep, stop);
}

Result<void> Sweep::save(Lease lease, const std::stop_token& stop) {
  now_.lease_until.reset();
  if (lease == Lease::keep) now_.lease_until = ports_.clock.system_now() + options_.lease;
  // Giving the lease back is the last thing that is done at a stop, and is not itself stopped.
  const std::stop_token until = lease == Lease::keep ? stop : std::stop_token();
  const auto written = ports_.checkpoint.write(to_json(now_), etag_,
                                               Deadline::after(ports_.clock, kRequestLimit), until);
  if (!written) {
    if (written.error().code != Errc::changed) return written.error();
    return Error{Errc::changed, "somebody else began to sweep this bucket"};
  }
  etag_ = written->etag;
  return {};
}

// --- the walk --------------------------------------------------------------------------------

Result<SweepCheckpoint> Sweep::run(const SweepRequest& request, const SweepProgress& progress,
                                   std::stop_token stop) {
  CORDON_TRY(begin(request, stop));
  const Result<void> walked = walk(request, progress, stop);
  if (!walked) {
    // Best effort: without it the lease runs out by itself.
    if (walked.error().code != Errc::changed) (void)save(Lease::give_back, stop);
    return walked.error();
  }
  now_.finished = ports_.clock.system_now();
  CORDON_TRY(save(Lease::give_back, stop));
  return now_;
}

Result<void> Sweep::walk(const SweepRequest& request, const SweepProgress& progress,
                         const std::stop_token& stop) {
  CatalogueQuery query{.bucket = request.bucket, .prefix = request.prefix, .after = now_.after};
  query.count_max = request.check_seals ? std::min(options_.page, kPageOfDownloads) : options_.page;
  for (std::uint64_t pages = 0; pages < kPagesMax; ++pages) {
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped; it can be continued"};
    const auto page =
        ports_.catalogue.list(query, Deadline::after(ports_.clock, kRequestLimit), stop);
    if (!page) return page.error();
    CORDON_TRY(sweep_page(request, *page, stop));
    const bool is_last = !page->next.has_value();
    if (!is_last && page->next == query.after) {
      return Error{Errc::unavailable, "the list of bucket " + request.bucket.str() + " repeats"};
    }
    if (is_last) {
      progress(now_);
      return {};
    }
    query.after = page->next;
    now_.after = page->next;
    CORDON_TRY(save(Lease::keep, stop));
    progress(now_);
  }
  return Error{Errc::invalid, "bucket " + request.bucket.str() + " has too many versions"};
}

Result<void> Sweep::sweep_page(const SweepRequest& request, const CataloguePage& page,
                               const std::stop_token& stop) {
  std::vector<ListedVersion> objects;
  for (const ListedVersion& one : page.versions) {
    if (one.is_current && is_in_window(request, one)) objects.push_back(one);
  }
  const std::vector<Result<Finding>> findings = judge_all(request, objects, stop);
  Wanted wanted{.sum = now_};
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!findings[i]) return findings[i].error();
    tally(request, objects[i], *findings[i], wanted);
  }
  CORDON_TRY(const std::uint64_t refused, enqueue(wanted.events, stop));
  now_ = std::move(wanted.sum);
  now_.enqueued -= refused;
  now_.refused += refused;
  return {};
}

void Sweep::tally(const SweepRequest& request, const ListedVersion& object, Finding finding,
                  Wanted& wanted) const {
  if (finding == Finding::gone) return;
  SweepCheckpoint& sum = wanted.sum;
  ++sum.listed;
  if (finding == Finding::excluded) ++sum.excluded;
  if (finding == Finding::young) ++sum.young;
  if (finding == Finding::unknown) ++sum.unknown;
  if (finding == Finding::archived) ++sum.archived;
  if (finding == Finding::stated) ++sum.unproven;
  const bool is_open =
      finding == Finding::young || finding == Finding::unscanned || finding == Finding::unknown;
  if (is_open) sum.oldest = std::min(sum.oldest.value_or(object.modified), object.modified);
  const bool is_wanted = finding == Finding::unscanned || finding == Finding::unknown ||
                         (finding == Finding::valid && request.every);
  if (!is_wanted) return;
  ++sum.enqueued;
  // Bare tags that an agent would otherwise believe may say of a restored object that it could not
  // be read.
  const bool is_forced =
      request.every || request.signatures.has_value() || object.archival == Archival::restored;
  wanted.events.push_back({.source = EventSource::retro,
                           .object = pinned(object),
                           .etag = object.etag,
                           .size = object.bytes,
                           .time = ports_.clock.system_now(),
                           .is_forced = is_forced,
                           .acts_anywhere = request.acts_anywhere});
}

Result<std::uint64_t> Sweep::enqueue(const std::vector<ObjectEvent>& wanted,
                                     const std::stop_token& stop) {
  const AskingPorts asking{ports_.queue, ports_.clock, ports_.log, ports_.metrics};
  std::uint64_t refused = 0;
  for (std::size_t at = 0; at < wanted.size(); at += kBatch) {
    const auto first = wanted.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = static_cast<std::ptrdiff_t>(std::min(kBatch, wanted.size() - at));
    const std::vector<ObjectEvent> batch(first, first + count);
    CORDON_TRY(const std::vector<std::size_t> never, ask_for_scans(asking, batch, context(stop)));
    refused += never.size();
  }
  return refused;
}

// --- one object ------------------------------------------------------------------------------

std::vector<Result<Sweep::Finding>> Sweep::judge_all(const SweepRequest& request,
                                                     const std::vector<ListedVersion>& objects,
                                                     const std::stop_token& stop) {
  std::vector<Result<Finding>> findings(objects.size(), Finding::unknown);
  parallel_for(objects.size(), {.threads_max = options_.parallel}, {},
               [&](std::size_t i) { findings[i] = judge(request, objects[i], stop); });
  return findings;
}

Result<Sweep::Finding> Sweep::judge(const SweepRequest& request, const ListedVersion& object,
                                    const std::stop_token& stop) {
  if (!admits(ports_.policy(request.bucket, object.object.key), object.object.key)) {
    return Finding::excluded;
  }
  // Wanted whatever its tags say.
  if (request.every && object.archival != Archival::archived) return Finding::valid;
  const ObjectRef ref = pinned(object);
  const auto tags = ports_.store.tags(ref, Deadline::after(ports_.clock, kRequestLimit), stop);
  const Result<Finding> found =
      tags ? judge_tags(request, object, *tags, stop) : Result<Finding>(tags.error());
  if (found) return *found;
  if (is_gone_or_changed(found.error())) return Finding::gone;
  const Errc code = found.error().code;
  // The agent finds out what is the matter, and writes it down as a verdict.
  if (code == Errc::denied || code == Errc::invalid) return Finding::unknown;
  return found.error();
}

Result<Sweep::Finding> Sweep::judge_tags(const SweepRequest& request, const ListedVersion& object,
                                         const TagSet& tags, const std::stop_token& stop) {
  const std::optional<Verdict> stated = stated_verdict(tags, options_.tag_keys);
  const bool says_archived = stated && stated->reason == Reason::archived;
  bool is_believed = false;
  if (stated && object.archival == Archival::archived) {
    is_believed = is_plausible(object, tags, *stated);
    if (is_believed && (says_archived || request.every)) return Finding::archived;
  }
  Worth worth = Worth::none;
  if (stated && !(says_archived && object.archival == Archival::restored)) {
    CORDON_TRY(worth, worth_of(request, object, tags, *stated, stop));
  }
  if (worth != Worth::none) {
    if (says_archived) return Finding::archived;
    return worth == Worth::proven ? Finding::valid : Finding::stated;
  }
  if (is_believed) return Finding::archived;  // To scan it anew, it has to be restored.
  const bool is_young = object.modified + options_.grace > ports_.clock.system_now();
  return is_young ? Finding::young : Finding::unscanned;
}

SealTerms Sweep::terms_for(const ListedVersion& object) const {
  return {.deployment = options_.deployment,
          .policy = options_.verdict_policy,
          .now = ports_.clock.system_now(),
          .age_max = age_limit(ports_.policy(object.object.bucket, object.object.key))};
}

// Bad news about what was not read has no bytes to bind, and is believed without.
bool Sweep::needs_seal(const ListedVersion& object, const TagSet& tags,
                       const Verdict& stated) const {
  const Policy policy = ports_.policy(object.object.bucket, object.object.key);
  if (!options_.seal_keys || options_.tag_keys.seal.empty()) return false;
  if (policy.skip_scanned == SkipScanned::tagged) return false;
  const bool is_good_news = stated.disposition == Disposition::clean ||
                            stated.disposition == Disposition::infected_allowed;
  return is_good_news || tags.contains(options_.tag_keys.seal);
}

// Of what lies in an archive: its bytes cannot be asked for, so what speaks against the verdict is
// its seal alone. One of before there were places is kept, because to be asked for means to lose it
// to the verdict that nobody could read the object; it is counted as archived and not as scanned.
bool Sweep::is_plausible(const ListedVersion& object, const TagSet& tags,
                         const Verdict& stated) const {
  if (!needs_seal(object, tags, stated)) return true;
  if (seal_without_content(tags, options_.tag_keys, *options_.seal_keys)) return false;
  const Result<SealText> seal = parse_seal(tags.at(options_.tag_keys.seal));
  return (seal && seal->form == SealForm::v1) ||
         is_sealed_at(tags, options_.tag_keys, object.bytes, place_of(object), *options_.seal_keys);
}

Result<Sweep::Worth> Sweep::worth_of(const SweepRequest& request, const ListedVersion& object,
                                     const TagSet& tags, const Verdict& stated,
                                     const std::stop_token& stop) {
  if (request.errors && stated.disposition == Disposition::error) return Worth::none;
  const auto found = tags.find(options_.tag_keys.seal);
  const Result<SealText> seal = parse_seal(found == tags.end() ? "" : found->second);
  if (request.signatures) {
    if (!seal || is_older_signatures(seal->signatures, *request.signatures)) return Worth::none;
  }
  const SealTerms terms = terms_for(object);
  if (!needs_seal(object, tags, stated)) {
    const auto time = stated_time(tags, options_.tag_keys);
    // Who may not read an object now may have been told so long ago; the reason is the same.
    const bool was_read =
        stated.disposition != Disposition::unscannable && stated.disposition != Disposition::error;
    if (was_read && objection_to_time(time, terms.now, terms.age_max)) return Worth::none;
    return Worth::stated;
  }
  CORDON_TRY(const bool is_held, holds(request, object, tags, stop));
  if (!is_held || !seal) return Worth::none;
  const std::optional<SealObjection> objection = objection_to(*seal, stated.disposition, terms);
  // Bad news by stricter rules is a verdict, if one that could be better.
  const bool is_taken = !objection || objection == SealObjection::stricter_policy;
  return is_taken ? Worth::proven : Worth::none;
}

Result<bool> Sweep::holds(const SweepRequest& request, const ListedVersion& object,
                          const TagSet& tags, const std::stop_token& stop) {
  const SealKeyRing& ring = *options_.seal_keys;
  if (seal_without_content(tags, options_.tag_keys, ring)) return false;
  const bool at_home = is_sealed_at(tags, options_.tag_keys, object.bytes, place_of(object), ring);
  if (!request.check_seals || object.archival == Archival::archived) return at_home;
  const ObjectRef ref = pinned(object);
  const ObjectHead head{.bytes = object.bytes,
                        .etag = object.etag,
                        .version = ref.version,
                        .modified = object.modified};
  const RetryContext reading = context(stop);
  const Result<std::string> sha256 = content_hash(ports_.store, ref, head, reading);
  // An archive tier that the catalogue does not tell of.
  if (!sha256 && sha256.error().cause == ErrorCause::archived) return at_home;
  CORDON_TRY(sha256);
  const TagSeal found = check_seal(tags, options_.tag_keys, {*sha256, object.bytes}, ring);
  return found.state == SealState::valid;
}

}  // namespace cordon
