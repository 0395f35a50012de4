#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/watched_document.h"
#include "core/protected_document.h"
#include "settings_live/document_cache.h"

namespace cordon {

/// How often a `ProtectedWatch` looks at its document, and what logs call that document.
struct ProtectedWatchOptions {
  std::chrono::seconds interval{5};    ///< Between two looks at the document.
  std::chrono::seconds read_limit{4};  ///< Of one look.
  std::string origin;                  ///< "s3://bucket/protected.json", for people.
};

/// The protected set's document, kept up to date.
///
/// The last good one stays while its place is away, or while another one there is refused. A
/// document that is gone says nothing any more; nor is one needed: what it does not say is found
/// out at the bucket (ProtectedSet). So nothing waits for it.
///
/// Threads: `current` any; `begin` and `run` one, one after the other.
class ProtectedWatch {
 public:
  /// What is known, and a number that is another one for every other document.
  struct Known {
    std::shared_ptr<const ProtectedDocument> document;
    std::uint64_t number = 0;
  };

  /// All outlive the watch; `cache` may be null.
  ProtectedWatch(ProtectedWatchOptions options, DocumentStore& store, const DocumentCache* cache,
                 const Clock& clock, Log& log, Metrics& metrics);

  /// Takes what was cached, and looks once.
  void begin(const std::stop_token& stop);
  /// Looks every `interval` until a stop is requested.
  void run(const std::stop_token& stop);
  void look(const std::stop_token& stop);

  /// The document is never null; empty as long as none is known.
  Known current() const;

 private:
  void load_cache();
  void take(const StoredDocument& stored);
  void put_in_force(ProtectedDocument document);
  void away(const Error& error);

  const ProtectedWatchOptions options_;
  WatchedDocument document_;
  const DocumentCache* const cache_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;

  Guarded<Known> known_;
};

}  // namespace cordon
