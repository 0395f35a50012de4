#include "devcloud/logs.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "devcloud/json_in.h"
#include "devcloud/query_protocol.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kBatchBytesMax = 1'048'576;
constexpr std::size_t kBatchEventsMax = 10'000;
constexpr std::size_t kEventOverhead = 26;
constexpr std::size_t kEventBytesMax = 262'144;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kOldest = 14 * 24 * kHour;
constexpr std::int64_t kNewest = 2 * kHour;
constexpr std::int64_t kSpanMax = 24 * kHour;
constexpr std::size_t kPageMax = 10'000;

AwsError invalid(std::string why) { return {400, "InvalidParameterException", std::move(why)}; }
AwsError no_group() {
  return {400, "ResourceNotFoundException", "The specified log group does not exist."};
}
AwsError no_stream() {
  return {400, "ResourceNotFoundException", "The specified log stream does not exist."};
}
AwsError exists(const char* what) {
  return {400, "ResourceAlreadyExistsException",
          "The specified " + std::string(what) + " already exists"};
}

// Terms that must all occur, quoted or not; "-term" must not. Patterns over JSON or columns are
// refused rather than answered wrongly.
Answer<std::vector<std::pair<std::string, bool>>> parse_filter(std::string_view pattern) {
  std::vector<std::pair<std::string, bool>> terms;
  pattern = trim(pattern);
  if (pattern.starts_with('{') || pattern.starts_with('[') || pattern.starts_with('%')) {
    return invalid("The stand-in knows filter patterns of plain terms only");
  }
  while (!pattern.empty()) {
    const bool absent = pattern.front() == '-';
    if (absent) pattern.remove_prefix(1);
    const bool quoted = pattern.starts_with('"');
    if (quoted) pattern.remove_prefix(1);
    const std::size_t end = std::min(pattern.find(quoted ? '"' : ' '), pattern.size());
    terms.emplace_back(std::string(pattern.substr(0, end)), !absent);
    pattern = trim(pattern.substr(std::min(end + 1, pattern.size())));
  }
  return terms;
}

bool matches(const std::vector<std::pair<std::string, bool>>& terms, const std::string& message) {
  return std::all_of(terms.begin(), terms.end(), [&](const auto& term) {
    return (message.find(term.first) != std::string::npos) == term.second;
  });
}

std::size_t page_size(const json::object& in) {
  const std::int64_t limit = integer_if(in, "limit").value_or(kPageMax);
  return static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, kPageMax));
}

bool in_time(const json::object& in, std::int64_t timestamp) {
  const auto start = integer_if(in, "startTime");
  const auto end = integer_if(in, "endTime");
  return (!start || timestamp >= *start) && (!end || timestamp < *end);
}

}  // namespace

ServerResponse LogsService::handle(const Call& call, std::string_view action) {
  const auto in = parse_object(call.request.body);
  if (!in) return json_error("1.1", {400, "SerializationException", ""}, call.request_id);
  const Reply reply = run(call, action, *in);
  if (!reply) return json_error("1.1", reply.error(), call.request_id);
  return json_answer("1.1", *reply, call.request_id);
}

LogsService::Reply LogsService::run(const Call& call, std::string_view action, const Json& in) {
  using Method = Reply (LogsService::*)(const Call&, const Json&);
  static const std::map<std::string_view, Method> kActions{
      {"CreateLogGroup", &LogsService::create_group},
      {"DeleteLogGroup", &LogsService::delete_group},
      {"DescribeLogGroups", &LogsService::describe_groups},
      {"PutRetentionPolicy", &LogsService::put_retention},
      {"DeleteRetentionPolicy", &LogsService::delete_retention},
      {"CreateLogStream", &LogsService::create_stream},
      {"DeleteLogStream", &LogsService::delete_stream},
      {"DescribeLogStreams", &LogsService::describe_streams},
      {"PutLogEvents", &LogsService::put_events},
      {"GetLogEvents", &LogsService::get_events},
      {"FilterLogEvents", &LogsService::filter_events},
      {"TagResource", &LogsService::tag},
      {"UntagResource", &LogsService::untag},
      {"ListTagsForResource", &LogsService::list_tags},
  };
  const auto at = kActions.find(action);
  if (at == kActions.end()) {
    return AwsError{400, "UnknownOperationException", "Unknown operation " + std::string(action)};
  }
  std::lock_guard lock(mutex_);
  return (this->*at->second)(call, in);
}

