#include "provision/settings_writer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/own_buckets.h"
#include "provision/own_bucket.h"
#include "settings/settings_document.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;

constexpr int kRacesMax = 5;

Error conflict(const std::string& place, const std::string& now) {
  return Error{Errc::changed, place + " was changed by somebody else: " + now +
                                  "; nothing was written. Get it again (cordon settings get), "
                                  "put your change into it and apply that"};
}

// A document that cannot be read any more has no say.
Settings said_in(const std::optional<StoredDocument>& stored) {
  if (!stored) return {};
  SettingsReading reading = read_settings(stored->document, SettingsFormat::json);
  return reading.settings ? *std::move(reading.settings) : Settings();
}

/// Every bucket that a route or a quarantine leads to.
std::set<BucketName> destinations_of(const PolicySet& policies) {
  std::set<BucketName> buckets = route_destinations(policies);
  buckets.merge(named_quarantines(policies));
  return buckets;
}

// Written out in full a document is longer than as it was handed in.
Result<void> check_taken(const std::string& document) {
  const SettingsReading reading = read_settings(document, SettingsFormat::json);
  if (reading.settings) return {};
  return Error{Errc::invalid, "written out in full, agents would refuse these settings: " +
                                  reading.problems.front().what};
}

}  // namespace

SettingsWriter::SettingsWriter(const Deployment& deployment, AccountId account, Region home,
                               RegionAdminSource regions, DocumentStore& store, bool tls_only)
    : deployment_(deployment),
      account_(std::move(account)),
      home_(std::move(home)),
      regions_(std::move(regions)),
      store_(store),
      tls_only_(tls_only) {}

std::string SettingsWriter::place() const {
  return "s3://" + deployment_.system_bucket(account_).str() + "/settings.json";
}

Result<StoredDocument> SettingsWriter::get(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(std::optional<StoredDocument> stored, present(deadline, std::move(stop)));
  if (stored) return *std::move(stored);
  return Error{Errc::not_found, "there is no " + place() +
                                    ": everything is as usual. To begin, write a document and run "
                                    "cordon settings apply FILE"};
}

Result<std::optional<StoredDocument>> SettingsWriter::present(Deadline deadline,
                                                              std::stop_token stop) {
  Result<std::optional<StoredDocument>> found =
      store_.read(std::nullopt, deadline, std::move(stop));
  if (!found && found.error().code == Errc::not_found) return std::optional<StoredDocument>();
  return found;
}

Result<ProvisionStep> SettingsWriter::ensure_bucket(Deadline deadline, std::stop_token stop) {
  const BucketName name = deployment_.system_bucket(account_);
  const Region where = deployment_.system_region(home_);
  CORDON_TRY(check_name_lengths(deployment_, account_, where));
  CORDON_TRY(RegionAdmin home, regions_(where));
  const Result<Versioning> before = home.buckets.versioning(name, deadline, stop);
  CORDON_TRY(ensure_system_bucket(home.buckets, name, where, tls_only_, deadline, stop));
  return ProvisionStep{ProvisionPart::system_bucket, name.str(),
                       before ? State::present : State::created};
}

