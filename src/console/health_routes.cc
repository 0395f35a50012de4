// How the deployment is: the doctor's findings, the regions, and what is known of one object.

#include <array>
#include <boost/json.hpp>

#include "base/duration.h"
#include "console/api_families.h"
#include "console/api_names.h"
#include "console/deployment_response.h"
#include "operations/health.h"
#include "operations/regions.h"
#include "operations/settings_in_force.h"
#include "operations/verdict_lookup.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLookTime{60};
constexpr std::chrono::seconds kSettingsLimit{15};
constexpr std::chrono::seconds kWaitMost{60};
constexpr std::size_t kBucketsMax = 100;
constexpr std::size_t kRegionsMax = 50;

// --- doctor ----------------------------------------------------------------------------------

Result<ServerResponse> examine(ApiCall& call) {
  std::vector<BucketName> buckets;
  for (const std::string& name : call.request.texts("bucket")) {
    const Result<BucketName> bucket = parse_bucket_name(name);
    if (bucket) buckets.push_back(*bucket);
    if (!bucket) call.request.wrong("bucket", bucket.error().what);
  }
  if (buckets.size() > kBucketsMax) call.request.wrong("bucket", "name at most 100 at a time");
  CORDON_TRY(call.request.checked());
  return call.deployment.answer(
      {.time = kLookTime}, call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        const std::vector<Finding> findings =
            examine_deployment(work.access, work.runtime, buckets);
        // A half of an examination is none.
        if (work.runtime.stop.stop_requested()) {
          return Error{Errc::cancelled, "stopped in the middle of the examination"};
        }
        json::array items;
        for (const Finding& finding : findings) items.push_back(document_of(finding));
        return document_response(json::object{
            {"items", std::move(items)}, {"next", nullptr}, {"healthy", !has_failure(findings)}});
      });
}

// --- regions ---------------------------------------------------------------------------------

Result<ServerResponse> list_regions(ApiCall& call) {
  std::vector<Region> more;
  for (const std::string& name : call.request.texts("in")) {
    const Result<Region> region = parse_region(name);
    if (region) more.push_back(*region);
    if (!region) call.request.wrong("in", region.error().what);
  }
  if (more.size() > kRegionsMax) call.request.wrong("in", "name at most 50 at a time");
  CORDON_TRY(call.request.checked());
  return call.deployment.answer({.time = kLookTime}, call.stop,
                                [&](const DeploymentWork& work) -> Result<ServerResponse> {
                                  CORDON_TRY(const std::vector<RegionOverview> all,
                                             region_overview(work.access, work.runtime, more));
                                  json::array items;
                                  for (const RegionOverview& one : all)
                                    items.push_back(document_of(one));
                                  return whole_list_response(std::move(items));
                                });
}

// --- verdict ---------------------------------------------------------------------------------

Result<VerdictRequest> verdict_request(ApiRequest& request) {
  const std::string bucket = request.text("bucket").value_or("");
  const std::string key = request.text("key").value_or("");
  const std::optional<std::string> version = request.text("versionId");
  const std::optional<std::string> wait = request.text("wait");
  CORDON_TRY(request.checked());
  VerdictRequest out;
  CORDON_TRY(out.object.bucket, parse_bucket_name(bucket));
  CORDON_TRY(out.object.key, parse_object_key(key));
  if (version) {
    CORDON_TRY(out.object.version, parse_version_id(*version));
  }
  if (wait) {
    const Result<std::chrono::milliseconds> time = parse_duration(*wait);
    if (!time) return with_context(time.error(), "wait");
    if (*time > kWaitMost) return Error{Errc::invalid, "wait: at most 60s at a time"};
    out.wait = *time;
  }
  return out;
}

Result<ServerResponse> look_up(ApiCall& call) {
  CORDON_TRY(VerdictRequest request, verdict_request(call.request));
  const auto time = std::chrono::ceil<std::chrono::seconds>(request.wait) + kLookTime;
  return call.deployment.answer(
      {.time = time}, call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(
            const KnownSettings known,
            settings_in_force(work.access, Deadline::after(work.runtime.clock, kSettingsLimit),
                              work.runtime.stop));
        request.seal_keys = work.seal_keys;
        CORDON_TRY(const VerdictAnswer answer,
                   look_up_verdict(work.access, work.runtime, known.settings, request));
        return document_response(document_of(answer));
      });
}

constexpr std::array<ApiRoute, 3> kRoutes = {{
    {"GET", "/api/v1/doctor", ApiRole::viewer, examine},
    {"GET", "/api/v1/regions", ApiRole::viewer, list_regions},
    {"GET", "/api/v1/verdict", ApiRole::viewer, look_up},
}};

}  // namespace

std::span<const ApiRoute> health_routes() { return kRoutes; }

}  // namespace cordon