Answer<LogsService::Group*> LogsService::group_locked(const Call& call, const Json& in) {
  std::string name = text_of(in, "logGroupName");
  if (name.empty()) {  // Newer calls may name the group by its ARN.
    name = text_of(in, "logGroupIdentifier");
    if (const std::size_t at = name.find(":log-group:"); at != std::string::npos) {
      name = name.substr(at + 11);
    }
  }
  const auto at = groups_.find({call.region, name});
  if (at == groups_.end()) return no_group();
  return &at->second;
}

Answer<LogsService::Stream*> LogsService::stream_locked(const Call& call, const Json& in) {
  CORDON_TRY(Group * group, group_locked(call, in));
  const auto at = group->streams.find(text_of(in, "logStreamName"));
  if (at == group->streams.end()) return no_stream();
  return &at->second;
}

Answer<LogsService::Group*> LogsService::group_by_arn_locked(const Call& call, const Json& in) {
  const std::string arn = text_of(in, "resourceArn");
  for (auto& [key, group] : groups_) {
    if (key.first == call.region && (arn == group.arn || arn == group.arn + ":*")) return &group;
  }
  return no_group();
}

LogsService::Reply LogsService::create_group(const Call& call, const Json& in) {
  const std::string name = text_of(in, "logGroupName");
  if (name.empty() || name.size() > 512)
    return invalid("logGroupName must have 1 to 512 characters");
  Group group;
  group.arn = make_arn("logs", call.region, basics_.account, "log-group:" + name);
  group.created = millis_since_epoch(call.now);
  if (const json::object* tags = object_if(in, "tags")) {
    for (const auto& [key, value] : *tags) {
      if (value.is_string()) group.tags[std::string(key)] = std::string(value.as_string());
    }
  }
  if (!groups_.emplace(std::pair(call.region, name), std::move(group)).second) {
    return exists("log group");
  }
  return Json{};
}

LogsService::Reply LogsService::delete_group(const Call& call, const Json& in) {
  CORDON_TRY(group_locked(call, in));
  groups_.erase({call.region, text_of(in, "logGroupName")});
  return Json{};
}

LogsService::Reply LogsService::describe_groups(const Call& call, const Json& in) {
  const std::string prefix = text_of(in, "logGroupNamePrefix");
  const std::string part = text_of(in, "logGroupNamePattern");
  const std::string after = unbase64(text_of(in, "nextToken")).value_or("");
  const auto limit = static_cast<std::size_t>(
      std::clamp<std::int64_t>(integer_if(in, "limit").value_or(50), 1, 50));
  json::array found;
  Json out;
  std::string last;
  for (const auto& [key, group] : groups_) {
    if (key.first != call.region || !key.second.starts_with(prefix) || key.second <= after)
      continue;
    if (!part.empty() && lower(key.second).find(lower(part)) == std::string::npos) continue;
    if (found.size() == limit) {
      out["nextToken"] = base64(as_bytes_of(last));
      break;
    }
    last = key.second;
    std::size_t bytes = 0;
    for (const auto& [name, stream] : group.streams) {
      for (const Event& event : stream.events) bytes += event.message.size() + kEventOverhead;
    }
    Json one{{"logGroupName", key.second},    {"arn", group.arn + ":*"}, {"logGroupArn", group.arn},
             {"creationTime", group.created}, {"metricFilterCount", 0},  {"storedBytes", bytes},
             {"logGroupClass", "STANDARD"}};
    if (group.retention_days) one["retentionInDays"] = *group.retention_days;
    found.push_back(std::move(one));
  }
  out["logGroups"] = std::move(found);
  return out;
}