Result<std::vector<ProvisionStep>> SettingsWriter::look_at_destinations(const PolicySet& policies,
                                                                        Deadline deadline,
                                                                        std::stop_token stop) {
  std::vector<ProvisionStep> steps;
  for (const BucketName& bucket : destinations_of(policies)) {
    CORDON_TRY(RegionAdmin home, regions_(home_));
    ProvisionStep step{ProvisionPart::destination, bucket.str(), State::present};
    const Result<Region> region = home.buckets.region_of(bucket, deadline, stop);
    if (!region && region.error().code == Errc::cancelled) return region.error();
    if (!region && region.error().code == Errc::not_found) {
      step.state = State::missing;
      step.note = "there is no such bucket: objects stay where they are until it is made";
    } else if (region) {
      CORDON_TRY(RegionAdmin admin, regions_(*region));
      const auto days = admin.buckets.unfinished_upload_days(bucket, deadline, stop);
      if (days && (!*days || **days > 1)) {
        step.note = "keeps unfinished uploads" +
                    (*days ? " for " + std::to_string(**days) + " days" : std::string()) +
                    ": what an agent leaves that dies in the middle of a large copy. A lifecycle "
                    "rule with AbortIncompleteMultipartUpload after 1 day ends them";
      }
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<ProvisionStep> SettingsWriter::ensure_topic(const Region& region, Deadline deadline,
                                                   std::stop_token stop) {
  const std::string name = deployment_.notification_topic();
  CORDON_TRY(RegionAdmin admin, regions_(region));
  const Result<std::string> before =
      admin.topics.policy(topic_arn_of(region, account_, name), deadline, stop);
  if (!before && before.error().code != Errc::not_found) return before.error();
  CORDON_TRY(std::string arn, admin.topics.ensure(name, deadline, stop));
  return ProvisionStep{ProvisionPart::notification_topic, std::move(arn),
                       before ? State::present : State::created};
}

Result<AppliedSettings> SettingsWriter::apply(Settings settings,
                                              const std::optional<ETag>& expected,
                                              Deadline deadline, std::stop_token stop) {
  CORDON_TRY(std::optional<StoredDocument> stored, present(deadline, stop));
  if (expected && (!stored || stored->etag != *expected)) {
    return conflict(place(),
                    stored ? "its ETag is " + stored->etag.str() + " and not " + expected->str()
                           : "it is gone");
  }
  return replace(std::move(stored), std::move(settings), deadline, std::move(stop));
}

Result<AppliedSettings> SettingsWriter::apply_first(Settings settings, Deadline deadline,
                                                    std::stop_token stop) {
  CORDON_TRY(const std::optional<StoredDocument> stored, present(deadline, stop));
  if (stored) return conflict(place(), "there is one, with the ETag " + stored->etag.str());
  return replace(std::nullopt, std::move(settings), deadline, std::move(stop));
}

Result<AppliedSettings> SettingsWriter::replace(std::optional<StoredDocument> stored,
                                                Settings settings, Deadline deadline,
                                                std::stop_token stop) {
  NotificationSettings& notifications = settings.notifications;
  Settings before = said_in(stored);
  if (notifications.enabled && !notifications.region) {
    notifications.region = before.notifications.region.value_or(home_);
  }
  AppliedSettings applied{.members_before = std::move(before.accounts),
                          .members = settings.accounts};
  if (!stored) {
    CORDON_TRY(ProvisionStep bucket, ensure_bucket(deadline, stop));
    applied.steps.push_back(std::move(bucket));
  }
  // Before the document, or agents would publish to a topic that is not there.
  if (notifications.enabled) {
    CORDON_TRY(ProvisionStep topic, ensure_topic(*notifications.region, deadline, stop));
    applied.steps.push_back(std::move(topic));
  }
  CORDON_TRY(std::vector<ProvisionStep> destinations,
             look_at_destinations(settings.policies, deadline, stop));
  for (ProvisionStep& step : destinations) applied.steps.push_back(std::move(step));
  const std::string document = to_document(settings);
  CORDON_TRY(check_taken(document));
  if (stored && stored->document == document) {
    applied.stored = *std::move(stored);
    return applied;
  }
  const std::optional<ETag> known = stored ? std::optional<ETag>(stored->etag) : std::nullopt;
  Result<StoredDocument> written = store_.write(document, known, deadline, stop);
  if (!written && written.error().code == Errc::changed) {
    return conflict(place(), "between our look and our write");
  }
  CORDON_TRY(applied.stored, std::move(written));
  // Agents follow what is there, whatever the store said; and it is there, whoever wants to stop
  // now.
  CORDON_TRY(const std::optional<StoredDocument> now, present(deadline, std::stop_token()));
  if (!now || now->document != document) {
    return Error{Errc::unavailable,
                 place() +
                     " was written, and another document is there now: somebody else's change, or "
                     "the store did not keep it. Look (cordon settings get), and apply again"};
  }
  applied.is_changed = true;
  return applied;
}

Result<Settings> SettingsWriter::meaning_of(const std::optional<StoredDocument>& stored) const {
  if (!stored) return Settings();
  SettingsReading reading = read_settings(stored->document, SettingsFormat::json);
  if (reading.settings) return *std::move(reading.settings);
  return Error{Errc::invalid, place() + " is refused by agents: " + reading.problems.front().what +
                                  "; correct it (cordon settings validate) and apply it first"};
}

Result<Settings> SettingsWriter::current(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const std::optional<StoredDocument> stored, present(deadline, std::move(stop)));
  return meaning_of(stored);
}

Result<bool> SettingsWriter::edit(const std::function<bool(Settings&)>& change, Deadline deadline,
                                  std::stop_token stop) {
  for (int race = 0; race < kRacesMax; ++race) {
    CORDON_TRY(std::optional<StoredDocument> stored, present(deadline, stop));
    CORDON_TRY(Settings settings, meaning_of(stored));
    if (!change(settings)) return false;
    const auto applied = replace(std::move(stored), std::move(settings), deadline, stop);
    if (applied) return true;
    if (applied.error().code != Errc::changed) return applied.error();
  }
  return Error{Errc::unavailable,
               place() + " was changed by somebody else again and again; repeat"};
}

Result<void> SettingsWriter::allow(const std::vector<AllowEntry>& entries, Deadline deadline,
                                   std::stop_token stop) {
  const auto add = [&](Settings& settings) {
    std::vector<AllowEntry>& list = settings.allow;
    const std::size_t before = list.size();
    for (const AllowEntry& entry : entries) {
      if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(entry);
    }
    return list.size() != before;
  };
  CORDON_TRY(edit(add, deadline, std::move(stop)));
  return {};
}

namespace {

bool forget(std::vector<MemberAccount>& accounts, const BucketName& bucket) {
  const auto at = std::find_if(accounts.begin(), accounts.end(), [&](const MemberAccount& one) {
    return std::find(one.buckets.begin(), one.buckets.end(), bucket) != one.buckets.end();
  });
  if (at == accounts.end()) return false;
  std::erase(at->buckets, bucket);
  // Others without buckets were written by somebody, who wants them watched.
  if (at->buckets.empty()) accounts.erase(at);
  return true;
}

}  // namespace

Result<bool> SettingsWriter::enrol(const MemberAccount& account, const BucketName& bucket,
                                   Deadline deadline, std::stop_token stop) {
  const auto add = [&](Settings& settings) {
    const std::vector<MemberAccount> before = settings.accounts;
    forget(settings.accounts, bucket);
    // One role of an account at a time: another one means that it was changed.
    auto at = std::find_if(settings.accounts.begin(), settings.accounts.end(),
                           [&](const MemberAccount& one) { return one.id == account.id; });
    if (at == settings.accounts.end()) {
      at = settings.accounts.insert(at, MemberAccount{.id = account.id});
    }
    at->role_arn = account.role_arn;
    at->external_id = account.external_id;
    at->buckets.push_back(bucket);
    std::sort(at->buckets.begin(), at->buckets.end());
    return settings.accounts != before;
  };
  return edit(add, deadline, std::move(stop));
}

Result<bool> SettingsWriter::dismiss(const BucketName& bucket, Deadline deadline,
                                     std::stop_token stop) {
  return edit([&](Settings& settings) { return forget(settings.accounts, bucket); }, deadline,
              std::move(stop));
}

}  // namespace cordon
