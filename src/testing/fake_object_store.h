#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/ports/object_store.h"
#include "core/ports/store_probe.h"

namespace cordon {

/// Buckets in memory with S3's rules: versions and delete markers, ETags, conditions, tags per
/// version that a new upload does not inherit, metadata. Tests play the users with `put` and
/// `delete_current`, and make calls fail, cut or corrupt transfers, or act between two calls.
///
/// Threads: any.
class FakeObjectStore final : public ObjectStore {
 public:
  enum class Versions : unsigned char { off, on, suspended };
  enum class Call : unsigned char { head, read, tags, set_tags, copy, remove };

  struct Stored {
    ObjectKey key;
    std::optional<VersionId> version;
    ETag etag;
    std::string content;
    TagSet tags;
    std::map<std::string, std::string> metadata;
    bool is_delete_marker = false;
    SystemTime modified = {};
    bool is_etag_renamed = false;  ///< The ETag is no MD5 any more.
  };

  void make_bucket(const BucketName& name, Versions versions = Versions::off);
  void set_versions(const BucketName& name, Versions versions);
  bool has_bucket(const BucketName& name) const;
  CopyResult put(const BucketName& bucket, const ObjectKey& key, const std::string& content,
                 const TagSet& tags = {}, const std::map<std::string, std::string>& metadata = {});
  /// As a client's plain DELETE: adds a delete marker where the bucket has versions.
  void delete_current(const BucketName& bucket, const ObjectKey& key);
  /// The owner's change of tags, behind our back.
  void owner_sets_tags(const ObjectRef& object, const TagSet& tags);

  /// Every object and version of a bucket, oldest first; no delete markers.
  std::vector<Stored> all(const BucketName& bucket) const;
  /// What a client's GET finds.
  std::optional<Stored> current(const BucketName& bucket, const ObjectKey& key) const;

  /// Called before every call, outside the lock; an error becomes the result. May change the store,
  /// and keeps what it counts from call to call.
  using Hook = std::function<std::optional<Error>(Call call, const ObjectRef& object)>;
  void on_call(Hook hook);
  void fail_next(Call call, Error error, int times = 1);
  /// The next read delivers so many bytes and then loses the connection.
  void cut_next_read(std::uint64_t after_bytes);
  /// The next read delivers a wrong byte and everything else right.
  void corrupt_next_read();
  /// The next read ends after so many bytes and calls that success.
  void shorten_next_read(std::uint64_t bytes);
  /// What heads say about checksums; crc64nvme unless told otherwise.
  void set_checksum(std::optional<ObjectChecksum::Algorithm> algorithm);
  int calls(Call call) const;

  // Stores that are not as good as S3, and contents that are made to deceive.

  /// Content that has this ETag, whatever its MD5 is.
  void give_etag(const std::string& content, const ETag& etag);
  /// All that is written from now on has one Last-Modified.
  void stop_time();
  void set_habits(const StoreTraits& habits);
  /// Other bytes under the same name, time and metadata.
  void damage(const ObjectRef& object, const std::string& content);
  /// Another ETag for the same bytes, as stores do that compute it later.
  void rename_state(const ObjectRef& object, const ETag& etag);
  /// The next call is done, and answered with the error.
  void fail_after_next(Call call, Error error);
  /// The next call is answered with success, and not done. For set_tags and remove.
  void pretend_next(Call call);

  Result<ObjectHead> head(const ObjectRef& object, Deadline deadline,
                          std::stop_token stop) override;
  Result<ObjectHead> read(const ObjectRef& object, const ReadOptions& options, ByteSink& sink,
                          Deadline deadline, std::stop_token stop) override;
  Result<TagSet> tags(const ObjectRef& object, Deadline deadline, std::stop_token stop) override;
  Result<void> set_tags(const ObjectRef& object, const TagSet& tags, Deadline deadline,
                        std::stop_token stop) override;
  Result<CopyResult> copy(const CopyRequest& request, Deadline deadline,
                          std::stop_token stop) override;
  Result<void> remove(const ObjectRef& object, const ETag& if_match, Deadline deadline,
                      std::stop_token stop) override;

 private:
  struct Bucket {
    Versions versions = Versions::off;
    std::map<std::string, std::vector<Stored>> objects;  ///< By key; the last one is current.
  };
  struct Damage {
    enum class Kind : unsigned char { cut, corrupt, shorten } kind;
    std::uint64_t bytes = 0;
  };

  /// What the next call is answered with after it was done.
  std::optional<Error> leave(Call call);
  bool pretends(Call call);
  ETag etag_of(const std::string& content) const;
  std::optional<Error> enter(Call call, const ObjectRef& object, const std::stop_token& stop);
  CopyResult store(Bucket& bucket, Stored made);
  Result<Stored*> find(const ObjectRef& object);
  ObjectHead head_of(const Stored& stored) const;
  Result<void> deliver(const Stored& stored, const ReadOptions& options, ByteSink& sink);

  mutable std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
  std::shared_ptr<Hook> hook_;  ///< Shared with calls under way: a hook may replace itself.
  std::map<Call, std::deque<Error>> failures_;
  std::map<Call, int> calls_;
  std::deque<Damage> damages_;
  std::optional<ObjectChecksum::Algorithm> checksum_ = ObjectChecksum::Algorithm::crc64nvme;
  std::map<std::string, ETag> given_etags_;
  std::map<Call, std::deque<Error>> late_failures_;
  std::map<Call, int> pretended_;
  StoreTraits habits_;
  bool is_time_stopped_ = false;
  int versions_made_ = 0;
  int writes_ = 0;
};

}  // namespace cordon
