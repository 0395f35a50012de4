#include "store/retention.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace cordon {
namespace {

constexpr std::size_t kForgottenMax = 1'000;  // At once: the writer is nobody else's meanwhile.

std::vector<SqlValue> numbers_of(const std::vector<std::int64_t>& numbers) {
  std::vector<SqlValue> out;
  for (const std::int64_t number : numbers) out.push_back(SqlValue::of(number));
  return out;
}

/// What is forgotten next.
struct OldResults {
  std::vector<std::int64_t> seqs;
  std::set<std::int64_t> objects;
  std::set<std::int64_t> problems;
};

// From the oldest on, so that an object's newest result goes last.
Result<OldResults> old_results(SqlSession& session, SystemTime time, std::size_t count_max) {
  SqlStatement statement(
      "SELECT r.seq, r.object, r.problem FROM results r JOIN objects o ON o.id = r.object "
      "LEFT JOIN problems p ON p.id = o.problem WHERE r.at < ");
  statement.value(SqlValue::of(ms_of(time)))
      .add(
          " AND NOT (o.newest = r.seq AND COALESCE(p.is_open, 0) = 1) "
          "ORDER BY r.at, r.id LIMIT ")
      .value(SqlValue::of(static_cast<std::int64_t>(count_max)));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "nnN"));
  OldResults out;
  for (const SqlRow& row : rows) {
    out.seqs.push_back(row.number(0));
    out.objects.insert(row.number(1));
    if (!row.is_null(2)) out.problems.insert(row.number(2));
  }
  return out;
}

Result<void> remove_rows(SqlSession& session, std::string_view head,
                         const std::vector<std::int64_t>& seqs) {
  SqlStatement statement(head);
  statement.list(numbers_of(seqs));
  return session.run(statement);
}

// Those whose newest result is among what is forgotten.
Result<void> remove_objects(SqlSession& session, const OldResults& old) {
  SqlStatement statement("DELETE FROM objects WHERE id IN ");
  statement.list(numbers_of({old.objects.begin(), old.objects.end()}))
      .add(" AND newest IN ")
      .list(numbers_of(old.seqs))
      .add(" RETURNING problem");
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "N"));
  std::map<std::int64_t, std::int64_t> gone;
  for (const SqlRow& row : rows) {
    if (!row.is_null(0)) ++gone[row.number(0)];
  }
  if (gone.empty()) return {};
  std::vector<std::vector<SqlValue>> changes;
  for (const auto& [problem, count] : gone) {
    changes.push_back({SqlValue::of(problem), SqlValue::of(count)});
  }
  SqlStatement change("UPDATE problems SET objects = problems.objects - v.column2 FROM (VALUES ");
  change.rows(std::move(changes)).add(") AS v WHERE problems.id = v.column1");
  return session.run(change);
}

Result<void> remove_problems(SqlSession& session, const std::set<std::int64_t>& problems) {
  if (problems.empty()) return {};
  SqlStatement statement("DELETE FROM problems WHERE id IN ");
  statement.list(numbers_of({problems.begin(), problems.end()}))
      .add(
          " AND objects = 0 AND NOT EXISTS "
          "(SELECT 1 FROM results WHERE results.problem = problems.id)");
  return session.run(statement);
}

}  // namespace

Result<std::size_t> forget_results(SqlSession& session, SystemTime time, std::size_t count_max) {
  CORDON_TRY(const OldResults old, old_results(session, time, std::min(count_max, kForgottenMax)));
  if (old.seqs.empty()) return std::size_t{0};
  CORDON_TRY(remove_rows(session, "DELETE FROM documents WHERE seq IN ", old.seqs));
  CORDON_TRY(remove_rows(session, "DELETE FROM names WHERE seq IN ", old.seqs));
  CORDON_TRY(remove_rows(session, "DELETE FROM results WHERE seq IN ", old.seqs));
  CORDON_TRY(remove_objects(session, old));
  CORDON_TRY(remove_problems(session, old.problems));
  return old.seqs.size();
}

}  // namespace cordon
