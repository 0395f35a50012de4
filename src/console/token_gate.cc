#include "console/token_gate.h"

#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kKnownMax = 1'000;

// "127.0.0.1:40112" without its port; "[::1]:5" likewise.
std::string address_of(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

// The secret that the request shows; empty: none that could be one.
std::string secret_in(const ServerRequest& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto header = request.headers.get("Authorization");
  if (!header || header->size() < kScheme.size() ||
      !equal_ignoring_case(header->substr(0, kScheme.size()), kScheme)) {
    return "";
  }
  const std::string_view secret = trim(header->substr(kScheme.size()));
  return is_token_secret(secret) ? std::string(secret) : "";
}

}  // namespace

Result<Admission> TokenGate::look_at(const ServerRequest& request, Deadline deadline,
                                     std::stop_token stop) {
  const std::string address = address_of(request.peer);
  const std::string secret = secret_in(request);
  const std::string digest = digest_of_secret(secret);
  const bool is_known = known_.with([&](const Digests& known) { return known.contains(digest); });
  const std::chrono::seconds wait = failures_.wait_of(address);
  if (wait.count() > 0 && !is_known) {
    metrics_.count("cordon_console_attempts_refused_total", {{"reason", "too-many"}});
    return Admission{.outcome = Admission::Outcome::wait, .wait = wait};
  }
  if (secret.empty()) return refuse(address);
  CORDON_TRY(const std::optional<ApiToken> token,
             tokens_.find_token(digest, deadline, std::move(stop)));
  if (!token || !equal_constant_time(token->digest, digest) ||
      !is_valid(*token, clock_.system_now())) {
    known_.with([&](Digests& known) { known.erase(digest); });
    return refuse(address);
  }
  remember(digest);
  return Admission{
      .outcome = Admission::Outcome::admitted, .name = token->name, .role = token->role};
}

Admission TokenGate::refuse(const std::string& address) {
  failures_.note(address);
  metrics_.count("cordon_console_attempts_refused_total", {{"reason", "no-token"}});
  return Admission{.outcome = Admission::Outcome::refused};
}

void TokenGate::remember(const std::string& digest) {
  known_.with([&](Digests& known) {
    if (known.size() >= kKnownMax) known.clear();
    known.insert(digest);
  });
}

}  // namespace cordon
