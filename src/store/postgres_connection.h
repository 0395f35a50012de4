#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "store/sql_connection.h"

struct pg_conn;
struct pg_result;

namespace cordon {

/// One connection to a PostgreSQL server, made when it is first used and again after it was lost.
/// `clock` outlives it.
class PostgresConnection final : public SqlConnection {
 public:
  /// `uri` as libpq takes it: postgresql://USER@HOST/DATABASE?sslmode=verify-full.
  PostgresConnection(std::string uri, const Clock& clock);
  ~PostgresConnection() override;

  const SqlDialect& dialect() const override;
  Result<std::vector<SqlRow>> run(const SqlStatement& statement, std::string_view columns,
                                  const SqlWait& wait) override;
  bool in_transaction() const override;
  void roll_back() noexcept override;

 private:
  enum class Until : unsigned char { readable, writable, either };
  struct Finish {
    void operator()(pg_conn* connection) const noexcept;
  };
  struct Clear {
    void operator()(pg_result* result) const noexcept;
  };
  using Answer = std::unique_ptr<pg_result, Clear>;

  Result<void> connect(const SqlWait& wait);
  Result<Answer> exchange(const SqlStatement& statement, const SqlWait& wait);
  Result<void> send(const SqlStatement& statement);
  Result<void> flush(const SqlWait& wait);
  Result<Answer> answer(const SqlWait& wait);
  Result<void> wait_until(Until until, const SqlWait& wait);
  Error lost(std::string_view what) const;

  const std::string uri_;
  const Clock& clock_;
  const UniqueFd wake_;  ///< An eventfd; a stop request makes it readable.
  std::unique_ptr<pg_conn, Finish> connection_;
};

}  // namespace cordon
