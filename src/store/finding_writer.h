#pragma once

#include <span>

#include "core/ports/finding_store.h"
#include "store/sql_connection.h"

// The writing side of findings, in the transaction of the session.

namespace cordon {

/// FindingStore::add.
Result<TakenResults> add_results(SqlSession& session, std::span<const ScanResult> results);
/// FindingStore::handle.
Result<void> mark_handled(SqlSession& session, ProblemId problem, const HandledMark& mark);

}  // namespace cordon
