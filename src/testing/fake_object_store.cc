#include "testing/fake_object_store.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "core/checksum.h"
#include "core/code_points.h"
#include "core/copied_metadata.h"

namespace cordon {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::chrono::seconds kFirstWrite{1795362633};

Error not_found(const ObjectRef& object) {
  return Error{Errc::not_found, to_string(object) + ": NoSuchKey"};
}

Error changed(const ObjectRef& object) {
  return Error{Errc::changed, to_string(object) + ": PreconditionFailed"};
}

bool is_null(const std::optional<VersionId>& version) {
  return !version || version->str() == "null";
}

// Takes away the state that a write without a version of its own replaces.
void drop_null_version(std::vector<FakeObjectStore::Stored>& states) {
  std::erase_if(states, [](const auto& state) { return is_null(state.version); });
}

}  // namespace

void FakeObjectStore::make_bucket(const BucketName& name, Versions versions) {
  std::lock_guard lock(mutex_);
  buckets_[name.str()].versions = versions;
}

void FakeObjectStore::set_versions(const BucketName& name, Versions versions) {
  make_bucket(name, versions);
}

bool FakeObjectStore::has_bucket(const BucketName& name) const {
  std::lock_guard lock(mutex_);
  return buckets_.contains(name.str());
}

CopyResult FakeObjectStore::store(Bucket& bucket, Stored made) {
  std::vector<Stored>& states = bucket.objects[made.key.str()];
  // No two in the same second, and none before the time at which simulated clocks start.
  if (!is_time_stopped_) ++writes_;
  made.modified = SystemTime(kFirstWrite + std::chrono::seconds(writes_));
  switch (bucket.versions) {
    case Versions::off:
      made.version.reset();
      drop_null_version(states);
      break;
    case Versions::suspended:
      made.version = VersionId("null");
      drop_null_version(states);
      break;
    case Versions::on:
      made.version = VersionId("v" + std::to_string(++versions_made_));
      break;
  }
  states.push_back(made);
  return {made.etag, made.version};
}

CopyResult FakeObjectStore::put(const BucketName& bucket, const ObjectKey& key,
                                const std::string& content, const TagSet& tags,
                                const std::map<std::string, std::string>& metadata) {
  std::lock_guard lock(mutex_);
  return store(buckets_[bucket.str()], {.key = key,
                                        .etag = etag_of(content),
                                        .content = content,
                                        .tags = tags,
                                        .metadata = metadata});
}

void FakeObjectStore::delete_current(const BucketName& name, const ObjectKey& key) {
  std::lock_guard lock(mutex_);
  Bucket& bucket = buckets_[name.str()];
  if (bucket.versions == Versions::off) {
    bucket.objects.erase(key.str());
  } else {
    store(bucket, {.key = key, .is_delete_marker = true});
  }
}

void FakeObjectStore::owner_sets_tags(const ObjectRef& object, const TagSet& tags) {
  std::lock_guard lock(mutex_);
  Result<Stored*> stored = find(object);
  if (stored) (*stored)->tags = tags;
}

std::vector<FakeObjectStore::Stored> FakeObjectStore::all(const BucketName& bucket) const {
  std::lock_guard lock(mutex_);
  std::vector<Stored> found;
  const auto it = buckets_.find(bucket.str());
  if (it == buckets_.end()) return found;
  for (const auto& [key, states] : it->second.objects) {
    std::copy_if(states.begin(), states.end(), std::back_inserter(found),
                 [](const Stored& state) { return !state.is_delete_marker; });
  }
  return found;
}

std::optional<FakeObjectStore::Stored> FakeObjectStore::current(const BucketName& bucket,
                                                                const ObjectKey& key) const {
  std::lock_guard lock(mutex_);
  const auto in = buckets_.find(bucket.str());
  if (in == buckets_.end()) return std::nullopt;
  const auto at = in->second.objects.find(key.str());
  if (at == in->second.objects.end() || at->second.empty()) return std::nullopt;
  if (at->second.back().is_delete_marker) return std::nullopt;
  return at->second.back();
}

void FakeObjectStore::on_call(Hook hook) {
  std::lock_guard lock(mutex_);
  hook_ = hook ? std::make_shared<Hook>(std::move(hook)) : nullptr;
}

void FakeObjectStore::fail_next(Call call, Error error, int times) {
  std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) failures_[call].push_back(error);
}

void FakeObjectStore::cut_next_read(std::uint64_t after_bytes) {
  std::lock_guard lock(mutex_);
  damages_.push_back({Damage::Kind::cut, after_bytes});
}

void FakeObjectStore::corrupt_next_read() {
  std::lock_guard lock(mutex_);
  damages_.push_back({Damage::Kind::corrupt});
}

void FakeObjectStore::shorten_next_read(std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  damages_.push_back({Damage::Kind::shorten, bytes});
}

