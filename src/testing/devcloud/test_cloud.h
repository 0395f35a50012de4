#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "devcloud/dispatch.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {

/// The stand-in without a socket, and a client of it: requests are signed and handed over as
/// values. Time stands still unless a test moves it.
class TestCloud {
 public:
  TestCloud();

  struct Request {
    std::string method = "GET";
    std::string target = "/";
    Headers headers = {};
    std::string body = {};
    std::string service = "s3";
    std::string region = "us-east-1";
    std::string access_key = "cordon";
    std::string secret = "cordon-dev-secret";
    bool sign = true;
  };
  ServerResponse send(Request request);

  // The usual requests in short.
  ServerResponse put(const std::string& target, std::string body, Headers headers = {});
  ServerResponse get(const std::string& target, Headers headers = {});
  ServerResponse remove(const std::string& target);
  void make_bucket(const std::string& name, bool versioned = false);

  /// JSON protocols; `target` is "AmazonSQS.SendMessage".
  ServerResponse json_call(const std::string& target, const boost::json::object& body);
  /// The same, of a call that must succeed.
  boost::json::object json_ok(const std::string& target, const boost::json::object& body);
  /// Query protocols; `form` without Action.
  ServerResponse query(const std::string& service, const std::string& action,
                       const std::string& form);

  /// A queue that lets `service` send; returns its URL.
  std::string open_queue(const std::string& name, const std::string& service);
  static std::string queue_arn(const std::string& name);
  /// The bodies of what is visible, parsed; received once and hidden afterwards.
  std::vector<boost::json::object> receive(const std::string& url);

  SimulatedClock clock;
  SeededRandom random;
  Log log{LogLevel::off, clock, [](std::string_view) {}};
  cloud::FaultBoard faults;
  cloud::Dispatcher dispatcher;
};

/// The text of the first element of that name; empty when there is none.
std::string element(std::string_view xml, std::string_view name);
std::string header(const ServerResponse& response, std::string_view name);
/// The whole body, from memory or from the spool.
std::string body_of(const ServerResponse& response);

}  // namespace cordon
