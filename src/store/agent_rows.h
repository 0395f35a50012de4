#pragma once

#include <cstddef>
#include <span>

#include "core/agent_report.h"
#include "core/page.h"
#include "store/sql_connection.h"

// What agents say of themselves: AgentReportStore, by SQL.

namespace cordon {

Result<void> upsert_reports(SqlSession& session, std::span<const AgentReport> reports);
Result<Page<AgentReport>> read_reports(SqlSession& session, SystemTime since,
                                       const PageRequest& page);
Result<std::size_t> remove_agents(SqlSession& session, SystemTime before);

}  // namespace cordon
