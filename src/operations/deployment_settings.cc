#include "operations/deployment_settings.h"

#include <boost/json.hpp>
#include <utility>

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kTimeLimit{2};

json::array problems_in(const SettingsReading& reading) {
  json::array all;
  for (const SettingsProblem& problem : reading.problems) {
    json::object one{{"line", nullptr}, {"key", problem.key}, {"problem", problem.what}};
    if (problem.line > 0) one["line"] = problem.line;
    if (!problem.nearest.empty()) one["didYouMean"] = problem.nearest;
    all.push_back(std::move(one));
  }
  return all;
}

json::value version_of(const StoredDocument& stored) {
  if (!stored.version) return nullptr;
  return json::string(stored.version->str());
}

json::array steps_of(const AppliedSettings& applied) {
  json::array steps;
  for (const ProvisionStep& step : applied.steps) {
    steps.push_back(
        json::object{{"what", name_of(step.part)},
                     {"name", step.name},
                     {"state", std::string(name_of(step.state))},
                     {"note", step.note.empty() ? json::value(nullptr) : json::value(step.note)}});
  }
  return steps;
}

}  // namespace

SettingsCheck check_settings(std::string name, std::string_view text) {
  SettingsReading reading = read_settings(text, format_of(name, text));
  return {.name = std::move(name), .reading = std::move(reading)};
}

Result<StoredSettings> stored_settings(DeploymentAccess& access, const Runtime& runtime) {
  const Deadline deadline = Deadline::after(runtime.clock, kTimeLimit);
  CORDON_TRY(StoredDocument stored, access.settings_writer().get(deadline, runtime.stop));
  SettingsCheck check{.name = access.settings_origin(),
                      .reading = read_settings(stored.document, SettingsFormat::json)};
  return StoredSettings{.stored = std::move(stored), .check = std::move(check)};
}

Result<SettingsOutcome> apply_settings(DeploymentAccess& access, const Runtime& runtime,
                                       SettingsOrder order) {
  SettingsOutcome outcome{.where = access.settings_origin(), .applied = {}};
  SettingsWriter writer = access.settings_writer();
  const Deadline deadline = Deadline::after(runtime.clock, kTimeLimit);
  if (order.only_first) {
    CORDON_TRY(outcome.applied,
               writer.apply_first(std::move(order.settings), deadline, runtime.stop));
  } else {
    CORDON_TRY(outcome.applied,
               writer.apply(std::move(order.settings), order.expected, deadline, runtime.stop));
  }
  AppliedSettings& applied = outcome.applied;
  Result<std::vector<ProvisionStep>> followed = access.member_upkeep().follow(
      applied.members_before, applied.members, access.protected_register(),
      Deadline::after(runtime.clock, kTimeLimit), runtime.stop);
  if (!followed) {
    outcome.unfinished = followed.error();
    return outcome;
  }
  for (ProvisionStep& step : *followed) applied.steps.push_back(std::move(step));
  return outcome;
}

json::object document_of(const SettingsCheck& check) {
  json::object document{
      {"schema", "cordon.settings-check/1"}, {"file", check.name}, {"valid", check.is_valid()}};
  if (!check.is_valid()) document["problems"] = problems_in(check.reading);
  return document;
}

json::object document_of(const StoredSettings& stored) {
  if (!stored.check.is_valid()) return document_of(stored.check);
  json::error_code failed;
  return json::object{
      {"schema", "cordon.settings-in-force/1"},
      {"where", stored.check.name},
      {"eTag", stored.stored.etag.str()},
      {"versionId", version_of(stored.stored)},
      {"settings", json::parse(to_json_line(*stored.check.reading.settings), failed)}};
}

json::object document_of(const SettingsOutcome& outcome) {
  return json::object{{"schema", "cordon.settings-change/1"},
                      {"where", outcome.where},
                      {"changed", outcome.applied.is_changed},
                      {"eTag", outcome.applied.stored.etag.str()},
                      {"versionId", version_of(outcome.applied.stored)},
                      {"steps", steps_of(outcome.applied)}};
}

json::object conflict_document(const std::string& where, const Error& error) {
  return json::object{{"schema", "cordon.settings-change/1"},
                      {"where", where},
                      {"changed", false},
                      {"conflict", true},
                      {"problem", error.what}};
}

}  // namespace cordon
