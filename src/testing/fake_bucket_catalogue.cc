#include "testing/fake_bucket_catalogue.h"

#include <algorithm>
#include <utility>

namespace cordon {
namespace {

// By key, and within a key the newest first.
std::vector<FakeObjectStore::Stored> in_order(std::vector<FakeObjectStore::Stored> all) {
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.key == b.key ? a.modified > b.modified : a.key < b.key;
  });
  return all;
}

}  // namespace

Result<CataloguePage> FakeBucketCatalogue::list(const CatalogueQuery& query, Deadline,
                                                std::stop_token stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  if (const auto failure = list_fails.find(query.bucket); failure != list_fails.end()) {
    return failure->second;
  }
  if (!store_.has_bucket(query.bucket)) {
    return Error{Errc::not_found, "no bucket " + query.bucket.str()};
  }
  CataloguePage page;
  bool begun = !query.after;
  for (const FakeObjectStore::Stored& stored : in_order(store_.all(query.bucket))) {
    if (!begun) {
      begun = stored.key > query.after->key ||
              (stored.key == query.after->key && query.after->version == stored.version);
      if (stored.key <= query.after->key) continue;
    }
    if (!stored.key.str().starts_with(query.prefix)) continue;
    if (page.versions.size() == std::min(query.count_max, page_max)) {
      page.next =
          CatalogueCursor{page.versions.back().object.key, page.versions.back().object.version};
      break;
    }
    const auto current = store_.current(query.bucket, stored.key);
    page.versions.push_back(
        {.object = {query.bucket, stored.key, stored.version},
         .etag = stored.etag,
         .bytes = stored.content.size(),
         .modified = stored.modified,
         .is_current = current && current->version == stored.version,
         .archival = archival.contains(stored.key) ? archival.at(stored.key) : Archival::none});
  }
  return page;
}

Result<ETag> FakeBucketCatalogue::write(const ObjectRef& place, const std::string& document,
                                        const std::optional<ETag>& if_match, Deadline,
                                        std::stop_token stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  if (before_write) std::exchange(before_write, nullptr)();
  const auto present = store_.current(place.bucket, place.key);
  const std::optional<ETag> etag = present ? std::optional(present->etag) : std::nullopt;
  if (etag != if_match) return Error{Errc::changed, to_string(place) + ": PreconditionFailed"};
  if (writes_swallowed > 0) {
    --writes_swallowed;
    return ETag("never");
  }
  return store_.put(place.bucket, place.key, document).etag;
}

}  // namespace cordon
