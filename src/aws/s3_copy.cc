// Server-side copies.
//
// A copy must be of the bytes that were scanned, complete, and like its source in everything but
// tags and added metadata. S3 either takes over all metadata or none, so it is read by HEAD and
// written again. Each request that reads the source names its version and its ETag: an overwrite in
// the middle of a copy by parts makes the next part fail, and the upload is aborted rather than
// assembled from two objects.
//
// `not_found` from a copy would tell the caller that the source is gone and nothing is left to do.
// S3 says 404 just as well when the destination's bucket is missing, which would leave an infected
// object where it is. So after a 404 the source is asked again, and only its own answer is passed
// on; and that the bucket is missing, which is final, is believed when a look at it says so too.

#include "aws/s3_copy.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "aws/s3_headers.h"
#include "aws/s3_request.h"
#include "aws/s3_xml.h"
#include "base/guarded.h"
#include "base/parallel_for.h"
#include "base/retry.h"
#include "base/text.h"
#include "core/provenance.h"

namespace cordon {
namespace {

constexpr std::uint64_t kPartsMax = 10'000;
constexpr std::size_t kPartsInFlightMax = 16;
// S3 takes 8 KB of request headers in all; metadata may use 2 KB of them.
constexpr std::size_t kTaggingHeaderBytesMax = 4096;
constexpr std::chrono::seconds kCleanUpTime{30};

std::optional<VersionId> version_in(const HttpResponse& response) {
  const std::string_view version = response.headers.get("x-amz-version-id").value_or("");
  if (version.empty()) return std::nullopt;
  return VersionId(std::string(version));
}

}  // namespace

S3Copy::S3Copy(ServiceClient& client, const Clock& clock, Log& log, const S3StoreOptions& options,
               const CopyRequest& request, Deadline deadline, std::stop_token stop)
    : client_(client),
      clock_(clock),
      log_(log),
      options_(options),
      request_(request),
      deadline_(deadline),
      stop_(std::move(stop)),
      source_(request.from),
      destination_{request.to_bucket, request.to_key} {}

Result<CopyResult> S3Copy::run() {
  CORDON_TRY(open_source());
  CORDON_TRY(Headers headers, destination_headers());
  Result<CopyResult> copy = source_head_.bytes > options_.single_copy_bytes_max
                                ? copy_by_parts(std::move(headers))
                                : copy_whole(std::move(headers));
  if (!copy) return judged(copy.error());
  if (!tags_in_header_) {
    CORDON_TRY(tag_copy(*copy));
  }
  return copy;
}

Result<void> S3Copy::open_source() {
  CORDON_TRY(HttpResponse response,
             s3_head(client_, source_, request_.from_etag, deadline_, stop_));
  CORDON_TRY(source_head_, decode_object_head(response, source_, 0));
  if (source_head_.etag != request_.from_etag) {
    return Error{Errc::changed, "CopyObject " + to_string(source_) + ": the ETag is now " +
                                    source_head_.etag.str()};
  }
  // A version that we learn only now carries the same ETag, so it may be pinned.
  source_.version = source_head_.version;
  source_headers_ = std::move(response.headers);
  return {};
}

Result<Headers> S3Copy::destination_headers() {
  using Metadata = std::map<std::string, std::string>;
  CORDON_TRY(const Metadata metadata,
             merged_metadata(source_head_.metadata, request_.add_metadata));
  Headers headers = carried_headers(source_headers_);
  for (const auto& [name, value] : metadata) headers.add("x-amz-meta-" + name, value);
  for (const auto& field : request_.add_metadata) {
    if (metadata.contains(field.first)) added_.insert(field);
  }
  std::string tagging = encode_tagging_header(request_.tags);
  tags_in_header_ = tagging.size() <= kTaggingHeaderBytesMax;
  if (tags_in_header_ && !tagging.empty()) headers.add("x-amz-tagging", std::move(tagging));
  return headers;
}

void S3Copy::pin_source(Headers& headers) const {
  headers.add("x-amz-copy-source", copy_source(source_));
  headers.add("x-amz-copy-source-if-match", quoted(request_.from_etag));
}

// Sends what makes the object appear. A server that does not know the condition is asked without:
// the caller has looked before, so what is left is a race of one round trip.
Result<HttpResponse> S3Copy::create(AwsCall& call) {
  if (!request_.only_if_absent) return client_.call(call, deadline_, stop_);
  call.headers.add("If-None-Match", "*");
  Result<HttpResponse> response = client_.call(call, deadline_, stop_);
  if (response || response.error().remote_code != "NotImplemented") return response;
  call.headers.remove("If-None-Match");
  return client_.call(call, deadline_, stop_);
}

Result<CopyResult> S3Copy::copy_whole(Headers headers) {
  AwsCall call = s3_call("CopyObject", "PUT", destination_);
  call.headers = std::move(headers);
  pin_source(call.headers);
  call.headers.add("x-amz-metadata-directive", "REPLACE");
  call.headers.add("x-amz-tagging-directive", "REPLACE");
  // Annotations can be written after the scan, and nobody looked at them. A copy by parts never has
  // them.
  call.headers.add("x-amz-object-annotation-directive", "EXCLUDE");
  CORDON_TRY(const HttpResponse response, create(call));
  CORDON_TRY(ETag etag, decode_etag_result(call, response.body, "CopyObjectResult"));
  return CopyResult{std::move(etag), version_in(response)};
}

Result<CopyResult> S3Copy::copy_by_parts(Headers headers) {
  CORDON_TRY(const std::string upload_id, create_upload(std::move(headers)));
  Result<std::vector<ETag>> parts = copy_parts(upload_id);
  if (!parts) {
    abort(upload_id);
    return parts.error();
  }
  Result<CopyResult> copy = complete(upload_id, *parts);
  if (copy) copy = seen(*std::move(copy));
  if (!copy) abort(upload_id);
  return copy;
}

Result<std::string> S3Copy::create_upload(Headers headers) {
  AwsCall call = s3_call("CreateMultipartUpload", "POST", destination_);
  call.query.emplace_back("uploads", "");
  call.headers = std::move(headers);
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline_, stop_));
  return decode_upload_id(response.body);
}

