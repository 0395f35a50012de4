#include "quarantine/marking.h"

#include <algorithm>

#include "core/ports/small_document.h"

namespace cordon {
namespace {

// Somebody else puts the same content back to the same place at the same time.
constexpr int kRacesMax = 5;

struct PresentMark {
  AllowMark mark;
  std::optional<ETag> etag;  ///< None: there is none yet.
};

Result<PresentMark> read_mark(ObjectStore& store, const ObjectRef& document, const ObjectRef& place,
                              const std::string& sha256, Deadline deadline, std::stop_token stop) {
  const Result<SmallDocument> present =
      read_small(store, document, kAllowMarkBytesMax, deadline, std::move(stop));
  if (!present && present.error().code == Errc::not_found) {
    return PresentMark{{.bucket = place.bucket, .key = place.key, .sha256 = sha256}, std::nullopt};
  }
  CORDON_TRY(present);
  Result<AllowMark> mark = decode_allow_mark(present->text);
  if (!mark) {
    return with_context(std::move(mark).error(), to_string(document) + " (delete it, then repeat)");
  }
  return PresentMark{*std::move(mark), present->etag};
}

}  // namespace

template <typename Change>
Result<void> Marking::change(const ObjectRef& place, const std::string& sha256, Change&& how,
                             Deadline deadline, std::stop_token stop) {
  const ObjectRef document{quarantine_, allow_mark_key(place.bucket, place.key, sha256)};
  for (int race = 0; race < kRacesMax; ++race) {
    CORDON_TRY(PresentMark present, read_mark(store_, document, place, sha256, deadline, stop));
    how(present.mark);
    const Result<ETag> written =
        catalogue_.write(document, encode_allow_mark(present.mark), present.etag, deadline, stop);
    if (!written && written.error().code != Errc::changed) return written.error();
    if (!written) continue;
    // Whoever restores relies on it, so the store's word is not enough.
    CORDON_TRY(const PresentMark now, read_mark(store_, document, place, sha256, deadline, stop));
    AllowMark changed = now.mark;
    how(changed);
    if (now.etag && encode_allow_mark(changed) == encode_allow_mark(now.mark)) return {};
  }
  return Error{Errc::unavailable,
               to_string(document) +
                   " was changed by somebody else again and again, or not written; repeat"};
}

Result<void> Marking::open(const ObjectRef& place, const std::string& sha256, SystemTime until,
                           Deadline deadline, std::stop_token stop) {
  return change(
      place, sha256, [&](AllowMark& mark) { mark.pending_until = until; }, deadline,
      std::move(stop));
}

Result<void> Marking::bind(const ObjectRef& object, const ObjectHead& head,
                           const std::string& sha256, Deadline deadline, std::stop_token stop) {
  const AllowedState state = allowed_state(object, head.etag, head.modified);
  return change(
      object, sha256,
      [&](AllowMark& mark) {
        mark.pending_until.reset();
        auto& states = mark.states;
        if (std::find(states.begin(), states.end(), state) != states.end()) return;
        if (states.size() >= kAllowedStatesMax) states.erase(states.begin());
        states.push_back(state);
      },
      deadline, std::move(stop));
}

}  // namespace cordon
