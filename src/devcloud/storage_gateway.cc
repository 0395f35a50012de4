#include "devcloud/storage_gateway.h"

#include <algorithm>

#include "base/text.h"
#include "devcloud/json_in.h"
#include "devcloud/query_protocol.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kDescribeMax = 10;
constexpr std::int64_t kListMax = 100;
constexpr std::int64_t kSettlingMin = 60;
constexpr std::int64_t kSettlingMax = 600;

// What a client may set, and what Describe says of it, under the same names.
constexpr const char* kSettings[] = {"KMSEncrypted",
                                     "KMSKey",
                                     "NFSFileShareDefaults",
                                     "DefaultStorageClass",
                                     "ObjectACL",
                                     "ClientList",
                                     "Squash",
                                     "ReadOnly",
                                     "RequesterPays",
                                     "Tags",
                                     "GuessMIMETypeEnabled",
                                     "FileShareName",
                                     "CacheAttributes",
                                     "BucketRegion",
                                     "VPCEndpointDNSName",
                                     "AuditDestinationARN",
                                     "NotificationPolicy",
                                     "Authentication",
                                     "CaseSensitivity",
                                     "AdminUserList",
                                     "ValidUserList",
                                     "InvalidUserList",
                                     "SMBACLEnabled",
                                     "AccessBasedEnumeration",
                                     "OplocksEnabled"};

AwsError invalid(std::string why) {
  return {400, "InvalidGatewayRequestException", std::move(why)};
}

// "{}", or {"Upload": {"SettlingTimeInSeconds": 60..600}} as text.
bool is_notification_policy(const std::string& text) {
  const auto policy = parse_object(text);
  if (!policy || text.size() < 2 || text.size() > 100) return false;
  if (policy->empty()) return true;
  const json::object* upload = object_if(*policy, "Upload");
  const auto seconds = upload ? integer_if(*upload, "SettlingTimeInSeconds") : std::nullopt;
  return policy->size() == 1 && seconds && *seconds >= kSettlingMin && *seconds <= kSettlingMax;
}

bool is_bucket_location(const std::string& arn) {
  return arn.starts_with("arn:") && arn.find(":s3:::") != std::string::npos && arn.size() >= 16;
}

std::optional<AwsError> take_settings(const json::object& in, json::object& info) {
  const auto policy = text_if(in, "NotificationPolicy");
  if (policy && !is_notification_policy(*policy)) {
    return invalid("NotificationPolicy: write {\"Upload\": {\"SettlingTimeInSeconds\": 60}}");
  }
  for (const char* name : kSettings) {
    if (const json::value* value = in.if_contains(name)) info[name] = *value;
  }
  return std::nullopt;
}

}  // namespace

ServerResponse StorageGatewayService::handle(const Call& call, std::string_view action) {
  const auto in = parse_object(call.request.body);
  if (!in) return json_error("1.1", {400, "SerializationException", ""}, call.request_id);
  Events told;
  const Reply reply = run(call, action, *in, told);
  for (const EventsService::Event& event : told) events_.put(event);  // Not under our lock.
  if (!reply) return json_error("1.1", reply.error(), call.request_id);
  return json_answer("1.1", *reply, call.request_id);
}

StorageGatewayService::Reply StorageGatewayService::run(const Call& call, std::string_view action,
                                                        const Json& in, Events& told) {
  std::lock_guard lock(mutex_);
  if (action == "CreateNFSFileShare") return create(call, in, Kind::nfs);
  if (action == "CreateSMBFileShare") return create(call, in, Kind::smb);
  if (action == "UpdateNFSFileShare") return update(call, in, Kind::nfs);
  if (action == "UpdateSMBFileShare") return update(call, in, Kind::smb);
  if (action == "DescribeNFSFileShares") return describe(call, in, Kind::nfs);
  if (action == "DescribeSMBFileShares") return describe(call, in, Kind::smb);
  if (action == "ListFileShares") return list(call, in);
  if (action == "DeleteFileShare") return remove(call, in);
  if (action == "RefreshCache") return refresh(call, in, told);
  if (action == "NotifyWhenUploaded") return notify(call, in, told);
  if (action == "DevcloudAnnounceUpload") return announce(call, in, told);
  return AwsError{400, "UnknownOperationException", "Unknown operation " + std::string(action)};
}

