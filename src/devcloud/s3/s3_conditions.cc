#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "devcloud/s3/s3.h"

namespace cordon::cloud {
namespace {

// HTTP dates have no fractions, so neither has what they are compared with.
SystemTime whole_seconds(SystemTime time) { return std::chrono::floor<std::chrono::seconds>(time); }

}  // namespace

ReadConditions ReadConditions::from(const ServerRequest& request, std::string_view prefix) {
  const auto header = [&](std::string_view name) {
    return std::string(request.headers.get(std::string(prefix) + std::string(name)).value_or(""));
  };
  return {header("if-match"), header("if-none-match"), header("if-modified-since"),
          header("if-unmodified-since")};
}

// The order is RFC 9110's: a condition on the ETag outweighs the one on the date.
ReadConditions::Outcome ReadConditions::check(const ObjectVersion& object) const {
  if (!if_match.empty()) {
    if (!etag_matches(if_match, object.etag)) return Outcome::failed;
  } else if (const auto date = parse_http_date(if_unmodified_since); date) {
    if (whole_seconds(object.modified) > *date) return Outcome::failed;
  }
  if (!if_none_match.empty()) {
    if (etag_matches(if_none_match, object.etag)) return Outcome::not_modified;
  } else if (const auto date = parse_http_date(if_modified_since); date) {
    if (whole_seconds(object.modified) <= *date) return Outcome::not_modified;
  }
  return Outcome::go_on;
}

Answer<void> check_write_conditions(const ServerRequest& request, const std::string& key,
                                    const ObjectVersion* present) {
  const auto if_match = request.headers.get("if-match");
  const auto if_none_match = request.headers.get("if-none-match");
  const bool exists = present != nullptr && !present->delete_marker;
  if (if_none_match && trim(*if_none_match) != "*") {
    return AwsError{501,
                    "NotImplemented",
                    "A header you provided implies functionality that is not implemented",
                    {{"Header", "If-None-Match"}}};
  }
  if (if_none_match && exists) return precondition_failed("If-None-Match");
  if (!if_match) return {};
  if (!exists) return no_such_key(key);
  if (!etag_matches(*if_match, present->etag)) return precondition_failed("If-Match");
  return {};
}

bool has_body_digest(const S3Call& s3) {
  return !s3.header("content-md5").empty() ||
         std::any_of(kChecksumKinds.begin(), kChecksumKinds.end(), [&](ChecksumKind kind) {
           return !s3.header("x-amz-checksum-" + std::string(header_suffix(kind))).empty();
         });
}

Answer<void> check_body_digests(const S3Call& s3) {
  const std::string& body = s3.call.request.body;
  if (const std::string sent = s3.header("content-md5"); !sent.empty()) {
    const Result<std::string> wanted = unbase64(sent);
    if (!wanted || wanted->size() != 16) {
      return AwsError{400, "InvalidDigest", "The Content-MD5 you specified was invalid."};
    }
    if (base64(md5(as_bytes_of(body))) != sent) {
      return AwsError{400, "BadDigest",
                      "The Content-MD5 you specified did not match what we received."};
    }
  }
  for (const ChecksumKind kind : kChecksumKinds) {
    const std::string sent = s3.header("x-amz-checksum-" + std::string(header_suffix(kind)));
    // Of a completed upload, the header speaks of the object and not of this document.
    if (sent.empty() || s3.address.operation->name == "CompleteMultipartUpload") continue;
    if (base64(as_bytes_of(checksum_of(kind, body))) != sent) {
      return AwsError{400, "BadDigest",
                      "The " + std::string(algorithm_name(kind)) +
                          " you specified did not match the calculated checksum."};
    }
  }
  return {};
}

}  // namespace cordon::cloud
