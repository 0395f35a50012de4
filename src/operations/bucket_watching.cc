#include "operations/bucket_watching.h"

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLookLimit{30};

/// The watch of one account; none of its parts moves.
struct AccountWatch {
  AccountWatch(DeploymentAccess& access, const Clock& clock, const WatchOptions& options,
               const std::optional<MemberAccount>& account, std::optional<MemberAccess> member,
               const BucketWatch::Listener& listener)
      : protection(access.protection()),
        gateways(access.gateway_link(protection)),
        watch(options, account ? access.member_ports(*account).census : access.census(), protection,
              gateways, clock, listener) {
    if (member) protection.serve_member(*std::move(member));
  }

  Protection protection;
  GatewayLink gateways;
  BucketWatch watch;
};

/// The accounts that are watched.
class AccountWatches {
 public:
  AccountWatches(DeploymentAccess& access, const Runtime& runtime, const WatchRequest& request,
                 const WatchListener& listener)
      : access_(access),
        runtime_(runtime),
        request_(request),
        listener_(listener),
        options_(request.options) {
    options_.policies = access.policies();
  }

  // What no later round would find otherwise is said at once.
  Result<void> check() {
    CORDON_TRY(options_.policies(limit(), runtime_.stop));
    if (request_.member) {
      CORDON_TRY(access_.member(*request_.member, limit(), runtime_.stop));
    }
    return {};
  }

  Result<WatchRound> round() {
    if (!request_.all_members) return round_of(request_.member);
    CORDON_TRY(const Settings settings, access_.settings_writer().current(limit(), runtime_.stop));
    std::vector<std::optional<MemberAccount>> accounts = {std::nullopt};
    accounts.insert(accounts.end(), settings.accounts.begin(), settings.accounts.end());
    WatchRound sum;
    for (const std::optional<MemberAccount>& account : accounts) {
      const Result<WatchRound> one = round_of(account);
      if (one) {
        sum.buckets += one->buckets;
        sum.chosen += one->chosen;
        sum.in_place += one->in_place;
        sum.failed += one->failed;
        continue;
      }
      if (one.error().code == Errc::cancelled) return one.error();
      const AccountId& id = account ? account->id : access_.account();
      listener_.trouble(with_context(one.error(), "account " + id.str()));
      ++sum.failed;
    }
    return sum;
  }

 private:
  Deadline limit() const { return Deadline::after(runtime_.clock, kLookLimit); }

  Result<WatchRound> round_of(const std::optional<MemberAccount>& account) {
    const std::string name =
        account ? account->role_arn + " " + account->external_id.value_or("") : "";
    std::unique_ptr<AccountWatch>& known = watches_[name];
    if (known == nullptr) {
      std::optional<MemberAccess> member;
      if (account) {
        CORDON_TRY(member, access_.member(*account, limit(), runtime_.stop));
      }
      known = std::make_unique<AccountWatch>(access_, runtime_.clock, options_, account,
                                             std::move(member), listener_.event);
    }
    return known->watch.round(runtime_.stop);
  }

  DeploymentAccess& access_;
  const Runtime& runtime_;
  const WatchRequest& request_;
  const WatchListener& listener_;
  WatchOptions options_;
  /// By role and external id; ours has no name.
  std::map<std::string, std::unique_ptr<AccountWatch>> watches_;
};

}  // namespace

Result<WatchRound> watch_once(DeploymentAccess& access, const Runtime& runtime,
                              const WatchRequest& request, const WatchListener& listener) {
  AccountWatches watches(access, runtime, request, listener);
  CORDON_TRY(watches.check());
  return watches.round();
}

Result<void> watch_buckets(DeploymentAccess& access, const Runtime& runtime,
                           const WatchRequest& request, std::chrono::seconds interval,
                           const WatchListener& listener) {
  AccountWatches watches(access, runtime, request, listener);
  CORDON_TRY(watches.check());
  SteadyTime next = runtime.clock.steady_now();
  while (runtime.clock.wait_until(next, runtime.stop)) {
    next = runtime.clock.steady_now() + interval;
    const Result<WatchRound> done = watches.round();
    if (!done && done.error().code != Errc::cancelled) listener.trouble(done.error());
  }
  return {};
}

json::object document_of(const WatchEvent& event, SystemTime time) {
  json::object document{
      {"schema", "cordon.watch-event/1"},
      {"time", rfc3339_ms(time)},
      {"bucket", event.bucket.str()},
      {"region", event.region ? json::value(event.region->str()) : json::value(nullptr)},
      {"did", std::string(name_of(event.kind))},
      {"note", event.note}};
  if (event.retry.count() > 0) document["retrySeconds"] = event.retry.count();
  return document;
}

}  // namespace cordon