Answer<StorageGatewayService::Share*> StorageGatewayService::share_locked(const Call& call,
                                                                          const std::string& arn) {
  const auto at = shares_.find(arn);
  if (at == shares_.end() || arn_field(arn, 3) != call.region) {
    return invalid("The specified file share was not found.");
  }
  return &at->second;
}

StorageGatewayService::Reply StorageGatewayService::create(const Call& call, const Json& in,
                                                           Kind kind) {
  for (const char* name : {"ClientToken", "GatewayARN", "Role", "LocationARN"}) {
    if (text_of(in, name).empty()) return invalid(std::string(name) + " is missing");
  }
  const std::string token = text_of(in, "ClientToken");
  for (const auto& [arn, share] : shares_) {
    if (share.client_token == token) return Json{{"FileShareARN", arn}};
  }
  const std::string location = text_of(in, "LocationARN");
  if (!is_bucket_location(location)) return invalid("LocationARN is no ARN of a bucket");
  const std::string id = "share-" + make_request_id(basics_.random).substr(0, 8);
  const std::string arn = make_arn("storagegateway", call.region, basics_.account, "share/" + id);
  Share share{.kind = kind, .client_token = token};
  share.info = {{"FileShareARN", arn},
                {"FileShareId", id},
                {"FileShareStatus", "AVAILABLE"},
                {"GatewayARN", text_of(in, "GatewayARN")},
                {"Role", text_of(in, "Role")},
                {"LocationARN", location},
                {"Path", "/" + location.substr(location.rfind(":::") + 3)},
                {"NotificationPolicy", "{}"}};
  if (const auto refused = take_settings(in, share.info)) return *refused;
  shares_.emplace(arn, std::move(share));
  return Json{{"FileShareARN", arn}};
}

StorageGatewayService::Reply StorageGatewayService::update(const Call& call, const Json& in,
                                                           Kind kind) {
  CORDON_TRY(Share * share, share_locked(call, text_of(in, "FileShareARN")));
  if (share->kind != kind) return invalid("The file share speaks the other protocol.");
  if (const auto refused = take_settings(in, share->info)) return *refused;
  return Json{{"FileShareARN", share->info.at("FileShareARN")}};
}

StorageGatewayService::Reply StorageGatewayService::describe(const Call& call, const Json& in,
                                                             Kind kind) {
  const json::array* arns = array_if(in, "FileShareARNList");
  if (arns == nullptr || arns->empty() || arns->size() > kDescribeMax) {
    return invalid("FileShareARNList must have 1 to 10 members");
  }
  json::array found;
  for (const json::value& arn : *arns) {
    if (!arn.is_string()) return invalid("FileShareARNList holds something that is no text");
    CORDON_TRY(const Share* share, share_locked(call, std::string(arn.as_string())));
    if (share->kind != kind) return invalid("The specified file share was not found.");
    found.push_back(share->info);
  }
  return Json{{kind == Kind::nfs ? "NFSFileShareInfoList" : "SMBFileShareInfoList", found}};
}

StorageGatewayService::Reply StorageGatewayService::list(const Call& call, const Json& in) {
  const std::string gateway = text_of(in, "GatewayARN");
  const std::string after = text_of(in, "Marker");
  const auto limit = static_cast<std::size_t>(
      std::clamp<std::int64_t>(integer_if(in, "Limit").value_or(kListMax), 1, kListMax));
  json::array found;
  Json out;
  std::string last;
  for (const auto& [arn, share] : shares_) {
    if (arn_field(arn, 3) != call.region || arn <= after) continue;
    if (!gateway.empty() && text_of(share.info, "GatewayARN") != gateway) continue;
    if (found.size() == limit) {
      out["NextMarker"] = last;
      break;
    }
    last = arn;
    found.push_back(Json{{"FileShareType", share.kind == Kind::nfs ? "NFS" : "SMB"},
                         {"FileShareARN", arn},
                         {"FileShareId", share.info.at("FileShareId")},
                         {"FileShareStatus", share.info.at("FileShareStatus")},
                         {"GatewayARN", share.info.at("GatewayARN")}});
  }
  if (!after.empty()) out["Marker"] = after;
  out["FileShareInfoList"] = std::move(found);
  return out;
}

