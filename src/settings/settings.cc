#include "settings/settings.h"

#include <algorithm>

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

}  // namespace cordon
