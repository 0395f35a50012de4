#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "devcloud/access/access.h"
#include "devcloud/aws_error.h"
#include "devcloud/call.h"
#include "devcloud/s3/s3_state.h"
#include "devcloud/s3/s3_upload.h"

namespace pugi {
class xml_node;
}

namespace cordon::cloud {

class EventsService;
class S3Service;
class SnsService;
class SqsService;
struct S3Call;
struct ReadConditions;

/// One row of the table of operations (s3_operations.cc).
struct S3Operation {
  std::string_view method;
  enum class On : std::uint8_t { service, bucket, object } on;
  std::string_view param;   ///< A query parameter that must be there; empty: none.
  std::string_view header;  ///< A header that must be there; empty: none.
  std::string_view name;    ///< "PutObjectTagging"
  std::string_view action;  ///< What a policy calls it: "s3:PutObjectTagging".
  Answer<ServerResponse> (S3Service::*run)(S3Call&);
};

/// What a request addresses.
struct S3Address {
  std::string bucket;
  std::string key;
  const S3Operation* operation = nullptr;
};

/// A request on its way through S3.
struct S3Call {
  const Call& call;
  S3Address address;
  BucketPtr bucket;  ///< Null for ListBuckets and CreateBucket.
  std::shared_ptr<S3Upload> upload;
  std::string host_id;

  std::optional<std::string_view> param(std::string_view name) const {
    return call.target.param(name);
  }
  std::string header(std::string_view name) const { return call.header(name); }
  std::string version_id() const { return std::string(param("versionId").value_or("")); }
};

/// Simple Storage Service.
///
/// Threads: any. The map of buckets has a lock and each bucket has its own. No two buckets' are
/// held at a time; a bucket's may be taken under the map's, never the other way round; and none is
/// held while bytes are moved or another service is called.
class S3Service {
 public:
  S3Service(const Basics& basics, AccessJudge& judge, SqsService& queues, SnsService& topics,
            EventsService& events);

  /// InvalidURI, KeyTooLongError, MethodNotAllowed, ...
  Answer<S3Address> address(const ServerRequest& request, const RequestTarget& target) const;
  /// Whether the body of this request is an object's bytes.
  static bool takes_bytes(const S3Operation& operation);

  /// `upload` holds the body of an operation that takes bytes; null when that is empty.
  ServerResponse handle(const Call& call, std::shared_ptr<S3Upload> upload);
  /// The document in which S3 puts an error.
  static ServerResponse error_response(const AwsError& error, const std::string& method,
                                       const std::string& resource, const std::string& request_id,
                                       const std::string& host_id);

  // The operations, by file. Public only for the table.
  using Reply = Answer<ServerResponse>;
  // s3_buckets.cc
  Reply list_buckets(S3Call& s3);
  Reply create_bucket(S3Call& s3);
  Reply head_bucket(S3Call& s3);
  Reply delete_bucket(S3Call& s3);
  Reply get_location(S3Call& s3);
  // s3_settings.cc
  Reply get_setting(S3Call& s3);
  Reply put_setting(S3Call& s3);
  Reply delete_setting(S3Call& s3);
  Reply get_versioning(S3Call& s3);
  Reply put_versioning(S3Call& s3);
  Reply get_policy(S3Call& s3);
  Reply put_policy(S3Call& s3);
  Reply delete_policy(S3Call& s3);
  Reply get_policy_status(S3Call& s3);
  Reply get_notifications(S3Call& s3);
  Reply put_notifications(S3Call& s3);
  Reply get_acl(S3Call& s3);
  Reply put_acl(S3Call& s3);
  // s3_objects.cc
  Reply put_object(S3Call& s3);
  Reply delete_object(S3Call& s3);
  Reply delete_objects(S3Call& s3);
  // s3_reads.cc
  Reply get_object(S3Call& s3);
  Reply get_object_attributes(S3Call& s3);
  // s3_copy.cc
  Reply copy_object(S3Call& s3);
  Reply upload_part_copy(S3Call& s3);
  // s3_multipart.cc
  Reply create_upload(S3Call& s3);
  Reply upload_part(S3Call& s3);
  Reply complete_upload(S3Call& s3);
  Reply abort_upload(S3Call& s3);
  Reply list_parts(S3Call& s3);
  Reply list_uploads(S3Call& s3);
  // s3_list.cc
  Reply list_objects(S3Call& s3);
  Reply list_objects_v2(S3Call& s3);
  Reply list_versions(S3Call& s3);
  // s3_tags.cc
  Reply get_tagging(S3Call& s3);
  Reply put_tagging(S3Call& s3);
  Reply delete_tagging(S3Call& s3);
  Reply get_legal_hold(S3Call& s3);
  Reply put_legal_hold(S3Call& s3);
  Reply get_retention(S3Call& s3);
  Reply put_retention(S3Call& s3);

