#pragma once

#include <boost/json.hpp>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "devcloud/access/policy.h"
#include "devcloud/call.h"

namespace cordon::cloud {

/// A message and all that SQS remembers about it.
struct SqsMessage {
  std::string id;
  std::string body;
  boost::json::object attributes;  ///< As the sender gave them.
  std::string attributes_md5;      ///< Hex; empty without attributes.
  std::string sender;
  std::string dead_letter_source;  ///< ARN; set when it came by redrive.
  std::string group;               ///< Whose it is among those who share the queue; empty: none.
  SystemTime sent;
  std::optional<SystemTime> first_received;
  std::uint64_t receives = 0;
  std::uint64_t order = 0;  ///< Place among the visible ones.
  std::string receipt;      ///< The latest; an older one no longer deletes.
};

/// One queue. Not locked: SqsService holds its lock around every call.
///
/// Time comes in as an argument. Hidden messages (in flight or delayed) come back when their time
/// is over, at the next call.
class SqsQueue {
 public:
  SqsQueue(std::string name, std::string region, std::string arn,
           std::map<std::string, std::string> attributes, SystemTime created);

  const std::string& name() const { return name_; }
  const std::string& region() const { return region_; }
  const std::string& arn() const { return arn_; }
  std::uint64_t number(const std::string& attribute) const;

  void push(SqsMessage message, std::chrono::seconds delay, SteadyTime steady);

  struct Received {
    std::vector<SqsMessage> messages;
    std::vector<SqsMessage> dead;  ///< For the dead-letter queue.
  };
  Received receive(std::size_t count, std::chrono::seconds visibility, SystemTime now,
                   SteadyTime steady, Random& random);

  enum class Found : std::uint8_t { done, stale, malformed };
  /// stale: a handle of ours whose message is gone, visible again or received anew since.
  Found remove(const std::string& receipt, SystemTime now, SteadyTime steady);
  Found change_visibility(const std::string& receipt, std::chrono::seconds visibility,
                          SystemTime now, SteadyTime steady);
  void purge();

  struct Counts {
    std::size_t visible = 0;
    std::size_t in_flight = 0;
    std::size_t delayed = 0;
  };
  Counts counts(SystemTime now, SteadyTime steady);
  /// When the next hidden message comes back.
  std::optional<SteadyTime> next_return() const;

  std::map<std::string, std::string> attributes;  ///< What was set, without defaults.
  std::map<std::string, std::string> tags;
  std::optional<Policy> policy;
  SystemTime created;
  SystemTime modified;
  std::condition_variable_any
      filled;  ///< Notified when a message becomes visible or the queue goes.
  bool deleted = false;

 private:
  struct Hidden {
    SqsMessage message;
    bool in_flight = false;
  };
  using HiddenByTime = std::multimap<SteadyTime, Hidden>;

  void refresh(SystemTime now, SteadyTime steady);
  void show(SqsMessage message);
  HiddenByTime::iterator held_by(const std::string& receipt);
  std::optional<std::uint64_t> receives_max() const;
  bool is_receipt(const std::string& receipt) const;

  const std::string name_;
  const std::string region_;
  const std::string arn_;
  std::string nonce_;
  std::map<std::uint64_t, SqsMessage> visible_;
  HiddenByTime hidden_;
  std::map<std::string, HiddenByTime::iterator> by_receipt_;
  std::uint64_t next_order_ = 1;
  SteadyTime next_forgetting_ = {};  ///< Of what is older than the queue keeps.
};

}  // namespace cordon::cloud
