#include "aws/s3_bucket_policies.h"

#include "base/digest.h"
#include "base/text.h"

namespace cordon {

AwsCall S3BucketPolicies::call_for(const char* operation, const char* method,
                                   const BucketName& bucket) const {
  AwsCall call{
      .service = AwsService::s3, .operation = operation, .method = method, .bucket = bucket};
  call.query.emplace_back("policy", "");
  return call;
}

Result<std::optional<std::string>> S3BucketPolicies::read(const BucketName& bucket,
                                                          Deadline deadline, std::stop_token stop) {
  Result<HttpResponse> response =
      client_.call(call_for("GetBucketPolicy", "GET", bucket), deadline, std::move(stop));
  if (response) return std::optional<std::string>(std::move(response->body));
  if (response.error().remote_code == "NoSuchBucketPolicy") return std::optional<std::string>();
  return response.error();
}

Result<void> S3BucketPolicies::write(const BucketName& bucket, const std::string& policy,
                                     Deadline deadline, std::stop_token stop) {
  AwsCall call = call_for("PutBucketPolicy", "PUT", bucket);
  call.headers.add("Content-Type", "application/json");
  call.headers.add("Content-MD5", base64(md5(as_bytes_of(policy))));
  call.body = policy;
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return response.error();
  return {};
}

Result<void> S3BucketPolicies::remove(const BucketName& bucket, Deadline deadline,
                                      std::stop_token stop) {
  const Result<HttpResponse> response =
      client_.call(call_for("DeleteBucketPolicy", "DELETE", bucket), deadline, std::move(stop));
  if (!response && response.error().remote_code != "NoSuchBucketPolicy") return response.error();
  return {};
}

}  // namespace cordon