 private:
  BucketPtr find_bucket(const std::string& name) const;
  Answer<BucketPtr> open_bucket(const Call& call, const S3Address& address) const;
  static Answer<void> check_expected_owner(const Call& call, const Bucket& bucket,
                                           std::string_view header);
  // s3_access.cc
  AccessQuestion question(const S3Call& s3, const Bucket& bucket, std::string_view action,
                          const std::string& key, const ObjectVersion* object) const;
  /// Whether bucket's and caller's policies let this happen. The bucket's lock is held.
  Answer<void> authorize(const S3Call& s3, const Bucket& bucket, std::string_view action,
                         const std::string& key, const ObjectVersion* object) const;
  Answer<void> authorize(const S3Call& s3, const ObjectVersion* object = nullptr) const;
  /// For what has no bucket yet: ListBuckets and CreateBucket.
  Answer<void> authorize_account(const S3Call& s3) const;
  /// Everything that storing `object` under the request's key takes: its tags and locks are rights
  /// of their own. The bucket's lock is held.
  Answer<void> authorize_write(const S3Call& s3, const Bucket& bucket,
                               const ObjectVersion& object) const;
  /// Whether the caller may use the KMS key that `object` is under. AWS's own key for S3, and no
  /// key, are for everybody who has the object's rights. Keys have no policies of their own here.
  Answer<void> authorize_key(const S3Call& s3, const Bucket& bucket, const ObjectVersion& object,
                             std::string_view action) const;
  /// What is not there is forbidden to who may not list. The bucket's lock is held.
  bool may_know_absence(const S3Call& s3, const Bucket& bucket) const;

  /// The addressed version for reading: NoSuchKey, NoSuchVersion, MethodNotAllowed, AccessDenied.
  Answer<Version> readable(const S3Call& s3, const Bucket& bucket, const std::string& key,
                           const std::string& version_id, std::string_view action) const;
  struct CopySource {
    std::string bucket;
    std::string key;
    std::string version_id;
  };
  Answer<CopySource> copy_source(const S3Call& s3) const;
  Answer<Version> open_copy_source(const S3Call& s3, const CopySource& source,
                                   bool& versioned) const;

  /// Makes `object` the latest version, as the bucket's versioning wants it. Lock held.
  Version insert(Bucket& bucket, const std::string& key, ObjectVersion object);
  struct Deletion {
    bool marker = false;          ///< The response says "delete marker".
    std::string version_id = {};  ///< What the response names.
  };
  Answer<Deletion> remove(const S3Call& s3, const std::string& key, const std::string& version_id,
                          const std::string& if_match);
  Answer<void> check_not_locked(const S3Call& s3, const ObjectVersion& object) const;
  Reply change_version(S3Call& s3, std::string_view event,
                       const std::function<Answer<void>(ObjectVersion&)>& change);

  /// Headers of a new object: metadata, system headers, tags, encryption, storage class, locks.
  Answer<ObjectVersion> describe(const S3Call& s3) const;
  Reply answer_with(const S3Call& s3, const Version& object, bool versioned);

  // s3_delivery.cc
  void note_event(const S3Call& s3, Bucket& bucket, std::string name, const std::string& key,
                  const ObjectVersion* object, std::optional<std::uint64_t> bytes);
  void deliver_events(Bucket& bucket);
  void deliver_event(const Bucket& bucket, const NotificationConfiguration& configuration,
                     const S3Event& event);
  void put_on_bus(const Bucket& bucket, const S3Event& event);
  Answer<void> check_destination(const Bucket& bucket, const NotificationRule& rule) const;
  bool send_to(const Bucket& bucket, const NotificationRule& rule, std::string body);

  std::string next_sequencer();
  std::string owner_id() const;

  const Basics& basics_;
  const AccessJudge& judge_;
  SqsService& queues_;
  SnsService& topics_;
  EventsService& events_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, BucketPtr> buckets_;
  std::atomic<std::uint64_t> last_sequence_{0};
};

// What several of the files need.

inline constexpr std::string_view kS3Xmlns = R"(xmlns="http://s3.amazonaws.com/doc/2006-03-01/")";

ServerResponse xml_response(std::string body, int status = 200);
AwsError no_such_key(const std::string& key);
AwsError precondition_failed(std::string_view condition);
AwsError malformed_xml();
std::string quoted_etag(const std::string& etag);
/// Whether the value of an If-Match or If-None-Match names the ETag, with or without quotes; "*" is
/// any. `etag` is without quotes.
bool etag_matches(std::string_view list, const std::string& etag);

/// A small body (a document) against the digests that its headers name: BadDigest and the like.
Answer<void> check_body_digests(const S3Call& s3);
/// Whether the headers name any.
bool has_body_digest(const S3Call& s3);

/// Tags from a header ("a=1&b=2") or a Tagging document, with S3's limits.
Answer<Tags> parse_tags_header(std::string_view header);
Answer<Tags> parse_tags_xml(const pugi::xml_node& tagging, std::size_t count_max);
std::string tags_to_xml(const Tags& tags);

/// Headers that an object keeps and gives back.
void put_object_headers(Headers& out, const ObjectVersion& object, bool versioned);
void put_checksum_header(Headers& out, const StoredChecksum& checksum);

/// Conditions of a read (If-Match and the like) or, with another prefix, of a copy's source.
struct ReadConditions {
  std::string if_match;
  std::string if_none_match;
  std::string if_modified_since;
  std::string if_unmodified_since;

  static ReadConditions from(const ServerRequest& request, std::string_view prefix);
  enum class Outcome : std::uint8_t { go_on, failed, not_modified };
  Outcome check(const ObjectVersion& object) const;
};
/// Conditions of a write: If-Match, If-None-Match. `present` is null when there is no object.
Answer<void> check_write_conditions(const ServerRequest& request, const std::string& key,
                                    const ObjectVersion* present);

}  // namespace cordon::cloud
