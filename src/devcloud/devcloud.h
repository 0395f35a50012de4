#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"

namespace cordon {

/// Where a `DevCloud` listens, whom it lets in, and what tests may do to it.
struct DevCloudOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free port; see DevCloud::endpoint().
  std::string access_key = "cordon";
  std::string secret = "cordon-dev-secret";
  std::string account = "000000000000";
  /// Objects above 1 MiB are spooled here, in files without a name. Empty: the system's.
  std::filesystem::path scratch_dir = {};
  /// Users and roles with their keys and policies (README.md). Empty: none but `access_key`.
  std::filesystem::path identity_file = {};
  /// Requests that may be served at the same time; a long poll occupies one.
  std::size_t threads = 128;
  /// Lets `/_devcloud/faults` (unsigned!) disturb the services, and `/_devcloud/access` tell which
  /// statements of policies were used. For tests only.
  bool fault_control = false;
};

/// The local stand-in for S3, SQS, SNS, EventBridge, CloudWatch Logs, STS and IAM: everything on
/// one port, in any region, with strict signatures. For trying and testing, and no store: what it
/// holds ends with the process.
class DevCloud {
 public:
  /// `clock`, `random` and `log` outlive it. Errors: as HttpServer::start; invalid (account,
  /// scratch directory, identity file).
  static Result<std::unique_ptr<DevCloud>> start(DevCloudOptions options, const Clock& clock,
                                                 Random& random, Log& log);
  ~DevCloud();
  DevCloud(const DevCloud&) = delete;
  DevCloud& operator=(const DevCloud&) = delete;

  std::string endpoint() const;  ///< "http://127.0.0.1:4566"
  std::uint16_t port() const;
  /// Idempotent.
  void stop();

 private:
  struct Impl;
  explicit DevCloud(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cordon
