#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/watched_document.h"
#include "settings/settings.h"
#include "settings_live/document_cache.h"

namespace cordon {

/// How often a `SettingsWatch` looks at its document, and what holds without one.
struct SettingsWatchOptions {
  std::chrono::seconds interval{5};    ///< Between two looks at the document.
  std::chrono::seconds read_limit{4};  ///< Of one look; with the interval within 10 s.
  std::string origin;                  ///< "s3://bucket/settings.json", for people.
  /// What holds as long as there is no document at all.
  Settings usual = {};
};

/// The settings in force, kept up to date.
///
/// The last good document stays in force while the place is away, while another document there is
/// refused, and when the document is deleted: nobody switches a deployment's rules off by accident.
/// Settings count as known once a good document was read (here or, before, into the cache), or once
/// the store has said that there is none. Until then an agent must not act: what it would keep,
/// move or leave out could be the opposite of what its owner ordered.
///
/// Threads: `current` any; `await` and `run` one, one after the other.
class SettingsWatch {
 public:
  /// All outlive the watch; `cache` may be null.
  SettingsWatch(SettingsWatchOptions options, DocumentStore& store, const DocumentCache* cache,
                const Clock& clock, Log& log, Metrics& metrics);

  /// Blocks until settings are known. Looks once at least, so that an agent starts with the newest
  /// ones when they can be had. Errors: cancelled.
  Result<void> await(std::stop_token stop);
  /// Looks every `interval` until a stop is requested.
  void run(std::stop_token stop);

  /// Never null.
  std::shared_ptr<const Settings> current() const;

 private:
  void load_cache();
  void look(std::stop_token stop);
  void take(const StoredDocument& stored);
  void put_in_force(Settings settings);
  void no_document();
  void away(const Error& error);
  void show_trouble();

  const SettingsWatchOptions options_;
  WatchedDocument document_;
  const DocumentCache* const cache_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;

  /// Shared with objects that are under way: each keeps what it began with.
  Guarded<std::shared_ptr<const Settings>> in_force_;
  bool known_ = false;
  bool from_document_ = false;
};

}  // namespace cordon
