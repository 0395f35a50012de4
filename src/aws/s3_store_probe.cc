// What S3 does by contract, and what servers that imitate it leave out, each in silence: they
// answer with success and did not heed the condition, or left out the tags. So each is tried where
// it would do no harm, and judged by what is there afterwards.
//
// Everything that is made is removed by its version, delete markers too: the bucket is a
// quarantine, which keeps versions.

#include "aws/s3_store_probe.h"

#include <utility>

#include "aws/s3_request.h"
#include "aws/s3_xml.h"
#include "aws/service_error.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr const char* kFolder = ".cordon/probe/";
constexpr const char* kTagKey = "cordon-probe";
constexpr std::chrono::seconds kCleanUpTime{30};
// Of nothing that anybody stores.
const ETag kOtherETag("00000000000000000000000000000000");

class Attempt {
 public:
  Attempt(ServiceClient& client, const Clock& clock, const BucketName& bucket,
          const std::string& name, Deadline deadline, std::stop_token stop)
      : client_(client),
        clock_(clock),
        deadline_(deadline),
        stop_(std::move(stop)),
        source_{bucket, ObjectKey(kFolder + name)},
        copy_{bucket, ObjectKey(kFolder + name + "-copy")} {}
  ~Attempt() { clean_up(); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  Result<StoreTraits> run() {
    StoreTraits traits;
    CORDON_TRY(const ETag etag, put_source());
    CORDON_TRY(traits.heeds_source, is_refused(copy_call(kOtherETag, /*to_free_place=*/false)));
    // Where that one was made after all, this one is not refused for its place.
    CORDON_TRY(const HttpResponse made, send(copy_call(etag, /*to_free_place=*/false)));
    CORDON_TRY(traits.tags_copies, copy_has_its_tag());
    CORDON_TRY(traits.heeds_place, is_refused(copy_call(etag, /*to_free_place=*/true)));
    AwsCall remove = s3_call("DeleteObject", "DELETE", source_);
    remove.headers.add("If-Match", quoted(kOtherETag));
    CORDON_TRY(traits.heeds_delete, is_refused(remove));
    const Result<HttpResponse> left = s3_head(client_, source_, etag, deadline_, stop_);
    if (!left && left.error().code != Errc::not_found) return left.error();
    traits.heeds_delete = traits.heeds_delete && left.ok();
    return traits;
  }

 private:
  Result<ETag> put_source() {
    AwsCall call =
        s3_call_with_body("PutObject", "PUT", source_, "Cordon tries what this store does");
    CORDON_TRY(const HttpResponse response, send(call));
    ETag etag = unquoted(response.headers.get("etag").value_or(""));
    if (!is_etag(etag)) return Error{Errc::unavailable, "PutObject: no ETag"};
    return etag;
  }

  AwsCall copy_call(const ETag& etag, bool to_free_place) const {
    AwsCall call = s3_call("CopyObject", "PUT", copy_);
    call.headers.add("x-amz-copy-source", "/" + source_.bucket.str() + "/" + source_.key.str());
    call.headers.add("x-amz-copy-source-if-match", quoted(etag));
    call.headers.add("x-amz-metadata-directive", "REPLACE");
    call.headers.add("x-amz-tagging-directive", "REPLACE");
    call.headers.add("x-amz-tagging", std::string(kTagKey) + "=1");
    if (to_free_place) call.headers.add("If-None-Match", "*");
    return call;
  }

  // A success that is none (status 200 with an error in its body) shows below all the same: what is
  // not refused counts as done.
  Result<HttpResponse> send(const AwsCall& call) {
    Result<HttpResponse> response = client_.call(call, deadline_, stop_);
    const std::string version(response ? response->headers.get("x-amz-version-id").value_or("")
                                       : "");
    if (!version.empty()) {
      made_.push_back({*call.bucket, ObjectKey(call.path.substr(1)), VersionId(version)});
    }
    return response;
  }

  Result<bool> is_refused(const AwsCall& call) {
    const Result<HttpResponse> response = send(call);
    if (response) return error_in_body(response->body).has_value();
    if (response.error().code == Errc::changed) return true;
    // Of a server that says that it cannot: then we ask without.
    if (response.error().remote_code == "NotImplemented") return false;
    return response.error();
  }

  Result<bool> copy_has_its_tag() {
    AwsCall call = s3_call("GetObjectTagging", "GET", copy_);
    call.query.emplace_back("tagging", "");
    CORDON_TRY(const HttpResponse response, client_.call(call, deadline_, stop_));
    CORDON_TRY(const TagSet tags, decode_tagging(response.body));
    return tags.contains(kTagKey);
  }

  // On its own time, and not stopped.
  void clean_up() {
    const Deadline deadline = Deadline::after(clock_, kCleanUpTime);
    std::vector<ObjectRef> left = std::exchange(made_, {});
    if (left.empty()) left = {source_, copy_};
    for (const ObjectRef& object : left) {
      (void)client_.call(s3_call("DeleteObject", "DELETE", object), deadline, std::stop_token());
    }
  }

  ServiceClient& client_;
  const Clock& clock_;
  const Deadline deadline_;
  const std::stop_token stop_;
  const ObjectRef source_;
  const ObjectRef copy_;
  std::vector<ObjectRef> made_;  ///< Versions, delete markers among them.
};

}  // namespace

Result<StoreTraits> S3StoreProbe::traits(const BucketName& bucket, Deadline deadline,
                                         std::stop_token stop) {
  if (owner_ == StoreOwner::aws) return StoreTraits{};
  const std::lock_guard lock(mutex_);
  if (known_) return *known_;
  const std::string name = ulid(clock_.system_now(), random_);
  CORDON_TRY(known_, Attempt(client_, clock_, bucket, name, deadline, std::move(stop)).run());
  return *known_;
}

}  // namespace cordon
