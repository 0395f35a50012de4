#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"

namespace cordon::cloud {

/// A disturbance that a test asks for.
struct Fault {
  std::string operation;  ///< "s3:GetObject"; wildcards are allowed: "sqs:*".
  std::optional<std::uint64_t> count = std::nullopt;  ///< How many calls it hits; none: all.
  std::chrono::milliseconds latency{0};
  int status = 0;  ///< 0: the call succeeds (perhaps late, perhaps cut).
  std::string code = {};
  std::string message = "Injected by a test";
  /// True: the operation is done and only its answer is lost or replaced.
  bool after = false;
  std::optional<std::uint64_t> cut_after = std::nullopt;  ///< Closes after so many body bytes.
};

/// Makes a response end after so many bytes of its body: it announces all of them and has a file
/// with fewer. Does nothing to a body that is no longer.
void cut_body(ServerResponse& response, std::uint64_t bytes);

/// The disturbances that are in force. Threads: any.
class FaultBoard {
 public:
  void add(Fault fault);
  void clear();
  /// The first one that hits this operation; counts it.
  std::optional<Fault> take(std::string_view operation);
  /// `/_devcloud/faults`: GET lists, POST adds one, DELETE removes all.
  ServerResponse control(const ServerRequest& request);

 private:
  std::mutex mutex_;
  std::vector<Fault> faults_;
};

}  // namespace cordon::cloud
