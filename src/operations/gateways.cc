#include "operations/gateways.h"

#include <algorithm>
#include <boost/json.hpp>

#include "operations/provision_documents.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kTimeLimit{5};

Deadline limit(const Runtime& runtime) { return Deadline::after(runtime.clock, kTimeLimit); }

}  // namespace

Result<GatewayReport> link_file_share(DeploymentAccess& access, const Runtime& runtime,
                                      const GatewayLinkRequest& request) {
  Protection protection = access.protection();
  return access.gateway_link(protection)
      .link(request.share_arn, request.options, limit(runtime), runtime.stop);
}

Result<GatewayReport> unlink_file_share(DeploymentAccess& access, const Runtime& runtime,
                                        const std::string& share_arn) {
  Protection protection = access.protection();
  return access.gateway_link(protection).unlink(share_arn, limit(runtime), runtime.stop);
}

Result<std::vector<GatewayReport>> file_share_status(DeploymentAccess& access,
                                                     const Runtime& runtime) {
  Protection protection = access.protection();
  return access.gateway_link(protection).status(access.region(), limit(runtime), runtime.stop);
}

bool lacks_a_part(const GatewayReport& report) {
  return std::any_of(report.steps.begin(), report.steps.end(), [](const ProvisionStep& step) {
    return step.state == ProvisionStep::State::missing;
  });
}

json::object document_of(const GatewayReport& report) {
  json::object document{{"schema", "cordon.gateway-report/1"},
                        {"fileShareArn", report.share_arn}, {"linked", report.is_linked}};
  if (const auto& share = report.share) {
    document["protocol"] = std::string(name_of(share->protocol));
    document["bucket"] = share->bucket.str();
    document["prefix"] = share->prefix;
    document["settlingSeconds"] = share->settling ? json::value(share->settling->count()) : nullptr;
  }
  document["steps"] = document_of(report.steps);
  return document;
}

}  // namespace cordon
