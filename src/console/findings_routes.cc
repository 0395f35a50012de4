// What agents found: results, problems, sums, and how the agents are. The database answers.

#include <array>
#include <limits>

#include "base/text.h"
#include "console/api_families.h"
#include "console/api_response.h"
#include "console/finding_documents.h"
#include "console/posted_results.h"
#include "core/json_members.h"

namespace cordon {
namespace {

constexpr std::size_t kIdBytesMax = 64;
constexpr JsonLimits kBodyLimits{.bytes_max = 4096, .depth_max = 2, .text_bytes_max = 1000};

template <typename Row, typename Write>
Result<ServerResponse> list_of(const Page<Row>& page, const ApiCall& call, Write write) {
  std::vector<std::string> items;
  items.reserve(page.rows.size());
  for (const Row& row : page.rows) items.push_back(write(row));
  return list_response(list_document(items, page.next, call.request.question()));
}

std::vector<ProblemState> states_in(ApiRequest& request) {
  std::vector<ProblemState> out;
  for (const std::string& value : request.texts("state")) {
    const std::optional<ProblemState> state = parse_problem_state(value);
    if (!state) request.wrong("state", "it is open, handled or gone");
    if (state) out.push_back(*state);
  }
  return out;
}

std::optional<BucketName> bucket_in(ApiRequest& request) {
  std::optional<std::string> name = request.text("bucket");
  if (!name) return std::nullopt;
  return BucketName(*std::move(name));
}

// Numbers of problems are texts of digits; everything else is no problem's.
Result<ProblemId> problem_id_in(const ApiCall& call) {
  const std::optional<std::uint64_t> id = parse_u64(call.arguments.at(0));
  if (id && *id <= static_cast<std::uint64_t>(std::numeric_limits<ProblemId>::max())) {
    return static_cast<ProblemId>(*id);
  }
  return Error{Errc::not_found, "there is no such problem"};
}

// The body of a request that says why: {"why": "..."}.
Result<std::string> why_in(const ServerRequest& request) {
  Result<JsonDocument> document = JsonDocument::parse(request.body, kBodyLimits);
  if (!document) return with_context(document.error(), "the body");
  JsonMembers members = document->members();
  std::string why = members.text("why");
  if (trim(why).empty()) members.wrong("why");
  if (const Result<void> checked = document->checked(); !checked) {
    return with_context(checked.error(), "the body, which says {\"why\": \"...\"}");
  }
  return why;
}

Result<ServerResponse> list_results(ApiCall& call) {
  ApiRequest& request = call.request;
  const ResultFilter filter{.bucket = bucket_in(request),
                            .key_prefix = request.text("prefix").value_or(""),
                            .verdicts = request.verdicts("verdict"),
                            .signature = request.text("signature"),
                            .sha256 = request.sha256("sha256"),
                            .since = request.time("since"),
                            .until = request.time("until")};
  const PageRequest page = request.page();
  CORDON_TRY(request.checked());
  CORDON_TRY(const Page<ScanResult> found,
             call.findings.results(filter, page, call.deadline, call.stop));
  return list_of(found, call, [](const ScanResult& one) { return to_json(one); });
}

Result<ServerResponse> get_result(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  const std::string& id = call.arguments.at(0);
  if (id.size() > kIdBytesMax) return Error{Errc::not_found, "there is no such result"};
  CORDON_TRY(const ScanResult found, call.findings.result(id, call.deadline, call.stop));
  return json_response(call.http, to_json(found));
}

Result<ServerResponse> list_problems(ApiCall& call) {
  ApiRequest& request = call.request;
  const ProblemFilter filter{.states = states_in(request),
                             .verdicts = request.verdicts("verdict"),
                             .bucket = bucket_in(request),
                             .cause = request.text("cause"),
                             .sha256 = request.sha256("sha256"),
                             .since = request.time("since")};
  const PageRequest page = request.page();
  CORDON_TRY(request.checked());
  CORDON_TRY(const Page<Problem> found,
             call.findings.problems(filter, page, call.deadline, call.stop));
  return list_of(found, call, [](const Problem& one) { return document_of(one); });
}

Result<ServerResponse> get_problem(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const ProblemId id, problem_id_in(call));
  CORDON_TRY(const Problem found, call.findings.problem(id, call.deadline, call.stop));
  return json_response(call.http, document_of(found));
}

Result<ServerResponse> list_occurrences(ApiCall& call) {
  const PageRequest page = call.request.page();
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const ProblemId id, problem_id_in(call));
  CORDON_TRY(call.findings.problem(id, call.deadline, call.stop));  // Is there one?
  CORDON_TRY(const Page<ScanResult> found,
             call.findings.occurrences(id, page, call.deadline, call.stop));
  return list_of(found, call, [](const ScanResult& one) { return to_json(one); });
}

Result<ServerResponse> list_rollups(ApiCall& call) {
  ApiRequest& request = call.request;
  const RollupFilter filter{
      .bucket = bucket_in(request), .first = request.day("first"), .last = request.day("last")};
  const PageRequest page = request.page();
  CORDON_TRY(request.checked());
  CORDON_TRY(const Page<Rollup> found,
             call.findings.rollups(filter, page, call.deadline, call.stop));
  return list_of(found, call, [](const Rollup& one) { return document_of(one); });
}

// Its bearer says that somebody has dealt with it; until another object comes to it.
Result<ServerResponse> handle_problem(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const ProblemId id, problem_id_in(call));
  CORDON_TRY(const std::string why, why_in(call.http));
  CORDON_TRY(call.store.handle(id, {.by = call.bearer, .at = call.now, .why = why}, call.deadline,
                               call.stop));
  CORDON_TRY(const Problem found, call.findings.problem(id, call.deadline, call.stop));
  return json_response(call.http, document_of(found));
}

Result<ServerResponse> list_agents(ApiCall& call) {
  const SystemTime since = call.request.time("since").value_or(SystemTime());
  const PageRequest page = call.request.page();
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const Page<AgentReport> found,
             call.agents.agent_reports(since, page, call.deadline, call.stop));
  return list_of(found, call,
                 [&call](const AgentReport& one) { return document_of(one, call.now); });
}

constexpr std::array<ApiRoute, 9> kRoutes = {{
    {"GET", "/api/v1/results", ApiRole::viewer, list_results},
    {.method = "POST",
     .path = kPostedPath,
     .role = ApiRole::operator_,
     .answer = take_posted_results,
     .is_routine = true},
    {"GET", "/api/v1/results/{id}", ApiRole::viewer, get_result},
    {"GET", "/api/v1/problems", ApiRole::viewer, list_problems},
    {"GET", "/api/v1/problems/{id}", ApiRole::viewer, get_problem},
    {"GET", "/api/v1/problems/{id}/occurrences", ApiRole::viewer, list_occurrences},
    {"POST", "/api/v1/problems/{id}/handle", ApiRole::operator_, handle_problem},
    {"GET", "/api/v1/rollups", ApiRole::viewer, list_rollups},
    {"GET", "/api/v1/agents", ApiRole::viewer, list_agents},
}};

}  // namespace

std::span<const ApiRoute> findings_routes() { return kRoutes; }

}  // namespace cordon
