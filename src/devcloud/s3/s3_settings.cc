// Settings of a bucket. Most are documents that are kept as they were put; what the stand-in acts
// on (versioning, policy, notifications) is read as well.

#include <algorithm>
#include <array>

#include "base/text.h"
#include "devcloud/s3/s3.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

struct Setting {
  std::string_view param;
  std::string_view root;          ///< Of the document that is put.
  std::string_view missing_code;  ///< Empty: `fallback` is what an untouched bucket has.
  std::string_view missing_text;
  std::string_view fallback;
};

constexpr std::array kSettings{
    Setting{"tagging", "Tagging", "NoSuchTagSet", "The TagSet does not exist", ""},
    Setting{"encryption", "ServerSideEncryptionConfiguration", "", "",
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
            "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>"
            "<BucketKeyEnabled>false</BucketKeyEnabled></Rule>"
            "</ServerSideEncryptionConfiguration>"},
    Setting{"lifecycle", "LifecycleConfiguration", "NoSuchLifecycleConfiguration",
            "The lifecycle configuration does not exist", ""},
    Setting{"publicAccessBlock", "PublicAccessBlockConfiguration",
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found", ""},
    Setting{"ownershipControls", "OwnershipControls", "OwnershipControlsNotFoundError",
            "The bucket ownership controls were not found", ""},
    Setting{"cors", "CORSConfiguration", "NoSuchCORSConfiguration",
            "The CORS configuration does not exist", ""},
    Setting{"logging", "BucketLoggingStatus", "", "", "<BucketLoggingStatus/>"},
    Setting{"accelerate", "AccelerateConfiguration", "", "", "<AccelerateConfiguration/>"},
    Setting{
        "requestPayment", "RequestPaymentConfiguration", "", "",
        "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>"},
    Setting{"replication", "ReplicationConfiguration", "ReplicationConfigurationNotFoundError",
            "The replication configuration was not found", ""},
    Setting{"website", "WebsiteConfiguration", "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration", ""},
    Setting{"object-lock", "ObjectLockConfiguration", "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket", ""},
};

const Setting& setting_of(const S3Call& s3) {
  const auto* at = std::find_if(kSettings.begin(), kSettings.end(), [&](const Setting& setting) {
    return setting.param == s3.address.operation->param;
  });
  CORDON_CHECK(at != kSettings.end());  // The table of operations names no other.
  return *at;
}

ServerResponse no_content() { return ServerResponse{.status = 204}; }

}  // namespace

S3Service::Reply S3Service::get_setting(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  const Setting& setting = setting_of(s3);
  std::lock_guard lock(s3.bucket->mutex);
  const auto at = s3.bucket->documents.find(std::string(setting.param));
  std::string document(setting.fallback);
  if (at != s3.bucket->documents.end()) document = at->second;
  if (document.empty()) {
    return AwsError{404,
                    std::string(setting.missing_code),
                    std::string(setting.missing_text),
                    {{"BucketName", s3.bucket->name}}};
  }
  return xml_response(document);
}

S3Service::Reply S3Service::put_setting(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  const Setting& setting = setting_of(s3);
  pugi::xml_document document;
  CORDON_TRY(parse_xml(s3.call.request.body, setting.root, document));
  if (setting.param == "tagging") CORDON_TRY(parse_tags_xml(document.document_element(), 50));
  if (setting.param == "lifecycle" && document.document_element().child("Rule").empty()) {
    return malformed_xml();
  }
  std::lock_guard lock(s3.bucket->mutex);
  if (setting.param == "object-lock") {
    if (s3.bucket->versioning != BucketVersioning::enabled) {
      return AwsError{409, "InvalidBucketState",
                      "Versioning must be 'Enabled' on the bucket to apply a Object Lock "
                      "configuration"};
    }
    s3.bucket->object_lock = true;
  }
  s3.bucket->documents[std::string(setting.param)] = s3.call.request.body;
  return setting.param == "tagging" ? no_content() : ServerResponse{};
}

S3Service::Reply S3Service::delete_setting(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  std::lock_guard lock(s3.bucket->mutex);
  s3.bucket->documents.erase(std::string(setting_of(s3).param));
  return no_content();
}

S3Service::Reply S3Service::get_versioning(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  XmlWriter xml;
  xml.open("VersioningConfiguration", kS3Xmlns);
  std::lock_guard lock(s3.bucket->mutex);
  if (s3.bucket->versioning != BucketVersioning::off) {
    xml.text("Status",
             s3.bucket->versioning == BucketVersioning::enabled ? "Enabled" : "Suspended");
  }
  return xml_response(xml.close("VersioningConfiguration").take());
}

S3Service::Reply S3Service::put_versioning(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  pugi::xml_document document;
  CORDON_TRY(parse_xml(s3.call.request.body, "VersioningConfiguration", document));
  const std::string status = document.document_element().child("Status").text().get();
  if (status != "Enabled" && status != "Suspended") return malformed_xml();
  std::lock_guard lock(s3.bucket->mutex);
  if (status == "Suspended" && s3.bucket->object_lock) {
    return AwsError{409, "InvalidBucketState",
                    "An Object Lock configuration is present on this bucket, so the versioning "
                    "state cannot be changed."};
  }
  s3.bucket->versioning =
      status == "Enabled" ? BucketVersioning::enabled : BucketVersioning::suspended;
  return ServerResponse{};
}

