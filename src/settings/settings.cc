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
