#include "aws/cloudwatch_sink.h"

#include <algorithm>
#include <chrono>

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/logs_admin.h"
#include "aws/protocols.h"
#include "core/result_document.h"

namespace cordon {
namespace {

namespace json = boost::json;

// PutLogEvents: at most 10,000 events and 1 MiB, counting 26 bytes for each event, within 24 hours;
// one event at most 256 KB.
constexpr std::size_t kEventsMax = 10'000;
constexpr std::size_t kCallBytesMax = 1U << 20U;
constexpr std::size_t kEventOverheadBytes = 26;
constexpr std::size_t kLineBytesMax = (256U << 10U) - kEventOverheadBytes;
constexpr std::chrono::hours kSpanMax{23};
constexpr std::size_t kReplyBytesMax = 64U << 10U;
constexpr const char* kPut = "PutLogEvents";

std::int64_t millis_of(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// Which of the events the service kept: it answers 200 also when it drops those that are too old or
// too new for it.
ResultOutcomes outcomes_in(const json::object& reply, std::size_t count) {
  ResultOutcomes outcomes(count);
  const json::value* info = reply.if_contains("rejectedLogEventsInfo");
  const json::object* rejected = info == nullptr ? nullptr : info->if_object();
  if (rejected == nullptr) return outcomes;
  const auto old_end = std::max(u64_member(*rejected, "tooOldLogEventEndIndex").value_or(0),
                                u64_member(*rejected, "expiredLogEventEndIndex").value_or(0));
  const auto new_start = u64_member(*rejected, "tooNewLogEventStartIndex").value_or(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i >= old_end && i < new_start) continue;
    outcomes[i] = Error{Errc::invalid,
                        "PutLogEvents: CloudWatch dropped the line, its time is too old or too "
                        "new"};
  }
  return outcomes;
}

}  // namespace

ResultOutcomes CloudWatchSink::publish(std::span<const ScanResult> results, Deadline deadline,
                                       std::stop_token stop) {
  return publish_in_calls(
      results,
      {.limits = {.entries_max = kEventsMax,
                  .bytes_max = kCallBytesMax,
                  .entry_overhead_bytes = kEventOverheadBytes,
                  .span_max = kSpanMax},
       .body_of =
           [](const ScanResult& result) {
             return result_line(result, kLineBytesMax, LineText::utf8);
           },
       .send = [&](std::span<const SinkEntry> lines) { return send(lines, deadline, stop); }});
}

Result<ResultOutcomes> CloudWatchSink::send(std::span<const SinkEntry> lines, Deadline deadline,
                                            std::stop_token stop) {
  Result<ResultOutcomes> outcomes = put(lines, deadline, stop);
  if (outcomes || outcomes.error().code != Errc::not_found) return outcomes;
  CORDON_TRY(create_stream(deadline, stop));
  return put(lines, deadline, std::move(stop));
}

Result<ResultOutcomes> CloudWatchSink::put(std::span<const SinkEntry> lines, Deadline deadline,
                                           std::stop_token stop) {
  json::array events;
  for (const SinkEntry& line : lines) {
    events.push_back(
        json::object{{"timestamp", millis_of(line.result->scanned_at)}, {"message", line.body}});
  }
  const AwsCall call = json_call(AwsService::logs, kPut,
                                 json::object{{"logGroupName", options_.group},
                                              {"logStreamName", options_.stream},
                                              {"logEvents", std::move(events)}});
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  CORDON_TRY(const json::object reply, parse_json_object(response.body, kPut, kReplyBytesMax));
  return outcomes_in(reply, lines.size());
}

Result<void> CloudWatchSink::create_stream(Deadline deadline, std::stop_token stop) {
  LogsAdmin admin(client_);
  Result<void> made = admin.ensure_stream(options_.group, options_.stream, deadline, stop);
  if (made || made.error().code != Errc::not_found) return made;
  if (!options_.create_group) {
    return Error{Errc::not_found, "the log group " + options_.group + " does not exist"};
  }
  if (Result<void> group = admin.ensure_group(options_.group, deadline, stop); !group) {
    return with_context(
        group.error(), "the log group " + options_.group + " does not exist and cannot be created");
  }
  return admin.ensure_stream(options_.group, options_.stream, deadline, std::move(stop));
}

}  // namespace cordon
