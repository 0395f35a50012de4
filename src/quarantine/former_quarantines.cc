// What lies in a quarantine stays there when the settings name another one. Nothing marks such a
// bucket: it is its owner's, and Cordon may do no more there than write and look. But the system
// bucket keeps the versions of the settings, and they say which buckets were named.

#include "quarantine/former_quarantines.h"

#include <algorithm>
#include <set>

#include "core/own_buckets.h"
#include "core/ports/small_document.h"
#include "settings/settings_document.h"

namespace cordon {
namespace {

constexpr std::size_t kVersionsMax = 200;
constexpr std::size_t kDocumentBytesMax = 1 << 20;

// Of one version; none when it went away meanwhile or cannot be understood.
Result<std::vector<FormerQuarantine>> named_in(ObjectStore& store, const ObjectRef& version,
                                               const AccountId& own, Deadline deadline,
                                               std::stop_token stop) {
  std::vector<FormerQuarantine> named;
  const Result<SmallDocument> document =
      read_small(store, version, kDocumentBytesMax, deadline, std::move(stop));
  const bool is_none = !document && (document.error().code == Errc::not_found ||
                                     document.error().code == Errc::invalid);
  if (is_none) return named;
  CORDON_TRY(document);
  const SettingsReading reading = read_settings(document->text, SettingsFormat::json);
  if (!reading.settings) return named;
  for (const BucketName& bucket : named_quarantines(reading.settings->policies)) {
    named.push_back({bucket, owner_of(*reading.settings, bucket, own)});
  }
  return named;
}

}  // namespace

Result<std::vector<FormerQuarantine>> former_quarantines(ObjectStore& store,
                                                         BucketCatalogue& catalogue,
                                                         const ObjectRef& settings,
                                                         const AccountId& own, Deadline deadline,
                                                         std::stop_token stop) {
  std::vector<FormerQuarantine> all;
  const CatalogueQuery query{
      .bucket = settings.bucket, .prefix = settings.key.str(), .count_max = kVersionsMax};
  const Result<CataloguePage> page = catalogue.list(query, deadline, stop);
  if (!page && page.error().code == Errc::not_found) return all;
  CORDON_TRY(page);
  std::set<ETag> seen;
  for (const ListedVersion& version : page->versions) {
    if (version.object.key != settings.key) break;  // It comes before all that begin with it.
    if (!seen.insert(version.etag).second) continue;
    CORDON_TRY(const std::vector<FormerQuarantine> named,
               named_in(store, version.object, own, deadline, stop));
    for (const FormerQuarantine& one : named) {
      const auto is_it = [&](const FormerQuarantine& other) { return other.bucket == one.bucket; };
      if (std::none_of(all.begin(), all.end(), is_it)) all.push_back(one);
    }
  }
  return all;
}

}  // namespace cordon
