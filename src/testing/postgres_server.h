#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace cordon {

/// A PostgreSQL server of the test's own, in a directory of its own, on a socket in it and on no
/// port. It goes with the object, and with this process. As root it runs as the user `postgres`,
/// for it refuses to be root.
class PostgresServer {
 public:
  /// Why there can be none on this machine; empty: there can.
  static std::string missing();
  /// Errors: unavailable.
  static Result<std::unique_ptr<PostgresServer>> start();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// A new database, as people name it to Cordon.
  Result<std::string> make_database();
  /// Runs one statement in a database that `make_database` made; for what a test breaks on purpose.
  Result<void> run_sql(const std::string& uri, const std::string& sql);
  /// Stops at once, as in a crash, and starts again on the same directory.
  Result<void> crash_and_restart();

 private:
  explicit PostgresServer(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<void> launch();
  void kill_and_wait();
  std::string uri_of(const std::string& database) const;

  const std::filesystem::path folder_;
  pid_t server_ = -1;
  int databases_ = 0;
};

}  // namespace cordon
