#include "apps/cordon/services/protected_service.h"

#include <pthread.h>

#include "apps/cordon/services/endpoint_mark.h"
#include "core/own_buckets.h"

namespace cordon {
namespace {

std::optional<DocumentCache> cache_in(const std::filesystem::path& folder,
                                      const DeploymentAccess& cloud) {
  if (folder.empty()) return std::nullopt;
  // Agents of several deployments may share a directory.
  const AccountIdentity& identity = cloud.identity();
  const std::string name = "protected-" + identity.deployment.name() + "-" +
                           identity.account.str() + endpoint_mark(identity);
  const std::string origin =
      cloud.protected_origin() + (identity.endpoint ? " at " + *identity.endpoint : "");
  return std::optional<DocumentCache>(std::in_place, folder / name, origin);
}

// The document says what holds now, and its events have this machine's time.
std::chrono::seconds clock_slack(UnknownBuckets unknown) {
  return unknown == UnknownBuckets::are_looked_up ? std::chrono::seconds(0)
                                                  : ProtectedSetOptions{}.clock_slack;
}

// Agents read the document every few seconds; a bucket may be newer than that.
Result<bool> is_entered(DeploymentAccess& cloud, const BucketName& bucket, Deadline deadline,
                        std::stop_token stop) {
  const Result<std::optional<StoredDocument>> found =
      cloud.protected_store().read(std::nullopt, deadline, std::move(stop));
  if (!found && found.error().code == Errc::not_found) return false;
  CORDON_TRY(found);
  if (!*found) return false;
  CORDON_TRY(const ProtectedDocument document, decode_protected((*found)->document));
  const auto entry = document.buckets.find(bucket);
  return entry != document.buckets.end() && entry->second.account == cloud.account() &&
         entry->second.region == cloud.region();
}

}  // namespace

ProtectedService::ProtectedService(const std::filesystem::path& cache, DeploymentAccess& cloud,
                                   MemberBuckets& buckets, MemberBuckets::SettingsSource settings,
                                   UnknownBuckets unknown, Process& process)
    : cache_(cache_in(cache, cloud)),
      watch_({.origin = cloud.protected_origin()}, cloud.protected_store(),
             cache_ ? &*cache_ : nullptr, process.clock, process.log, process.metrics),
      set_({.region = cloud.region(), .clock_slack = clock_slack(unknown)},
           {.document = watch_,
            .is_own =
                [settings](const BucketName& bucket) {
                  return is_own_bucket(bucket, settings()->policies);
                },
            .owner =
                [&cloud, settings](const BucketName& bucket) {
                  return owner_of(*settings(), bucket, cloud.account());
                },
            .look =
                [&cloud, &buckets, unknown](const StandingQuestion& question, Deadline deadline,
                                            std::stop_token stop) {
                  if (unknown == UnknownBuckets::are_looked_up) {
                    return is_entered(cloud, question.bucket, deadline, std::move(stop));
                  }
                  return cloud.leads_here(question, buckets.owner(question.bucket), deadline,
                                          std::move(stop));
                },
            .clock = process.clock,
            .log = process.log,
            .metrics = process.metrics}) {
  watch_.begin(process.stop);
  thread_ = std::jthread([this](const std::stop_token& stop) {
    ::pthread_setname_np(::pthread_self(), "protected");
    watch_.run(stop);
  });
}

}  // namespace cordon
