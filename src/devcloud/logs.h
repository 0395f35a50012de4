#pragma once

#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "devcloud/aws_error.h"
#include "devcloud/call.h"

namespace cordon::cloud {

/// CloudWatch Logs: groups, streams, events. Threads: any.
class LogsService {
 public:
  explicit LogsService(const Basics& basics) : basics_(basics) {}

  ServerResponse handle(const Call& call, std::string_view action);

 private:
  using Json = boost::json::object;
  using Reply = Answer<Json>;

  struct Event {
    std::int64_t timestamp = 0;
    std::int64_t ingested = 0;
    std::string message;
    std::string id;
  };
  struct Stream {
    std::int64_t created = 0;
    std::vector<Event> events;  ///< By timestamp.
  };
  struct Group {
    std::string arn;
    std::int64_t created = 0;
    std::optional<std::int64_t> retention_days;
    std::map<std::string, std::string> tags;
    std::map<std::string, Stream> streams;
  };

  Reply run(const Call& call, std::string_view action, const Json& in);
  Reply create_group(const Call& call, const Json& in);
  Reply delete_group(const Call& call, const Json& in);
  Reply describe_groups(const Call& call, const Json& in);
  Reply put_retention(const Call& call, const Json& in);
  Reply delete_retention(const Call& call, const Json& in);
  Reply create_stream(const Call& call, const Json& in);
  Reply delete_stream(const Call& call, const Json& in);
  Reply describe_streams(const Call& call, const Json& in);
  Reply put_events(const Call& call, const Json& in);
  Reply get_events(const Call& call, const Json& in);
  Reply filter_events(const Call& call, const Json& in);
  Reply tag(const Call& call, const Json& in);
  Reply untag(const Call& call, const Json& in);
  Reply list_tags(const Call& call, const Json& in);

  Answer<Group*> group_locked(const Call& call, const Json& in);
  Answer<Stream*> stream_locked(const Call& call, const Json& in);
  Answer<Group*> group_by_arn_locked(const Call& call, const Json& in);

  const Basics& basics_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Group> groups_;  ///< By region and name.
  std::uint64_t next_event_ = 1;
};

}  // namespace cordon::cloud
