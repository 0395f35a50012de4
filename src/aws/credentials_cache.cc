// When to ask for credentials again.
//
// Temporary credentials live from 15 minutes to 12 hours. Asking too late fails calls that are
// under way; asking too early or from every thread at once gets us throttled by the metadata
// service, and a fleet that was started together would do so together. Hence: well ahead, with
// jitter, one flight, and no second try within half a minute while the old ones still serve. Some
// sources keep handing out the same credentials until shortly before their end; the same pause
// covers them.

#include "aws/credentials_cache.h"

#include <algorithm>
#include <utility>

namespace cordon {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kAhead{5};
constexpr seconds kAheadJitter{60};
constexpr seconds kPause{30};
constexpr seconds kPauseJitter{10};
// Credentials that end this soon are not handed out: the request must still arrive.
constexpr seconds kLeftMin{10};

// Those who waited for a refresh take over its failure, so that an outage costs one round of
// attempts and not one for each thread; but not that its thread was stopped or had little time.
bool is_shared(Errc code) { return code != Errc::cancelled && code != Errc::timeout; }

// A place that gave credentials once will do so again: a metadata service that is away for minutes
// must look like an outage, not like a refusal, for which objects would be given up.
Error renewal_failed(Error error) {
  if (error.code == Errc::denied) error.code = Errc::unavailable;
  return with_context(std::move(error), "the credentials have expired and cannot be renewed");
}

}  // namespace

milliseconds CredentialsCache::jitter(milliseconds up_to) {
  return milliseconds(
      static_cast<std::int64_t>(static_cast<double>(up_to.count()) * random_.unit()));
}

bool CredentialsCache::has_valid() const {
  if (!current_ || rejected_) return false;
  return !current_->expires || *current_->expires > clock_.system_now() + kLeftMin;
}

bool CredentialsCache::wants_refresh() const {
  return refresh_at_ && clock_.system_now() >= *refresh_at_;
}

void CredentialsCache::keep(AwsCredentials fresh) {
  refresh_at_.reset();
  if (fresh.expires) {
    const SystemTime now = clock_.system_now();
    refresh_at_ = std::max(*fresh.expires - kAhead - jitter(kAheadJitter),
                           now + kPause + jitter(kPauseJitter));
  }
  current_ = std::move(fresh);
  rejected_ = false;
}

Result<AwsCredentials> CredentialsCache::refresh(std::unique_lock<std::mutex>& lock,
                                                 Deadline deadline, std::stop_token stop) {
  refreshing_ = true;
  lock.unlock();
  Result<CredentialsSource::Finding> found = source_.find(deadline, std::move(stop));
  lock.lock();
  refreshing_ = false;
  refreshed_.notify_all();
  if (found && !found->credentials) {
    found = Error{Errc::denied, source_.name() + ": " + found->why_not, ErrorCause::credentials};
  }
  if (!found && current_ && !has_valid()) found = renewal_failed(std::move(found).error());
  failure_ = found ? std::nullopt : std::optional(found.error());
  if (found) {
    keep(*std::move(found->credentials));
    if (has_valid()) return *current_;
    return Error{Errc::unavailable, "the credentials from " + current_->source +
                                        " have expired already: check this machine's clock and "
                                        "what provides them"};
  }
  if (!has_valid()) return std::move(found).error();
  refresh_at_ = clock_.system_now() + kPause + jitter(kPauseJitter);
  log_.warn("credentials.refresh_failed", {{"source", current_->source}, {"error", found.error()}});
  return *current_;
}

Result<AwsCredentials> CredentialsCache::get(Deadline deadline, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (has_valid() && (refreshing_ || !wants_refresh())) return *current_;
    if (!refreshing_) return refresh(lock, deadline, stop);
    if (stop.stop_requested()) {
      return Error{Errc::cancelled, "stopped while waiting for credentials"};
    }
    if (deadline.passed(clock_)) return Error{Errc::timeout, "no credentials in time"};
    // Woken by the end of the refresh or a stop request; the period only bounds how late the
    // deadline is noticed, as its clock may be a simulated one.
    const bool over =
        refreshed_.wait_for(lock, stop, milliseconds(50), [&] { return !refreshing_; });
    if (over && failure_ && !has_valid() && is_shared(failure_->code)) return *failure_;
  }
}

void CredentialsCache::reject(const std::string& access_key_id) {
  const std::lock_guard lock(mutex_);
  if (current_ && current_->access_key_id == access_key_id) rejected_ = true;
}

Result<CredentialsSource::Finding> CredentialsChain::find(Deadline deadline, std::stop_token stop) {
  std::string tried;
  for (CredentialsSource* source : sources_) {
    CORDON_TRY(Finding finding, source->find(deadline, stop));
    if (finding.credentials) return finding;
    tried += "\n  " + source->name() + ": " + finding.why_not;
  }
  return Error{Errc::denied,
               "no AWS credentials. Tried:" + tried +
                   "\nSet AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile with "
                   "--profile or AWS_PROFILE, or give this machine, task or pod a role",
               ErrorCause::credentials};
}

}  // namespace cordon
