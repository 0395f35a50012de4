#include "aws/service_error.h"

#include <algorithm>
#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kMessageBytesMax = 512;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A remote text for one line of ours: no control characters, no malformed UTF-8, not too long.
std::string clean(std::string_view text) {
  std::string out = utf8_clean(trim(text), kMessageBytesMax);
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return out;
}

// "com.amazonaws.sqs#QueueDoesNotExist:http://..." and "AWS.SimpleQueueService.X;Sender" keep only
// the code.
std::string code_in(std::string_view text) {
  text = text.substr(0, text.find_first_of(":;"));
  if (const std::size_t hash = text.rfind('#'); hash != std::string_view::npos) {
    text.remove_prefix(hash + 1);
  }
  text = trim(text).substr(0, 64);
  const bool well_formed = std::all_of(text.begin(), text.end(), [](char c) {
    return is_alnum(c) || c == '.' || c == '-' || c == '_';
  });
  return well_formed ? std::string(text) : "";
}

std::string id_in(std::string_view text) {
  text = trim(text).substr(0, 128);
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
  return printable ? std::string(text) : "";
}

std::string region_in(std::string_view text) {
  return is_region_name(text) ? std::string(text) : "";
}

// S3: <Error><Code>..; Query: <ErrorResponse><Error><Code>.. and <RequestId> beside <Error>.
std::optional<RemoteError> from_xml(std::string_view body) {
  pugi::xml_document document;
  const auto root = parse_xml(document, body, "error", "", kErrorBodyBytesMax);
  if (!root) return std::nullopt;
  pugi::xml_node error;
  if (local_name(*root) == "Error") {
    error = *root;
  } else if (local_name(*root) == "ErrorResponse") {
    error = root->child("Error");
  }
  if (!error) return std::nullopt;
  RemoteError remote{code_in(text_of(error, "Code")), clean(text_of(error, "Message")),
                     id_in(text_of(error, "RequestId")), region_in(text_of(error, "Region"))};
  if (remote.request_id.empty()) remote.request_id = id_in(text_of(*root, "RequestId"));
  return remote;
}

std::optional<RemoteError> from_json(std::string_view body) {
  const auto document = parse_json_object(body, "error", kErrorBodyBytesMax);
  if (!document) return std::nullopt;
  const auto first_of = [&](std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
      if (auto text = string_member(*document, name)) return *text;
    }
    return std::string();
  };
  return RemoteError{code_in(first_of({"__type", "code", "Code"})),
                     clean(first_of({"message", "Message", "errorMessage"})), "", ""};
}

std::string_view header(const HttpResponse& response, std::string_view name) {
  return response.headers.get(name).value_or("");
}

// The services answer in XML and JSON, or say no type.
bool is_page(const HttpResponse& response) {
  const std::string type = lower(header(response, "content-type"));
  return type.starts_with("text/html") || type.starts_with("text/plain");
}

}  // namespace

bool is_region_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && is_alnum(text.front()) && is_alnum(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

RemoteError decode_remote_error(const HttpResponse& response) {
  RemoteError remote;
  const std::string_view body = trim(response.body);
  if (body.starts_with('<')) {
    remote = from_xml(body).value_or(RemoteError{});
  } else if (body.starts_with('{')) {
    remote = from_json(body).value_or(RemoteError{});
  }
  // The JSON protocols may name the error in a header only, and SQS its older name in another one.
  for (const std::string_view name : {"x-amzn-errortype", "x-amzn-query-error"}) {
    if (remote.code.empty()) remote.code = code_in(header(response, name));
  }
  for (const std::string_view name : {"x-amz-request-id", "x-amzn-requestid"}) {
    if (remote.request_id.empty()) remote.request_id = id_in(header(response, name));
  }
  if (const std::string region = region_in(header(response, "x-amz-bucket-region"));
      !region.empty()) {
    remote.region = region;
  }
  // A version that is a delete marker: 405 by version, 404 as the current one.
  const bool deleted = header(response, "x-amz-delete-marker") == "true";
  if (deleted && (remote.code.empty() || remote.code == "MethodNotAllowed")) {
    remote.code = "DeleteMarker";
  }
  remote.is_foreign = !remote.is_signed() && (!body.empty() || is_page(response));
  return remote;
}

bool is_foreign_success(const AwsCall& call, const HttpResponse& response) {
  // The head of an object has the type of its content.
  if (call.method == "HEAD" || !is_page(response)) return false;
  return decode_remote_error(response).request_id.empty();
}

std::optional<RemoteError> error_in_body(std::string_view body) {
  body = trim(body);
  if (!body.starts_with('<')) return std::nullopt;
  return from_xml(body);
}

Error service_error(const AwsCall& call, const HttpResponse& response) {
  return service_error(call, response.status, decode_remote_error(response));
}

std::string resource_of(const AwsCall& call) {
  if (!call.bucket)
    return call.resource.empty() ? std::string(iam_prefix(call.service)) : call.resource;
  std::string text = "s3://" + call.bucket->str();
  if (call.path.size() > 1) text += call.path;
  for (const auto& [name, value] : call.query) {
    if (name == "versionId") text += "?versionId=" + value;
  }
  return text;
}

}  // namespace cordon