std::vector<S3Copy::Part> S3Copy::parts_of_source() const {
  const std::uint64_t bytes = source_head_.bytes;
  const std::uint64_t smallest = (bytes + kPartsMax - 1) / kPartsMax;
  const std::uint64_t size = std::max({options_.part_bytes, smallest, std::uint64_t{1}});
  std::vector<Part> parts;
  for (std::uint64_t first = 0; first < bytes; first += size) {
    parts.push_back({first, std::min(first + size, bytes) - 1});
  }
  return parts;
}

Result<std::vector<ETag>> S3Copy::copy_parts(const std::string& upload_id) {
  const std::vector<Part> parts = parts_of_source();
  std::vector<ETag> etags(parts.size());  // Each written by the one thread that took its index.
  Guarded<std::optional<Error>> failed;
  std::stop_source halt;
  const std::stop_callback forward(stop_, [&halt] { halt.request_stop(); });
  const auto work = [&](std::size_t i) {
    Result<ETag> etag = copy_part(upload_id, i, parts[i], halt.get_token());
    if (etag) {
      etags[i] = *std::move(etag);
      return;
    }
    // The first failure is the cause; those that follow are the cancellation that it set off.
    failed.with([&](auto& first) {
      if (!first) first = etag.error();
    });
    halt.request_stop();
  };
  parallel_for(parts.size(),
               {.threads_max = std::min<std::size_t>(options_.parts_in_flight, kPartsInFlightMax)},
               halt.get_token(), work);
  const std::optional<Error> error = failed.with([](const auto& first) { return first; });
  if (error) return *error;
  if (stop_.stop_requested()) return Error{Errc::cancelled, "UploadPartCopy: stopped"};
  return etags;
}

Result<ETag> S3Copy::copy_part(const std::string& upload_id, std::size_t index, const Part& part,
                               std::stop_token stop) {
  AwsCall call = s3_call("UploadPartCopy", "PUT", destination_);
  call.query = {{"partNumber", std::to_string(index + 1)}, {"uploadId", upload_id}};
  pin_source(call.headers);
  call.headers.add("x-amz-copy-source-range",
                   "bytes=" + std::to_string(part.first) + "-" + std::to_string(part.last));
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline_, std::move(stop)));
  return decode_etag_result(call, response.body, "CopyPartResult");
}

Result<CopyResult> S3Copy::complete(const std::string& upload_id, const std::vector<ETag>& parts) {
  AwsCall call = s3_call("CompleteMultipartUpload", "POST", destination_);
  call.query.emplace_back("uploadId", upload_id);
  call.headers.add("Content-Type", "application/xml");
  call.body = encode_parts(parts);
  CORDON_TRY(const HttpResponse response, create(call));
  CORDON_TRY(ETag etag, decode_etag_result(call, response.body, "CompleteMultipartUploadResult"));
  return CopyResult{std::move(etag), version_in(response)};
}

// An answer to a completion that nobody carried out would leave the parts behind.
Result<CopyResult> S3Copy::seen(CopyResult copy) {
  ObjectRef made = destination_;
  if (pins_bytes(copy.version)) made.version = copy.version;
  const Result<HttpResponse> there = s3_head(client_, made, std::nullopt, deadline_, stop_);
  if (there || there.error().code != Errc::not_found) return copy;
  return Error{Errc::unavailable,
               "CompleteMultipartUpload " + to_string(made) + ": answered, and there is no object"};
}

