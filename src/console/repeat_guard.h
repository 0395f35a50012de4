#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/deadline.h"
#include "core/ports/answer_store.h"
#include "net/http_server.h"

namespace cordon {

/// Carries out a request with an `Idempotency-Key` once: who did not hear the answer sends the same
/// again, and hears what it was. A key is its bearer's own, for a day; what failed may be tried
/// again with it. Without that header everything is carried out as it comes.
///
/// Threads: any.
class RepeatGuard {
 public:
  using Act = std::function<Result<ServerResponse>()>;
  /// `nothing`: the answer has a secret in it, so a request with a key is refused.
  enum class Keeping : unsigned char { answers, nothing };

  /// All of it outlives the guard.
  RepeatGuard(AnswerStore& answers, const Clock& clock) : answers_(answers), clock_(clock) {}

  /// Errors: those of `act` and, before it, those of the store; nothing was done then.
  Result<ServerResponse> answer(const ServerRequest& request, const std::string& bearer,
                                Keeping keeping, Deadline deadline, std::stop_token stop,
                                const Act& act);

 private:
  Result<ServerResponse> act_and_keep(const RepeatableRequest& asked, const Act& act);

  AnswerStore& answers_;
  const Clock& clock_;
};

}  // namespace cordon
