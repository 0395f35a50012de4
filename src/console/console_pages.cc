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

ServerResponse not_their_role(ApiRole needed, ApiRole role) {
  return problem_response(403, "Forbidden",
                          "this needs the role " + std::string(name_of(needed)) + "; yours is " +
                              std::string(name_of(role)));
}

ServerResponse from_elsewhere() {
  return problem_response(403, "Forbidden",
                          "no page of this console has made the request: send the session's token "
                          "in X-Cordon-CSRF, from the console's own address");
}

ServerResponse not_admitted(const Admission& admission) {
  switch (admission.outcome) {
    case Admission::Outcome::wait:
      return wait_response(admission.wait, "too many requests without a valid token; wait");
    case Admission::Outcome::forged:
      return from_elsewhere();
    case Admission::Outcome::admitted:
    case Admission::Outcome::refused:
      break;
  }
  return unauthorized_response(
      "sign in, or send a token in force as Authorization: Bearer TOKEN; make one with: cordon "
      "console token new NAME");
}

// What an audit record says became of it.
std::string outcome_of(const Result<ServerResponse>& answer) {
  if (!answer) return std::string(name_of(answer.error().code));
  return answer->status < 400 ? "done" : "refused";
}

// Routes that are open are known before anybody is let in.
bool is_open(const std::vector<const ApiRoute*>& routes, std::string_view method) {
  return std::any_of(routes.begin(), routes.end(),
                     [&](const ApiRoute* one) { return !one->role && one->method == method; });
}

std::string_view method_of(const ServerRequest& request) {
  return only_reads(request) ? "GET" : std::string_view(request.method);
}

}  // namespace

ConsolePages::ConsolePages(ConsolePagesPorts ports)
    : ports_(std::move(ports)),
      gate_(ports_.tokens, ports_.sessions, ports_.front, ports_.clock, ports_.metrics),
      sign_in_(ports_.people, ports_.passwords, ports_.clock, ports_.metrics),
      trail_(ports_.audit, ports_.clock, ports_.log, ports_.metrics),
      access_{ports_.people, ports_.sessions, ports_.tokens, ports_.audit, ports_.passwords,
              ports_.setup,  sign_in_,        gate_,         ports_.random},
      repeats_(ports_.answers, ports_.clock),
      web_(ports_.web) {}

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
  // Programs that ask for another version of the API get no page for people.
  if (request.target.starts_with("/api/")) return plain(404, "the API is below /api/v1/\n");
  return web_.answer(request);
}

// Whoever has no token does not get more memory than others.
std::shared_ptr<PostedBody> ConsolePages::body_of(const ServerRequest& head) {
  if (head.method != "POST" || head.target != kPostedPath) return nullptr;
  const Deadline deadline = Deadline::after(ports_.clock, kRequestTime);
  const Result<Admission> admission = gate_.look_at(head, deadline, {});
  const bool may = admission && admission->outcome == Admission::Outcome::admitted &&
                   covers(admission->role, ApiRole::operator_);
  return may ? std::make_shared<PostedBody>() : nullptr;
}

ServerResponse ConsolePages::answer_api(const ServerRequest& request, std::stop_token stop) {
  const Deadline deadline = Deadline::after(ports_.clock, kRequestTime);
  const SteadyTime begun = ports_.clock.steady_now();
  const Result<ServerResponse> answer = admit(request, deadline, std::move(stop));
  ServerResponse out = answer ? *answer : problem_response(answer.error());
  if (!answer && out.status >= 500) {
    ports_.log.write_limited(LogLevel::error, "console.request_failed",
                             {{"target", request.target}, {"error", answer.error()}});
  }
  ports_.metrics.observe_seconds(
      "cordon_console_request_seconds", {{"status", std::to_string(out.status / 100) + "xx"}},
      std::chrono::duration<double>(ports_.clock.steady_now() - begun).count());
  return out;
}

