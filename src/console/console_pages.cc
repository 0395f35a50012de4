#include "console/console_pages.h"

#include "console/api_response.h"
#include "console/api_routes.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kRequestTime{15};
constexpr std::string_view kApi = "/api/v1/";

ServerResponse plain(int status, std::string body) {
  return ServerResponse{.status = status,
                        .headers = {{"Content-Type", "text/plain; charset=utf-8"},
                                    {"X-Content-Type-Options", "nosniff"}},
                        .body = std::move(body)};
}

bool only_reads(const ServerRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

ServerResponse not_allowed() {
  ServerResponse out = problem_response(405, "Method Not Allowed", "this is read with GET");
  out.headers.add("Allow", "GET, HEAD");
  return out;
}

ServerResponse not_admitted(const Admission& admission) {
  if (admission.outcome == Admission::Outcome::wait) {
    ServerResponse out =
        problem_response(429, "Too Many Requests", "too many requests without a valid token; wait");
    out.headers.add("Retry-After", std::to_string(admission.wait.count()));
    return out;
  }
  ServerResponse out =
      problem_response(401, "Unauthorized",
                       "send a token in force as Authorization: Bearer TOKEN; make one with: "
                       "cordon console token new NAME");
  out.headers.add("WWW-Authenticate", "Bearer realm=\"cordon\"");
  return out;
}

}  // namespace

ServerResponse ConsolePages::answer(const ServerRequest& request, std::stop_token stop) {
  if (request.target.starts_with(kApi)) return answer_api(request, std::move(stop));
  if (!only_reads(request)) return plain(405, "only GET\n");
  if (request.target == "/healthz") return plain(200, "ok\n");
  if (request.target == "/readyz") {
    const IntakeHealth now = ports_.health();
    return plain(now.is_ready ? 200 : 503, now.is_ready ? "ready\n" : "not ready\n");
  }
  if (request.target == "/metrics") {
    ServerResponse out = plain(200, ports_.metrics.text());
    out.headers.set("Content-Type", "text/plain; version=0.0.4");
    return out;
  }
  return plain(404, "try /healthz, /readyz, /metrics or /api/v1/problems\n");
}

// Before anything else a token: who has none does not learn what there is.
ServerResponse ConsolePages::answer_api(const ServerRequest& request, std::stop_token stop) {
  const Deadline deadline = Deadline::after(ports_.clock, kRequestTime);
  const SteadyTime begun = ports_.clock.steady_now();
  Result<ServerResponse> answer = ServerResponse{};
  const Result<Admission> admission = gate_.look_at(request, deadline, stop);
  if (!admission) {
    answer = admission.error();
  } else if (admission->outcome != Admission::Outcome::admitted) {
    return not_admitted(*admission);
  } else {
    answer = route(request, deadline, std::move(stop));
  }
  ServerResponse out = answer ? *std::move(answer) : problem_response(answer.error());
  if (!answer && out.status >= 500) {
    ports_.log.write_limited(LogLevel::error, "console.request_failed",
                             {{"target", request.target}, {"error", answer.error()}});
  }
  ports_.metrics.observe_seconds(
      "cordon_console_request_seconds", {{"status", std::to_string(out.status / 100) + "xx"}},
      std::chrono::duration<double>(ports_.clock.steady_now() - begun).count());
  return out;
}

Result<ServerResponse> ConsolePages::route(const ServerRequest& request, Deadline deadline,
                                           std::stop_token stop) {
  CORDON_TRY(ApiRequest parsed, ApiRequest::parse(request.target));
  std::vector<std::string> arguments;
  const ApiRoute* found = find_route(parsed.segments(), arguments);
  if (found == nullptr) return Error{Errc::not_found, "there is nothing at this path"};
  if (!only_reads(request)) return not_allowed();
  ApiCall call{request, parsed, arguments, ports_.findings, deadline, std::move(stop)};
  return found->answer(call);
}

}  // namespace cordon
