#include "store/session_rows.h"

#include "core/finding.h"
#include "store/person_rows.h"

namespace cordon {
namespace {

SqlValue bytes_of(const std::string& text) { return SqlValue::of(std::string_view(text)); }

}  // namespace

Result<void> insert_session(SqlSession& session, const Session& signed_in) {
  SqlStatement statement(
      "INSERT INTO sessions (digest, person, generation, created, last_seen) VALUES ");
  statement.list({bytes_of(signed_in.digest), bytes_of(signed_in.person),
                  SqlValue::of(signed_in.generation), SqlValue::of(ms_of(signed_in.created)),
                  SqlValue::of(ms_of(signed_in.last_seen))});
  return session.run(statement);
}

Result<std::optional<SignedIn>> read_session(SqlSession& session, const std::string& digest) {
  SqlStatement statement(
      "SELECT sessions.digest, sessions.person, sessions.generation, sessions.created, "
      "sessions.last_seen, ");
  statement.add(person_columns())
      .add(
          " FROM sessions JOIN people ON people.name = sessions.person "
          "AND people.generation = sessions.generation WHERE sessions.digest = ")
      .value(bytes_of(digest));
  CORDON_TRY(const std::vector<SqlRow> rows,
             session.query(statement, "bbnnn" + std::string(kPersonTypes)));
  if (rows.empty()) return std::optional<SignedIn>();
  const SqlRow& row = rows.front();
  CORDON_TRY(Person person, person_in(row, 5));
  return std::optional(SignedIn{.session = {.digest = row.bytes(0),
                                            .person = row.bytes(1),
                                            .generation = row.number(2),
                                            .created = time_of_ms(row.number(3)),
                                            .last_seen = time_of_ms(row.number(4))},
                                .person = std::move(person)});
}

// Never back: two consoles whose clocks differ may look at one session.
Result<void> update_session(SqlSession& session, const std::string& digest, SystemTime now) {
  SqlStatement statement("UPDATE sessions SET last_seen = ");
  statement.value(SqlValue::of(ms_of(now)))
      .add(" WHERE digest = ")
      .value(bytes_of(digest))
      .add(" AND last_seen < ")
      .value(SqlValue::of(ms_of(now)));
  return session.run(statement);
}

Result<void> delete_session(SqlSession& session, const std::string& digest) {
  SqlStatement statement("DELETE FROM sessions WHERE digest = ");
  statement.value(bytes_of(digest));
  return session.run(statement);
}

Result<std::size_t> delete_stale_sessions(SqlSession& session, SystemTime now) {
  SqlStatement statement("DELETE FROM sessions WHERE last_seen <= ");
  statement.value(SqlValue::of(ms_of(now - kSessionIdle)))
      .add(" OR created <= ")
      .value(SqlValue::of(ms_of(now - kSessionLife)))
      .add(" RETURNING id");
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "n"));
  return rows.size();
}

}  // namespace cordon
