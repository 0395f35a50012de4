#include "aws/aws_context.h"

#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "aws/credentials_cache.h"
#include "aws/credentials_container.h"
#include "aws/credentials_environment.h"
#include "aws/credentials_profile.h"
#include "aws/imds.h"
#include "aws/signing_client.h"
#include "core/partition.h"
#include "net/host_port.h"

namespace cordon {
namespace {

/// A role's credentials. Their clients are kept with those of the context's own identity.
struct RoleIdentity {
  RoleIdentity(const RoleRequest& role, CredentialsProvider& base, const StsClientFactory& sts,
               const Clock& clock, Random& random, Log& log)
      : source(role, base, sts, clock), cache(source, clock, random, log) {}

  RoleCredentials source;
  CredentialsCache cache;
};

using RoleKey = std::tuple<std::string, std::string, std::string>;

RoleKey key_of(const RoleRequest& role) {
  return {role.role_arn, role.external_id.value_or(""), role.session_name};
}

// A store of one's own may call its regions as it likes.
void tell_of_unknown_region(const Region& region, const EndpointSettings& endpoints, Log& log) {
  if (known_partition_of(region) != nullptr || endpoints.configured.contains(AwsService::s3)) {
    return;
  }
  log.warn("aws.region_unknown",
           {{"region", region.str()},
            {"partition", partition_of(region).id},
            {"reason",
             "regions of no partition are named like this; endpoints and ARNs are made "
             "as those of new regions of this one would be"}});
}

// Everybody on the way reads the objects, and can change what is said of them.
void tell_of_plain_http(const EndpointSettings& endpoints, Log& log) {
  for (const auto& [service, url] : endpoints.configured) {
    if (url.tls || is_loopback(url.host_name())) continue;
    log.warn("aws.plain_http",
             {{"endpoint", url.text()},
              {"reason",
               "it is not on this machine and is spoken to without TLS: whoever is on "
               "the way reads objects and verdicts and can change them; use https"}});
    return;
  }
}

}  // namespace

struct AwsContext::State {
  State(HttpClients both, Environment snapshot, AwsConfig settings, InstanceMetadata instance,
        const Clock& the_clock, Random& the_random, Log& the_log)
      : http(std::move(both)),
        environment(std::move(snapshot)),
        config(std::move(settings)),
        clock(the_clock),
        random(the_random),
        log(the_log),
        metadata(std::move(instance)),
        from_environment(environment),
        from_container(environment, *http.metadata, clock, random),
        from_instance(metadata),
        from_web_identity(environment, sts_factory(), clock),
        from_profile(
            {environment, sts_factory(), from_environment, from_container, from_instance, clock},
            config.profile),
        chain(sources()),
        cache(chain, clock, random, log) {}

  std::vector<CredentialsSource*> sources() {
    std::vector<CredentialsSource*> all;
    // Whoever names a profile on the command line means it, whatever the environment holds.
    if (!config.profile_by_option) all.push_back(&from_environment);
    all.insert(all.end(), {&from_profile, &from_web_identity, &from_container, &from_instance});
    return all;
  }

  StsClientFactory sts_factory() {
    return [this](CredentialsProvider* signer) -> std::unique_ptr<ServiceClient> {
      return make_client(region.value_or(config.region.value_or(Region("us-east-1"))), signer);
    };
  }

  std::unique_ptr<SigningClient> make_client(const Region& where, CredentialsProvider* signer) {
    return std::make_unique<SigningClient>(
        SigningClientOptions{where, config.endpoints, config.retry},
        SigningClient::Dependencies{*http.services, signer, bucket_regions, clock, random, log});
  }

  // Call with `mutex` held. `identity` is what the clients sign with.
  ServiceClient& client(CredentialsProvider& identity, const Region& where) {
    auto& slot = clients[{&identity, where}];
    if (!slot) slot = make_client(where, &identity);
    return *slot;
  }

  HttpClients http;
  Environment environment;
  AwsConfig config;
  const Clock& clock;
  Random& random;
  Log& log;
  std::optional<Region> region;
  InstanceMetadata metadata;
  BucketRegions bucket_regions;

