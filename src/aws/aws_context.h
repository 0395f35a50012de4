#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/aws_config.h"
#include "aws/credentials.h"
#include "aws/credentials_sts.h"
#include "aws/service_client.h"
#include "base/deadline.h"
#include "base/environment.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "net/http_client.h"

namespace cordon {

/// Access to AWS as the command line, the environment and the shared files describe it: what an app
/// makes once and takes all its clients from.
///
/// Threads: any, once created. The clients live as long as the context.
class AwsContext {
 public:
  /// HTTP for the services, and for the metadata services of this machine (no proxy, short waits).
  struct HttpClients {
    std::unique_ptr<HttpClient> services;
    std::unique_ptr<HttpClient> metadata;
  };

  /// Reads the configuration. Credentials are fetched at the first call that needs them.
  ///
  /// `clock`, `random` and `log` outlive the context.
  /// Blocks: only when no region is configured, until the instance metadata told one or nobody
  ///         answered, a few seconds at most.
  /// Errors: invalid (a wrong setting, or no region anywhere: says what to write).
  static Result<AwsContext> create(const AwsOptions& options, const Environment& environment,
                                   const Clock& clock, Random& random, Log& log,
                                   Deadline deadline = Deadline::never(),
                                   std::stop_token stop = {});
  /// The same over other HTTP clients, for tests.
  static Result<AwsContext> create_over(HttpClients http, const AwsOptions& options,
                                        const Environment& environment, const Clock& clock,
                                        Random& random, Log& log,
                                        Deadline deadline = Deadline::never(),
                                        std::stop_token stop = {});

  AwsContext(AwsContext&&) noexcept;
  AwsContext& operator=(AwsContext&&) noexcept;
  ~AwsContext();

  const Region& region() const;
  /// Where calls to the service go when it is another place than AWS's own.
  std::optional<EndpointUrl> configured_endpoint(AwsService service) const;

  ServiceClient& client();                          ///< In `region()`.
  ServiceClient& client_for(const Region& region);  ///< The same identity in another region.
  /// In a role, taken on with this context's identity and renewed by itself.
  ServiceClient& client_as(const RoleRequest& role, const Region& region);

 private:
  struct State;
  explicit AwsContext(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace cordon
