#include "provision/doctor.h"

#include <algorithm>
#include <utility>

#include "base/parallel_for.h"
#include "provision/event_path.h"

namespace cordon {
namespace {

using State = Finding::State;

// One look at a bucket is two requests, which are spent waiting.
constexpr std::size_t kLookupThreads = 32;
constexpr std::size_t kLookupsPerThreadMin = 8;
// What S3 sends with each new notification cannot be told from objects without taking it.
constexpr const char* kTestEvents = "; one for each new notification is S3's test message";
// A key that nobody uses; it is only asked for.
constexpr const char* kProbeKey = ".cordon/doctor";

Finding finding_of(std::string check, std::string subject, const Error& error) {
  return {std::move(check), std::move(subject), State::failed, error.what,
          error.code == Errc::denied
              ? "grant the permission that is named (docs/runbook/permissions.md)"
              : "see that the service can be reached, then ask again"};
}

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::ok:
      return "ok";
    case State::warning:
      return "warning";
    case State::failed:
      return "failed";
    case State::skipped:
      return "skipped";
  }
  return "failed";
}

void Doctor::add(std::string check, std::string subject, State state, std::string detail,
                 std::string fix) {
  findings_.push_back(
      {std::move(check), std::move(subject), state, std::move(detail), std::move(fix)});
}

void Doctor::add_error(std::string check, std::string subject, const Error& error) {
  findings_.push_back(finding_of(std::move(check), std::move(subject), error));
}

std::vector<Finding> Doctor::examine(const std::vector<BucketName>& buckets, Deadline deadline,
                                     std::stop_token stop) {
  findings_.clear();
  examine_region(deadline, stop);
  examine_queues(deadline, stop);
  examine_results_queue(deadline, stop);
  examine_keys(deadline, stop);
  examine_own_buckets(deadline, stop);
  examine_store(deadline, stop);
  examine_protected_set(deadline, stop);
  if (buckets.empty()) {
    examine_protected(deadline, std::move(stop));
  } else {
    examine_named(buckets, deadline, std::move(stop));
  }
  return std::move(findings_);
}

void Doctor::examine_named(const std::vector<BucketName>& buckets, Deadline deadline,
                           std::stop_token stop) {
  const Result<Protection::Survey> survey = protection_.survey(buckets, deadline, stop);
  if (!survey) {
    add_error("buckets", region_.str(), survey.error());
    return;
  }
  std::vector<ProvisionReport> found;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const Result<ProvisionReport>& report = (*survey)[i];
    if (report) found.push_back(*report);
    if (!report) add_error("bucket", buckets[i].str(), report.error());
  }
  examine_buckets(found, deadline, std::move(stop));
}

void Doctor::examine_protected(Deadline deadline, std::stop_token stop) {
  const Result<std::vector<ProvisionReport>> all = protection_.list(deadline, stop);
  if (!all) {
    add("buckets", region_.str(), State::skipped, "they could not be listed: " + all.error().what,
        "name them: cordon doctor BUCKET");
    return;
  }
  std::vector<ProvisionReport> wired;
  std::copy_if(all->begin(), all->end(), std::back_inserter(wired), [&](const auto& report) {
    return report.region == region_ &&
           report.has(ProvisionPart::notification, ProvisionStep::State::present);
  });
  if (wired.empty()) {
    add("buckets", region_.str(), State::warning, "no bucket is protected here",
        "cordon bucket protect BUCKET (not needed for gateways alone)");
  }
  examine_buckets(wired, deadline, std::move(stop));
  examine_leftovers(*all);
}

void Doctor::examine_buckets(const std::vector<ProvisionReport>& reports, Deadline deadline,
                             const std::stop_token& stop) {
  std::vector<std::vector<Finding>> found(reports.size());
  ProgressCount progress(progress_, "protected buckets", reports.size());
  parallel_for(reports.size(),
               {.threads_max = kLookupThreads, .items_per_thread_min = kLookupsPerThreadMin}, stop,
               [&](std::size_t i) {
                 found[i] = look_at(reports[i], deadline, stop);
                 progress.step();
               });
  for (std::vector<Finding>& one : found) {
    std::move(one.begin(), one.end(), std::back_inserter(findings_));
  }
}

void Doctor::examine_region(Deadline deadline, std::stop_token stop) {
  const Result<ProvisionReport> report =
      protection_.region_status(region_, deadline, std::move(stop));
  if (!report) {
    add_error("resources", region_.str(), report.error());
    return;
  }
  for (const ProvisionStep& step : report->steps) {
    const bool present = step.state == ProvisionStep::State::present;
    const bool is_unseen = step.state == ProvisionStep::State::kept;
    if (is_unseen) {
      add(std::string(name_of(step.part)), step.name, State::skipped, step.note);
      continue;
    }
    add(std::string(name_of(step.part)), step.name, present ? State::ok : State::failed,
        present ? "" : "missing, or not as it was meant",
        present ? "" : "cordon bucket protect BUCKET creates and repairs it");
  }
}

