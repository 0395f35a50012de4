#pragma once

#include "core/finding.h"
#include "store/sql_connection.h"

namespace cordon {

/// FindingStore::forget_before, in the transaction of the session.
Result<std::size_t> forget_results(SqlSession& session, SystemTime time, std::size_t count_max);

}  // namespace cordon
