#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/api_token.h"
#include "store/sql_connection.h"

// TokenStore, by SQL.

namespace cordon {

Result<void> insert_token(SqlSession& session, const ApiToken& token);
Result<std::vector<ApiToken>> read_tokens(SqlSession& session);
Result<std::optional<ApiToken>> read_token(SqlSession& session, const std::string& digest);
Result<void> revoke_tokens(SqlSession& session, const std::string& name, SystemTime now);

}  // namespace cordon
