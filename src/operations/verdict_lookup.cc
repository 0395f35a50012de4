#include "operations/verdict_lookup.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "operations/member_buckets.h"
#include "operations/quarantines.h"
#include "quarantine/search.h"

namespace cordon {
namespace {

namespace json = boost::json;

// Whoever may not read of what was named once asks about what is named now.
std::vector<BucketName> earlier_or_none(DeploymentAccess& access, const Settings& settings,
                                        Deadline deadline, std::stop_token stop) {
  const auto earlier = earlier_quarantines(access, settings, deadline, std::move(stop));
  return earlier ? *earlier : std::vector<BucketName>();
}

// All that is passed outlives what it gives. Quarantines that the settings named once are asked for
// once, and only when no other one has it.
QuarantineSearch search_in(DeploymentAccess& access, MemberBuckets& buckets,
                           const Settings& settings) {
  return [&, earlier = std::optional<std::vector<BucketName>>()](
             const ObjectRef& object, Deadline deadline,
             std::stop_token stop) mutable -> Result<std::optional<Quarantined>> {
    const auto look_in = [&](const std::vector<BucketName>& where) {
      return find_in_quarantine(buckets.store(), buckets.catalogue(), where, object, deadline,
                                stop);
    };
    CORDON_TRY(std::optional<QuarantineEntry> entry,
               look_in(quarantines_for(access, buckets, settings, object, deadline, stop)));
    if (!entry && !earlier) earlier = earlier_or_none(access, settings, deadline, stop);
    if (!entry) {
      auto found = look_in(*earlier);
      if (!found && found.error().code != Errc::denied) return found.error();
      if (found) entry = *std::move(found);
    }
    if (!entry) return std::optional<Quarantined>();
    return std::optional<Quarantined>(
        Quarantined{.record = entry->record, .bytes = entry->bytes, .moved_at = entry->moved_at});
  };
}

json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::value(utf8_clean(text, text.size() * 3));
}

json::value quarantine_or_null(const VerdictAnswer& answer) {
  if (!answer.quarantined) return nullptr;
  return json::object{{"id", quarantine_id(*answer.quarantined)},
                      {"bucket", answer.quarantined->bucket.str()}};
}

}  // namespace

Result<VerdictAnswer> look_up_verdict(DeploymentAccess& access, const Runtime& runtime,
                                      const Settings& settings, const VerdictRequest& request) {
  MemberBuckets buckets(access, settings);
  VerdictInquiry inquiry({.tag_keys = keys_in_force(settings.tags),
                          .seal_keys = request.seal_keys,
                          .deployment = request.sealed_by.value_or(
                              deployment_id(access.deployment().name(), access.account())),
                          .verdict_policy = verdict_policy(settings.engine),
                          .age_max = request.age_max,
                          .quarantine = search_in(access, buckets, settings)},
                         buckets.store(), runtime.clock, runtime.random);
  Result<VerdictAnswer> answer =
      inquiry.await_verdict(request.object, request.wait, runtime.stop, request.awaited);
  if (!answer) return buckets.explained(answer.error(), request.object.bucket);
  return answer;
}

json::object document_of(const VerdictAnswer& answer) {
  const auto reason = parse_reason(answer.message.substr(0, answer.message.find(':')));
  const bool has_text = answer.seal_text.has_value();
  return json::object{
      {"schema", "cordon.verdict/1"},
      {"bucket", answer.object.bucket.str()},
      {"key", answer.object.key.str()},
      {"versionId", answer.object.version ? json::value(answer.object.version->str()) : nullptr},
      {"eTag", answer.head ? text_or_null(answer.head->etag.str()) : nullptr},
      {"size", answer.head ? json::value(answer.head->bytes) : nullptr},
      {"state", name_of(answer.state)},
      {"result", answer.result ? json::value(name_of(*answer.result)) : nullptr},
      {"reason", reason ? json::value(name_of(*reason)) : nullptr},
      {"message", text_or_null(answer.message)},
      {"virusName", text_or_null(answer.virus)},
      {"dateScanned", text_or_null(answer.date)},
      {"seal", name_of(answer.seal)},
      {"keyId", has_text ? json::value(answer.seal_text->key_id) : nullptr},
      {"signatures", has_text ? json::value(answer.seal_text->signatures) : nullptr},
      {"deployment", has_text ? text_or_null(answer.seal_text->deployment) : nullptr},
      {"policy", has_text ? text_or_null(answer.seal_text->policy) : nullptr},
      {"sha256", answer.sha256 ? json::value(*answer.sha256) : nullptr},
      {"quarantine", quarantine_or_null(answer)},
      {"explanation", answer.explanation}};
}

}  // namespace cordon
