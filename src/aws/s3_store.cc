#include "aws/s3_store.h"

#include <algorithm>
#include <span>
#include <utility>

#include "aws/bounded_xml.h"
#include "aws/s3_headers.h"
#include "aws/s3_request.h"
#include "aws/s3_xml.h"
#include "aws/service_error.h"
#include "base/text.h"

namespace cordon {
namespace {

// One GET on its way to a sink.
//
// The client may send the request again while no byte was taken, so the head can come more than
// once; the sink is told of it only when the first byte is there, or at the end of an empty object.
class Download {
 public:
  Download(const ObjectRef& object, const ReadOptions& options, ByteSink& sink)
      : object_(object), options_(options), sink_(sink) {}

  BodyReceiver receiver() {
    return {.head = [this](const HttpResponse& response) { return on_head(response); },
            .piece = [this](std::span<const std::byte> bytes) { return on_piece(bytes); }};
  }

  Result<ObjectHead> finish() {
    CORDON_TRY(begin_once());
    if (received_ != promised()) {
      return Error{Errc::unavailable, "GetObject " + to_string(object_) + ": " +
                                          std::to_string(received_) + " bytes came instead of " +
                                          std::to_string(promised())};
    }
    return *head_;
  }

 private:
  std::uint64_t promised() const { return head_->bytes - options_.offset; }

  Result<bool> on_head(const HttpResponse& response) {
    if (failed_) return *failed_;  // What the sink refused once is not fetched again.
    if (response.status != 200 && response.status != 206) return false;
    CORDON_TRY(ObjectHead head, decode_object_head(response, object_, options_.offset));
    if (options_.if_match && head.etag != *options_.if_match) {
      return Error{Errc::changed,
                   "GetObject " + to_string(object_) + ": the ETag is now " + head.etag.str()};
    }
    head_ = std::move(head);
    return true;
  }

  Result<void> begin_once() {
    if (failed_) return *failed_;
    if (!head_) return broken_reply("GetObject", "no head");
    if (std::exchange(begun_, true)) return {};
    return remembered(sink_.begin(*head_));
  }

  Result<void> on_piece(std::span<const std::byte> bytes) {
    CORDON_TRY(begin_once());
    received_ += bytes.size();
    if (received_ > promised()) return broken_reply("GetObject", "more bytes than announced");
    return remembered(sink_.write(bytes));
  }

  Result<void> remembered(Result<void> outcome) {
    if (!outcome) failed_ = outcome.error();
    return outcome;
  }

  const ObjectRef& object_;
  const ReadOptions& options_;
  ByteSink& sink_;
  std::optional<ObjectHead> head_;
  std::optional<Error> failed_;
  bool begun_ = false;
  std::uint64_t received_ = 0;
};

bool mentions_lock(const Error& error) {
  const std::string what = lower(error.what);
  return what.find("object lock") != std::string::npos ||
         what.find("legal hold") != std::string::npos ||
         what.find("worm protected") != std::string::npos;
}

std::string lock_in(const Headers& headers, const Clock& clock) {
  if (headers.get("x-amz-object-lock-legal-hold") == "ON") return "legal hold";
  const auto until = headers.get("x-amz-object-lock-retain-until-date");
  if (!until) return "";
  const Result<SystemTime> time = parse_rfc3339(*until);
  if (time && *time < clock.system_now()) return "";
  return "Object Lock until " + utf8_clean(*until, 64);
}

}  // namespace

Result<ObjectHead> S3Store::head(const ObjectRef& object, Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const HttpResponse response, s3_head(client_, object, std::nullopt, deadline, stop));
  return decode_object_head(response, object, 0);
}

Result<ObjectHead> S3Store::read(const ObjectRef& object, const ReadOptions& options,
                                 ByteSink& sink, Deadline deadline, std::stop_token stop) {
  if (options.offset > 0 && !options.if_match) {
    return Error{Errc::invalid, "GetObject: a transfer is resumed only with its ETag"};
  }
  AwsCall call = s3_call("GetObject", "GET", object);
  call.headers.add("x-amz-checksum-mode", "ENABLED");
  if (options.if_match) call.headers.add("If-Match", quoted(*options.if_match));
  if (options.offset > 0) {
    call.headers.add("Range", "bytes=" + std::to_string(options.offset) + "-");
  }
  Download download(object, options, sink);
  const BodyReceiver receiver = download.receiver();
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, stop, &receiver));
  return download.finish();
}