StorageGatewayService::Reply StorageGatewayService::remove(const Call& call, const Json& in) {
  const std::string arn = text_of(in, "FileShareARN");
  CORDON_TRY(share_locked(call, arn));
  shares_.erase(arn);
  return Json{{"FileShareARN", arn}};
}

EventsService::Event StorageGatewayService::event_of(const Call& call, const Share& share,
                                                     std::string type, Json detail) const {
  const std::string location = text_of(share.info, "LocationARN");
  const std::size_t slash = location.find('/', location.find(":::"));
  return {.region = call.region,
          .source = "aws.storagegateway",
          .detail_type = std::move(type),
          .resources = {text_of(share.info, "FileShareARN"), text_of(share.info, "GatewayARN"),
                        location.substr(0, slash)},
          .detail = std::move(detail),
          .time = call.now};
}

StorageGatewayService::Reply StorageGatewayService::notify(const Call& call, const Json& in,
                                                           Events& told) {
  CORDON_TRY(const Share* share, share_locked(call, text_of(in, "FileShareARN")));
  const std::string id = make_uuid(basics_.random);
  const std::string now = rfc3339_ms(call.now);
  told.push_back(event_of(call, *share, "Storage Gateway File Upload Event",
                          {{"event-type", "upload-complete"},
                           {"notification-id", id},
                           {"request-received", now},
                           {"completed", now}}));
  return Json{{"FileShareARN", text_of(in, "FileShareARN")}, {"NotificationId", id}};
}

StorageGatewayService::Reply StorageGatewayService::refresh(const Call& call, const Json& in,
                                                            Events& told) {
  CORDON_TRY(const Share* share, share_locked(call, text_of(in, "FileShareARN")));
  const std::string id = make_uuid(basics_.random);
  const std::string now = rfc3339_ms(call.now);
  json::array folders{"/"};
  if (const json::array* asked = array_if(in, "FolderList")) folders = *asked;
  told.push_back(event_of(call, *share, "Storage Gateway Refresh Cache Event",
                          {{"event-type", "refresh-complete"},
                           {"notification-id", id},
                           {"started", now},
                           {"completed", now},
                           {"folderList", std::move(folders)}}));
  return Json{{"FileShareARN", text_of(in, "FileShareARN")}, {"NotificationId", id}};
}

StorageGatewayService::Reply StorageGatewayService::announce(const Call& call, const Json& in,
                                                             Events& told) {
  CORDON_TRY(const Share* share, share_locked(call, text_of(in, "FileShareARN")));
  const auto policy = parse_object(text_of(share->info, "NotificationPolicy"));
  if (!policy || policy->empty()) return Json{{"Announced", false}};
  const std::string path = text_of(share->info, "LocationARN");
  const std::string location = path.substr(path.rfind(":::") + 3);
  const std::size_t slash = location.find('/');
  told.push_back(
      event_of(call, *share, "Storage Gateway Object Upload Event",
               {{"object-size", integer_if(in, "Size").value_or(0)},
                {"modification-time", rfc3339_ms(call.now)},
                {"object-key", text_of(in, "Path")},
                {"event-type", "object-upload-complete"},
                {"prefix", slash == std::string::npos ? std::string() : location.substr(slash + 1)},
                {"bucket-name", location.substr(0, slash)}}));
  return Json{{"Announced", true}};
}

}  // namespace cordon::cloud