void FakeObjectStore::set_checksum(std::optional<ObjectChecksum::Algorithm> algorithm) {
  std::lock_guard lock(mutex_);
  checksum_ = algorithm;
}

int FakeObjectStore::calls(Call call) const {
  std::lock_guard lock(mutex_);
  const auto it = calls_.find(call);
  return it == calls_.end() ? 0 : it->second;
}

void FakeObjectStore::give_etag(const std::string& content, const ETag& etag) {
  std::lock_guard lock(mutex_);
  given_etags_.insert_or_assign(content, etag);
}

void FakeObjectStore::stop_time() {
  std::lock_guard lock(mutex_);
  is_time_stopped_ = true;
}

void FakeObjectStore::set_habits(const StoreTraits& habits) {
  std::lock_guard lock(mutex_);
  habits_ = habits;
}

void FakeObjectStore::damage(const ObjectRef& object, const std::string& content) {
  std::lock_guard lock(mutex_);
  Result<Stored*> stored = find(object);
  if (stored) (*stored)->content = content;
}

void FakeObjectStore::rename_state(const ObjectRef& object, const ETag& etag) {
  std::lock_guard lock(mutex_);
  Result<Stored*> stored = find(object);
  if (!stored) return;
  (*stored)->etag = etag;
  (*stored)->is_etag_renamed = true;
}

void FakeObjectStore::fail_after_next(Call call, Error error) {
  std::lock_guard lock(mutex_);
  late_failures_[call].push_back(std::move(error));
}

void FakeObjectStore::pretend_next(Call call) {
  std::lock_guard lock(mutex_);
  ++pretended_[call];
}

std::optional<Error> FakeObjectStore::leave(Call call) {
  std::deque<Error>& failures = late_failures_[call];
  if (failures.empty()) return std::nullopt;
  Error error = failures.front();
  failures.pop_front();
  return error;
}

bool FakeObjectStore::pretends(Call call) {
  std::lock_guard lock(mutex_);
  if (pretended_[call] == 0) return false;
  --pretended_[call];
  return true;
}

ETag FakeObjectStore::etag_of(const std::string& content) const {
  const auto given = given_etags_.find(content);
  return given == given_etags_.end() ? ETag(hex(md5(as_bytes_of(content)))) : given->second;
}

std::optional<Error> FakeObjectStore::enter(Call call, const ObjectRef& object,
                                            const std::stop_token& stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  std::shared_ptr<Hook> hook;
  {
    std::lock_guard lock(mutex_);
    ++calls_[call];
    hook = hook_;
  }
  if (hook) {
    if (std::optional<Error> error = (*hook)(call, object)) return error;
  }
  std::lock_guard lock(mutex_);
  std::deque<Error>& failures = failures_[call];
  if (failures.empty()) return std::nullopt;
  Error error = failures.front();
  failures.pop_front();
  return error;
}

Result<FakeObjectStore::Stored*> FakeObjectStore::find(const ObjectRef& object) {
  const auto bucket = buckets_.find(object.bucket.str());
  if (bucket == buckets_.end()) return not_found(object);
  const auto at = bucket->second.objects.find(object.key.str());
  if (at == bucket->second.objects.end() || at->second.empty()) return not_found(object);
  if (!object.version) {
    if (at->second.back().is_delete_marker) return not_found(object);
    return &at->second.back();
  }
  for (Stored& state : at->second) {
    const bool same = state.version == object.version ||
                      (is_null(state.version) && object.version->str() == "null");
    if (same && !state.is_delete_marker) return &state;
  }
  return not_found(object);
}

ObjectHead FakeObjectStore::head_of(const Stored& stored) const {
  ObjectHead head{.bytes = stored.content.size(),
                  .etag = stored.etag,
                  .version = stored.version,
                  .modified = stored.modified,
                  .tag_count = stored.tags.size(),
                  .metadata = stored.metadata,
                  .etag_is_md5 = !stored.is_etag_renamed && !given_etags_.contains(stored.content)};
  if (checksum_) {
    RunningChecksum running(*checksum_);
    running.update(as_bytes_of(stored.content));
    head.checksum = ObjectChecksum{*checksum_, running.finish()};
  }
  return head;
}

Result<ObjectHead> FakeObjectStore::head(const ObjectRef& object, Deadline, std::stop_token stop) {
  if (auto error = enter(Call::head, object, stop)) return *error;
  std::lock_guard lock(mutex_);
  CORDON_TRY(const Stored* stored, find(object));
  return head_of(*stored);
}

