#include "store/audit_rows.h"

#include <algorithm>

#include "core/finding.h"

namespace cordon {
namespace {

constexpr std::string_view kSelect =
    "SELECT number, at, who, action, target, outcome, detail, previous, hash FROM audit";
constexpr std::string_view kColumns = "nnbbbbbbb";
constexpr std::size_t kRecordsMax = 1'000;

SqlValue bytes_of(const std::string& text) { return SqlValue::of(std::string_view(text)); }

// As it stands there: whether it is what was written is for `follows` to say.
AuditRecord record_in(const SqlRow& row) {
  return {.number = row.number(0),
          .entry = {.at = time_of_ms(row.number(1)),
                    .who = row.bytes(2),
                    .action = row.bytes(3),
                    .target = row.bytes(4),
                    .outcome = row.bytes(5),
                    .detail = row.bytes(6)},
          .previous = row.bytes(7),
          .hash = row.bytes(8)};
}

Result<std::vector<AuditRecord>> records_of(SqlSession& session, const SqlStatement& statement) {
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, kColumns));
  std::vector<AuditRecord> records;
  records.reserve(rows.size());
  for (const SqlRow& row : rows) records.push_back(record_in(row));
  return records;
}

}  // namespace

// The one writer reads the last record and writes the next: numbers have no gap.
Result<AuditRecord> append_record(SqlSession& session, const AuditEntry& entry) {
  SqlStatement newest(kSelect);
  newest.add(" ORDER BY number DESC LIMIT 1");
  CORDON_TRY(const std::vector<AuditRecord> last, records_of(session, newest));
  AuditRecord record = last.empty() ? audit_record_after(0, audit_origin(), entry)
                                    : audit_record_after(last[0].number, last[0].hash, entry);
  SqlStatement statement(
      "INSERT INTO audit (number, at, who, action, target, outcome, detail, previous, hash) "
      "VALUES ");
  statement.list({SqlValue::of(record.number), SqlValue::of(ms_of(record.entry.at)),
                  bytes_of(record.entry.who), bytes_of(record.entry.action),
                  bytes_of(record.entry.target), bytes_of(record.entry.outcome),
                  bytes_of(record.entry.detail), bytes_of(record.previous), bytes_of(record.hash)});
  CORDON_TRY(session.run(statement));
  return record;
}

Result<Page<AuditRecord>> read_newest_records(SqlSession& session, const PageRequest& page) {
  SqlStatement statement(kSelect);
  if (page.after) statement.add(" WHERE number < ").value(SqlValue::of(page.after->numbers[0]));
  statement.add(" ORDER BY number DESC LIMIT ")
      .value(SqlValue::of(static_cast<std::int64_t>(rows_of(page)) + 1));
  Page<AuditRecord> out;
  CORDON_TRY(out.rows, records_of(session, statement));
  if (out.rows.size() > rows_of(page)) {
    out.rows.pop_back();
    out.next = PageCursor{{out.rows.back().number, 0}, ""};
  }
  return out;
}

Result<std::vector<AuditRecord>> read_records_after(SqlSession& session, std::int64_t number,
                                                    std::size_t count_max) {
  SqlStatement statement(kSelect);
  statement.add(" WHERE number > ")
      .value(SqlValue::of(number))
      .add(" ORDER BY number LIMIT ")
      .value(SqlValue::of(static_cast<std::int64_t>(std::min(count_max, kRecordsMax))));
  return records_of(session, statement);
}

}  // namespace cordon
