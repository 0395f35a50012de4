#include "aws/event_bus_sink.h"

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "core/result_document.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kPut = "PutEvents";
constexpr const char* kSource = "cordon.scan";
constexpr const char* kDetailType = "Cordon Scan Result";
// Of one call: ten entries, 256 KiB together, with their sources and types; what is added to make
// events is not counted.
constexpr std::size_t kEntriesMax = 10;
constexpr std::size_t kCallBytesMax = 256U << 10U;
constexpr std::size_t kOtherBytes = 128;
constexpr std::size_t kReplyBytesMax = 64U << 10U;

// The call succeeds also when an entry was not taken.
Result<void> outcome_in(const AwsCall& call, const json::value& said) {
  const json::object* entry = said.if_object();
  if (entry == nullptr) return broken_reply(kPut, "an entry that is none");
  if (!string_member(*entry, "EventId").value_or("").empty()) return {};
  const std::string code = string_member(*entry, "ErrorCode").value_or("");
  if (code.empty()) return broken_reply(kPut, "neither EventId nor ErrorCode");
  // The bus does not say whose fault it is. What it may refuse for good is an entry's form.
  const bool is_form = code.starts_with("Malformed") || code.starts_with("Invalid");
  Error error =
      refused_entry(call, code, string_member(*entry, "ErrorMessage").value_or(""), is_form);
  if (code.starts_with("NotAuthorized")) error.code = Errc::denied;
  return error;
}

}  // namespace

ResultOutcomes EventBusSink::publish(std::span<const ScanResult> results, Deadline deadline,
                                     std::stop_token stop) {
  return publish_in_calls(
      results,
      {.limits = {.entries_max = kEntriesMax,
                  .bytes_max = kCallBytesMax,
                  .entry_overhead_bytes = kOtherBytes},
       .body_of =
           [](const ScanResult& result) {
             return result_line(result, kCallBytesMax - kOtherBytes, LineText::ascii);
           },
       .send = [&](std::span<const SinkEntry> entries) { return send(entries, deadline, stop); }});
}

Result<ResultOutcomes> EventBusSink::send(std::span<const SinkEntry> entries, Deadline deadline,
                                          std::stop_token stop) {
  json::array list;
  for (const SinkEntry& entry : entries) {
    list.push_back(
        json::object{{"Source", kSource}, {"DetailType", kDetailType}, {"Detail", entry.body}});
  }
  const AwsCall call =
      json_call(AwsService::events, kPut, json::object{{"Entries", std::move(list)}});
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  CORDON_TRY(const json::object reply, parse_json_object(response.body, kPut, kReplyBytesMax));
  const json::value* said = reply.if_contains("Entries");
  const json::array* said_of = said == nullptr ? nullptr : said->if_array();
  if (said_of == nullptr || said_of->size() != entries.size()) {
    return broken_reply(kPut, "not one entry for each event");
  }
  ResultOutcomes outcomes;
  for (const json::value& one : *said_of) outcomes.push_back(outcome_in(call, one));
  return outcomes;
}

}  // namespace cordon
