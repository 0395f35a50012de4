#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "core/allow.h"
#include "core/ports/bucket_catalogue.h"
#include "core/ports/object_store.h"
#include "core/quarantine_record.h"
#include "core/tags.h"
#include "quarantine/content_check.h"

namespace cordon {

/// What lets the object stay where it is put, when the agent scans it there.
enum class Allow : std::uint8_t {
  none,    ///< Nothing: only for places that no agent looks after.
  once,    ///< Exactly the object that is put back.
  always,  ///< Also this content with these signatures from now on.
};

/// Which object somebody wants back, to where, and what lets it stay there.
struct RestoreRequest {
  ObjectRef stored;                            ///< The version in quarantine.
  std::optional<ObjectRef> to = std::nullopt;  ///< None: where it was.
  Allow allow = Allow::none;
  std::optional<SystemTime> allow_until = std::nullopt;  ///< Of `always`; none: without end.
  bool overwrite = false;  ///< Put a version above what is there; where versions are kept.
};

/// What a `Restoration` came to, for whoever asked for it.
struct Restored {
  QuarantineRecord record;
  ObjectRef place;  ///< Where it is now, with its version where there are versions.
  ETag etag;
  bool resumed = false;                 ///< An earlier run had copied it already.
  std::vector<AllowEntry> listed = {};  ///< What the allow list has for it.
};

/// What a restoration needs. All of it outlives it.
struct RestorePorts {
  ObjectStore& store;
  BucketCatalogue& catalogue;
  const Clock& clock;
  /// Whether the bucket is Cordon's own (`is_own_bucket`, with the policies in force).
  std::function<bool(const BucketName&)> is_own;
  /// Whether an agent of this deployment is told of new objects in the bucket.
  std::function<Result<bool>(const BucketName&, Deadline, std::stop_token)> is_watched;
  /// Whether the bucket is in the region of the quarantine.
  std::function<Result<bool>(const BucketName&, Deadline, std::stop_token)> is_here;
  /// Puts what is not there yet on the allow list of the settings.
  std::function<Result<void>(const std::vector<AllowEntry>&, Deadline, std::stop_token)>
      list_allowed;
  /// Told of each step ("list", "mark", "copy", "verify", "bind", "delete") before it is done.
  std::function<void(std::string_view)> before;
  TagKeys tag_keys = {};
};

/// Takes one object out of quarantine. Used once.
///
/// The version in quarantine is deleted last, when the copy was compared with it, so a crash at any
/// point loses nothing, and a repeat goes on with the copy that it finds.
///
/// Errors: those of the ports; not_found when there is no such version; invalid when the request
/// cannot be carried out as it is (the place is taken, an agent would take the object away again,
/// ...), with what to do instead.
class Restoration {
 public:
  Restoration(RestorePorts ports, RestoreRequest request, Deadline deadline, std::stop_token stop)
      : ports_(std::move(ports)),
        request_(std::move(request)),
        deadline_(deadline),
        stop_(std::move(stop)) {}

  Result<Restored> run();

 private:
  Result<void> open();
  Result<void> choose_place();
  Result<void> refuse_a_circle();
  Result<void> refuse_another_region();
  Result<void> know_content();
  Result<bool> find_own_copy();
  Result<void> allow_it();
  Result<void> list_always();
  Result<void> copy();
  TagSet tags_for_copy(const TagSet& stored) const;
  Result<void> verify();
  Result<void> keep_tags();
  Result<void> still_there();
  Result<void> remove_stored();
  static Error no_such_place(const Error& why);
  Error place_is_taken(const ObjectHead& there) const;
  bool was_infected() const;

  const RestorePorts ports_;
  const RestoreRequest request_;
  const Deadline deadline_;
  const std::stop_token stop_;
  KnownObject stored_;
  QuarantineRecord record_;
  ObjectRef place_;
  std::string sha256_;
  bool was_free_ = true;
  KnownObject copy_;
  std::vector<AllowEntry> listed_;
};

}  // namespace cordon
