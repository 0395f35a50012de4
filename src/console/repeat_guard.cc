#include "console/repeat_guard.h"

#include <algorithm>
#include <initializer_list>

#include "base/digest.h"
#include "console/api_response.h"

namespace cordon {
namespace {

constexpr std::size_t kKeyBytesMax = 128;
constexpr std::chrono::seconds kKeepTime{15};
constexpr const char* kRepeated = "Idempotency-Replayed";

// Of all parts with their lengths, so that no two lists have the same.
std::string digest_of(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    text += std::to_string(part.size()) + ":";
    text += part;
  }
  const Sha256Digest digest = sha256(text);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= kKeyBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

RepeatableRequest repeatable(const ServerRequest& request, const std::string& bearer,
                             std::string_view key, SystemTime now) {
  const auto header = [&](const char* name) {
    const auto value = request.headers.get(name);
    return value ? std::string_view(*value) : std::string_view();
  };
  return {.key = digest_of({bearer, key}),
          .request = digest_of({request.method, request.target, header("If-Match"),
                                header("If-None-Match"), request.body}),
          .at = now};
}

ServerResponse kept_response(const KeptAnswer& kept) {
  ServerResponse out = list_response(kept.body);
  out.status = kept.status;
  if (!kept.type.empty()) out.headers.set("Content-Type", kept.type);
  if (!kept.entity_tag.empty()) out.headers.add("ETag", kept.entity_tag);
  out.headers.add(kRepeated, "true");
  return out;
}

KeptAnswer kept_of(const ServerResponse& response) {
  const auto text = [&](const char* name) {
    const auto value = response.headers.get(name);
    return value ? std::string(*value) : std::string();
  };
  return {.status = response.status,
          .type = text("Content-Type"),
          .entity_tag = text("ETag"),
          .body = response.body};
}

}  // namespace

Result<ServerResponse> RepeatGuard::answer(const ServerRequest& request, const std::string& bearer,
                                           Keeping keeping, Deadline deadline, std::stop_token stop,
                                           const Act& act) {
  const auto key = request.headers.get("Idempotency-Key");
  if (!key) return act();
  if (keeping == Keeping::nothing) {
    return Error{Errc::invalid, "what this answers is told once: leave Idempotency-Key away"};
  }
  if (!is_key(*key)) {
    return Error{Errc::invalid,
                 "Idempotency-Key has 1 to 128 characters that can be printed, no spaces"};
  }
  const RepeatableRequest asked = repeatable(request, bearer, *key, clock_.system_now());
  CORDON_TRY(const Repetition known, answers_.begin_request(asked, deadline, std::move(stop)));
  switch (known.state) {
    case Repetition::State::fresh:
      return act_and_keep(asked, act);
    case Repetition::State::under_way: {
      ServerResponse out = problem_response(
          409, "Conflict", "the request of this Idempotency-Key is being carried out; ask later");
      out.headers.add("Retry-After", "5");
      return out;
    }
    case Repetition::State::answered:
      return kept_response(known.answer);
    case Repetition::State::another:
      return problem_response(422, "Unprocessable Content",
                              "this Idempotency-Key was another request's; take a new one");
  }
  return act();
}

// The client may be gone by now, and the request's time over: what was done is kept all the same.
// Where the store does not take it, the key counts as under way for a while, and then is free.
Result<ServerResponse> RepeatGuard::act_and_keep(const RepeatableRequest& asked, const Act& act) {
  Result<ServerResponse> answer = act();
  const Deadline deadline = Deadline::after(clock_, kKeepTime);
  if (answer && answer->status < 300) {
    static_cast<void>(answers_.keep_answer(asked, kept_of(*answer), deadline, {}));
  } else {
    static_cast<void>(answers_.give_up(asked, deadline, {}));
  }
  return answer;
}

}  // namespace cordon