S3Service::Reply S3Service::get_policy(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  std::lock_guard lock(s3.bucket->mutex);
  if (!s3.bucket->policy) {
    return AwsError{404,
                    "NoSuchBucketPolicy",
                    "The bucket policy does not exist",
                    {{"BucketName", s3.bucket->name}}};
  }
  ServerResponse response;
  response.headers.add("Content-Type", "application/json");
  response.body = s3.bucket->policy_text;
  return response;
}

S3Service::Reply S3Service::put_policy(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  const std::string arn = make_bucket_arn(s3.bucket->region, s3.bucket->name);
  CORDON_TRY(Policy policy, Policy::parse(s3.call.request.body, [&](std::string_view resource) {
               return resource == arn || resource.starts_with(arn + "/");
             }));
  warn_of_gaps(basics_.log, policy, arn);
  std::lock_guard lock(s3.bucket->mutex);
  s3.bucket->policy = std::move(policy);
  s3.bucket->policy_text = s3.call.request.body;
  return no_content();
}

S3Service::Reply S3Service::delete_policy(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  std::lock_guard lock(s3.bucket->mutex);
  s3.bucket->policy.reset();
  s3.bucket->policy_text.clear();
  return no_content();
}

S3Service::Reply S3Service::get_policy_status(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  return xml_response("<PolicyStatus><IsPublic>FALSE</IsPublic></PolicyStatus>");
}

S3Service::Reply S3Service::get_notifications(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  std::lock_guard lock(s3.bucket->mutex);
  return xml_response(notifications_to_xml(s3.bucket->notifications));
}

S3Service::Reply S3Service::put_notifications(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  pugi::xml_document document;
  CORDON_TRY(parse_xml(s3.call.request.body, "NotificationConfiguration", document));
  CORDON_TRY(NotificationConfiguration configuration,
             parse_notifications(document.document_element(), basics_.random));
  if (s3.header("x-amz-skip-destination-validation") != "true") {
    for (const NotificationRule& rule : configuration.rules) {
      CORDON_TRY(check_destination(*s3.bucket, rule));
    }
  }
  std::vector<NotificationRule> fresh;
  {
    std::lock_guard lock(s3.bucket->mutex);
    for (const NotificationRule& rule : configuration.rules) fresh.push_back(rule);
    s3.bucket->notifications = std::move(configuration);
  }
  const std::string test = R"({"Service":"Amazon S3","Event":"s3:TestEvent","Time":")" +
                           rfc3339_ms(s3.call.now) + R"(","Bucket":")" + s3.bucket->name +
                           R"(","RequestId":")" + s3.call.request_id + R"(","HostId":")" +
                           s3.host_id + R"("})";
  for (const NotificationRule& rule : fresh) send_to(*s3.bucket, rule, test);
  return ServerResponse{};
}

// Access control lists are switched off (BucketOwnerEnforced), as on every new bucket of AWS.
S3Service::Reply S3Service::get_acl(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  if (!s3.address.key.empty()) {
    std::lock_guard lock(s3.bucket->mutex);
    CORDON_TRY(readable(s3, *s3.bucket, s3.address.key, s3.version_id(), "s3:GetObjectAcl"));
  }
  XmlWriter xml;
  xml.open("AccessControlPolicy", kS3Xmlns).open("Owner").text("ID", owner_id()).close("Owner");
  xml.open("AccessControlList").open("Grant");
  xml.open("Grantee",
           R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser")");
  xml.text("ID", owner_id()).close("Grantee").text("Permission", "FULL_CONTROL").close("Grant");
  return xml_response(xml.close("AccessControlList").close("AccessControlPolicy").take());
}

namespace {

// The one list that says what holds in any case, written out: some clients send what they have
// read.
bool leaves_all_to_owner(const std::string& body, const std::string& owner) {
  pugi::xml_document document;
  if (!parse_xml(body, "AccessControlPolicy", document)) return false;
  const auto grants = document.document_element().child("AccessControlList").children("Grant");
  return !grants.empty() && std::all_of(grants.begin(), grants.end(), [&](const auto& grant) {
    return grant.child("Grantee").child("ID").text().get() == owner &&
           std::string_view(grant.child("Permission").text().get()) == "FULL_CONTROL";
  });
}

}  // namespace

S3Service::Reply S3Service::put_acl(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  const std::string acl = s3.header("x-amz-acl");
  if (acl == "private" || acl == "bucket-owner-full-control") return ServerResponse{};
  if (acl.empty() && leaves_all_to_owner(s3.call.request.body, owner_id())) return ServerResponse{};
  return AwsError{400, "AccessControlListNotSupported", "The bucket does not allow ACLs"};
}

}  // namespace cordon::cloud
