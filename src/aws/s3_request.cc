#include "aws/s3_request.h"

#include "aws/s3_xml.h"
#include "base/digest.h"
#include "base/text.h"

namespace cordon {

AwsCall s3_call(std::string operation, std::string method, const ObjectRef& object) {
  AwsCall call{.service = AwsService::s3,
               .operation = std::move(operation),
               .method = std::move(method),
               .bucket = object.bucket,
               .path = "/" + object.key.str()};
  if (object.version) call.query.emplace_back("versionId", object.version->str());
  return call;
}

AwsCall s3_call_with_body(std::string operation, std::string method, const ObjectRef& object,
                          std::string body) {
  AwsCall call = s3_call(std::move(operation), std::move(method), object);
  call.headers.add("Content-Type", "application/xml");
  call.headers.add("Content-MD5", base64(md5(as_bytes_of(body))));
  call.body = std::move(body);
  return call;
}

Result<HttpResponse> s3_head(ServiceClient& client, const ObjectRef& object,
                             const std::optional<ETag>& if_match, Deadline deadline,
                             std::stop_token stop) {
  AwsCall call = s3_call("HeadObject", "HEAD", object);
  call.headers.add("x-amz-checksum-mode", "ENABLED");
  if (if_match) call.headers.add("If-Match", quoted(*if_match));
  Result<HttpResponse> response = client.call(call, deadline, stop);
  if (response) return response;
  const Errc code = response.error().code;
  if (code != Errc::invalid && code != Errc::denied) return response;
  // An error reply to HEAD has no body, so it says 400 but not why (a customer's key, mostly), and
  // 403 for what may not be read as well as for keys that are not known yet and clocks that are
  // wrong. A GET of one byte, which needs the same right, has one.
  AwsCall probe = s3_call("GetObject", "GET", object);
  probe.headers.add("Range", "bytes=0-0");
  if (if_match) probe.headers.add("If-Match", quoted(*if_match));
  const Result<HttpResponse> told = client.call(probe, deadline, stop);
  if (!told) return told.error();
  return Error{Errc::unavailable, response.error().what + "; a read of it succeeds"};
}

Result<void> put_tags(ServiceClient& client, const ObjectRef& object, const TagSet& tags,
                      Deadline deadline, std::stop_token stop) {
  AwsCall call = s3_call_with_body("PutObjectTagging", "PUT", object, encode_tagging(tags));
  call.query.emplace_back("tagging", "");
  CORDON_TRY(const HttpResponse response, client.call(call, deadline, stop));
  return {};
}

}  // namespace cordon