// Before anything else who it is: nobody else learns what there is, but for what is open to all.
Result<ServerResponse> ConsolePages::admit(const ServerRequest& request, Deadline deadline,
                                           std::stop_token stop) {
  std::vector<std::string> arguments;
  if (const auto parsed = ApiRequest::parse(request.target);
      parsed && is_open(find_routes(parsed->segments(), arguments), method_of(request))) {
    if (!only_reads(request) && gate_.is_foreign(request)) return from_elsewhere();
    return route(request, Admission{}, deadline, std::move(stop));
  }
  CORDON_TRY(const Admission caller, gate_.look_at(request, deadline, stop));
  if (caller.outcome != Admission::Outcome::admitted) return not_admitted(caller);
  return route(request, caller, deadline, std::move(stop));
}

Result<ServerResponse> ConsolePages::route(const ServerRequest& request, const Admission& caller,
                                           Deadline deadline, std::stop_token stop) {
  CORDON_TRY(ApiRequest parsed, ApiRequest::parse(request.target));
  std::vector<std::string> arguments;
  const std::vector<const ApiRoute*> routes = find_routes(parsed.segments(), arguments);
  if (routes.empty()) return Error{Errc::not_found, "there is nothing at this path"};
  const auto found = std::find_if(routes.begin(), routes.end(), [&](const ApiRoute* one) {
    return one->method == method_of(request);
  });
  if (found == routes.end()) return not_allowed(routes);
  AuditNote note;
  ApiCall call{.http = request,
               .request = parsed,
               .arguments = arguments,
               .findings = ports_.findings,
               .store = ports_.store,
               .agents = ports_.agents,
               .deployment = ports_.deployment,
               .bearer = caller.name,
               .now = ports_.clock.system_now(),
               .deadline = deadline,
               .stop = std::move(stop),
               .caller = caller,
               .people = access_,
               .note = note};
  return call_route(**found, call);
}

Result<ServerResponse> ConsolePages::call_route(const ApiRoute& route, ApiCall& call) {
  const bool may = !route.role || covers(call.caller.role, *route.role);
  const auto answer = [&]() -> Result<ServerResponse> {
    return may ? route.answer(call) : not_their_role(*route.role, call.caller.role);
  };
  if (route.method == "GET" || route.only_asks || route.is_routine) return answer();
  const RepeatGuard::Act act = [&] { return audited(route, call, answer()); };
  if (!may) return act();
  const auto keeping =
      route.may_tell_secrets ? RepeatGuard::Keeping::nothing : RepeatGuard::Keeping::answers;
  return repeats_.answer(call.http, call.caller.who(), keeping, call.deadline, call.stop, act);
}

// What changes something is in the audit log before its answer is out. Where it could not be
// written the answer is withheld, and with it the secret that it may hold.
Result<ServerResponse> ConsolePages::audited(const ApiRoute& route, const ApiCall& call,
                                             Result<ServerResponse> answer) {
  if (audit(route, call, answer)) return answer;
  return problem_response(503, "Service Unavailable",
                          outcome_of(answer) == "done"
                              ? "it was done, and the audit log could not be written: look at "
                                "what is there before you try again"
                              : "the audit log could not be written; try again");
}

// Work on the account may have taken longer than a request has, and its client may be gone.
Result<void> ConsolePages::audit(const ApiRoute& route, const ApiCall& call,
                                 const Result<ServerResponse>& answer) {
  if (answer && answer->status == 429) return {};  // Was not looked at.
  std::string target = call.note.target;
  for (const std::string& argument : call.arguments) {
    if (call.note.target.empty()) target += (target.empty() ? "" : "/") + argument;
  }
  AuditEntry entry{.at = call.now,
                   .who = call.note.who.empty() ? call.caller.who() : call.note.who,
                   .action = std::string(route.method) + " " + std::string(route.path),
                   .target = std::move(target),
                   .outcome = outcome_of(answer),
                   .detail = call.note.detail};
  const Deadline deadline = Deadline::after(ports_.clock, kRequestTime);
  if (entry.outcome == "done") return trail_.note(std::move(entry), deadline, {});
  return trail_.note_limited(std::move(entry), deadline, {});
}

}  // namespace cordon
