#include "aws/event_bus_sink.h"

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "base/text.h"
#include "core/result_document.h"

namespace cordon {
namespace {

namespace json = boost::json;

// Of an entry, with its source and type; what is added to make the event is not counted.
constexpr std::size_t kEntryBytesMax = 256U << 10U;
constexpr std::size_t kOtherBytes = 1024;
constexpr std::size_t kReplyBytesMax = 64U << 10U;
constexpr std::size_t kComplaintBytesMax = 512;

// The call succeeds also when its entry was not taken.
Result<void> check_entry(const json::object& reply) {
  const json::value* entries = reply.if_contains("Entries");
  const bool has_one =
      entries != nullptr && entries->is_array() && entries->get_array().size() == 1;
  const json::object* entry = has_one ? entries->get_array().front().if_object() : nullptr;
  if (entry == nullptr) return broken_reply("PutEvents", "no entry for the event");
  if (!string_member(*entry, "EventId").value_or("").empty()) return {};
  const std::string code = string_member(*entry, "ErrorCode").value_or("");
  if (code.empty()) return broken_reply("PutEvents", "neither EventId nor ErrorCode");
  const std::string complaint = string_member(*entry, "ErrorMessage").value_or("");
  Error error{Errc::denied, "PutEvents: the event was refused: " +
                                utf8_clean(code + ": " + complaint, kComplaintBytesMax)};
  if (code.starts_with("Throttling")) error.code = Errc::throttled;
  if (code.starts_with("Internal")) error.code = Errc::unavailable;
  return error;
}

}  // namespace

Result<void> EventBusSink::publish(const ScanResult& result, Deadline deadline,
                                   std::stop_token stop) {
  CORDON_TRY(std::string detail,
             result_line(result, kEntryBytesMax - kOtherBytes, LineText::ascii));
  const json::object body{{"Entries", json::array{json::object{{"Source", "cordon.scan"},
                                                               {"DetailType", "Cordon Scan Result"},
                                                               {"Detail", std::move(detail)}}}}};
  CORDON_TRY(
      const HttpResponse response,
      client_.call(json_call(AwsService::events, "PutEvents", body), deadline, std::move(stop)));
  CORDON_TRY(const json::object reply,
             parse_json_object(response.body, "PutEvents", kReplyBytesMax));
  return check_entry(reply);
}

}  // namespace cordon
