#include "provision/member_upkeep.h"

#include <algorithm>

#include "provision/own_bucket.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;

// Rights are printed per region.
std::string again(const Region& region) {
  return "; run cordon settings apply again with the rights of cordon iam operator --region " +
         region.str();
}

ProvisionStep unsettled(const Region& region, const Error& why) {
  return {ProvisionPart::member_accounts, region.str(), State::missing,
          "who may publish to the topic and copy to the quarantine there is not as the settings "
          "say: " +
              why.what + again(region) + ", or protect any bucket there again"};
}

const MemberAccount* find(const std::vector<MemberAccount>& accounts, const AccountId& id) {
  const auto at = std::find_if(accounts.begin(), accounts.end(),
                               [&](const MemberAccount& one) { return one.id == id; });
  return at == accounts.end() ? nullptr : &*at;
}

bool owns(const std::vector<MemberAccount>& accounts, const AccountId& id,
          const BucketName& bucket) {
  const MemberAccount* owner = account_of(accounts, bucket);
  return owner != nullptr && owner->id == id;
}

// Rights of roles are not ours to change; these commands print them.
void tell_of_roles(const std::vector<MemberAccount>& before, const std::vector<MemberAccount>& now,
                   std::vector<ProvisionStep>& steps) {
  for (const MemberAccount& one : now) {
    const MemberAccount* known = find(before, one.id);
    if (known != nullptr && known->role_arn == one.role_arn) continue;
    steps.push_back({ProvisionPart::role, one.role_arn, State::kept,
                     "agents and operators need sts:AssumeRole on it: print cordon iam agent and "
                     "cordon iam operator anew"});
  }
  for (const MemberAccount& one : before) {
    const MemberAccount* still = find(now, one.id);
    if (still != nullptr && still->role_arn == one.role_arn) continue;
    steps.push_back({ProvisionPart::role, one.role_arn, State::kept,
                     "nobody needs sts:AssumeRole on it any more: print cordon iam agent and "
                     "cordon iam operator anew"});
  }
}

// What somebody enters in the settings is not wired by that.
void tell_of_new_buckets(const std::vector<MemberAccount>& before,
                         const std::vector<MemberAccount>& now, const ProtectedDocument& set,
                         std::vector<ProvisionStep>& steps) {
  for (const MemberAccount& one : now) {
    for (const BucketName& bucket : one.buckets) {
      const auto entry = set.buckets.find(bucket);
      const bool is_wired = entry != set.buckets.end() && entry->second.account == one.id;
      if (is_wired || owns(before, one.id, bucket)) continue;
      steps.push_back(
          {ProvisionPart::member_bucket, bucket.str(), State::missing,
           "no events of it come here yet; run: cordon bucket protect " + bucket.str()});
    }
  }
}

// The settings no longer say whose they are and by which role they are reached.
Result<void> let_go(const std::vector<MemberAccount>& before, const std::vector<MemberAccount>& now,
                    const ProtectedDocument& set, ProtectedRegister& protected_register,
                    std::vector<ProvisionStep>& steps, Deadline deadline,
                    const std::stop_token& stop) {
  for (const MemberAccount& one : before) {
    for (const BucketName& bucket : one.buckets) {
      if (owns(now, one.id, bucket)) continue;
      const auto entry = set.buckets.find(bucket);
      if (entry != set.buckets.end() && entry->second.account == one.id) {
        const Result<bool> removed = protected_register.remove(bucket, kByEvents, deadline, stop);
        if (!removed && removed.error().code == Errc::cancelled) return removed.error();
        ProvisionStep step = removal_step();
        step.note = bucket.str();
        if (!removed) {
          step.state = State::missing;
          step.note +=
              " could not be taken out: " + removed.error().what + again(entry->second.region);
        }
        steps.push_back(std::move(step));
      }
      std::string command =
          "cordon bucket unprotect " + bucket.str() + " --role-arn " + one.role_arn;
      if (one.external_id) command += " --external-id " + *one.external_id;
      steps.push_back({ProvisionPart::member_bucket, bucket.str(), State::kept,
                       "its notification still leads to our topic, which takes none of it any "
                       "more; to take it back, run: " +
                           command});
    }
  }
  return {};
}

}  // namespace

