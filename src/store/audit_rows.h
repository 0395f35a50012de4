#pragma once

#include <vector>

#include "core/ports/audit_log.h"
#include "store/sql_connection.h"

// AuditLog, by SQL.

namespace cordon {

Result<AuditRecord> append_record(SqlSession& session, const AuditEntry& entry);
Result<Page<AuditRecord>> read_newest_records(SqlSession& session, const PageRequest& page);
Result<std::vector<AuditRecord>> read_records_after(SqlSession& session, std::int64_t number,
                                                    std::size_t count_max);

}  // namespace cordon
