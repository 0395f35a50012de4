// The settings document: looked at, checked, put in force over exactly the one that somebody saw,
// its history, and what it means for one object.

#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "console/api_families.h"
#include "console/api_names.h"
#include "console/api_response.h"
#include "console/deployment_response.h"
#include "operations/deployment_settings.h"
#include "operations/member_buckets.h"
#include "operations/settings_history.h"
#include "operations/settings_in_force.h"
#include "provision/topology.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLookTime{30};
constexpr std::chrono::seconds kApplyTime{60};  // It looks at every place that objects go to.
constexpr std::chrono::seconds kSettingsLimit{15};

// --- the document ----------------------------------------------------------------------------

ServerResponse answer_of(const ServerRequest& http, const StoredSettings& stored) {
  return json_response(http, json::serialize(document_of(stored)), stored.stored.etag.str());
}

Result<ServerResponse> get(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  return call.deployment.answer(
      {.time = kLookTime}, call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const StoredSettings stored, stored_settings(work.access, work.runtime));
        return answer_of(call.http, stored);
      });
}

Result<SettingsCheck> check_in(const ServerRequest& http) {
  if (http.body.empty()) return Error{Errc::invalid, "the body is the document: TOML or JSON"};
  return check_settings("the document", http.body);
}

// Asks nobody, so that it works while everything else is away.
Result<ServerResponse> validate(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const SettingsCheck check, check_in(call.http));
  return document_response(document_of(check));
}

ServerResponse refused(const SettingsCheck& check) {
  return problem_response(422, "Unprocessable Content",
                          "the document is refused: " + check.reading.problems.front().what,
                          json::object{{"problems", document_of(check).at("problems")}});
}

/// Over which document it is written.
struct Precondition {
  std::optional<ETag> expected = std::nullopt;
  bool only_first = false;
};

// RFC 6585: what is written over unseen is lost.
// https://www.rfc-editor.org/rfc/rfc9110#name-if-match
std::optional<Precondition> precondition_in(const ServerRequest& http) {
  const auto match = http.headers.get("If-Match");
  const auto none_match = http.headers.get("If-None-Match");
  if (none_match && !match && trim(*none_match) == "*") return Precondition{.only_first = true};
  if (!match || none_match) return std::nullopt;
  const std::string_view tag = trim(*match);
  const bool is_one = tag.size() > 2 && tag.front() == '"' && tag.back() == '"' &&
                      tag.substr(1, tag.size() - 2).find('"') == std::string_view::npos;
  if (!is_one) return std::nullopt;
  return Precondition{.expected = ETag(std::string(tag.substr(1, tag.size() - 2)))};
}

ServerResponse applied_answer(const DeploymentWork& work, const SettingsOutcome& outcome,
                              const Precondition& over) {
  json::object document = document_of(outcome);
  document["unfinished"] = nullptr;
  if (outcome.unfinished) document["unfinished"] = problem_of(*outcome.unfinished);
  std::vector<std::string> words{"settings", "apply", "FILE"};
  if (over.expected) words.insert(words.end(), {"--if-match", over.expected->str()});
  document["command"] = equal_command(work.access, words);
  ServerResponse out = document_response(document);
  out.headers.add("ETag", "\"" + outcome.applied.stored.etag.str() + "\"");
  return out;
}

Result<ServerResponse> put(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  const std::optional<Precondition> over = precondition_in(call.http);
  if (!over) {
    return problem_response(428, "Precondition Required",
                            "send If-Match with the ETag of the document that you saw (GET "
                            "/api/v1/settings), or If-None-Match: * for the first one");
  }
  CORDON_TRY(SettingsCheck check, check_in(call.http));
  if (!check.is_valid()) return refused(check);
  return call.deployment.answer(
      {.time = kApplyTime}, call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        const Result<SettingsOutcome> outcome = apply_settings(work.access, work.runtime,
                                                               {.settings = *check.reading.settings,
                                                                .expected = over->expected,
                                                                .only_first = over->only_first});
        if (!outcome && outcome.error().code == Errc::changed) {
          return problem_response(412, "Precondition Failed", outcome.error().what);
        }
        CORDON_TRY(outcome);
        return applied_answer(work, *outcome, *over);
      });
}

// --- its history -----------------------------------------------------------------------------

Result<ServerResponse> list_versions(ApiCall& call) {
  const PageRequest page = call.request.page();
  CORDON_TRY(call.request.checked());
  std::optional<VersionId> after;
  if (page.after) {
    CORDON_TRY(after, parse_version_id(page.after->text));
  }
  return call.deployment.answer(
      {.time = kLookTime}, call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const SettingsHistory history,
                   settings_history(work.access, work.runtime, page.rows_max, after));
        json::array items;
        for (const SettingsVersion& one : history.versions) items.push_back(document_of(one));
        json::value next;
        if (history.next && history.next->str().size() <= kCursorTextBytesMax) {
          next = encode_cursor({{}, history.next->str()}, call.request.question());
        }
        return document_response(
            json::object{{"items", std::move(items)}, {"next", std::move(next)}});
      });
}

