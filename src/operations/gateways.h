#pragma once

#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "operations/deployment_access.h"

// File shares of Storage Gateways, whose uploads are scanned when they are uploaded
// (provision/gateway_link.h). Each of these takes at most 5 minutes. Errors: those of GatewayLink.

namespace cordon {

/// Which share is linked, and how.
struct GatewayLinkRequest {
  std::string share_arn;
  GatewayLinkOptions options = {};
};

Result<GatewayReport> link_file_share(DeploymentAccess& access, const Runtime& runtime,
                                      const GatewayLinkRequest& request);

/// Takes back exactly what `link_file_share` added.
Result<GatewayReport> unlink_file_share(DeploymentAccess& access, const Runtime& runtime,
                                        const std::string& share_arn);

/// Every share of the region.
Result<std::vector<GatewayReport>> file_share_status(DeploymentAccess& access,
                                                     const Runtime& runtime);

/// Whether a part of the link is missing, or the share itself: what one has to know about.
bool lacks_a_part(const GatewayReport& report);

boost::json::object document_of(const GatewayReport& report);

}  // namespace cordon
