#include "store/answer_rows.h"

#include "core/finding.h"

namespace cordon {
namespace {

using State = Repetition::State;

// Which row a request's own is: another one may have taken the key since.
SqlStatement& add_own(SqlStatement& statement, const RepeatableRequest& request) {
  return statement.add(" WHERE name = ")
      .value(SqlValue::of(std::string_view(request.key)))
      .add(" AND request = ")
      .value(SqlValue::of(std::string_view(request.request)))
      .add(" AND at = ")
      .value(SqlValue::of(ms_of(request.at)));
}

// What is too old to say anything goes before anybody looks.
Result<void> forget_old(SqlSession& session, SystemTime now) {
  SqlStatement statement("DELETE FROM answers WHERE at <= ");
  statement.value(SqlValue::of(ms_of(now - AnswerStore::kKept)))
      .add(" OR (status IS NULL AND at <= ")
      .value(SqlValue::of(ms_of(now - AnswerStore::kUnderWay)))
      .add(")");
  return session.run(statement);
}

Result<void> insert(SqlSession& session, const RepeatableRequest& request) {
  SqlStatement statement("INSERT INTO answers (name, request, at) VALUES ");
  statement.list({SqlValue::of(std::string_view(request.key)),
                  SqlValue::of(std::string_view(request.request)),
                  SqlValue::of(ms_of(request.at))});
  return session.run(statement);
}

Result<Repetition> repetition_in(const SqlRow& row, const RepeatableRequest& request) {
  if (row.bytes(0) != request.request) return Repetition{.state = State::another};
  if (row.is_null(1)) return Repetition{.state = State::under_way};
  for (const std::size_t column : {2U, 3U, 4U}) {
    if (row.is_null(column)) return foreign_row();
  }
  return Repetition{.state = State::answered,
                    .answer = {.status = static_cast<int>(row.number(1)),
                               .type = row.bytes(2),
                               .entity_tag = row.bytes(3),
                               .body = row.bytes(4)}};
}

}  // namespace

Result<Repetition> take_request(SqlSession& session, const RepeatableRequest& request) {
  CORDON_TRY(forget_old(session, request.at));
  SqlStatement statement("SELECT request, status, type, tag, body FROM answers WHERE name = ");
  statement.value(SqlValue::of(std::string_view(request.key)));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "bNBBB"));
  if (!rows.empty()) return repetition_in(rows.front(), request);
  CORDON_TRY(insert(session, request));
  return Repetition{};
}

Result<void> write_answer(SqlSession& session, const RepeatableRequest& request,
                          const KeptAnswer& answer) {
  SqlStatement statement("UPDATE answers SET status = ");
  statement.value(SqlValue::of(static_cast<std::int64_t>(answer.status)))
      .add(", type = ")
      .value(SqlValue::of(std::string_view(answer.type)))
      .add(", tag = ")
      .value(SqlValue::of(std::string_view(answer.entity_tag)))
      .add(", body = ")
      .value(SqlValue::of(std::string_view(answer.body)));
  return session.run(add_own(statement, request));
}

Result<void> remove_request(SqlSession& session, const RepeatableRequest& request) {
  SqlStatement statement("DELETE FROM answers");
  return session.run(add_own(statement, request));
}

}  // namespace cordon
