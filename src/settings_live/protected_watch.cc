#include "settings_live/protected_watch.h"

#include <utility>

namespace cordon {

ProtectedWatch::ProtectedWatch(ProtectedWatchOptions options, DocumentStore& store,
                               const DocumentCache* cache, const Clock& clock, Log& log,
                               Metrics& metrics)
    : options_(std::move(options)),
      document_(store),
      cache_(cache),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      known_(Known{.document = std::make_shared<const ProtectedDocument>()}) {
  metrics_.describe("cordon_protected_document_looks_total",
                    "Looks at the document of the protected set, by outcome");
  metrics_.describe("cordon_protected_buckets", "Buckets in the protected set");
}

ProtectedWatch::Known ProtectedWatch::current() const {
  return known_.with([](const Known& known) { return known; });
}

void ProtectedWatch::begin(const std::stop_token& stop) {
  load_cache();
  look(stop);
}

void ProtectedWatch::run(const std::stop_token& stop) {
  while (clock_.wait_for(options_.interval, stop)) look(stop);
}

void ProtectedWatch::load_cache() {
  if (cache_ == nullptr) return;
  const Result<StoredDocument> cached = cache_->load();
  if (!cached) {
    if (cached.error().code != Errc::not_found) {
      log_.warn("protected.cache_ignored", {{"why", cached.error()}});
    }
    return;
  }
  Result<ProtectedDocument> document = decode_protected(cached->document);
  if (!document) {
    log_.warn("protected.cache_ignored", {{"why", document.error()}});
    return;
  }
  put_in_force(*std::move(document));
  document_.know(cached->etag);
}

void ProtectedWatch::look(const std::stop_token& stop) {
  const Deadline limit = Deadline::after(clock_, options_.read_limit);
  const Result<std::optional<StoredDocument>> found = document_.look(limit, stop);
  if (!found) {
    if (found.error().code == Errc::cancelled && stop.stop_requested()) return;
    metrics_.count("cordon_protected_document_looks_total",
                   {{"outcome", std::string(name_of(found.error().code))}});
    return away(found.error());
  }
  metrics_.count("cordon_protected_document_looks_total",
                 {{"outcome", *found ? "new" : "unchanged"}});
  if (*found) return take(**found);
  document_.enter_unchanged();
}

void ProtectedWatch::take(const StoredDocument& stored) {
  Result<ProtectedDocument> document = decode_protected(stored.document);
  if (!document) {
    document_.enter_refused();
    log_.error("protected.refused",
               {{"where", options_.origin},
                {"why", document.error()},
                {"meaning",
                 "the last good set stays in force, and buckets that it does not name "
                 "are asked themselves; cordon doctor says what is missing in it"}});
    return;
  }
  const std::size_t buckets = document->buckets.size();
  put_in_force(*std::move(document));
  document_.enter_good();
  log_.info("protected.in_force", {{"etag", stored.etag.str()}, {"buckets", buckets}});
  if (cache_ == nullptr) return;
  if (const Result<void> saved = cache_->save(stored); !saved) {
    log_.warn("protected.not_cached", {{"file", cache_->file().string()}, {"why", saved.error()}});
  }
}

void ProtectedWatch::put_in_force(ProtectedDocument document) {
  metrics_.set("cordon_protected_buckets", {}, static_cast<double>(document.buckets.size()));
  auto next = std::make_shared<const ProtectedDocument>(std::move(document));
  known_.with([&](Known& known) {
    known.document = std::move(next);
    ++known.number;
  });
}

void ProtectedWatch::away(const Error& error) {
  if (error.code == Errc::not_found) {
    if (!document_.enter_missing()) return;
    put_in_force({});
    log_.info("protected.none", {{"where", options_.origin},
                                 {"meaning",
                                  "buckets are asked themselves whether they are "
                                  "protected"}});
    return;
  }
  if (!document_.enter_away()) return;
  log_.warn("protected.away", {{"where", options_.origin},
                               {"why", error},
                               {"meaning",
                                "what is known stays in force, and buckets that it does "
                                "not name are asked themselves"}});
}

}  // namespace cordon
