// Buckets: which there are, how they are protected, and changing that. Each change can be asked for
// as a preview first: the same decisions and report, and nothing is changed.

#include <array>
#include <boost/json.hpp>
#include <cstdint>

#include "console/api_body.h"
#include "console/api_families.h"
#include "console/api_names.h"
#include "console/deployment_response.h"
#include "operations/bucket_overview.h"
#include "operations/buckets.h"
#include "operations/provision_documents.h"
#include "operations/read_gates.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLookTime{60};
constexpr std::chrono::seconds kChangeTime{60};
constexpr std::uint64_t kDaysMax = 36'500;
constexpr std::size_t kRolesMax = 50;

enum class Act : std::uint8_t { preview, change };

Result<BucketName> bucket_in(const ApiCall& call) {
  Result<BucketName> bucket = parse_bucket_name(call.arguments.at(0));
  if (bucket) return bucket;
  return Error{Errc::not_found, bucket.error().what};
}

// Nobody else changes the bucket meanwhile: its configuration has no compare-and-set.
WorkTerms terms_of(Act act, const BucketName& bucket) {
  WorkTerms terms{.time = kChangeTime};
  if (act == Act::change) terms.alone_on = "bucket " + bucket.str();
  return terms;
}

// "roleArn" and "externalId": another account's bucket that the settings do not know yet.
Result<std::optional<MemberAccount>> member_in(ApiBody& body) {
  if (!body.has("roleArn")) {
    if (body.has("externalId")) body.wrong("externalId");
    return std::optional<MemberAccount>();
  }
  MemberAccount member{.id = AccountId(), .role_arn = {}};
  CORDON_TRY(member.role_arn, parse_plain_text(body.members().text("roleArn"), "roleArn"));
  if (body.has("externalId")) {
    CORDON_TRY(member.external_id,
               parse_plain_text(body.members().text("externalId"), "externalId"));
  }
  return std::optional<MemberAccount>(std::move(member));
}

void add_member_words(const std::optional<MemberAccount>& member, std::vector<std::string>& words) {
  if (!member) return;
  words.insert(words.end(), {"--role-arn", member->role_arn});
  if (member->external_id) words.insert(words.end(), {"--external-id", *member->external_id});
}

json::value left_in(const ProvisionReport& report) {
  return report.left ? json::value(problem_of(*report.left)) : json::value(nullptr);
}

// --- looking ---------------------------------------------------------------------------------

Result<ServerResponse> list_all(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  return call.deployment.answer(
      {.time = kLookTime}, call.stop, [](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const auto accounts, bucket_overview(work.access, work.runtime));
        json::array items;
        json::array unseen;
        for (const AccountBuckets& one : accounts) {
          if (!one.buckets) {
            json::object problem = problem_of(one.buckets.error());
            problem["account"] = one.account.str();
            unseen.push_back(std::move(problem));
            continue;
          }
          for (const ProvisionReport& report : *one.buckets) {
            json::object document = document_of(report, false);
            document["account"] = one.account.str();
            items.push_back(std::move(document));
          }
        }
        // Nothing but what is wrong: then that is the answer.
        if (items.empty() && !accounts.front().buckets) return accounts.front().buckets.error();
        return document_response(json::object{
            {"items", std::move(items)}, {"next", nullptr}, {"unseen", std::move(unseen)}});
      });
}

Result<ServerResponse> show_status(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const BucketName bucket, bucket_in(call));
  return call.deployment.answer(
      {.time = kLookTime}, call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        Result<ProvisionReport> report = Error{Errc::unavailable, "nobody looked"};
        CORDON_TRY(
            bucket_status(work.access, work.runtime, {.buckets = {bucket}},
                          [&](const Result<ProvisionReport>& outcome) { report = outcome; }));
        CORDON_TRY(report);
        return document_response(document_of(*report, false));
      });
}

// --- protect ---------------------------------------------------------------------------------

std::vector<std::string> words_of(const ProtectRequest& request) {
  std::vector<std::string> words{"bucket", "protect", request.buckets.front().str()};
  if (request.quarantine_days) {
    words.insert(words.end(),
                 {"--quarantine-expire-days", std::to_string(*request.quarantine_days)});
  }
  add_member_words(request.member, words);
  return words;
}

