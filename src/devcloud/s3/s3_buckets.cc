#include <algorithm>
#include <array>

#include "base/text.h"
#include "devcloud/s3/s3.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

constexpr std::string_view kFirstRegion = "us-east-1";

bool is_ipv4(std::string_view name) {
  return std::count(name.begin(), name.end(), '.') == 3 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 5> kTails = {"-s3alias", "--ol-s3", ".mrap", "--x-s3",
                                                      "--table-s3"};
  return std::any_of(kTails.begin(), kTails.end(),
                     [&](std::string_view tail) { return name.ends_with(tail); });
}

bool is_bucket_name(std::string_view name) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return name.size() >= 3 && name.size() <= 63 && letter_or_digit(name.front()) &&
         letter_or_digit(name.back()) && name.find("..") == std::string_view::npos &&
         !is_ipv4(name) && !name.starts_with("xn--") && !is_reserved(name) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter_or_digit(c) || c == '-' || c == '.'; });
}

// Names that end with "-an" are of one account in one region, and are made only by saying so.
bool is_in_namespace(const S3Call& s3, const std::string& region) {
  const std::string& name = s3.address.bucket;
  if (s3.header("x-amz-bucket-namespace") != "account-regional") return !name.ends_with("-an");
  return name.ends_with("-" + s3.call.identity.account + "-" + region + "-an");
}

// What AWS gives every bucket since 2023.
void apply_defaults(Bucket& bucket) {
  bucket.documents["publicAccessBlock"] =
      "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
      "<IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>"
      "<RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
  bucket.documents["ownershipControls"] =
      "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"
      "</OwnershipControls>";
  if (!bucket.object_lock) return;
  bucket.versioning = BucketVersioning::enabled;
  bucket.documents["object-lock"] =
      "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
      "</ObjectLockConfiguration>";
}

Answer<std::string> location_of(const S3Call& s3) {
  const std::string& region = s3.call.region;
  std::string constraint;
  if (!s3.call.request.body.empty()) {
    pugi::xml_document document;
    CORDON_TRY(parse_xml(s3.call.request.body, "CreateBucketConfiguration", document));
    constraint = document.document_element().child("LocationConstraint").text().get();
  }
  if (constraint == "EU") constraint = "eu-west-1";
  if (constraint.empty() && region != kFirstRegion) {
    return AwsError{400, "IllegalLocationConstraintException",
                    "The unspecified location constraint is incompatible for the region specific "
                    "endpoint this request was sent to."};
  }
  if (constraint == kFirstRegion) {
    return AwsError{400, "InvalidLocationConstraint",
                    "The specified location-constraint is not valid"};
  }
  if (!constraint.empty() && constraint != region && region != kFirstRegion) {
    return AwsError{400, "IllegalLocationConstraintException",
                    "The " + constraint +
                        " location constraint is incompatible for the region specific endpoint "
                        "this request was sent to."};
  }
  return constraint.empty() ? region : constraint;
}

}  // namespace

S3Service::Reply S3Service::list_buckets(S3Call& s3) {
  CORDON_TRY(authorize_account(s3));
  const auto most = parse_u64(s3.param("max-buckets").value_or("10000")).value_or(10'000);
  const std::string after = unbase64(s3.param("continuation-token").value_or("")).value_or("");
  const std::string prefix(s3.param("prefix").value_or(""));
  const std::string region(s3.param("bucket-region").value_or(""));
  XmlWriter xml;
  xml.open("ListAllMyBucketsResult", kS3Xmlns).open("Owner").text("ID", owner_id());
  xml.text("DisplayName", "cordon").close("Owner").open("Buckets");
  std::size_t count = 0;
  std::string last;
  bool more = false;
  std::shared_lock lock(mutex_);
  for (auto at = buckets_.upper_bound(after); at != buckets_.end(); ++at) {
    if (!at->first.starts_with(prefix)) continue;
    if (!region.empty() && at->second->region != region) continue;
    if (at->second->owner != s3.call.identity.account) continue;
    if (count == most) {
      more = true;
      break;
    }
    ++count;
    last = at->first;
    xml.open("Bucket").text("Name", at->first);
    xml.text("CreationDate", rfc3339_ms(at->second->created));
    xml.text("BucketRegion", at->second->region).close("Bucket");
  }
  xml.close("Buckets");
  if (more) xml.text("ContinuationToken", base64(as_bytes_of(last)));
  return xml_response(xml.close("ListAllMyBucketsResult").take());
}

S3Service::Reply S3Service::create_bucket(S3Call& s3) {
  const std::string& name = s3.address.bucket;
  if (!is_bucket_name(name)) {
    return AwsError{
        400, "InvalidBucketName", "The specified bucket is not valid.", {{"BucketName", name}}};
  }
  CORDON_TRY(authorize_account(s3));
  CORDON_TRY(const std::string region, location_of(s3));
  if (!is_in_namespace(s3, region)) {
    return AwsError{400,
                    "InvalidBucketName",
                    "Names in the account regional namespace, and only these, end with the "
                    "account, the region and -an",
                    {{"BucketName", name}}};
  }
  auto bucket = std::make_shared<Bucket>();
  bucket->name = name;
  bucket->region = region;
  bucket->owner = s3.call.identity.account;
  bucket->created = s3.call.now;
  bucket->object_lock = lower(s3.header("x-amz-bucket-object-lock-enabled")) == "true";
  apply_defaults(*bucket);
  ServerResponse response;
  response.headers.add("Location", "/" + name);
  response.headers.add("x-amz-bucket-arn", make_bucket_arn(region, name));
  std::unique_lock lock(mutex_);
  const auto [at, fresh] = buckets_.try_emplace(name, bucket);
  if (at->second->owner != bucket->owner) {
    return AwsError{409,
                    "BucketAlreadyExists",
                    "The requested bucket name is not available. The bucket namespace is shared by "
                    "all users of the system.",
                    {{"BucketName", name}}};
  }
  if (fresh || (at->second->region == kFirstRegion && region == kFirstRegion)) return response;
  return AwsError{409,
                  "BucketAlreadyOwnedByYou",
                  "Your previous request to create the named bucket succeeded and you already own "
                  "it.",
                  {{"BucketName", name}}};
}

S3Service::Reply S3Service::head_bucket(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  ServerResponse response;
  response.headers.add("x-amz-bucket-region", s3.bucket->region);
  response.headers.add("x-amz-access-point-alias", "false");
  response.headers.add("Content-Type", "application/xml");
  return response;
}

S3Service::Reply S3Service::delete_bucket(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  std::unique_lock lock(mutex_);
  {
    std::lock_guard bucket_lock(s3.bucket->mutex);
    if (!s3.bucket->objects.empty()) {
      return AwsError{409,
                      "BucketNotEmpty",
                      "The bucket you tried to delete is not empty" +
                          std::string(s3.bucket->versioning == BucketVersioning::off
                                          ? ""
                                          : ". You must delete all versions in the bucket."),
                      {{"BucketName", s3.bucket->name}}};
    }
    s3.bucket->deleted = true;
  }
  buckets_.erase(s3.bucket->name);
  return ServerResponse{.status = 204};
}

S3Service::Reply S3Service::get_location(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  XmlWriter xml;
  xml.text("LocationConstraint", s3.bucket->region == kFirstRegion ? "" : s3.bucket->region);
  std::string body = xml.take();
  body.insert(body.find("<LocationConstraint") + 19, " " + std::string(kS3Xmlns));
  return xml_response(std::move(body));
}

}  // namespace cordon::cloud
