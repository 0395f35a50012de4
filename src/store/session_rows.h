#pragma once

#include <optional>
#include <string>

#include "core/ports/session_store.h"
#include "store/sql_connection.h"

// SessionStore, by SQL.

namespace cordon {

Result<void> insert_session(SqlSession& session, const Session& signed_in);
Result<std::optional<SignedIn>> read_session(SqlSession& session, const std::string& digest);
Result<void> update_session(SqlSession& session, const std::string& digest, SystemTime now);
Result<void> delete_session(SqlSession& session, const std::string& digest);
Result<std::size_t> delete_stale_sessions(SqlSession& session, SystemTime now);

}  // namespace cordon
