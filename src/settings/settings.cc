#include "settings/settings.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {

TagKeys keys_in_force(const TagSettings& tags) {
  TagKeys keys = tags.keys;
  const TagKeys names;
  const auto leave_out = [&](const std::string& name, std::string& key) {
    if (std::find(tags.exclude.begin(), tags.exclude.end(), name) != tags.exclude.end()) {
      key.clear();
    }
  };
  leave_out(names.date, keys.date);
  leave_out(names.seal, keys.seal);
  leave_out(names.message, keys.message);
  leave_out(names.virus, keys.virus);
  leave_out(names.uploaded_by, keys.uploaded_by);
  return keys;
}

bool wants_notification(const NotificationSettings& notifications, Disposition disposition) {
  const std::vector<Disposition>& verdicts = notifications.verdicts;
  return notifications.enabled &&
         std::find(verdicts.begin(), verdicts.end(), disposition) != verdicts.end();
}

std::vector<ContentClass> may_stay_unopened(const UnopenedSettings& unopened) {
  const std::pair<ContentClass, UnopenedContent> choices[] = {
      {ContentClass::archive, unopened.archive},
      {ContentClass::disk_image, unopened.disk_image},
      {ContentClass::mail_store, unopened.mail_store},
      {ContentClass::installer, unopened.installer},
      {ContentClass::backup, unopened.backup},
  };
  std::vector<ContentClass> clean;
  for (const auto& [content_class, choice] : choices) {
    if (choice == UnopenedContent::clean) clean.push_back(content_class);
  }
  return clean;
}

VerdictPolicy verdict_policy(const EngineSettings& engine) {
  // By name, so that a new setting does not compile before somebody has decided what it means here.
  const auto& [max_scan_seconds, recycle_after, detect_macros, detect_broken, encrypted, opaque,
               unopened] = engine;
  const auto& [archive, disk_image, mail_store, installer, backup] = unopened;
  (void)max_scan_seconds;  // What takes longer is not Clean.
  (void)recycle_after;
  const std::pair<Leniency, bool> choices[] = {
      {Leniency::macros, !detect_macros},
      {Leniency::broken_program, !detect_broken},
      {Leniency::locked, encrypted == EncryptedContent::unscannable},
      {Leniency::noise, opaque == OpaqueContent::clean},
      {Leniency::unopened_archive, archive == UnopenedContent::clean},
      {Leniency::unopened_disk_image, disk_image == UnopenedContent::clean},
      {Leniency::unopened_mail_store, mail_store == UnopenedContent::clean},
      {Leniency::unopened_installer, installer == UnopenedContent::clean},
      {Leniency::unopened_backup, backup == UnopenedContent::clean},
  };
  VerdictPolicy policy;
  for (const auto& [leniency, is_let] : choices) {
    if (is_let) policy.add(leniency);
  }
  return policy;
}

AccountId owner_of(const Settings& settings, const BucketName& bucket, const AccountId& own) {
  if (const MemberAccount* member = account_of(settings.accounts, bucket)) return member->id;
  const auto stated = settings.owners.find(bucket);
  return stated == settings.owners.end() ? own : stated->second;
}

namespace {

std::optional<std::chrono::hours> hours_in(const std::string& text) {
  if (!text.ends_with('h')) return std::nullopt;
  const auto hours = parse_u64(std::string_view(text).substr(0, text.size() - 1));
  if (!hours || *hours == 0) return std::nullopt;
  return std::chrono::hours(*hours);
}

}  // namespace

std::optional<std::chrono::hours> sweep_interval(const SweepSettings& sweep) {
  return hours_in(sweep.every);
}

std::chrono::hours brake_window(const BrakeSettings& brake) {
  return brake.enabled ? hours_in(brake.window).value_or(std::chrono::hours(0))
                       : std::chrono::hours(0);
}

}  // namespace cordon
