#include "operations/settings_history.h"

#include <boost/json.hpp>
#include <utility>

#include "base/text.h"
#include "core/ports/small_document.h"
#include "settings/document.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kTimeLimit{1};

ObjectRef document_in(const DeploymentAccess& access) {
  return {access.deployment().system_bucket(access.account()), ObjectKey("settings.json")};
}

}  // namespace

Result<SettingsHistory> settings_history(DeploymentAccess& access, const Runtime& runtime,
                                         std::size_t count_max,
                                         const std::optional<VersionId>& after) {
  const ObjectRef document = document_in(access);
  CatalogueQuery query{
      .bucket = document.bucket, .prefix = document.key.str(), .count_max = count_max};
  if (after) query.after = CatalogueCursor{document.key, after};
  SettingsHistory history;
  const Result<CataloguePage> page =
      access.catalogue().list(query, Deadline::after(runtime.clock, kTimeLimit), runtime.stop);
  if (!page && page.error().code == Errc::not_found) return history;
  CORDON_TRY(page);
  for (const ListedVersion& one : page->versions) {
    if (one.object.key != document.key) return history;  // It comes before all that begin with it.
    history.versions.push_back({.version = one.object.version.value_or(VersionId("null")),
                                .etag = one.etag,
                                .bytes = one.bytes,
                                .modified = one.modified,
                                .is_current = one.is_current});
  }
  if (page->next && page->next->key == document.key) history.next = page->next->version;
  return history;
}

Result<StoredSettings> settings_version(DeploymentAccess& access, const Runtime& runtime,
                                        const VersionId& version) {
  ObjectRef document = document_in(access);
  document.version = version;
  CORDON_TRY(SmallDocument found,
             read_small(access.store(), document, kSettingsBytesMax,
                        Deadline::after(runtime.clock, kTimeLimit), runtime.stop));
  SettingsCheck check{.name = access.settings_origin(),
                      .reading = read_settings(found.text, SettingsFormat::json)};
  return StoredSettings{
      .stored = {.document = std::move(found.text), .etag = found.etag, .version = version},
      .check = std::move(check)};
}

json::object document_of(const SettingsVersion& version) {
  return json::object{{"schema", "cordon.settings-version/1"},
                      {"versionId", version.version.str()},
                      {"eTag", version.etag.str()},
                      {"size", version.bytes},
                      {"modified", rfc3339_ms(version.modified)},
                      {"current", version.is_current}};
}

}  // namespace cordon
