#include "aws/file_shares.h"

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kReplyBytesMax = 2U << 20U;
constexpr int kPagesMax = 100;
constexpr std::size_t kSharesPerPageMax = 1000;

const char* member_of(FileShare::Protocol protocol) {
  return protocol == FileShare::Protocol::nfs ? "NFSFileShareInfoList" : "SMBFileShareInfoList";
}

std::string operation_of(const char* verb, FileShare::Protocol protocol, const char* noun) {
  return verb + std::string(name_of(protocol)) + noun;
}

Result<std::string> exchange(ServiceClient& client, const std::string& operation,
                             const json::object& body, const std::string& arn, Deadline deadline,
                             std::stop_token stop) {
  AwsCall call = json_call(AwsService::storagegateway, operation, body);
  if (!arn.empty()) call.resource = "file share " + arn;
  CORDON_TRY(HttpResponse response, client.call(call, deadline, std::move(stop)));
  return std::move(response.body);
}

// "arn:aws:s3:::bucket/prefix/": the part that the share shows.
Result<void> take_location(const std::string& location, FileShare& share) {
  constexpr std::string_view kMark = ":s3:::";
  const std::size_t at = location.find(kMark);
  if (!location.starts_with("arn:") || at == std::string::npos) {
    return Error{Errc::invalid, "file share " + share.arn + " shows " + utf8_clean(location, 256) +
                                    ", which is no bucket (an access point, perhaps)"};
  }
  const std::string path = location.substr(at + kMark.size());
  const std::size_t slash = path.find('/');
  share.bucket = BucketName(path.substr(0, slash));
  if (share.bucket.str().empty()) return broken_reply("DescribeFileShares", "no bucket");
  if (slash != std::string::npos) share.prefix = path.substr(slash + 1);
  return {};
}

// {"Upload": {"SettlingTimeInSeconds": 60}}, or {} for none.
std::optional<std::chrono::seconds> settling_in(const std::string& policy) {
  const auto document = parse_json_object(policy, "DescribeFileShares", kReplyBytesMax);
  if (!document) return std::nullopt;
  const json::value* upload = document->if_contains("Upload");
  if (upload == nullptr || !upload->is_object()) return std::nullopt;
  const auto seconds = u64_member(upload->get_object(), "SettlingTimeInSeconds");
  if (!seconds || *seconds > 86'400) return std::nullopt;
  return std::chrono::seconds(static_cast<std::int64_t>(*seconds));
}

bool is_unknown_share(const Error& error) {
  return error.code == Errc::not_found ||
         error.remote_code.find("InvalidGatewayRequest") != std::string::npos;
}

}  // namespace

Result<SharePage> decode_share_page(std::string_view text) {
  constexpr const char* kOperation = "ListFileShares";
  CORDON_TRY(const json::object reply, parse_json_object(text, kOperation, kReplyBytesMax));
  SharePage page;
  page.next = string_member(reply, "NextMarker").value_or("");
  const json::value* list = reply.if_contains("FileShareInfoList");
  if (list == nullptr || list->is_null()) return page;
  if (!list->is_array() || list->get_array().size() > kSharesPerPageMax) {
    return broken_reply(kOperation, "FileShareInfoList is no list of a likely length");
  }
  for (const json::value& one : list->get_array()) {
    const json::object* share = one.if_object();
    const auto arn = share == nullptr ? std::nullopt : string_member(*share, "FileShareARN");
    if (!arn || arn->empty()) return broken_reply(kOperation, "a share without an ARN");
    page.arns.push_back(*arn);
  }
  return page;
}

Result<FileShare> decode_share(std::string_view text, FileShare::Protocol protocol) {
  constexpr const char* kOperation = "DescribeFileShares";
  CORDON_TRY(const json::object reply, parse_json_object(text, kOperation, kReplyBytesMax));
  const json::value* list = reply.if_contains(member_of(protocol));
  const json::array* shares = list == nullptr ? nullptr : list->if_array();
  if (shares == nullptr) return broken_reply(kOperation, "no list of shares");
  if (shares->empty()) return Error{Errc::not_found, "there is no such file share"};
  const json::object* info = shares->front().if_object();
  if (info == nullptr) return broken_reply(kOperation, "a share that is no object");
  FileShare share{.protocol = protocol};
  share.arn = string_member(*info, "FileShareARN").value_or("");
  if (share.arn.empty()) return broken_reply(kOperation, "a share without an ARN");
  share.name = string_member(*info, "FileShareName").value_or("");
  share.status = string_member(*info, "FileShareStatus").value_or("");
  share.settling = settling_in(string_member(*info, "NotificationPolicy").value_or("{}"));
  CORDON_TRY(take_location(string_member(*info, "LocationARN").value_or(""), share));
  return share;
}

Result<std::vector<std::string>> FileShares::list(Deadline deadline, std::stop_token stop) {
  std::vector<std::string> arns;
  std::string marker;
  for (int number = 0; number < kPagesMax; ++number) {
    json::object body{{"Limit", 100}};
    if (!marker.empty()) body["Marker"] = marker;
    CORDON_TRY(const std::string reply,
               exchange(client_, "ListFileShares", body, "", deadline, stop));
    CORDON_TRY(SharePage page, decode_share_page(reply));
    for (std::string& arn : page.arns) arns.push_back(std::move(arn));
    marker = std::move(page.next);
    if (marker.empty()) return arns;
  }
  return Error{Errc::invalid, "ListFileShares: more than " + std::to_string(kPagesMax) + " pages"};
}

// A share is described in its own protocol only, and its ARN does not tell which one that is.
Result<FileShare> FileShares::share(const std::string& arn, Deadline deadline,
                                    std::stop_token stop) {
  const json::object body{{"FileShareARNList", json::array{arn}}};
  for (const auto protocol : {FileShare::Protocol::nfs, FileShare::Protocol::smb}) {
    const Result<std::string> reply = exchange(
        client_, operation_of("Describe", protocol, "FileShares"), body, arn, deadline, stop);
    if (!reply && is_unknown_share(reply.error())) continue;
    CORDON_TRY(reply);
    Result<FileShare> found = decode_share(*reply, protocol);
    if (!found && found.error().code == Errc::not_found) continue;
    return found;
  }
  return Error{Errc::not_found, "there is no NFS or SMB file share " + utf8_clean(arn, 256) +
                                    " in " + client_.region().str()};
}

Result<void> FileShares::announce_uploads(const FileShare& share,
                                          std::optional<std::chrono::seconds> settling,
                                          Deadline deadline, std::stop_token stop) {
  json::object policy;
  if (settling) policy["Upload"] = json::object{{"SettlingTimeInSeconds", settling->count()}};
  const json::object body{{"FileShareARN", share.arn},
                          {"NotificationPolicy", json::serialize(policy)}};
  CORDON_TRY(exchange(client_, operation_of("Update", share.protocol, "FileShare"), body, share.arn,
                      deadline, std::move(stop)));
  return {};
}

Result<void> FileShares::refresh(const std::string& arn, const std::string& folder,
                                 Deadline deadline, std::stop_token stop) {
  const json::object body{
      {"FileShareARN", arn}, {"FolderList", json::array{folder}}, {"Recursive", false}};
  CORDON_TRY(exchange(client_, "RefreshCache", body, arn, deadline, std::move(stop)));
  return {};
}

}  // namespace cordon
