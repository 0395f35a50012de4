#include "console/request_gate.h"

#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kKnownMax = 1'000;
constexpr std::chrono::minutes kBetweenTouches{1};
constexpr std::chrono::seconds kTouchTime{1};

// The secret of a bearer; empty: none that could be one; none: it says nothing of a bearer, but
// perhaps something to a proxy.
std::optional<std::string> token_in(const ServerRequest& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto header = request.headers.get("Authorization");
  if (!header || header->size() < kScheme.size() ||
      !equal_ignoring_case(header->substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  const std::string_view secret = trim(header->substr(kScheme.size()));
  return is_token_secret(secret) ? std::string(secret) : "";
}

}  // namespace

std::string Admission::who() const {
  if (name.empty()) return "nobody";
  return (session ? "person:" : "token:") + name;
}

bool only_reads(const ServerRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

// A request that says who bears a token is no browser's, and its cookie is not looked at.
Result<Admission> RequestGate::look_at(const ServerRequest& request, Deadline deadline,
                                       std::stop_token stop) {
  const std::string address = address_of(request);
  const std::optional<std::string> token = token_in(request);
  const std::string secret =
      token ? *token : session_secret_in(request, cookie_kind()).value_or("");
  const std::string digest = digest_of_secret(secret);
  const bool is_known = known_.with([&](const Digests& known) { return known.contains(digest); });
  const std::chrono::seconds wait = failures_.wait_of(address);
  if (wait.count() > 0 && !is_known) {
    metrics_.count("cordon_console_attempts_refused_total", {{"reason", "too-many"}});
    return Admission{.outcome = Admission::Outcome::wait, .wait = wait};
  }
  if (secret.empty()) return refuse(address);
  CORDON_TRY(Admission admission,
             token ? look_at_token(digest, deadline, std::move(stop))
                   : look_at_session(request, secret, deadline, std::move(stop)));
  if (admission.outcome == Admission::Outcome::refused) {
    known_.with([&](Digests& known) { known.erase(digest); });
    return refuse(address);
  }
  remember(digest);
  return admission;
}

Result<Admission> RequestGate::look_at_token(const std::string& digest, Deadline deadline,
                                             std::stop_token stop) {
  CORDON_TRY(const std::optional<ApiToken> token,
             tokens_.find_token(digest, deadline, std::move(stop)));
  if (!token || !equal_constant_time(token->digest, digest) ||
      !is_valid(*token, clock_.system_now())) {
    return Admission{.outcome = Admission::Outcome::refused};
  }
  return Admission{
      .outcome = Admission::Outcome::admitted, .name = token->name, .role = token->role};
}

Result<Admission> RequestGate::look_at_session(const ServerRequest& request,
                                               const std::string& secret, Deadline deadline,
                                               std::stop_token stop) {
  const SystemTime now = clock_.system_now();
  const std::string digest = digest_of_secret(secret);
  CORDON_TRY(std::optional<SignedIn> found, sessions_.find_session(digest, deadline, stop));
  if (!found || !equal_constant_time(found->session.digest, digest) ||
      !is_fresh(found->session, now) || found->person.is_disabled) {
    return Admission{.outcome = Admission::Outcome::refused};
  }
  if (now - found->session.last_seen >= kBetweenTouches) {
    // Who reads does not wait for the writer: a session that was not touched ends a minute early.
    static_cast<void>(
        sessions_.touch_session(digest, now, Deadline::after(clock_, kTouchTime), stop));
  }
  Admission admission{.outcome = Admission::Outcome::admitted,
                      .name = found->person.name,
                      .role = found->person.role,
                      .session = std::move(found),
                      .csrf = csrf_token_of(secret)};
  if (only_reads(request)) return admission;
  const std::string shown(request.headers.get("X-Cordon-CSRF").value_or(""));
  if (is_foreign(request) || !equal_constant_time(shown, admission.csrf)) {
    metrics_.count("cordon_console_attempts_refused_total", {{"reason", "forged"}});
    admission.outcome = Admission::Outcome::forged;
  }
  return admission;
}

Admission RequestGate::refuse(const std::string& address) {
  failures_.note(address);
  metrics_.count("cordon_console_attempts_refused_total", {{"reason", "no-token"}});
  return Admission{.outcome = Admission::Outcome::refused};
}

void RequestGate::remember(const std::string& digest) {
  known_.with([&](Digests& known) {
    if (known.size() >= kKnownMax) known.clear();
    known.insert(digest);
  });
}

}  // namespace cordon
