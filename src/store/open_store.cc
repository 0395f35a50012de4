#include "store/open_store.h"

#include <utility>

#include "store/postgres_connection.h"
#include "store/sqlite_connection.h"

namespace cordon {
namespace {

using Connection = Result<std::unique_ptr<SqlConnection>>;

SqlConnector sqlite_connector(const SqliteFile& file, const Clock& clock) {
  return [file, &clock](const SqlWait& wait) -> Connection {
    CORDON_TRY(std::unique_ptr<SqlConnection> made, SqliteConnection::open(file, clock, wait));
    return made;
  };
}

SqlConnector postgres_connector(const std::string& uri, const Clock& clock) {
  return [uri, &clock](const SqlWait&) -> Connection {
    return std::unique_ptr<SqlConnection>(std::make_unique<PostgresConnection>(uri, clock));
  };
}

}  // namespace

Result<DatabaseLocation> parse_database(std::string_view text) {
  constexpr std::string_view kSqlite = "sqlite:";
  for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
    if (text.starts_with(scheme)) return DatabaseLocation(PostgresLocation{std::string(text)});
  }
  if (text.starts_with(kSqlite) && text.size() > kSqlite.size()) {
    text.remove_prefix(kSqlite.size());
    if (text == ":memory:") return DatabaseLocation(SqliteLocation{});
    return DatabaseLocation(SqliteLocation{std::filesystem::path(std::string(text))});
  }
  return Error{Errc::invalid, "a database is named sqlite:PATH or postgresql://USER@HOST/DATABASE"};
}

Result<std::unique_ptr<SqlStore>> open_store(const DatabaseLocation& location, std::size_t readers,
                                             const Clock& clock, Deadline deadline,
                                             std::stop_token stop) {
  const SqlWait wait{deadline, std::move(stop)};
  const SystemTime now = clock.system_now();
  if (const auto* postgres = std::get_if<PostgresLocation>(&location)) {
    return SqlStore::open(postgres_connector(postgres->uri, clock), readers, now, wait);
  }
  const SqliteFile file{std::get<SqliteLocation>(location).path};
  return SqlStore::open(sqlite_connector(file, clock), file.path.empty() ? 0 : readers, now, wait);
}

}  // namespace cordon
