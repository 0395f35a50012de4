#include "quarantine/listing.h"

#include <algorithm>
#include <map>

#include "core/allow_mark.h"

namespace cordon {
namespace {

constexpr std::size_t kPageMin = 50;  // Some of a page may be our own.
constexpr std::size_t kPageMax = 1000;
constexpr int kPagesMax = 10'000;

using MaybePlace = std::optional<ObjectRef>;
using NoMetadata = std::map<std::string, std::string>;

// Not of the connection or the service.
bool is_about_object(const Error& error) {
  return error.code == Errc::denied || error.code == Errc::invalid;
}

Result<CatalogueQuery> first_page(const QuarantineQuery& query) {
  if (!query.bucket && !query.prefix.empty()) {
    return Error{Errc::invalid, "a prefix of keys needs the bucket that they were in"};
  }
  CatalogueQuery page{.bucket = query.quarantine};
  if (query.bucket) page.prefix = query.bucket->str() + "/" + query.prefix;
  if (query.after) page.after = CatalogueCursor{query.after->key, query.after->version};
  return page;
}

}  // namespace

Result<std::optional<ObjectRef>> list_quarantine(
    ObjectStore& store, BucketCatalogue& catalogue, const QuarantineQuery& query,
    const std::function<void(const QuarantineEntry&)>& on_entry, Deadline deadline,
    std::stop_token stop) {
  CORDON_TRY(CatalogueQuery wanted, first_page(query));
  std::size_t left = query.count_max;
  MaybePlace last;
  for (int number = 0; number < kPagesMax; ++number) {
    wanted.count_max = std::clamp(left, kPageMin, kPageMax);
    CORDON_TRY(const CataloguePage page, catalogue.list(wanted, deadline, stop));
    for (const ListedVersion& version : page.versions) {
      if (version.object.key.str().starts_with(kOwnPrefix)) continue;  // Our own documents.
      if (left == 0) return last;
      --left;
      last = version.object;
      const Result<ObjectHead> head = store.head(version.object, deadline, stop);
      if (!head && head.error().code == Errc::not_found) continue;
      if (!head && !is_about_object(head.error())) return head.error();
      on_entry({.record = read_record(version.object, head ? head->metadata : NoMetadata()),
                .unread = head ? std::nullopt : std::optional<Error>(head.error()),
                .etag = version.etag,
                .bytes = version.bytes,
                .moved_at = version.modified});
    }
    if (!page.next) return MaybePlace();
    wanted.after = page.next;
  }
  return Error{Errc::invalid, "the list has more than " + std::to_string(kPagesMax) + " pages"};
}

}  // namespace cordon
