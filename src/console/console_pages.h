#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "console/api_routes.h"
#include "console/audit_trail.h"
#include "console/deployment_desk.h"
#include "console/people_access.h"
#include "console/posted_results.h"
#include "console/repeat_guard.h"
#include "console/result_intake.h"
#include "console/web_pages.h"
#include "core/ports/finding_queries.h"
#include "net/http_server.h"

namespace cordon {

/// What the console answers over HTTP. All of it outlives the pages.
struct ConsolePagesPorts {
  FindingQueries& findings;
  FindingStore& store;
  AgentReportStore& agents;
  TokenStore& tokens;
  PersonStore& people;
  SessionStore& sessions;
  AuditLog& audit;
  PasswordHasher& passwords;
  SetupToken& setup;
  ConsoleFront front;
  AnswerStore& answers;
  DeploymentDesk& deployment;
  std::function<IntakeHealth()> health;
  const Clock& clock;
  Random& random;
  Log& log;
  Metrics& metrics;
  std::span<const WebFile> web = {};  ///< None: there are no pages for people.
};

/// `/healthz`, `/readyz`, `/metrics` and the web UI for whoever asks, and the API below `/api/v1`
/// for bearers of tokens and people who are signed in. Threads: any.
class ConsolePages {
 public:
  explicit ConsolePages(ConsolePagesPorts ports);

  ServerResponse answer(const ServerRequest& request, std::stop_token stop);
  /// What takes the body of a request that brings results, when its bearer may; null: the server's
  /// own bound is enough for this one.
  std::shared_ptr<PostedBody> body_of(const ServerRequest& head);

 private:
  ServerResponse answer_api(const ServerRequest& request, std::stop_token stop);
  Result<ServerResponse> admit(const ServerRequest& request, Deadline deadline,
                               std::stop_token stop);
  Result<ServerResponse> route(const ServerRequest& request, const Admission& caller,
                               Deadline deadline, std::stop_token stop);
  Result<ServerResponse> call_route(const ApiRoute& route, ApiCall& call);
  Result<ServerResponse> audited(const ApiRoute& route, const ApiCall& call,
                                 Result<ServerResponse> answer);
  Result<void> audit(const ApiRoute& route, const ApiCall& call,
                     const Result<ServerResponse>& answer);

  const ConsolePagesPorts ports_;
  RequestGate gate_;
  SignIn sign_in_;
  AuditTrail trail_;
  PeopleAccess access_;
  RepeatGuard repeats_;
  const WebPages web_;
};

}  // namespace cordon