Result<ProtectRequest> protect_request(const ApiCall& call, const BucketName& bucket, Act act) {
  CORDON_TRY(ApiBody body,
             ApiBody::parse(call.http, {"quarantineExpireDays", "roleArn", "externalId"}));
  ProtectRequest request{.buckets = {bucket}, .dry_run = act == Act::preview};
  if (const auto days = body.members().maybe_number("quarantineExpireDays")) {
    if (*days > kDaysMax) body.wrong("quarantineExpireDays");
    request.quarantine_days = static_cast<std::uint32_t>(std::min(*days, kDaysMax));
  }
  CORDON_TRY(request.member, member_in(body));
  CORDON_TRY(body.checked());
  return request;
}

Result<ServerResponse> protect_as(ApiCall& call, Act act) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const BucketName bucket, bucket_in(call));
  CORDON_TRY(const ProtectRequest request, protect_request(call, bucket, act));
  return call.deployment.answer(
      terms_of(act, bucket), call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        Result<ProvisionReport> report = Error{Errc::unavailable, "nothing was done"};
        CORDON_TRY(
            protect_buckets(work.access, work.runtime, request,
                            [&](const Result<ProvisionReport>& outcome) { report = outcome; }));
        CORDON_TRY(report);
        json::object document = document_of(*report, request.dry_run);
        document["left"] = left_in(*report);
        document["command"] = equal_command(work.access, words_of(request));
        return document_response(document);
      });
}

Result<ServerResponse> protect(ApiCall& call) { return protect_as(call, Act::change); }
Result<ServerResponse> preview_protect(ApiCall& call) { return protect_as(call, Act::preview); }

// --- unprotect -------------------------------------------------------------------------------

std::vector<std::string> words_of(const UnprotectRequest& request) {
  std::vector<std::string> words{"bucket", "unprotect", request.buckets.front().str()};
  if (request.remove_unused) words.emplace_back("--remove-unused");
  if (request.discard_messages) words.emplace_back("--discard-messages");
  add_member_words(request.member, words);
  return words;
}

Result<UnprotectRequest> unprotect_request(const ApiCall& call, const BucketName& bucket, Act act) {
  CORDON_TRY(ApiBody body, ApiBody::parse(call.http, {"roleArn", "externalId", "removeUnused",
                                                      "discardMessages"}));
  UnprotectRequest request{.buckets = {bucket},
                           .dry_run = act == Act::preview,
                           .remove_unused = body.flag("removeUnused"),
                           .discard_messages = body.flag("discardMessages")};
  if (request.discard_messages && !request.remove_unused) body.wrong("discardMessages");
  CORDON_TRY(request.member, member_in(body));
  CORDON_TRY(body.checked());
  return request;
}

std::string_view name_of(RegionRemoval outcome) {
  switch (outcome) {
    case RegionRemoval::removed:
      return "removed";
    case RegionRemoval::in_use:
      return "in-use";
    case RegionRemoval::holding:
      return "holding-messages";
  }
  return "in-use";
}

json::object document_of(const RegionRemovalReport& removal, bool is_dry_run) {
  json::object document = document_of(removal.report, is_dry_run);
  document["outcome"] = nullptr;
  document["problem"] = nullptr;
  if (removal.outcome) {
    document["outcome"] = name_of(*removal.outcome);
  } else {
    document["problem"] = problem_of(removal.outcome.error());
  }
  return document;
}

Result<ServerResponse> unprotect_as(ApiCall& call, Act act) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const BucketName bucket, bucket_in(call));
  CORDON_TRY(const UnprotectRequest request, unprotect_request(call, bucket, act));
  return call.deployment.answer(
      terms_of(act, bucket), call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        Result<ProvisionReport> report = Error{Errc::unavailable, "nothing was done"};
        json::array regions;
        CORDON_TRY(unprotect_buckets(
            work.access, work.runtime, request,
            [&](const Result<ProvisionReport>& outcome) { report = outcome; },
            [&](const RegionRemovalReport& removal) {
              regions.push_back(document_of(removal, request.dry_run));
            }));
        CORDON_TRY(report);
        json::object document = document_of(*report, request.dry_run);
        document["left"] = left_in(*report);
        document["regions"] = std::move(regions);
        document["command"] = equal_command(work.access, words_of(request));
        return document_response(document);
      });
}

