// Sweeps: how far they are in all protected buckets, whoever does them; beginning one, stopping it.

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <set>

#include "base/text.h"
#include "console/api_body.h"
#include "console/api_families.h"
#include "console/api_names.h"
#include "console/deployment_response.h"
#include "operations/bucket_sweeps.h"
#include "operations/settings_in_force.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLookTime{60};
constexpr std::chrono::seconds kSettingsLimit{15};
constexpr std::uint64_t kGraceMost = 7 * 24 * 3600;
constexpr std::size_t kPrefixBytesMax = 1024;

json::object document_of(const SweepJob& job) {
  return json::object{
      {"state", name_of(job.state)},
      {"started", rfc3339_ms(job.started)},
      {"listed", job.now.listed},
      {"enqueued", job.now.enqueued},
      {"problem", job.failure ? json::value(problem_of(*job.failure)) : json::value(nullptr)}};
}

std::string_view state_of(const SweepStatus& status) {
  if (!status.last) return "never";
  if (status.last->checkpoint.finished) return "finished";
  return is_under_way(*status.last) ? "under-way" : "unfinished";
}

json::object document_of(const SweepStatus& status, const std::vector<SweepJob>& jobs) {
  json::object document{{"kind", "sweep"},
                        {"bucket", status.bucket.str()},
                        {"state", state_of(status)},
                        {"report", nullptr},
                        {"here", nullptr}};
  if (status.last) document["report"] = document_of(*status.last);
  const auto here = std::find_if(jobs.begin(), jobs.end(),
                                 [&](const SweepJob& one) { return one.bucket == status.bucket; });
  if (here != jobs.end()) document["here"] = document_of(*here);
  return document;
}

Result<ServerResponse> list(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  const std::vector<SweepJob> jobs = call.deployment.sweeps().jobs();
  return call.deployment.answer(
      {.time = kLookTime}, call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(
            const KnownSettings known,
            settings_in_force(work.access, Deadline::after(work.runtime.clock, kSettingsLimit),
                              work.runtime.stop));
        json::array items;
        std::set<BucketName> listed;
        const auto add = [&](const SweepStatus& one) {
          if (listed.insert(one.bucket).second) items.push_back(document_of(one, jobs));
        };
        CORDON_TRY(const WatchedBuckets found,
                   sweep_status(work.access, work.runtime, known.settings, {}, add));
        std::vector<BucketName> others;  // Not protected, and swept here.
        for (const SweepJob& job : jobs) {
          if (!listed.contains(job.bucket)) others.push_back(job.bucket);
        }
        if (!others.empty()) {
          CORDON_TRY(sweep_status(work.access, work.runtime, known.settings, others, add));
        }
        json::array unseen;
        for (const auto& [bucket, error] : found.unknown) {
          json::object problem = problem_of(error);
          problem["bucket"] = bucket.str();
          unseen.push_back(std::move(problem));
        }
        return document_response(json::object{
            {"items", std::move(items)}, {"next", nullptr}, {"unseen", std::move(unseen)}});
      });
}

Result<SweepBucketsRequest> sweep_request(const ServerRequest& http, bool has_keys) {
  CORDON_TRY(ApiBody body, ApiBody::parse(http, {"bucket", "prefix", "every", "errors",
                                                 "olderSignatures", "checkSeals", "since", "until",
                                                 "graceSeconds", "restart", "takeOver"}));
  JsonMembers members = body.members();
  const std::string bucket = members.text("bucket");
  SweepBucketsRequest request;
  SweepRequest& sought = request.sought;
  sought.prefix = members.maybe_text("prefix").value_or("");
  sought.since = members.maybe_time("since");
  sought.until = members.maybe_time("until");
  sought.signatures = members.maybe_text("olderSignatures");
  sought.every = body.flag("every");
  sought.errors = body.flag("errors");
  sought.check_seals = body.flag("checkSeals");
  sought.restart = body.flag("restart");
  sought.take_over = body.flag("takeOver");
  const std::uint64_t grace = members.maybe_number("graceSeconds").value_or(15 * 60);
  if (grace > kGraceMost) members.wrong("graceSeconds");
  request.grace = std::chrono::seconds(std::min(grace, kGraceMost));
  if (sought.prefix.size() > kPrefixBytesMax) members.wrong("prefix");
  CORDON_TRY(body.checked());
  if (sought.check_seals && !has_keys) {
    return Error{Errc::invalid, "checkSeals: the console has no key (--seal-key-file)"};
  }
  CORDON_TRY(BucketName name, parse_bucket_name(bucket));
  request.buckets = {std::move(name)};
  return request;
}

ServerResponse answer_of(int status, const SweepJob& job) {
  json::object document = document_of(job);
  document["bucket"] = job.bucket.str();
  ServerResponse out = document_response(document);
  out.status = status;
  return out;
}

Result<ServerResponse> start(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  const std::optional<SealKeyRing>& keys = call.deployment.seal_keys();
  CORDON_TRY(SweepBucketsRequest request, sweep_request(call.http, keys.has_value()));
  request.seal_keys = keys;
  const Result<SweepJob> job = call.deployment.sweeps().start(std::move(request));
  return job ? answer_of(202, *job) : deployment_problem(job.error());
}

Result<ServerResponse> stop(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(ApiBody::parse(call.http, {}));
  const Result<BucketName> bucket = parse_bucket_name(call.arguments.at(0));
  if (!bucket) return Error{Errc::not_found, bucket.error().what};
  CORDON_TRY(const SweepJob job, call.deployment.sweeps().stop(*bucket));
  return answer_of(202, job);
}

constexpr std::array<ApiRoute, 3> kRoutes = {{
    {"GET", "/api/v1/jobs", ApiRole::viewer, list},
    {"POST", "/api/v1/jobs/sweeps", ApiRole::operator_, start},
    {"POST", "/api/v1/jobs/sweeps/{bucket}/stop", ApiRole::operator_, stop},
}};

}  // namespace

std::span<const ApiRoute> sweep_routes() { return kRoutes; }

}  // namespace cordon