  EnvironmentCredentials from_environment;
  ContainerCredentials from_container;
  InstanceCredentials from_instance;
  WebIdentityCredentials from_web_identity;
  ProfileCredentials from_profile;
  CredentialsChain chain;
  CredentialsCache cache;

  std::mutex mutex;  // Guards what follows; what the maps point to is safe by itself.
  std::map<RoleKey, std::unique_ptr<RoleIdentity>> roles;
  std::map<std::pair<CredentialsProvider*, Region>, std::unique_ptr<SigningClient>> clients;
};

AwsContext::AwsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
AwsContext::AwsContext(AwsContext&&) noexcept = default;
AwsContext& AwsContext::operator=(AwsContext&&) noexcept = default;
AwsContext::~AwsContext() = default;

Result<AwsContext> AwsContext::create_over(HttpClients http, const AwsOptions& options,
                                           const Environment& environment, const Clock& clock,
                                           Random& random, Log& log, Deadline deadline,
                                           std::stop_token stop) {
  CORDON_TRY(const ProfileFiles files, ProfileFiles::load(environment));
  CORDON_TRY(AwsConfig config, resolve_aws_config(options, environment, files));
  CORDON_TRY(InstanceMetadata metadata,
             InstanceMetadata::open(environment, *http.metadata, clock, random));
  std::optional<Region> region = config.region;
  std::string why = "instance metadata is not asked with an endpoint of your own";
  if (!region && !config.endpoint_by_option) {
    Result<Region> told = metadata.region(deadline, stop);
    if (told) {
      region = *std::move(told);
    } else if (stop.stop_requested()) {
      return std::move(told).error();
    } else {
      why = "instance metadata: " + told.error().what;
    }
  }
  if (!region) {
    return usage_error("no AWS region: use --region, set AWS_REGION, or set region in profile " +
                       config.profile + " (" + files.description() + "; " + why + ")");
  }
  tell_of_unknown_region(*region, config.endpoints, log);
  tell_of_plain_http(config.endpoints, log);
  auto state = std::make_unique<State>(std::move(http), environment, std::move(config),
                                       std::move(metadata), clock, random, log);
  state->region = std::move(region);
  return AwsContext(std::move(state));
}

Result<AwsContext> AwsContext::create(const AwsOptions& options, const Environment& environment,
                                      const Clock& clock, Random& random, Log& log,
                                      Deadline deadline, std::stop_token stop) {
  HttpClientOptions direct;
  direct.connect_timeout = std::chrono::seconds(1);
  direct.stall_timeout = std::chrono::seconds(5);
  direct.connections_per_host_max = 2;
  direct.buffered_bytes_max = 1U << 20U;
  CORDON_TRY(HttpClientOptions services, http_client_options(environment));
  HttpClients http{make_curl_client(std::move(services), clock), make_curl_client(direct, clock)};
  return create_over(std::move(http), options, environment, clock, random, log, deadline,
                     std::move(stop));
}

const Region& AwsContext::region() const { return *state_->region; }

std::optional<EndpointUrl> AwsContext::configured_endpoint(AwsService service) const {
  const auto& configured = state_->config.endpoints.configured;
  const auto at = configured.find(service);
  return at == configured.end() ? std::nullopt : std::optional(at->second);
}

ServiceClient& AwsContext::client() { return client_for(region()); }

ServiceClient& AwsContext::client_for(const Region& region) {
  const std::lock_guard lock(state_->mutex);
  return state_->client(state_->cache, region);
}

ServiceClient& AwsContext::client_as(const RoleRequest& role, const Region& region) {
  const std::lock_guard lock(state_->mutex);
  auto& identity = state_->roles[key_of(role)];
  if (!identity) {
    identity = std::make_unique<RoleIdentity>(role, state_->cache, state_->sts_factory(),
                                              state_->clock, state_->random, state_->log);
  }
  return state_->client(identity->cache, region);
}

}  // namespace cordon
