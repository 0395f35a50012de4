#include "quarantine/listing.h"

#include <algorithm>
#include <map>

#include "base/parallel_for.h"
#include "core/allow_mark.h"

namespace cordon {
namespace {

constexpr std::size_t kPageMin = 50;  // Some of a page may be our own.
constexpr std::size_t kPageMax = 1000;
constexpr int kPagesMax = 10'000;
// A look at an entry is one request, which is spent waiting, and there may be very many.
constexpr std::size_t kLookupThreads = 64;
constexpr std::size_t kLookupsPerThreadMin = 4;

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

// What is told of each version, in their order.
std::vector<Result<ObjectHead>> heads_of(ObjectStore& store,
                                         const std::vector<ListedVersion>& versions,
                                         const ProgressListener& listener, Deadline deadline,
                                         const std::stop_token& stop) {
  std::vector<Result<ObjectHead>> heads(versions.size(), Error{Errc::cancelled, "stopped"});
  ProgressCount progress(listener, "entries of this page", versions.size());
  parallel_for(versions.size(),
               {.threads_max = kLookupThreads, .items_per_thread_min = kLookupsPerThreadMin}, stop,
               [&](std::size_t i) {
                 heads[i] = store.head(versions[i].object, deadline, stop);
                 progress.step();
               });
  return heads;
}

// Of what is listed, the entries: our own documents are none.
std::vector<ListedVersion> entries_of(std::vector<ListedVersion> versions) {
  std::erase_if(versions, [](const ListedVersion& version) {
    return version.object.key.str().starts_with(kOwnPrefix);
  });
  return versions;
}

QuarantineEntry entry_of(const ListedVersion& version, const Result<ObjectHead>& head) {
  return {.record = read_record(version.object, head ? head->metadata : NoMetadata()),
          .unread = head ? std::nullopt : std::optional<Error>(head.error()),
          .etag = version.etag,
          .bytes = version.bytes,
          .moved_at = version.modified};
}

}  // namespace

Result<std::optional<ObjectRef>> list_quarantine(
    ObjectStore& store, BucketCatalogue& catalogue, const QuarantineQuery& query,
    const std::function<void(const QuarantineEntry&)>& on_entry, const ProgressListener& progress,
    Deadline deadline, std::stop_token stop) {
  CORDON_TRY(CatalogueQuery wanted, first_page(query));
  std::size_t left = query.count_max;
  MaybePlace last;
  for (int number = 0; number < kPagesMax; ++number) {
    wanted.count_max = std::clamp(left, kPageMin, kPageMax);
    CORDON_TRY(CataloguePage page, catalogue.list(wanted, deadline, stop));
    std::vector<ListedVersion> entries = entries_of(std::move(page.versions));
    const bool is_more = entries.size() > left;
    if (is_more) entries.resize(left);
    const std::vector<Result<ObjectHead>> heads =
        heads_of(store, entries, progress, deadline, stop);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Result<ObjectHead>& head = heads[i];
      last = entries[i].object;
      if (!head && head.error().code == Errc::not_found) continue;
      if (!head && !is_about_object(head.error())) return head.error();
      on_entry(entry_of(entries[i], head));
    }
    if (is_more) return last;
    left -= entries.size();
    if (!page.next) return MaybePlace();
    wanted.after = page.next;
  }
  return Error{Errc::invalid, "the list has more than " + std::to_string(kPagesMax) + " pages"};
}

}  // namespace cordon
