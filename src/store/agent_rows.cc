#include "store/agent_rows.h"

#include <algorithm>
#include <string>

#include "core/finding.h"

namespace cordon {
namespace {

Result<void> upsert(SqlSession& session, const AgentReport& report) {
  SqlStatement statement("INSERT INTO agents (account, region, name, at, report) VALUES ");
  statement
      .list({SqlValue::of(std::string_view(report.account.str())),
             SqlValue::of(std::string_view(report.region.str())),
             SqlValue::of(std::string_view(report.agent)), SqlValue::of(ms_of(report.reported_at)),
             SqlValue::text(to_json(report))})
      .add(
          " ON CONFLICT (account, region, name) DO UPDATE SET at = excluded.at, "
          "report = excluded.report WHERE excluded.at > agents.at");
  return session.run(statement);
}

}  // namespace

Result<void> upsert_reports(SqlSession& session, std::span<const AgentReport> reports) {
  for (const AgentReport& report : reports) CORDON_TRY(upsert(session, report));
  return {};
}

Result<Page<AgentReport>> read_reports(SqlSession& session, SystemTime since,
                                       const PageRequest& page) {
  SqlStatement statement("SELECT id, report FROM agents WHERE at >= ");
  statement.value(SqlValue::of(ms_of(since)));
  if (page.after) statement.add(" AND id > ").value(SqlValue::of(page.after->numbers[0]));
  statement.add(" ORDER BY id LIMIT ")
      .value(SqlValue::of(static_cast<std::int64_t>(rows_of(page)) + 1));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "nt"));
  Page<AgentReport> out;
  for (std::size_t i = 0; i < std::min(rows.size(), rows_of(page)); ++i) {
    Result<AgentReport> report = decode_agent_report(rows[i].bytes(1));
    if (!report) return foreign_row();
    out.rows.push_back(*std::move(report));
  }
  if (rows.size() > out.rows.size()) {
    out.next = PageCursor{{rows[out.rows.size() - 1].number(0), 0}, ""};
  }
  return out;
}

Result<std::size_t> remove_agents(SqlSession& session, SystemTime before) {
  SqlStatement statement("DELETE FROM agents WHERE at < ");
  statement.value(SqlValue::of(ms_of(before))).add(" RETURNING id");
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "n"));
  return rows.size();
}

}  // namespace cordon
