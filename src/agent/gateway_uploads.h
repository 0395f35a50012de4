#pragma once

#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <variant>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "core/event.h"
#include "core/ports/file_share_admin.h"
#include "core/ports/object_store.h"
#include "core/scan_result.h"

namespace cordon {

/// What uploads through a Storage Gateway need beyond other uploads.
///
/// A gateway tells of a file several times (its first bytes, the rest, its metadata), in any order,
/// names no version, and may tell before S3 has the object. So the event only says "look at this
/// path": what is scanned is what lies there now, once per state of the object, however many events
/// lead to it; and bytes that were scanned under this key a moment ago are not scanned again
/// because the gateway wrote them once more with other metadata.
///
/// Threads: any. Everything given to the constructor outlives the object.
class GatewayUploads {
 public:
  /// `shares`: null when the agent may not or cannot ask Storage Gateway.
  GatewayUploads(ObjectStore& store, FileShareAdmin* shares, const Clock& clock, Log& log,
                 Metrics& metrics);

  /// Where the object is, or was, by the share's own word where that can be had. Errors: invalid;
  /// those of FileShareAdmin that pass (timeout, unavailable, throttled, cancelled).
  Result<ObjectRef> place_of(const ObjectEvent& event, Deadline deadline, std::stop_token stop);
  /// The same event, pinned to what lies at the path now.
  /// Errors: not_found: nothing is there (yet, or any more); invalid: the event contradicts the
  /// file share; denied with an access reason when the object may not be looked at, and the others
  /// of ObjectStore and of `place_of`.
  Result<ObjectEvent> locate(const ObjectEvent& event, Deadline deadline, std::stop_token stop);

  /// The turn at one state of the object: one slot has it at a time.
  class Turn {
   public:
    Turn(Turn&& other) noexcept
        : uploads_(std::exchange(other.uploads_, nullptr)), key_(std::move(other.key_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn();
    /// The state is done with; who comes later has nothing to do.
    void finish();

   private:
    friend class GatewayUploads;
    Turn(GatewayUploads& uploads, std::string key) : uploads_(&uploads), key_(std::move(key)) {}
    GatewayUploads* uploads_;
    std::string key_;
  };
  /// Why there is no turn: another slot has it, or the state is done with.
  enum class NoTurn : unsigned char { busy, finished };
  std::variant<Turn, NoTurn> take_turn(const ObjectEvent& located);

  /// The result that these bytes had under this key, when that was only minutes ago.
  std::optional<ScanResult> lately(const ObjectRef& object, const std::string& sha256) const;
  void remember(const ScanResult& result);

  /// Makes the gateway see that the object went away or came, if that is allowed. Never fails.
  void refresh_share(const ObjectEvent& event, const ScanResult& result, Deadline deadline,
                     std::stop_token stop);

 private:
  struct KnownShare {
    std::optional<FileShare> share;  ///< None: there is none, or it may not be asked.
    SteadyTime until;
  };
  struct Scanned {
    ScanResult result;
    SteadyTime until;
  };

  /// None: there is no such share, or it may not be asked. Errors: throttled: too many that do not
  /// exist were asked for just now; others pass.
  Result<std::optional<FileShare>> share_of(const std::string& arn, Deadline deadline,
                                            std::stop_token stop);
  void give_up(const std::string& key);

  ObjectStore& store_;
  FileShareAdmin* const shares_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;

  mutable std::mutex mutex_;
  std::set<std::string> in_work_;
  std::list<std::string> finished_;  ///< Oldest first.
  std::unordered_map<std::string, std::list<std::string>::iterator> finished_index_;
  std::unordered_map<std::string, KnownShare> known_shares_;
  std::unordered_map<std::string, Scanned> scanned_;  ///< By bucket, key and SHA-256.
  std::size_t strangers_ =
      0;  ///< Shares that were asked for in vain, and that are being asked for.
  SteadyTime strangers_until_{};  ///< When they are counted anew.
  bool refresh_was_denied_ = false;
};

}  // namespace cordon
