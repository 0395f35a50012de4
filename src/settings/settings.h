#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/allow.h"
#include "core/content_class.h"
#include "core/member_account.h"
#include "core/object_ref.h"
#include "core/policy.h"
#include "core/tags.h"
#include "core/verdict.h"
#include "core/verdict_policy.h"

namespace cordon {

/// The table `tags`: what agents write on objects.
struct TagSettings {
  bool enabled = true;
  TagKeys keys = {};
  /// Tags that are not written, by their contractual names ("uploaded-by"), whatever they are
  /// renamed to.
  std::vector<std::string> exclude = {};

  bool operator==(const TagSettings&) const = default;
};

/// The names as the pipeline wants them: an excluded tag has an empty one.
TagKeys keys_in_force(const TagSettings& tags);

/// Which results the console is told of.
enum class ConsoleResults : std::uint8_t { problems, all };

/// The table `results`: where results go, beside tags and the notification topic.
struct ResultSettings {
  ConsoleResults console = ConsoleResults::problems;
  bool cloudwatch = true;
  bool eventbridge = false;

  bool operator==(const ResultSettings&) const = default;
};

/// The table `notifications`: which results are published to the notification topic.
struct NotificationSettings {
  bool enabled = false;
  /// Where the topic is; none: in the region of whoever publishes.
  std::optional<Region> region = std::nullopt;
  std::vector<Disposition> verdicts = {Disposition::infected, Disposition::error,
                                       Disposition::unscannable, Disposition::suspicious};

  bool operator==(const NotificationSettings&) const = default;
};

/// Whether results of this verdict are published.
bool wants_notification(const NotificationSettings& notifications, Disposition disposition);

/// What encrypted content is.
enum class EncryptedContent : std::uint8_t { unscannable, infected };

/// What content is that looks like noise: of no known type, and perhaps encrypted.
enum class OpaqueContent : std::uint8_t { clean, unscannable };

/// What content is that nothing here opens, by its class (docs/formats/verdicts.md).
enum class UnopenedContent : std::uint8_t { unscannable, clean };

/// The table `engine.unopened`: a verdict for each class of content that nothing here opens.
struct UnopenedSettings {
  UnopenedContent archive = UnopenedContent::unscannable;
  UnopenedContent disk_image = UnopenedContent::unscannable;
  UnopenedContent mail_store = UnopenedContent::unscannable;
  UnopenedContent installer = UnopenedContent::unscannable;
  UnopenedContent backup = UnopenedContent::unscannable;

  bool operator==(const UnopenedSettings&) const = default;
};

/// The classes that may be clean.
std::vector<ContentClass> may_stay_unopened(const UnopenedSettings& unopened);

/// Taken when an agent starts, since the engine is a process with a life of its own.
struct EngineSettings {
  std::optional<std::uint64_t> max_scan_seconds = std::nullopt;  ///< None: the agent's flag.
  std::optional<std::uint64_t> recycle_after = std::nullopt;     ///< None: the agent's flag.
  bool detect_macros = false;
  bool detect_broken = true;
  EncryptedContent encrypted = EncryptedContent::unscannable;
  OpaqueContent opaque = OpaqueContent::clean;
  UnopenedSettings unopened = {};

  bool operator==(const EngineSettings&) const = default;
};

/// What of the settings changes what a verdict means, as seals say it. Everything that lets content
/// be Clean is in it, or cannot: limits of time and memory end in Unscannable or Error, and what
/// `allow` lets stay is InfectedAllowed. Pure.
VerdictPolicy verdict_policy(const EngineSettings& engine);

/// When agents look for objects without a verdict.
struct SweepSettings {
  /// "off", or hours as in "24h". Off by default: a sweep asks for the tags of every object, which
  /// costs requests and needs rights that an agent otherwise does without.
  std::string every = "off";

  bool operator==(const SweepSettings&) const = default;
};

/// When new signatures that find too much are kept from taking objects away
/// (docs/runbook/brake.md).
struct BrakeSettings {
  bool enabled = true;
  std::uint64_t infected_min = 10;  ///< Different objects that only new names were found in.
  std::uint64_t share = 5;          ///< Per cent of what was scanned since the update.
  std::string window = "24h";       ///< So long after an update; "off": never.

  bool operator==(const BrakeSettings&) const = default;
};

/// Zero: never.
std::chrono::hours brake_window(const BrakeSettings& brake);

/// None: never.
std::optional<std::chrono::hours> sweep_interval(const SweepSettings& sweep);

/// Everything that one settings document says (docs/formats/settings.md). What it leaves out is as
/// here.
struct Settings {
  TagSettings tags = {};
  ResultSettings results = {};
  NotificationSettings notifications = {};
  PolicySet policies = {};
  EngineSettings engine = {};
  SweepSettings sweep = {};
  BrakeSettings brake = {};
  std::vector<AllowEntry> allow = {};
  std::vector<MemberAccount> accounts = {};
  /// Buckets of other accounts that routes and quarantines lead to.
  std::map<BucketName, AccountId> owners = {};

  bool operator==(const Settings&) const = default;
};

/// Whose the bucket is by what the settings say; `own`: nothing else is said.
AccountId owner_of(const Settings& settings, const BucketName& bucket, const AccountId& own);

}  // namespace cordon