Result<void> FakeObjectStore::deliver(const Stored& stored, const ReadOptions& options,
                                      ByteSink& sink) {
  std::optional<Damage> damage;
  {
    std::lock_guard lock(mutex_);
    if (!damages_.empty()) {
      damage = damages_.front();
      damages_.pop_front();
    }
  }
  std::string content = stored.content.substr(
      std::min<std::size_t>(static_cast<std::size_t>(options.offset), stored.content.size()));
  if (damage && damage->kind == Damage::Kind::corrupt && !content.empty()) content.back() ^= 1;
  if (damage && damage->kind != Damage::Kind::corrupt) {
    content.resize(std::min<std::size_t>(content.size(), static_cast<std::size_t>(damage->bytes)));
  }
  for (std::size_t at = 0; at < content.size(); at += kPieceBytes) {
    CORDON_TRY(sink.write(as_bytes_of(std::string_view(content).substr(at, kPieceBytes))));
  }
  if (damage && damage->kind == Damage::Kind::cut) {
    return Error{Errc::unavailable, "the connection was lost"};
  }
  return {};
}

Result<ObjectHead> FakeObjectStore::read(const ObjectRef& object, const ReadOptions& options,
                                         ByteSink& sink, Deadline, std::stop_token stop) {
  if (auto error = enter(Call::read, object, stop)) return *error;
  Stored copy;
  ObjectHead head;
  {
    std::lock_guard lock(mutex_);
    CORDON_TRY(const Stored* stored, find(object));
    if (options.if_match && stored->etag != *options.if_match) return changed(object);
    copy = *stored;
    head = head_of(*stored);
  }
  // A range does not come with the checksum of the whole.
  if (options.offset > 0) head.checksum.reset();
  CORDON_TRY(sink.begin(head));
  CORDON_TRY(deliver(copy, options, sink));
  return head;
}

Result<TagSet> FakeObjectStore::tags(const ObjectRef& object, Deadline, std::stop_token stop) {
  if (auto error = enter(Call::tags, object, stop)) return *error;
  std::lock_guard lock(mutex_);
  CORDON_TRY(const Stored* stored, find(object));
  return stored->tags;
}

Result<void> FakeObjectStore::set_tags(const ObjectRef& object, const TagSet& tags, Deadline,
                                       std::stop_token stop) {
  if (auto error = enter(Call::set_tags, object, stop)) return *error;
  if (pretends(Call::set_tags)) return {};
  std::lock_guard lock(mutex_);
  CORDON_TRY(Stored * stored, find(object));
  if (tags.size() > kTagsMax) return Error{Errc::invalid, "BadRequest: more than 10 tags"};
  for (const auto& [key, value] : tags) {
    if (key.empty() || code_points(key).size() > kTagKeyCharsMax ||
        code_points(value).size() > kTagValueCharsMax) {
      return Error{Errc::invalid, "InvalidTag"};
    }
  }
  stored->tags = tags;
  return {};
}

Result<CopyResult> FakeObjectStore::copy(const CopyRequest& request, Deadline,
                                         std::stop_token stop) {
  if (auto error = enter(Call::copy, request.from, stop)) return *error;
  std::lock_guard lock(mutex_);
  CORDON_TRY(const Stored* source, find(request.from));
  if (habits_.heeds_source && source->etag != request.from_etag) return changed(request.from);
  const auto to = buckets_.find(request.to_bucket.str());
  if (to == buckets_.end()) {
    return Error{Errc::denied, "CopyObject: no bucket " + request.to_bucket.str()};
  }
  Stored made = *source;
  made.key = request.to_key;
  made.tags = habits_.tags_copies ? request.tags : TagSet();
  if (habits_.heeds_place && request.only_if_absent && find({request.to_bucket, request.to_key})) {
    Error taken = changed({request.to_bucket, request.to_key});
    taken.cause = ErrorCause::place_taken;
    return taken;
  }
  made.metadata = copied_metadata(source->metadata, request.add_metadata);
  const CopyResult copied = store(to->second, std::move(made));
  if (auto error = leave(Call::copy)) return *error;
  return copied;
}

Result<void> FakeObjectStore::remove(const ObjectRef& object, const ETag& if_match, Deadline,
                                     std::stop_token stop) {
  if (auto error = enter(Call::remove, object, stop)) return *error;
  if (pretends(Call::remove)) return {};
  std::lock_guard lock(mutex_);
  Result<Stored*> stored = find(object);
  if (object.version) {
    if (stored) {
      auto& states = buckets_[object.bucket.str()].objects[object.key.str()];
      std::erase_if(states, [&](const Stored& state) {
        return state.version == (*stored)->version && !state.is_delete_marker;
      });
    }
    if (auto error = leave(Call::remove)) return *error;
    return {};
  }
  if (!stored) return stored.error();
  if (habits_.heeds_delete && (*stored)->etag != if_match) return changed(object);
  Bucket& bucket = buckets_[object.bucket.str()];
  if (bucket.versions == Versions::off) {
    bucket.objects.erase(object.key.str());
  } else {
    store(bucket, {.key = object.key, .is_delete_marker = true});
  }
  if (auto error = leave(Call::remove)) return *error;
  return {};
}

}  // namespace cordon
