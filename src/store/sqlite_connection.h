#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "store/sql_connection.h"

struct sqlite3;

namespace cordon {

/// A file with a database, or one in memory that goes with its connection.
struct SqliteFile {
  std::filesystem::path path;  ///< Empty: in memory.
};

/// One connection to a database of SQLite. `clock` outlives it.
class SqliteConnection final : public SqlConnection {
 public:
  /// Opens the file, or makes it, for its owner alone.
  /// Errors: denied, unavailable; invalid (no database, or a damaged one).
  static Result<std::unique_ptr<SqliteConnection>> open(const SqliteFile& file, const Clock& clock,
                                                        const SqlWait& wait);
  ~SqliteConnection() override;

  const SqlDialect& dialect() const override;
  Result<std::vector<SqlRow>> run(const SqlStatement& statement, std::string_view columns,
                                  const SqlWait& wait) override;
  bool in_transaction() const override;
  void roll_back() noexcept override;

 private:
  struct Close {
    void operator()(sqlite3* db) const noexcept;
  };
  SqliteConnection(const Clock& clock, std::string name) : clock_(clock), name_(std::move(name)) {}
  Result<void> prepare_database(const SqlWait& wait);
  Error error_of(int code) const;

  static int wait_for_lock(void* self, int attempt);
  static int is_over(void* self);

  const Clock& clock_;
  const std::string name_;  ///< For messages.
  std::unique_ptr<sqlite3, Close> db_;
  const SqlWait* wait_ = nullptr;  ///< Of the statement that runs.
};

}  // namespace cordon
