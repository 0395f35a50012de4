#pragma once

#include "core/ports/finding_queries.h"
#include "store/sql_connection.h"

// The reading side of findings: FindingQueries, by SQL.

namespace cordon {

Result<Page<ScanResult>> read_results(SqlSession& session, const ResultFilter& filter,
                                      const PageRequest& page);
Result<ScanResult> read_result(SqlSession& session, const std::string& id);
Result<Page<Problem>> read_problems(SqlSession& session, const ProblemFilter& filter,
                                    const PageRequest& page);
Result<Problem> read_problem(SqlSession& session, ProblemId id);
Result<Page<ScanResult>> read_occurrences(SqlSession& session, ProblemId problem,
                                          const PageRequest& page);
Result<Page<Rollup>> read_rollups(SqlSession& session, const RollupFilter& filter,
                                  const PageRequest& page);

}  // namespace cordon
