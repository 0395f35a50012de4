#include "console/deployment_desk.h"

#include <pthread.h>

#include <thread>
#include <utility>

#include "console/api_response.h"

namespace cordon {
namespace {

constexpr const char* kAskAgainSeconds = "5";

ServerResponse ask_again(std::string_view detail) {
  ServerResponse out = problem_response(503, "Service Unavailable", detail);
  out.headers.add("Retry-After", kAskAgainSeconds);
  return out;
}

/// A stop request that comes with another one, or when a time is over.
class TimeLimit {
 public:
  TimeLimit(const Clock& clock, std::chrono::seconds time, std::stop_token outer)
      : with_outer_(std::move(outer), [this] { source_.request_stop(); }),
        watch_([this, &clock, time](const std::stop_token& done) {
          ::pthread_setname_np(::pthread_self(), "time-limit");
          if (clock.wait_for(time, done)) source_.request_stop();
        }) {}

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::stop_callback<std::function<void()>> with_outer_;
  std::jthread watch_;
};

}  // namespace

/// One piece of work that goes on; leaves when it goes.
class DeploymentDesk::Place {
 public:
  Place(Guarded<Occupation>& occupation, std::string alone_on)
      : occupation_(occupation), alone_on_(std::move(alone_on)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (!is_taken_) return;
    occupation_.with([this](Occupation& now) {
      --now.workers;
      now.alone.erase(alone_on_);
    });
  }

  /// The answer to who cannot have it now.
  std::optional<ServerResponse> take() {
    return occupation_.with([this](Occupation& now) -> std::optional<ServerResponse> {
      if (!alone_on_.empty() && now.alone.contains(alone_on_)) {
        ServerResponse out = problem_response(
            409, "Conflict",
            "somebody is at work on " + alone_on_ + " at this moment; look at it, and ask again");
        out.headers.add("Retry-After", kAskAgainSeconds);
        return out;
      }
      if (now.workers >= kWorkersMax) {
        return ask_again("the console does as much as it can at a time; ask again");
      }
      ++now.workers;
      if (!alone_on_.empty()) now.alone.insert(alone_on_);
      is_taken_ = true;
      return std::nullopt;
    });
  }

 private:
  Guarded<Occupation>& occupation_;
  const std::string alone_on_;
  bool is_taken_ = false;
};

ServerResponse DeploymentDesk::answer(const WorkTerms& terms, std::stop_token stop,
                                      const Work& work) {
  Place place(occupation_, terms.alone_on);
  if (std::optional<ServerResponse> refusal = place.take()) return *std::move(refusal);
  Result<ServerResponse> done = do_within(terms, std::move(stop), work);
  if (done) return *std::move(done);
  ports_.runtime.log.write_limited(LogLevel::warn, "console.deployment_failed",
                                   {{"error", done.error()}});
  return deployment_problem(done.error());
}

Result<ServerResponse> DeploymentDesk::do_within(const WorkTerms& terms, std::stop_token stop,
                                                 const Work& work) {
  CORDON_TRY(const std::shared_ptr<DeploymentAccess> access, ports_.access());
  const Runtime& whole = ports_.runtime;
  const TimeLimit limit(ports_.clock, terms.time, stop);
  const Runtime runtime{whole.clock,   whole.random,      whole.log,
                        whole.metrics, whole.environment, limit.token()};
  Result<ServerResponse> done = work({*access, runtime, ports_.seal_keys});
  const bool is_out_of_time = !done && limit.token().stop_requested() && !stop.stop_requested();
  if (!is_out_of_time) return done;
  return Error{Errc::timeout, "it was not done in " + std::to_string(terms.time.count()) +
                                  " s; what was done until then stays, and asking again goes on"};
}

ServerResponse deployment_problem(const Error& error) {
  switch (error.code) {
    case Errc::invalid:
      return problem_response(422, "Unprocessable Content", error.what);
    case Errc::denied:
      return problem_response(
          403, "Forbidden",
          "the account denies it to the console: " + error.what +
              "; cordon iam console prints the rights, with a flag for each kind of work");
    case Errc::cancelled:
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::throttled:
      return ask_again(error.what);
    case Errc::not_found:
    case Errc::changed:
    case Errc::worker_died:
      return problem_response(error);
  }
  return problem_response(error);
}

}  // namespace cordon
