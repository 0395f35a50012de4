#include "console/console_pages.h"

#include <algorithm>

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

ServerResponse not_allowed(const std::vector<const ApiRoute*>& routes) {
  std::string methods;
  for (const ApiRoute* route : routes) {
    methods += methods.empty() ? "" : ", ";
    methods += route->method == "GET" ? "GET, HEAD" : route->method;
  }
  ServerResponse out =
      problem_response(405, "Method Not Allowed", "what there is here: " + methods);
  out.headers.add("Allow", methods);
  return out;
}

ServerResponse not_their_role(const ApiRoute& route, ApiRole role) {
  return problem_response(403, "Forbidden",
                          "this needs a token of the role " + std::string(name_of(route.role)) +
                              "; this one's is " + std::string(name_of(role)));
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
    answer = route(request, *admission, deadline, std::move(stop));
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

Result<ServerResponse> ConsolePages::route(const ServerRequest& request, const Admission& bearer,
                                           Deadline deadline, std::stop_token stop) {
  CORDON_TRY(ApiRequest parsed, ApiRequest::parse(request.target));
  std::vector<std::string> arguments;
  const std::vector<const ApiRoute*> routes = find_routes(parsed.segments(), arguments);
  if (routes.empty()) return Error{Errc::not_found, "there is nothing at this path"};
  const std::string_view method = only_reads(request) ? "GET" : std::string_view(request.method);
  const auto found = std::find_if(routes.begin(), routes.end(),
                                  [&](const ApiRoute* one) { return one->method == method; });
  if (found == routes.end()) return not_allowed(routes);
  const ApiRoute& route = **found;
  if (!covers(bearer.role, route.role)) return not_their_role(route, bearer.role);
  ApiCall call{.http = request,
               .request = parsed,
               .arguments = arguments,
               .findings = ports_.findings,
               .store = ports_.store,
               .agents = ports_.agents,
               .bearer = bearer.name,
               .now = ports_.clock.system_now(),
               .deadline = deadline,
               .stop = std::move(stop)};
  Result<ServerResponse> answer = route.answer(call);
  if (method != "GET") {
    // Who changed what, and what came of it, stands in the log for good.
    ports_.log.info("console.changed",
                    {{"method", method},
                     {"target", request.target},
                     {"by", bearer.name},
                     {"outcome", answer ? "done" : std::string(name_of(answer.error().code))}});
  }
  return answer;
}

}  // namespace cordon
