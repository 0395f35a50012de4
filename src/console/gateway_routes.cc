// File shares of Storage Gateways in the region: linked, and no longer.

#include <array>
#include <boost/json.hpp>

#include "console/api_body.h"
#include "console/api_families.h"
#include "console/api_names.h"
#include "console/deployment_response.h"
#include "operations/gateways.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kTime{60};
constexpr std::uint64_t kSettlingLeast = 60;
constexpr std::uint64_t kSettlingMost = 600;
// The region's one rule on the event bus says which shares are linked.
constexpr const char* kAloneOn = "the file shares";

Result<ServerResponse> list(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  return call.deployment.answer({.time = kTime}, call.stop,
                                [](const DeploymentWork& work) -> Result<ServerResponse> {
                                  CORDON_TRY(const std::vector<GatewayReport> reports,
                                             file_share_status(work.access, work.runtime));
                                  json::array items;
                                  for (const GatewayReport& report : reports)
                                    items.push_back(document_of(report));
                                  return whole_list_response(std::move(items));
                                });
}

Result<ServerResponse> link(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(ApiBody body,
             ApiBody::parse(call.http, {"fileShareArn", "settlingSeconds", "besideS3Events"}));
  const std::string arn = body.members().text("fileShareArn");
  const auto settling = body.members().maybe_number("settlingSeconds");
  GatewayLinkRequest request{.share_arn = {},
                             .options = {.beside_s3_events = body.flag("besideS3Events")}};
  if (settling && (*settling < kSettlingLeast || *settling > kSettlingMost)) {
    body.wrong("settlingSeconds");
  }
  CORDON_TRY(body.checked());
  CORDON_TRY(request.share_arn, parse_plain_text(arn, "fileShareArn"));
  if (settling) request.options.settling = std::chrono::seconds(*settling);
  return call.deployment.answer(
      {.time = kTime, .alone_on = kAloneOn}, call.stop,
      [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const GatewayReport report, link_file_share(work.access, work.runtime, request));
        std::vector<std::string> words{"gateway", "link", "--file-share-arn", request.share_arn};
        if (settling) {
          words.insert(words.end(), {"--settling-seconds", std::to_string(*settling)});
        }
        if (request.options.beside_s3_events) words.emplace_back("--beside-s3-events");
        json::object document = document_of(report);
        document["command"] = equal_command(work.access, words);
        return document_response(document);
      });
}

Result<ServerResponse> unlink(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(ApiBody body, ApiBody::parse(call.http, {"fileShareArn"}));
  const std::string text = body.members().text("fileShareArn");
  CORDON_TRY(body.checked());
  CORDON_TRY(const std::string arn, parse_plain_text(text, "fileShareArn"));
  return call.deployment.answer(
      {.time = kTime, .alone_on = kAloneOn}, call.stop,
      [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const GatewayReport report, unlink_file_share(work.access, work.runtime, arn));
        json::object document = document_of(report);
        document["command"] =
            equal_command(work.access, {"gateway", "unlink", "--file-share-arn", arn});
        return document_response(document);
      });
}

constexpr std::array<ApiRoute, 3> kRoutes = {{
    {"GET", "/api/v1/gateways", ApiRole::viewer, list},
    {"POST", "/api/v1/gateways/link", ApiRole::admin, link},
    {"POST", "/api/v1/gateways/unlink", ApiRole::admin, unlink},
}};

}  // namespace

std::span<const ApiRoute> gateway_routes() { return kRoutes; }

}  // namespace cordon
