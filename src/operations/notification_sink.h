#pragma once

#include <functional>

#include "core/ports/account.h"
#include "settings/settings.h"

namespace cordon {

/// Publishes to the notification topic what the settings of the moment want published. The topic
/// follows the settings, so the sink on it is made for each batch. Threads: any; the account
/// outlives it. Errors: those of the topic's sink.
class NotificationSink final : public ResultSink {
 public:
  using SettingsSource = std::function<NotificationSettings()>;

  NotificationSink(const AccountIdentity& identity, MessagePorts messages, SettingsSource settings)
      : identity_(identity), messages_(std::move(messages)), settings_(std::move(settings)) {}

  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override;

 private:
  const AccountIdentity identity_;
  const MessagePorts messages_;
  const SettingsSource settings_;
};

}  // namespace cordon
