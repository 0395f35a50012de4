#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "console/console_pages.h"
#include "core/secret_text.h"
#include "testing/fake_account.h"
#include "testing/fake_finding_store.h"
#include "testing/fake_people_store.h"
#include "testing/fake_runtime.h"
#include "testing/seeded_random.h"

namespace cordon {

inline constexpr const char* kTestPassword = "correct horse battery";

/// Whoever asks a console: what he shows of himself with each request.
struct Client {
  std::string token = {};   ///< Of a bearer.
  std::string cookie = {};  ///< "cordon-session=..."
  std::string csrf = {};    ///< Sent with what changes something.
  std::string address = "192.0.2.1";
  Headers more = {};
};

/// A console's pages and all that stands behind them, in memory, the deployment's account among it.
/// Passwords cost next to nothing. Threads: one.
class ConsoleWorld {
 public:
  explicit ConsoleWorld(ConsoleFront front = ConsoleFront())
      : pages({.findings = store,
               .store = store,
               .agents = store,
               .tokens = store,
               .people = people,
               .sessions = people,
               .audit = people,
               .passwords = *passwords,
               .setup = setup,
               .front = std::move(front),
               .answers = store,
               .deployment = desk,
               .health = [this] { return health; },
               .clock = clock,
               .random = random,
               .log = runtime.log,
               .metrics = metrics}) {}

  std::string make_token(const std::string& name, ApiRole role,
                         std::optional<std::chrono::hours> life = std::nullopt) {
    const std::string secret = new_token_secret(random);
    ApiToken token{.name = name,
                   .role = role,
                   .digest = digest_of_secret(secret),
                   .created = clock.system_now()};
    if (life) token.expires = token.created + *life;
    EXPECT_TRUE(store.add_token(token, Deadline::never(), {}));
    return secret;
  }
  /// Somebody who can sign in with kTestPassword.
  Person add_person(const std::string& name, ApiRole role) {
    Person person{.name = name, .role = role, .created = clock.system_now()};
    person.password_hash = passwords->hash(kTestPassword, Deadline::never(), {}).value();
    sign_out_everywhere(person, random);
    EXPECT_TRUE(people.add_person(person, Deadline::never(), {}));
    return person;
  }
  Person person(const std::string& name) {
    return people.find_person(name, Deadline::never(), {}).value().value();
  }

  static ServerRequest request(const Client& client, const std::string& method,
                               const std::string& target, const std::string& body = "") {
    ServerRequest out{.method = method,
                      .target = target,
                      .headers = client.more,
                      .body = body,
                      .peer = client.address + ":4711"};
    if (!client.token.empty()) out.headers.add("Authorization", "Bearer " + client.token);
    if (!client.cookie.empty()) out.headers.add("Cookie", client.cookie);
    if (!client.csrf.empty()) out.headers.add("X-Cordon-CSRF", client.csrf);
    return out;
  }
  ServerResponse ask(const Client& client, const std::string& method, const std::string& target,
                     const std::string& body = "") {
    return pages.answer(request(client, method, target, body), {});
  }
  int status(const Client& client, const std::string& method, const std::string& target,
             const std::string& body = "") {
    return ask(client, method, target, body).status;
  }
  static boost::json::object document(const ServerResponse& response) {
    boost::json::error_code failed;
    const boost::json::value parsed = boost::json::parse(response.body, failed);
    return parsed.is_object() ? parsed.get_object() : boost::json::object();
  }
  static std::string text(const boost::json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
  }
  /// What a problem document says.
  static std::string detail(const ServerResponse& response) {
    const boost::json::object problem = document(response);
    return problem.contains("detail") ? text(problem.at("detail")) : "";
  }

  /// A request of a bearer with this role, without a body.
  ServerRequest request(const std::string& method, const std::string& target, ApiRole role) {
    auto [token, is_new] = tokens_.try_emplace(role);
    if (is_new) token->second = make_token(std::string(name_of(role)), role);
    return request({.token = token->second}, method, target);
  }
  ServerResponse answer(const ServerRequest& request) { return pages.answer(request, {}); }
  ServerResponse get(const std::string& target) {
    return answer(request("GET", target, ApiRole::viewer));
  }
  ServerResponse post(const std::string& target, const std::string& body = "",
                      ApiRole role = ApiRole::admin) {
    ServerRequest one = request("POST", target, role);
    one.body = body;
    return answer(one);
  }

  ServerResponse try_sign_in(const Client& client, const std::string& name,
                             const std::string& password,
                             const std::optional<std::string>& code = std::nullopt) {
    boost::json::object body{{"name", name}, {"password", password}};
    if (code) body["code"] = *code;
    return ask(client, "POST", "/api/v1/session", boost::json::serialize(body));
  }
  /// Signed in as this person, with all that a page of the console would send.
  Client signed_in(const std::string& name) {
    const ServerResponse response = try_sign_in({.address = "198.51.100.1"}, name, kTestPassword);
    EXPECT_EQ(response.status, 200) << response.body;
    return client_of(response);
  }
  static Client client_of(const ServerResponse& response) {
    const std::string cookie(response.headers.get("Set-Cookie").value_or(""));
    return {.cookie = cookie.substr(0, cookie.find(';')),
            .csrf = std::string(document(response).at("csrf").as_string())};
  }

  FakeAccount account;
  SimulatedClock& clock = account.clock;
  DeploymentAccess access{account};
  FakeRuntime runtime{clock};
  SimulatedClock watch{SimulatedClock::Mode::manual};  ///< What the time of work is taken by.
  std::optional<Error> away = std::nullopt;            ///< Why the account was not reached.
  DeploymentDesk desk{{.access = [this]() -> Result<std::shared_ptr<DeploymentAccess>> {
                         if (away) return *away;
                         // Owned by nobody: it is the world's.
                         return std::shared_ptr<DeploymentAccess>(std::shared_ptr<void>(), &access);
                       },
                       .runtime = runtime.runtime,
                       .clock = watch}};
  SeededRandom random;
  FakeFindingStore store{clock};
  FakePeopleStore people{clock};
  Metrics metrics;
  IntakeHealth health;
  std::unique_ptr<PasswordHasher> passwords = PasswordHasher::make({1, 8192}).value();
  SetupToken setup{clock};
  ConsolePages pages;

 private:
  std::map<ApiRole, std::string> tokens_;
};

}  // namespace cordon
