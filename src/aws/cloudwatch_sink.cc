#include "aws/cloudwatch_sink.h"

#include <algorithm>
#include <chrono>

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/logs_admin.h"
#include "aws/protocols.h"
#include "base/retry.h"
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
constexpr const char* kGet = "GetLogEvents";
// A page of GetLogEvents has at most 1 MB, of which JSON may escape a part; the lines of one call
// are on one or two, beside what came at the same moments.
constexpr std::size_t kPageBytesMax = 8U << 20U;
constexpr int kPagesMax = 20;
// Of results whose call had no answer. When there are more, something else is the matter, and some
// of them are written twice.
constexpr std::size_t kUnsureMax = 20'000;

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

std::vector<std::string> messages_in(const json::object& reply) {
  std::vector<std::string> messages;
  const json::value* events = reply.if_contains("events");
  const json::array* list = events == nullptr ? nullptr : events->if_array();
  if (list == nullptr) return messages;
  for (const json::value& event : *list) {
    if (!event.is_object()) continue;
    if (auto message = string_member(event.get_object(), "message")) {
      messages.push_back(*std::move(message));
    }
  }
  return messages;
}

// Whether the call may have taken effect although it failed.
bool has_no_answer(const Error& error) {
  return error.code == Errc::unavailable || error.code == Errc::timeout ||
         error.code == Errc::cancelled;
}

}  // namespace

ResultOutcomes CloudWatchSink::publish(std::span<const ScanResult> results, Deadline deadline,
                                       std::stop_token stop) {
  return publish_in_calls(results, {.limits = {.entries_max = kEventsMax,
                                               .bytes_max = kCallBytesMax,
                                               .entry_overhead_bytes = kEventOverheadBytes,
                                               .span_max = kSpanMax},
                                    .body_of =
                                        [](const ScanResult& result) {
                                          return result_line(result, kLineBytesMax, LineText::utf8);
                                        },
                                    .send =
                                        [&](std::span<const SinkEntry> lines) {
                                          return is_unsure(lines)
                                                     ? send_missing(lines, deadline, stop)
                                                     : send(lines, deadline, stop);
                                        }});
}

bool CloudWatchSink::is_unsure(std::span<const SinkEntry> lines) const {
  return unsure_.with([&](const auto& unsure) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const SinkEntry& line) { return unsure.contains(line.result->id); });
  });
}

void CloudWatchSink::remember(std::span<const SinkEntry> lines, bool is_unsure) {
  unsure_.with([&](auto& unsure) {
    if (unsure.size() > kUnsureMax) unsure.clear();
    for (const SinkEntry& line : lines) {
      if (is_unsure) {
        unsure.insert(line.result->id);
      } else {
        unsure.erase(line.result->id);
      }
    }
  });
}

Result<ResultOutcomes> CloudWatchSink::send_missing(std::span<const SinkEntry> lines,
                                                    Deadline deadline, std::stop_token stop) {
  const auto present = find(lines, deadline, stop);
  if (!present && is_transient(present.error().code)) return present.error();
  if (!present) return send(lines, deadline, std::move(stop));
  std::vector<SinkEntry> missing;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (present->contains(lines[i].body)) continue;
    missing.push_back(lines[i]);
    places.push_back(i);
  }
  ResultOutcomes outcomes(lines.size());
  if (!missing.empty()) {
    CORDON_TRY(const ResultOutcomes sent, send(missing, deadline, std::move(stop)));
    for (std::size_t i = 0; i < sent.size(); ++i) outcomes[places[i]] = sent[i];
  }
  remember(lines, false);
  return outcomes;
}

Result<std::set<std::string>> CloudWatchSink::find(std::span<const SinkEntry> lines,
                                                   Deadline deadline, std::stop_token stop) {
  const auto [oldest, newest] =
      std::minmax_element(lines.begin(), lines.end(), [](const SinkEntry& a, const SinkEntry& b) {
        return a.result->scanned_at < b.result->scanned_at;
      });
  json::object request{{"logGroupName", options_.group},
                       {"logStreamName", options_.stream},
                       {"startTime", millis_of(oldest->result->scanned_at)},
                       {"endTime", millis_of(newest->result->scanned_at) + 1},
                       {"startFromHead", true}};
  std::set<std::string> present;
  std::string token;
  for (int page = 0; page < kPagesMax; ++page) {
    const AwsCall call = json_call(AwsService::logs, kGet, request);
    CORDON_TRY(const HttpResponse response, client_.call(call, deadline, stop));
    CORDON_TRY(const json::object reply, parse_json_object(response.body, kGet, kPageBytesMax));
    for (std::string& message : messages_in(reply)) present.insert(std::move(message));
    const std::optional<std::string> next = string_member(reply, "nextForwardToken");
    // The end of a stream is told by the token that was asked with.
    if (!next || *next == token) return present;
    token = *next;
    request["nextToken"] = token;
  }
  return Error{Errc::invalid, "GetLogEvents: the stream has too much of that time to look through"};
}

Result<ResultOutcomes> CloudWatchSink::send(std::span<const SinkEntry> lines, Deadline deadline,
                                            std::stop_token stop) {
  Result<ResultOutcomes> outcomes = put(lines, deadline, stop);
  if (!outcomes && outcomes.error().code == Errc::not_found) {
    CORDON_TRY(create_stream(deadline, stop));
    outcomes = put(lines, deadline, std::move(stop));
  }
  const bool is_lost = !outcomes && has_no_answer(outcomes.error());
  if (outcomes || is_lost) remember(lines, is_lost);
  return outcomes;
}

Result<ResultOutcomes> CloudWatchSink::put(std::span<const SinkEntry> lines, Deadline deadline,
                                           std::stop_token stop) {
  json::array events;
  for (const SinkEntry& line : lines) {
    events.push_back(
        json::object{{"timestamp", millis_of(line.result->scanned_at)}, {"message", line.body}});
  }
  AwsCall call = json_call(AwsService::logs, kPut,
                           json::object{{"logGroupName", options_.group},
                                        {"logStreamName", options_.stream},
                                        {"logEvents", std::move(events)}});
  call.is_repeatable = false;
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