LogsService::Reply LogsService::put_retention(const Call& call, const Json& in) {
  static constexpr std::array kDays{1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                    365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
  CORDON_TRY(Group * group, group_locked(call, in));
  const auto days = integer_if(in, "retentionInDays");
  if (!days || std::find(kDays.begin(), kDays.end(), *days) == kDays.end()) {
    return invalid("retentionInDays is not one of the possible values");
  }
  group->retention_days = days;
  return Json{};
}

LogsService::Reply LogsService::delete_retention(const Call& call, const Json& in) {
  CORDON_TRY(Group * group, group_locked(call, in));
  group->retention_days.reset();
  return Json{};
}

LogsService::Reply LogsService::create_stream(const Call& call, const Json& in) {
  CORDON_TRY(Group * group, group_locked(call, in));
  const std::string name = text_of(in, "logStreamName");
  if (name.empty() || name.size() > 512 || name.find_first_of(":*") != std::string::npos) {
    return invalid("logStreamName must have 1 to 512 characters, none of them ':' or '*'");
  }
  Stream stream;
  stream.created = millis_since_epoch(call.now);
  if (!group->streams.emplace(name, std::move(stream)).second) return exists("log stream");
  return Json{};
}

LogsService::Reply LogsService::delete_stream(const Call& call, const Json& in) {
  CORDON_TRY(stream_locked(call, in));
  CORDON_TRY(Group * group, group_locked(call, in));
  group->streams.erase(text_of(in, "logStreamName"));
  return Json{};
}

LogsService::Reply LogsService::describe_streams(const Call& call, const Json& in) {
  CORDON_TRY(const Group* group, group_locked(call, in));
  const std::string prefix = text_of(in, "logStreamNamePrefix");
  const std::string after = unbase64(text_of(in, "nextToken")).value_or("");
  const auto limit = static_cast<std::size_t>(
      std::clamp<std::int64_t>(integer_if(in, "limit").value_or(50), 1, 50));
  json::array found;
  Json out;
  std::string last;
  for (const auto& [name, stream] : group->streams) {
    if (!name.starts_with(prefix) || name <= after) continue;
    if (found.size() == limit) {
      out["nextToken"] = base64(as_bytes_of(last));
      break;
    }
    last = name;
    Json one{{"logStreamName", name},
             {"arn", group->arn + ":log-stream:" + name},
             {"creationTime", stream.created},
             {"storedBytes", 0},
             {"uploadSequenceToken", "1"}};
    if (!stream.events.empty()) {
      one["firstEventTimestamp"] = stream.events.front().timestamp;
      one["lastEventTimestamp"] = stream.events.back().timestamp;
      one["lastIngestionTime"] = stream.events.back().ingested;
    }
    found.push_back(std::move(one));
  }
  out["logStreams"] = std::move(found);
  return out;
}

LogsService::Reply LogsService::put_events(const Call& call, const Json& in) {
  CORDON_TRY(Stream * stream, stream_locked(call, in));
  const json::array* given = array_if(in, "logEvents");
  if (given == nullptr || given->empty() || given->size() > kBatchEventsMax) {
    return invalid("1 validation error detected: logEvents must have 1 to 10000 members");
  }
  const std::int64_t now = millis_since_epoch(call.now);
  std::vector<Event> events;
  std::size_t bytes = 0;
  for (const json::value& one : *given) {
    const json::object* fields = one.if_object();
    const auto timestamp = fields == nullptr ? std::nullopt : integer_if(*fields, "timestamp");
    const auto message = fields == nullptr ? std::nullopt : text_if(*fields, "message");
    if (!timestamp || !message || message->empty()) {
      return invalid("A log event needs a timestamp and a message of at least one character");
    }
    if (message->size() + kEventOverhead > kEventBytesMax * 4) {
      return invalid("Log event too large: " + std::to_string(message->size()) + " bytes");
    }
    if (!events.empty() && *timestamp < events.back().timestamp) {
      return invalid("Log events in a single PutLogEvents request must be in chronological order.");
    }
    bytes += message->size() + kEventOverhead;
    events.push_back({*timestamp, now, *message, {}});
  }
  if (bytes > kBatchBytesMax)
    return invalid("Upload too large: " + std::to_string(bytes) +
                   " bytes exceeds limit of 1048576");
  if (events.back().timestamp - events.front().timestamp > kSpanMax) {
    return invalid(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  Json rejected;
  std::size_t old = 0;
  while (old < events.size() && events[old].timestamp < now - kOldest) ++old;
  std::size_t end = events.size();
  while (end > old && events[end - 1].timestamp > now + kNewest) --end;
  if (old > 0) rejected["tooOldLogEventEndIndex"] = old;
  if (end < events.size()) rejected["tooNewLogEventStartIndex"] = end;
  for (std::size_t i = old; i < end; ++i) {
    events[i].id = std::to_string(next_event_++);
    events[i].id.insert(0, 56 - std::min<std::size_t>(events[i].id.size(), 56), '0');
    stream->events.push_back(std::move(events[i]));
  }
  std::stable_sort(stream->events.begin(), stream->events.end(),
                   [](const Event& a, const Event& b) { return a.timestamp < b.timestamp; });
  Json out{{"nextSequenceToken", std::to_string(next_event_)}};
  if (!rejected.empty()) out["rejectedLogEventsInfo"] = std::move(rejected);
  return out;
}

// Tokens are "f/" or "b/" and a position. As AWS does it, the end gives back the token it was asked
// with.
LogsService::Reply LogsService::get_events(const Call& call, const Json& in) {
  CORDON_TRY(const Stream* stream, stream_locked(call, in));
  std::vector<const Event*> chosen;
  for (const Event& event : stream->events) {
    if (in_time(in, event.timestamp)) chosen.push_back(&event);
  }
  const std::size_t limit = page_size(in);
  const std::string token = text_of(in, "nextToken");
  std::size_t first = 0;
  std::size_t last = chosen.size();
  if (!token.empty()) {
    const auto position =
        parse_u64(std::string_view(token).substr(std::min<std::size_t>(2, token.size())));
    if (!position || (!token.starts_with("f/") && !token.starts_with("b/"))) {
      return invalid("The specified nextToken is invalid.");
    }
    const auto at = static_cast<std::size_t>(std::min<std::uint64_t>(*position, chosen.size()));
    if (token.starts_with("f/")) {
      first = at;
      last = std::min(chosen.size(), first + limit);
    } else {
      last = at;
      first = last > limit ? last - limit : 0;
    }
  } else if (flag_of(in, "startFromHead")) {
    last = std::min(chosen.size(), limit);
  } else {
    first = last > limit ? last - limit : 0;
  }
  json::array events;
  for (std::size_t i = first; i < last; ++i) {
    events.push_back(Json{{"timestamp", chosen[i]->timestamp},
                          {"message", chosen[i]->message},
                          {"ingestionTime", chosen[i]->ingested}});
  }
  return Json{{"events", std::move(events)},
              {"nextForwardToken", "f/" + std::to_string(last)},
              {"nextBackwardToken", "b/" + std::to_string(first)}};
}

LogsService::Reply LogsService::filter_events(const Call& call, const Json& in) {
  CORDON_TRY(const Group* group, group_locked(call, in));
  using Terms = std::vector<std::pair<std::string, bool>>;
  CORDON_TRY(const Terms terms, parse_filter(text_of(in, "filterPattern")));
  const std::string prefix = text_of(in, "logStreamNamePrefix");
  std::vector<std::string> names;
  if (const json::array* list = array_if(in, "logStreamNames")) {
    for (const json::value& name : *list) {
      if (name.is_string()) names.emplace_back(name.as_string());
    }
  }
  std::vector<std::pair<const Event*, std::string>> found;
  for (const auto& [name, stream] : group->streams) {
    if (!name.starts_with(prefix)) continue;
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    for (const Event& event : stream.events) {
      if (in_time(in, event.timestamp) && matches(terms, event.message))
        found.emplace_back(&event, name);
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.first->timestamp < b.first->timestamp;
  });
  const std::size_t first = std::min<std::size_t>(
      static_cast<std::size_t>(parse_u64(text_of(in, "nextToken")).value_or(0)), found.size());
  const std::size_t last = std::min(found.size(), first + page_size(in));
  json::array events;
  for (std::size_t i = first; i < last; ++i) {
    const Event& event = *found[i].first;
    events.push_back(Json{{"logStreamName", found[i].second},
                          {"timestamp", event.timestamp},
                          {"message", event.message},
                          {"ingestionTime", event.ingested},
                          {"eventId", event.id}});
  }
  Json out{{"events", std::move(events)}, {"searchedLogStreams", json::array()}};
  if (last < found.size()) out["nextToken"] = std::to_string(last);
  return out;
}

LogsService::Reply LogsService::tag(const Call& call, const Json& in) {
  CORDON_TRY(Group * group, group_by_arn_locked(call, in));
  if (const json::object* tags = object_if(in, "tags")) {
    for (const auto& [key, value] : *tags) {
      if (value.is_string()) group->tags[std::string(key)] = std::string(value.as_string());
    }
  }
  return Json{};
}

LogsService::Reply LogsService::untag(const Call& call, const Json& in) {
  CORDON_TRY(Group * group, group_by_arn_locked(call, in));
  if (const json::array* keys = array_if(in, "tagKeys")) {
    for (const json::value& key : *keys) {
      if (key.is_string()) group->tags.erase(std::string(key.as_string()));
    }
  }
  return Json{};
}

LogsService::Reply LogsService::list_tags(const Call& call, const Json& in) {
  CORDON_TRY(const Group* group, group_by_arn_locked(call, in));
  Json tags;
  for (const auto& [key, value] : group->tags) tags[key] = value;
  return Json{{"tags", std::move(tags)}};
}

}  // namespace cordon::cloud