std::vector<AccountId> event_senders(const std::vector<MemberAccount>& members,
                                     const AccountId& ours) {
  std::vector<AccountId> accounts;
  for (const MemberAccount& one : members) {
    if (!one.buckets.empty() && one.id != ours) accounts.push_back(one.id);
  }
  return accounts;
}

std::set<Region> MemberUpkeep::regions_in(const ProtectedDocument& set) const {
  std::set<Region> regions = {home_};
  for (const auto& [bucket, entry] : set.buckets) regions.insert(entry.region);
  return regions;
}

Result<void> MemberUpkeep::settle(const std::vector<MemberAccount>& members,
                                  const std::set<Region>& regions,
                                  std::vector<ProvisionStep>& steps, Deadline deadline,
                                  std::stop_token stop) {
  for (const Region& region : regions) {
    Result<void> done = settle_topic(region, members, steps, deadline, stop);
    if (done) done = settle_quarantine(region, members, steps, deadline, stop);
    if (done) continue;
    if (done.error().code != Errc::denied) {
      return with_context(done.error(), "the members of " + region.str());
    }
    steps.push_back(unsettled(region, done.error()));
  }
  return {};
}

Result<void> MemberUpkeep::settle_topic(const Region& region,
                                        const std::vector<MemberAccount>& members,
                                        std::vector<ProvisionStep>& steps, Deadline deadline,
                                        std::stop_token stop) {
  CORDON_TRY(const RegionAdmin admin, regions_(region));
  const std::string arn = topic_arn_of(region, account_, deployment_.event_topic());
  const Result<std::string> present = admin.topics.policy(arn, deadline, stop);
  if (!present && present.error().code == Errc::not_found) return {};
  CORDON_TRY(present);
  CORDON_TRY(const std::string wanted,
             event_topic_policy(*present, arn, account_, region, event_senders(members, account_)));
  if (is_same_policy(*present, wanted)) return {};
  CORDON_TRY(admin.topics.set_policy(arn, wanted, deadline, std::move(stop)));
  steps.push_back({ProvisionPart::topic_policy, arn, State::changed});
  return {};
}

Result<void> MemberUpkeep::settle_quarantine(const Region& region,
                                             const std::vector<MemberAccount>& members,
                                             std::vector<ProvisionStep>& steps, Deadline deadline,
                                             std::stop_token stop) {
  CORDON_TRY(const RegionAdmin admin, regions_(region));
  const BucketName name = deployment_.quarantine_bucket(account_, region);
  const PolicyEdit edit = [&](const std::string& present) {
    return quarantine_policy(present, name, region, tls_only_, members);
  };
  const Result<bool> changed = edit_policy(admin.buckets, name, edit, deadline, std::move(stop));
  if (!changed && changed.error().code == Errc::not_found) return {};
  CORDON_TRY(changed);
  if (*changed) steps.push_back({ProvisionPart::quarantine_policy, name.str(), State::changed});
  return {};
}

Result<std::vector<ProvisionStep>> MemberUpkeep::follow(const std::vector<MemberAccount>& before,
                                                        const std::vector<MemberAccount>& now,
                                                        ProtectedRegister& protected_register,
                                                        Deadline deadline, std::stop_token stop) {
  std::vector<ProvisionStep> steps;
  if (before.empty() && now.empty()) return steps;
  Result<ProtectedDocument> set = protected_register.current(deadline, stop);
  if (!set) {
    if (set.error().code == Errc::cancelled) return set.error();
    steps.push_back({ProvisionPart::protected_set, "protected.json", State::missing,
                     "which regions there are cannot be read: " + set.error().what + again(home_)});
    set = ProtectedDocument();
  }
  for (const Region& region : regions_in(*set)) {
    const Result<void> done = settle(now, {region}, steps, deadline, stop);
    if (done) continue;
    if (done.error().code == Errc::cancelled) return done.error();
    steps.push_back(unsettled(region, done.error()));
  }
  CORDON_TRY(let_go(before, now, *set, protected_register, steps, deadline, stop));
  tell_of_new_buckets(before, now, *set, steps);
  tell_of_roles(before, now, steps);
  return steps;
}

}  // namespace cordon