void Doctor::examine_queues(Deadline deadline, std::stop_token stop) {
  const Result<QueueInfo> events = admin_.queues.find(deployment_.event_queue(), deadline, stop);
  if (events) {
    const bool roomy = events->message_bytes_max >= kMessageBytesMin;
    add("message size", deployment_.event_queue(), roomy ? State::ok : State::failed,
        "up to " + std::to_string(events->message_bytes_max) + " bytes",
        roomy ? "" : "events that are longer are lost: cordon bucket protect BUCKET raises it");
    const bool patient = events->visibility >= kVisibilityMin;
    add("visibility", deployment_.event_queue(), patient ? State::ok : State::warning,
        std::to_string(events->visibility.count()) + " s",
        patient ? "" : "a busy agent may lose its claims: cordon bucket protect BUCKET sets 120 s");
    add("backlog", deployment_.event_queue(), State::ok,
        std::to_string(events->messages) + " messages waiting or in work" +
            (events->messages == 0 ? "" : kTestEvents));
  } else if (events.error().code != Errc::not_found) {
    add_error("queue", deployment_.event_queue(), events.error());
  }
  const Result<QueueInfo> dead =
      admin_.queues.find(deployment_.dead_letters(), deadline, std::move(stop));
  if (!dead) return;  // The region's resources have it already.
  const bool none = dead->messages == 0;
  add("dead letters waiting", deployment_.dead_letters(), none ? State::ok : State::warning,
      std::to_string(dead->messages), none ? "" : "cordon dead list says why, and what to do");
}

// Agents do without it: only a console hears nothing then.
void Doctor::examine_results_queue(Deadline deadline, std::stop_token stop) {
  const std::string name = deployment_.results_queue();
  const Result<ResultsQueue::Found> found = protection_.results_queue().find(deadline, stop);
  if (!found && found.error().code != Errc::not_found) {
    add_error("results queue", name, found.error());
    return;
  }
  if (!found) {
    add("results queue", name, State::warning, "there is none: no console is told of problems",
        "cordon bucket protect BUCKET makes it");
    return;
  }
  add("results queue", name, State::ok,
      std::to_string(found->queue.messages) + " messages wait for a console in " +
          found->region.str());
  const auto dead = protection_.results_queue().dead_letters(found->region, deadline, stop);
  const std::uint64_t letters = dead && *dead ? (*dead)->messages : 0;
  if (letters == 0) return;
  add("results dead letters", deployment_.results_dead_letters(), State::warning,
      std::to_string(letters), "a console could not take them: see its log");
}

// Whether the policy of a key of the customer's lets others in takes rights that nobody else here
// needs.
void Doctor::examine_key(const std::string& subject, const std::string& key,
                         const std::optional<std::string>& shut, std::string_view who) {
  if (key.empty()) {
    add("encryption", subject, State::ok, "under no key of KMS");
  } else if (shut) {
    add("encryption", subject, State::failed, *shut,
        "encrypt it with a key of your own, or without KMS");
  } else {
    add("encryption", subject, State::skipped,
        "under " + key + "; whether its policy lets " + std::string(who) +
            " do kms:GenerateDataKey* and kms:Decrypt cannot be seen from here",
        "look at the key's policy; cordon selftest BUCKET shows whether events arrive");
  }
}

void Doctor::examine_keys(Deadline deadline, std::stop_token stop) {
  const std::string topic = topic_arn_of(region_, account_, deployment_.event_topic());
  const Result<std::string> key = admin_.topics.kms_key(topic, deadline, stop);
  // What is not there is among the region's resources already.
  if (key) examine_key(topic, *key, shut_topic(*key), "s3.amazonaws.com");
  if (!key && key.error().code != Errc::not_found) add_error("encryption", topic, key.error());
  const auto queue = admin_.queues.find(deployment_.event_queue(), deadline, std::move(stop));
  if (queue)
    examine_key(queue->arn, queue->kms_key, shut_queue(queue->kms_key), "sns.amazonaws.com");
}

void Doctor::examine_own_buckets(Deadline deadline, std::stop_token stop) {
  const BucketName system = deployment_.system_bucket(account_);
  const Result<Versioning> versioning = admin_.buckets.versioning(system, deadline, stop);
  if (versioning) {
    const bool on = *versioning == Versioning::on;
    add("system bucket", system.str(), on ? State::ok : State::warning,
        on ? "" : "it keeps no older settings", on ? "" : "cordon settings apply FILE mends it");
  } else if (versioning.error().code == Errc::not_found) {
    add("system bucket", system.str(), State::warning, "there is none: the defaults are in force",
        "cordon bucket protect BUCKET makes it, and so does cordon settings apply FILE");
  } else {
    add_error("system bucket", system.str(), versioning.error());
  }
  findings_.push_back(
      examine_reading(deployment_.quarantine_bucket(account_, region_), deadline, std::move(stop)));
}

