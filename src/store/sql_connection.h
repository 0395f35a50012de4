#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "store/sql_value.h"

namespace cordon {

/// How long a statement may take.
struct SqlWait {
  Deadline deadline;
  std::stop_token stop;
};

/// What the two databases call alike things.
struct SqlDialect {
  std::string_view blob;           ///< Type of bytes.
  std::string_view serial;         ///< A number of its own for each row, larger than all before.
  std::string_view number_key;     ///< A primary key that is a number.
  std::string_view without_rowid;  ///< Behind a table that is its own index.
  std::string_view begin_write;    ///< Begins a transaction of the one writer,
  std::string_view lock_write;     ///< and waits until it is the one. Empty: it was begun so.
};

/// One connection to a database. Tries once; knows nothing of what is stored. One thread at a time.
///
/// Errors: those of FindingStore, and `changed` when a statement would break a UNIQUE rule.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;

  virtual const SqlDialect& dialect() const = 0;
  /// The rows of the one statement. `columns` has a letter for each column: n (number), b (bytes),
  /// t (text); capital where it may be null. Rows of anything else, which somebody else must have
  /// written, are `invalid`. Statements without rows have no columns.
  virtual Result<std::vector<SqlRow>> run(const SqlStatement& statement, std::string_view columns,
                                          const SqlWait& wait) = 0;
  /// Whether a transaction is under way.
  virtual bool in_transaction() const = 0;
  /// Ends a transaction that is under way without its changes; never fails, for a connection that
  /// cannot do it is closed, and opened anew when it is used next.
  virtual void roll_back() noexcept = 0;
};

/// A connection, for as long as one use case has it.
class SqlSession {
 public:
  SqlSession(SqlConnection& connection, SqlWait wait)
      : connection_(connection), wait_(std::move(wait)) {}

  const SqlDialect& dialect() const { return connection_.dialect(); }
  Result<std::vector<SqlRow>> query(const SqlStatement& statement, std::string_view columns) {
    return connection_.run(statement, columns, wait_);
  }
  Result<void> run(const SqlStatement& statement) {
    CORDON_TRY(connection_.run(statement, "", wait_));
    return {};
  }

 private:
  SqlConnection& connection_;
  const SqlWait wait_;
};

/// Whether the value is what a letter of `columns` asks for.
bool fits(const SqlValue& value, char letter);
Error foreign_row();

/// Calls `body(SqlSession&)` in one transaction of the writer: committed when it succeeds, else
/// rolled back, and so is one whose commit fails.
template <typename Body>
auto in_write_transaction(SqlConnection& connection, const SqlWait& wait, Body&& body)
    -> decltype(body(std::declval<SqlSession&>())) {
  const auto end = [&connection](auto result) {
    connection.roll_back();
    return result;
  };
  SqlSession session(connection, wait);
  using Outcome = decltype(body(session));
  if (auto begun = session.run(SqlStatement(connection.dialect().begin_write)); !begun) {
    return end(Outcome(begun.error()));
  }
  const std::string_view lock = connection.dialect().lock_write;
  if (!lock.empty()) {
    if (auto locked = session.run(SqlStatement(lock)); !locked) return end(Outcome(locked.error()));
  }
  Outcome outcome = body(session);
  if (!outcome) return end(std::move(outcome));
  if (auto committed = session.run(SqlStatement("COMMIT")); !committed) {
    return end(Outcome(committed.error()));
  }
  return outcome;
}

}  // namespace cordon
