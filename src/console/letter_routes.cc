// Dead letters of the region: why messages could not be handled, and what becomes of them.

#include <array>
#include <boost/json.hpp>

#include "console/api_body.h"
#include "console/api_families.h"
#include "console/api_names.h"
#include "console/deployment_response.h"
#include "operations/dead_letter_queue.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLookTime{60};
constexpr std::chrono::seconds kSettleTime{120};
constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kIdsMax = 50;
// Who looks takes letters and gives them back, so two lookers at a time would see half of them.
constexpr const char* kAloneOn = "the dead letters";

DecodeOptions decoding_of(const Runtime& runtime) {
  DecodeOptions options{.takes_scan_requests = true};  // Sweeps have dead letters, too.
  const std::string keys = runtime.environment.get("CORDON_EVENT_KEYS").value_or("auto");
  if (keys == "url") options.key_encoding = KeyEncoding::url;
  if (keys == "raw") options.key_encoding = KeyEncoding::raw;
  return options;
}

json::object with_remedy(json::object document, const DeadEntry& entry) {
  document["remedy"] = remedy_for(entry);
  return document;
}

std::optional<DeadCause> cause_parameter(ApiRequest& request) {
  const std::optional<std::string> text = request.text("cause");
  if (!text) return std::nullopt;
  const std::optional<DeadCause> cause = parse_dead_cause(*text);
  if (!cause) request.wrong("cause", "there is no such cause");
  return cause;
}

// How many of each cause there are among all that were looked at.
json::object counts_of(const std::vector<DeadEntry>& entries) {
  json::object counts;
  for (const DeadEntry& entry : entries) {
    json::value& count = counts[name_of(entry.cause)];
    count = count.is_null() ? 1 : count.get_int64() + 1;
  }
  return counts;
}

Result<ServerResponse> list(ApiCall& call) {
  const std::optional<DeadCause> cause = cause_parameter(call.request);
  const std::size_t limit = call.request.limit();
  CORDON_TRY(call.request.checked());
  return call.deployment.answer(
      {.time = kLookTime, .alone_on = kAloneOn}, call.stop,
      [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(
            const DeadLetters::Page page,
            list_dead_letters(letters_of(work.access), work.runtime,
                              {.count_max = kPageRowsMax, .decoding = decoding_of(work.runtime)}));
        json::array items;
        for (const DeadEntry& entry : page.entries) {
          if (cause && entry.cause != *cause) continue;
          if (items.size() < limit) items.push_back(with_remedy(document_of(entry), entry));
        }
        return document_response(json::object{{"items", std::move(items)},
                                              {"next", nullptr},
                                              {"causes", counts_of(page.entries)},
                                              {"more", page.more}});
      });
}

Result<ServerResponse> show(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  const std::string& id = call.arguments.at(0);
  if (id.size() > kIdBytesMax) return Error{Errc::not_found, "there is no such dead letter"};
  return call.deployment.answer(
      {.time = kLookTime, .alone_on = kAloneOn}, call.stop,
      [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const DeadEntry entry,
                   find_dead_letter(letters_of(work.access), work.runtime,
                                    {.id = id, .decoding = decoding_of(work.runtime)}));
        return document_response(with_remedy(full_document_of(entry), entry));
      });
}

// --- replay, drop ----------------------------------------------------------------------------

// Exactly one of them: ids, a cause, or all.
Result<DeadChoice> choice_in(const ServerRequest& http) {
  CORDON_TRY(ApiBody body, ApiBody::parse(http, {"ids", "cause", "all"}));
  DeadChoice choice{.ids = body.texts("ids", kIdsMax), .all = body.flag("all")};
  for (const std::string& id : choice.ids) {
    if (id.size() > kIdBytesMax) body.wrong("ids");
  }
  if (const auto cause = body.members().maybe_text("cause")) {
    choice.cause = parse_dead_cause(*cause);
    if (!choice.cause) body.wrong("cause");
  }
  CORDON_TRY(body.checked());
  const int said = (choice.ids.empty() ? 0 : 1) + (choice.cause ? 1 : 0) + (choice.all ? 1 : 0);
  if (said == 1) return choice;
  return Error{Errc::invalid, "the body says which letters: ids, cause or all, one of them"};
}

std::vector<std::string> words_of(const DeadLetterOrder& order) {
  std::vector<std::string> words{"dead",
                                 order.action == DeadLetterAction::replay ? "replay" : "drop"};
  words.insert(words.end(), order.choice.ids.begin(), order.choice.ids.end());
  if (order.choice.cause) {
    words.insert(words.end(), {"--cause", std::string(name_of(*order.choice.cause))});
  }
  if (order.choice.all) words.emplace_back("--all");
  return words;
}

Result<ServerResponse> settle(ApiCall& call, DeadLetterAction action) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const DeadChoice choice, choice_in(call.http));
  return call.deployment.answer(
      {.time = kSettleTime, .alone_on = kAloneOn}, call.stop,
      [&](const DeploymentWork& work) -> Result<ServerResponse> {
        const DeadLetterOrder order{
            .action = action, .choice = choice, .decoding = decoding_of(work.runtime)};
        CORDON_TRY(const DeadLetterOutcome outcome,
                   settle_dead_letters(letters_of(work.access), work.runtime, order));
        json::object document = document_of(outcome);
        document["command"] = equal_command(work.access, words_of(order));
        return document_response(document);
      });
}

Result<ServerResponse> replay(ApiCall& call) { return settle(call, DeadLetterAction::replay); }
Result<ServerResponse> drop(ApiCall& call) { return settle(call, DeadLetterAction::drop); }

constexpr std::array<ApiRoute, 4> kRoutes = {{
    {"GET", "/api/v1/letters", ApiRole::viewer, list},
    {"GET", "/api/v1/letters/{id}", ApiRole::viewer, show},
    {"POST", "/api/v1/letters/replay", ApiRole::operator_, replay},
    {"POST", "/api/v1/letters/drop", ApiRole::operator_, drop},
}};

}  // namespace

std::span<const ApiRoute> letter_routes() { return kRoutes; }

}  // namespace cordon