void Doctor::examine_store(Deadline deadline, std::stop_token stop) {
  const BucketName quarantine = deployment_.quarantine_bucket(account_, region_);
  const Result<StoreTraits> traits = probe_.traits(quarantine, deadline, std::move(stop));
  if (!traits) {
    add_error("store", quarantine.str(), traits.error());
    return;
  }
  const std::optional<std::string> shortcomings = shortcomings_of(*traits);
  add("store", "", shortcomings ? State::warning : State::ok,
      shortcomings.value_or("keeps to conditions, and to the tags of copies"),
      shortcomings
          ? "enable versioning; Clean objects without versions stay where they are, unless "
            "the policy says promote_without_conditions (docs/formats/settings.md)"
          : "");
}

// Agents do without it, at the price of looks, so that it cannot be read is no failure.
void Doctor::examine_protected_set(Deadline deadline, std::stop_token stop) {
  set_.reset();
  if (register_ == nullptr) return;
  const std::string name =
      "s3://" + deployment_.system_bucket(account_).str() + "/" + Deployment::protected_set().str();
  Result<ProtectedDocument> found = register_->current(deadline, std::move(stop));
  if (!found) {
    add("protected set", name, State::warning, found.error().what,
        "until it can be read agents ask each bucket; cordon bucket protect BUCKET writes it where "
        "there is none");
    return;
  }
  add("protected set", name, State::ok, std::to_string(found->buckets.size()) + " buckets");
  set_ = *std::move(found);
}

// What the set says of a bucket that is wired. The other way round: examine_leftovers.
std::optional<Finding> Doctor::examine_entry(const BucketName& bucket) const {
  if (!set_) return std::nullopt;
  const auto entry = set_->buckets.find(bucket);
  const bool is_listed = entry != set_->buckets.end() && entry->second.region == region_ &&
                         entry->second.ways.contains(kByEvents);
  if (is_listed) return std::nullopt;
  return Finding{"protected set", bucket.str(), State::warning,
                 "protected, and not in the set: agents ask the bucket each time they forget it",
                 "cordon bucket protect " + bucket.str()};
}

// The set remembers what was protected: of a bucket that is there, and announces nothing to us any
// more, nothing is scanned.
void Doctor::examine_leftovers(const std::vector<ProvisionReport>& all) {
  if (!set_) return;
  for (const auto& [bucket, entry] : set_->buckets) {
    if (entry.account != account_ || entry.region != region_) continue;
    if (!entry.ways.contains(kByEvents)) continue;
    const auto report = std::find_if(
        all.begin(), all.end(), [&, name = bucket](const auto& one) { return one.bucket == name; });
    const std::string unprotect = "cordon bucket unprotect " + bucket.str();
    if (report == all.end()) {
      add("protected set", bucket.str(), State::warning,
          "in the set, and there is no such bucket (any more)", unprotect);
    } else if (!report->has(ProvisionPart::notification, ProvisionStep::State::present)) {
      add("protected set", bucket.str(), State::failed,
          report->region ? "in the set, and nothing leads its events here: new objects are not "
                           "scanned"
                         : "in the set, and it could not be looked at: " +
                               (report->steps.empty() ? "" : report->steps.front().note),
          "cordon bucket protect " + bucket.str() + ", or " + unprotect);
    }
  }
}

Finding Doctor::examine_reading(const BucketName& bucket, Deadline deadline,
                                std::stop_token stop) const {
  const Result<ObjectHead> head =
      store_.head({bucket, ObjectKey(kProbeKey)}, deadline, std::move(stop));
  if (head || head.error().code == Errc::not_found) return {"reading", bucket.str()};
  return finding_of("reading", bucket.str(), head.error());
}

std::vector<Finding> Doctor::look_at(const ProvisionReport& report, Deadline deadline,
                                     std::stop_token stop) const {
  const BucketName& bucket = report.bucket;
  if (report.region && *report.region != region_) {
    const std::string& there = report.region->str();
    return {{"bucket", bucket.str(), State::skipped, "it is in " + there,
             "cordon doctor --region " + there + " " + bucket.str()}};
  }
  std::vector<Finding> found;
  for (const ProvisionStep& step : report.steps) {
    if (step.part != ProvisionPart::notification) continue;
    const bool present = step.state == ProvisionStep::State::present;
    found.push_back({"notification", bucket.str(), present ? State::ok : State::failed,
                     present && step.note.empty() ? step.name : step.note,
                     present ? "" : "cordon bucket protect " + bucket.str()});
    if (!present) continue;
    if (std::optional<Finding> entry = examine_entry(bucket)) found.push_back(*std::move(entry));
  }
  const Result<Versioning> versioning = admin_.buckets.versioning(bucket, deadline, stop);
  if (!versioning) {
    found.push_back(finding_of("versioning", bucket.str(), versioning.error()));
  } else {
    const bool on = *versioning == Versioning::on;
    found.push_back(
        {"versioning", bucket.str(), on ? State::ok : State::warning,
         on ? "" : "not enabled: only a version id binds tags to the scanned bytes without a race",
         on ? "" : "enable versioning on the bucket"});
  }
  found.push_back(examine_reading(bucket, deadline, std::move(stop)));
  return found;
}

}  // namespace cordon