Result<ServerResponse> unprotect(ApiCall& call) { return unprotect_as(call, Act::change); }
Result<ServerResponse> preview_unprotect(ApiCall& call) { return unprotect_as(call, Act::preview); }

// --- gate ------------------------------------------------------------------------------------

/// What becomes of a gate: put up as this says, or taken away.
struct GateOrder {
  GateRequest put;
  bool remove = false;
};

std::vector<std::string> words_of(const GateOrder& order) {
  std::vector<std::string> words{"bucket", "gate", order.put.buckets.front().str()};
  if (order.remove) words.emplace_back("--remove");
  for (const std::string& role : order.put.roles) {
    words.insert(words.end(), {"--allow-role", role});
  }
  if (order.put.guard == ReadGate::Guard::on) words.emplace_back("--guard-tags");
  if (order.put.guard == ReadGate::Guard::off) words.emplace_back("--no-guard-tags");
  return words;
}

Result<GateOrder> gate_order(const ApiCall& call, const BucketName& bucket, Act act) {
  CORDON_TRY(ApiBody body, ApiBody::parse(call.http, {"allowRoles", "guardTags", "remove"}));
  GateOrder order{.put = {.buckets = {bucket},
                          .roles = body.texts("allowRoles", kRolesMax),
                          .dry_run = act == Act::preview},
                  .remove = body.flag("remove")};
  if (body.has("guardTags")) {
    order.put.guard = body.flag("guardTags") ? ReadGate::Guard::on : ReadGate::Guard::off;
  }
  if (order.remove && (body.has("allowRoles") || body.has("guardTags"))) body.wrong("remove");
  CORDON_TRY(body.checked());
  CORDON_TRY(check_gate_roles(order.put.roles));
  return order;
}

Result<ServerResponse> gate_as(ApiCall& call, Act act) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const BucketName bucket, bucket_in(call));
  CORDON_TRY(const GateOrder order, gate_order(call, bucket, act));
  return call.deployment.answer(
      terms_of(act, bucket), call.stop, [&](const DeploymentWork& work) -> Result<ServerResponse> {
        Result<GateReport> report = Error{Errc::unavailable, "nothing was done"};
        const GateListener told = [&](const Result<GateReport>& outcome) { report = outcome; };
        if (order.remove) {
          CORDON_TRY(remove_gates(
              work.access, work.runtime,
              {.buckets = order.put.buckets, .dry_run = order.put.dry_run}, [](const Error&) {},
              told));
        } else {
          CORDON_TRY(put_gates(work.access, work.runtime, order.put, told));
        }
        CORDON_TRY(report);
        json::object document = document_of(*report);
        document["command"] = equal_command(work.access, words_of(order));
        return document_response(document);
      });
}

Result<ServerResponse> gate(ApiCall& call) { return gate_as(call, Act::change); }
Result<ServerResponse> preview_gate(ApiCall& call) { return gate_as(call, Act::preview); }

constexpr std::array<ApiRoute, 8> kRoutes = {{
    {"GET", "/api/v1/buckets", ApiRole::viewer, list_all},
    {"GET", "/api/v1/buckets/{bucket}", ApiRole::viewer, show_status},
    {"POST", "/api/v1/buckets/{bucket}/protect", ApiRole::admin, protect},
    {"POST", "/api/v1/buckets/{bucket}/protect/preview", ApiRole::admin, preview_protect, true},
    {"POST", "/api/v1/buckets/{bucket}/unprotect", ApiRole::admin, unprotect},
    {"POST", "/api/v1/buckets/{bucket}/unprotect/preview", ApiRole::admin, preview_unprotect, true},
    {"POST", "/api/v1/buckets/{bucket}/gate", ApiRole::admin, gate},
    {"POST", "/api/v1/buckets/{bucket}/gate/preview", ApiRole::admin, preview_gate, true},
}};

}  // namespace

std::span<const ApiRoute> bucket_routes() { return kRoutes; }

}  // namespace cordon