Result<TagSet> S3Store::tags(const ObjectRef& object, Deadline deadline, std::stop_token stop) {
  AwsCall call = s3_call("GetObjectTagging", "GET", object);
  call.query.emplace_back("tagging", "");
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, stop));
  // Of a copy whose source had tags and that was to have others, radosgw keeps a set that it
  // answers with nothing at all.
  const bool says_nothing = response.headers.get("content-length") == "0" && response.body.empty();
  if (says_nothing && !decode_remote_error(response).request_id.empty()) return TagSet();
  return decode_tagging(response.body);
}

Result<void> S3Store::set_tags(const ObjectRef& object, const TagSet& tags, Deadline deadline,
                               std::stop_token stop) {
  Result<void> done = put_tags(client_, object, tags, deadline, stop);
  if (done || !tags.empty()) return done;
  const Errc code = done.error().code;
  if (code != Errc::unavailable && code != Errc::invalid) return done;
  // S3 takes an empty set; other servers choke on it and want the operation that is for this alone,
  // which needs a right of its own.
  AwsCall call = s3_call("DeleteObjectTagging", "DELETE", object);
  call.query.emplace_back("tagging", "");
  return client_.call(call, deadline, stop) ? Result<void>() : done;
}

Result<CopyResult> S3Store::copy(const CopyRequest& request, Deadline deadline,
                                 std::stop_token stop) {
  return S3Copy(client_, clock_, log_, options_, request, deadline, stop).run();
}

Result<void> S3Store::remove(const ObjectRef& object, const ETag& if_match, Deadline deadline,
                             std::stop_token stop) {
  if (!object.version) return remove_current(object, if_match, deadline, stop);
  // The version names the bytes. If-Match would be wrong here: S3 compares it with the current
  // version.
  const Result<HttpResponse> done =
      client_.call(s3_call("DeleteObject", "DELETE", object), deadline, stop);
  if (!done) return explain_denied_delete(object, done.error(), deadline, stop);
  return {};
}

Result<void> S3Store::remove_current(const ObjectRef& object, const ETag& if_match,
                                     Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const HttpResponse head, s3_head(client_, object, if_match, deadline, stop));
  const ETag now = unquoted(head.headers.get("etag").value_or(""));
  if (now != if_match) {
    return Error{Errc::changed, "DeleteObject " + to_string(object) + ": the ETag is now " +
                                    utf8_clean(now.str(), 128)};
  }
  AwsCall call = s3_call("DeleteObject", "DELETE", object);
  call.headers.add("If-Match", quoted(if_match));
  Result<HttpResponse> done = client_.call(call, deadline, stop);
  if (!done && done.error().remote_code == "NotImplemented") {
    if (!told_unconditional_.exchange(true)) {
      log_.warn("s3.delete_unconditional",
                {{"bucket", object.bucket.str()},
                 {"why", "the server does not know If-Match on DELETE; HEAD is compared instead"}});
    }
    call.headers.remove("If-Match");
    done = client_.call(call, deadline, stop);
  }
  if (!done) return explain_denied_delete(object, done.error(), deadline, stop);
  return {};
}

Error S3Store::explain_denied_delete(const ObjectRef& object, Error error, Deadline deadline,
                                     std::stop_token stop) {
  if (error.code != Errc::denied) return error;
  const Result<HttpResponse> head = s3_head(client_, object, std::nullopt, deadline, stop);
  const std::string lock = head ? lock_in(head->headers, clock_) : "";
  if (lock.empty() && !mentions_lock(error)) return error;
  error.cause = ErrorCause::locked;
  if (!lock.empty()) error.what += " (" + lock + ")";
  return error;
}

}  // namespace cordon