Result<ServerResponse> get_version(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  const Result<VersionId> version = parse_version_id(call.arguments.at(0));
  if (!version) return Error{Errc::not_found, version.error().what};
  return call.deployment.answer({.time = kLookTime}, call.stop,
                                [&](const DeploymentWork& work) -> Result<ServerResponse> {
                                  CORDON_TRY(const StoredSettings stored,
                                             settings_version(work.access, work.runtime, *version));
                                  return answer_of(call.http, stored);
                                });
}

// --- what it means ---------------------------------------------------------------------------

/// Of which object.
struct PolicyQuestion {
  BucketName bucket;
  ObjectKey key;
  std::optional<Region> region = std::nullopt;  ///< None: where the bucket is.
};

Result<PolicyQuestion> policy_question(ApiRequest& request) {
  const std::string bucket = request.text("bucket").value_or("");
  const std::optional<std::string> key = request.text("key");
  const std::optional<std::string> region = request.text("region");
  CORDON_TRY(request.checked());
  PolicyQuestion question;
  CORDON_TRY(question.bucket, parse_bucket_name(bucket));
  if (key) {
    CORDON_TRY(question.key, parse_object_key(*key));
  }
  if (region) {
    CORDON_TRY(question.region, parse_region(*region));
  }
  return question;
}

// As the settings write it.
json::value document_of(const Policy& policy) {
  Settings settings;
  settings.policies.defaults = policy;
  json::error_code failed;  // It is our own document.
  return json::parse(to_json_line(settings), failed).at("defaults");
}

Result<KnownSettings> settings_for(const DeploymentWork& work) {
  return settings_in_force(work.access, Deadline::after(work.runtime.clock, kSettingsLimit),
                           work.runtime.stop);
}

Result<ServerResponse> show_policy(ApiCall& call) {
  CORDON_TRY(PolicyQuestion question, policy_question(call.request));
  return call.deployment.answer(
      {.time = kLookTime}, call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const KnownSettings known, settings_for(work));
        if (known.unseen) return *known.unseen;
        if (!question.region) {
          MemberBuckets buckets(work.access, known.settings);
          CORDON_TRY(
              question.region,
              buckets.region_of(question.bucket, Deadline::after(work.runtime.clock, kLookTime),
                                work.runtime.stop));
        }
        const Policy policy = resolve_policy(known.settings.policies, *question.region,
                                             question.bucket, question.key);
        return document_response(json::object{{"schema", "cordon.effective-policy/1"},
                                              {"bucket", question.bucket.str()},
                                              {"key", question.key.str()},
                                              {"region", question.region->str()},
                                              {"scanned", admits(policy, question.key)},
                                              {"policy", document_of(policy)}});
      });
}

// --- notifications ---------------------------------------------------------------------------

Result<ServerResponse> show_notifications(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  return call.deployment.answer(
      {.time = kLookTime}, call.stop, [](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const KnownSettings known, settings_for(work));
        if (known.unseen) return *known.unseen;
        const NotificationSettings& now = known.settings.notifications;
        const Region region = now.region.value_or(work.access.region());
        json::array verdicts;
        for (const Disposition verdict : now.verdicts) verdicts.emplace_back(name_of(verdict));
        return document_response(json::object{
            {"schema", "cordon.notifications/1"},
            {"enabled", now.enabled},
            {"verdicts", std::move(verdicts)},
            {"region", region.str()},
            {"topicArn", topic_arn_of(region, work.access.account(),
                                      work.access.deployment().notification_topic())}});
      });
}

constexpr std::array<ApiRoute, 7> kRoutes = {{
    {"GET", "/api/v1/settings", ApiRole::viewer, get},
    {"PUT", "/api/v1/settings", ApiRole::admin, put},
    {"POST", "/api/v1/settings/validate", ApiRole::viewer, validate, true},
    {"GET", "/api/v1/settings/policy", ApiRole::viewer, show_policy},
    {"GET", "/api/v1/settings/history", ApiRole::viewer, list_versions},
    {"GET", "/api/v1/settings/history/{version}", ApiRole::viewer, get_version},
    {"GET", "/api/v1/notifications", ApiRole::viewer, show_notifications},
}};

}  // namespace

std::span<const ApiRoute> settings_routes() { return kRoutes; }

}  // namespace cordon
