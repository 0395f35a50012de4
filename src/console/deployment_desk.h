#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/guarded.h"
#include "base/runtime.h"
#include "console/sweep_jobs.h"
#include "core/seal.h"
#include "net/http_server.h"
#include "operations/deployment_access.h"

namespace cordon {

/// What work on the deployment has, as long as it goes on.
struct DeploymentWork {
  DeploymentAccess& access;
  /// Its stop request comes when the client is gone, the console stops, or the time is over.
  const Runtime& runtime;
  /// None: the console has no key, and tags are believed as they stand.
  const std::optional<SealKeyRing>& seal_keys;
};

/// How work is done.
struct WorkTerms {
  std::chrono::seconds time;  ///< Longer work is stopped; what it has done until then stays.
  /// Nobody else works on the thing of this name meanwhile: it is refused (409). Empty: whoever.
  std::string alone_on = {};
};

/// Where routes have something done in the deployment's account. At most `kWorkersMax` pieces of
/// work go on at a time, so that threads are left for whoever asks the database; for one more the
/// answer is 503, to be asked again.
///
/// Threads: any. All that it is given outlives it.
class DeploymentDesk {
 public:
  static constexpr std::size_t kWorkersMax = 4;

  struct Ports {
    /// Errors: why the account has not been reached yet.
    std::function<Result<std::shared_ptr<DeploymentAccess>>()> access;
    const Runtime& runtime;
    const Clock& clock;  ///< What the time of work is taken by.
    std::optional<SealKeyRing> seal_keys = std::nullopt;
  };
  using Work = std::function<Result<ServerResponse>(const DeploymentWork&)>;

  explicit DeploymentDesk(Ports ports)
      : ports_(std::move(ports)), sweeps_(ports_.access, ports_.runtime) {}

  /// Does the work and returns its answer, or the problem document for what stood in the way: 403
  /// where the account denies something to the console, 404, 409, 422 for what cannot be done as it
  /// was asked for, 503 for what passes. Blocks: for the time of the terms.
  ServerResponse answer(const WorkTerms& terms, std::stop_token stop, const Work& work);

  /// What goes on behind the answers.
  SweepJobs& sweeps() { return sweeps_; }
  const std::optional<SealKeyRing>& seal_keys() const { return ports_.seal_keys; }

 private:
  struct Occupation {
    std::size_t workers = 0;
    std::set<std::string> alone = {};
  };
  class Place;

  Result<ServerResponse> do_within(const WorkTerms& terms, std::stop_token stop, const Work& work);

  const Ports ports_;
  Guarded<Occupation> occupation_;
  SweepJobs sweeps_;
};

/// The problem document for an error of the deployment's account.
ServerResponse deployment_problem(const Error& error);

}  // namespace cordon