Deadline S3Copy::clean_up_deadline() const { return Deadline::after(clock_, kCleanUpTime); }

// Runs on its own time and is not stopped: what is left behind is stored and billed until a
// lifecycle rule finds it.
void S3Copy::abort(const std::string& upload_id) {
  AwsCall call = s3_call("AbortMultipartUpload", "DELETE", destination_);
  call.query.emplace_back("uploadId", upload_id);
  const Result<HttpResponse> done = client_.call(call, clean_up_deadline(), std::stop_token());
  if (done || done.error().code == Errc::not_found) return;
  log_.warn("s3.upload_left",
            {{"object", to_string(destination_)}, {"upload", upload_id}, {"error", done.error()}});
}

// Only for tags that are too long for a header. A copy that cannot get its tags is taken back.
Result<void> S3Copy::tag_copy(const CopyResult& copy) {
  ObjectRef made = destination_;
  made.version = copy.version;
  const Result<void> tagged = put_tags(client_, made, request_.tags, deadline_, stop_);
  if (tagged) return {};
  const Result<void> undone = take_back(copy);
  if (!undone && undone.error().code != Errc::not_found) {
    log_.warn("s3.copy_left", {{"object", to_string(made)}, {"error", undone.error()}});
  }
  return judged(tagged.error());
}

// A version names the copy ("null" does not: the next upload has it as well). Without one, somebody
// may have written there since: what lies there must have the copy's ETag and the metadata that we
// added, and a server that does not know the condition is not asked without it.
Result<void> S3Copy::take_back(const CopyResult& copy) {
  const Deadline deadline = clean_up_deadline();
  if (pins_bytes(copy.version)) {
    const ObjectRef made{destination_.bucket, destination_.key, copy.version};
    CORDON_TRY(client_.call(s3_call("DeleteObject", "DELETE", made), deadline, {}));
    return {};
  }
  CORDON_TRY(const HttpResponse response, s3_head(client_, destination_, copy.etag, deadline, {}));
  CORDON_TRY(const ObjectHead there, decode_object_head(response, destination_, 0));
  const bool is_ours = std::all_of(added_.begin(), added_.end(), [&](const auto& field) {
    const auto found = there.metadata.find(field.first);
    return found != there.metadata.end() && found->second == field.second;
  });
  if (there.etag != copy.etag || !is_ours) {
    return Error{Errc::changed, "DeleteObject " + to_string(destination_) +
                                    ": it is not the copy that was made here"};
  }
  AwsCall call = s3_call("DeleteObject", "DELETE", destination_);
  call.headers.add("If-Match", quoted(copy.etag));
  CORDON_TRY(client_.call(call, deadline, {}));
  return {};
}

Error S3Copy::judged(Error error) {
  if (error.remote_code == "ConditionalRequestConflict") {
    // Somebody else is writing there: what comes of it decides, so it is asked again. (S3 wants an
    // upload by parts begun anew as well.)
    error.code = Errc::unavailable;
    return error;
  }
  if (error.code == Errc::changed && request_.only_if_absent) {
    // One status for two conditions. The source says whether it was its own.
    const Result<HttpResponse> source =
        s3_head(client_, source_, request_.from_etag, deadline_, stop_);
    if (!source) return source.error();
    error.cause = ErrorCause::place_taken;
    return error;
  }
  if (error.remote_code == "NoSuchUpload") {
    // The upload that we made is unknown: aborted by someone, or completed by a reply that was
    // lost.
    error.code = Errc::unavailable;
    return error;
  }
  if (error.code != Errc::not_found) return error;
  const Result<HttpResponse> source =
      s3_head(client_, source_, request_.from_etag, deadline_, stop_);
  if (!source) return source.error();
  if (error.remote_code != "NoSuchBucket" || !is_destination_missing()) {
    error.code = Errc::unavailable;
    return error;
  }
  return Error{
      Errc::denied,
      "cannot copy to bucket " + request_.to_bucket.str() + ", which does not exist: " + error.what,
      ErrorCause::destination, error.remote_code};
}

// Whether a look at the bucket bears out that it does not exist. Where no look is allowed, it does
// not speak against it.
bool S3Copy::is_destination_missing() {
  const AwsCall call{.service = AwsService::s3,
                     .operation = "HeadBucket",
                     .method = "HEAD",
                     .bucket = request_.to_bucket};
  const Result<HttpResponse> there = client_.call(call, deadline_, stop_);
  return !there && !is_transient(there.error().code);
}

}  // namespace cordon
