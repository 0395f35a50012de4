#include "store/person_rows.h"

#include <array>

#include "base/text.h"
#include "core/finding.h"

namespace cordon {
namespace {

constexpr std::size_t kPeopleMax = 1'000;
constexpr std::array<std::string_view, 11> kNames = {
    "name",        "role",         "password",  "invitation",  "invitation_expires",
    "code_secret", "code_offered", "code_step", "is_disabled", "generation",
    "created"};
static_assert(kNames.size() == kPersonTypes.size());

// "PREFIXname, PREFIXrole, ..."
std::string names_with(std::string_view prefix) {
  std::string out;
  for (const std::string_view name : kNames) {
    if (!out.empty()) out += ", ";
    out += prefix;
    out += name;
  }
  return out;
}

SqlValue bytes_of(const std::string& text) { return SqlValue::of(std::string_view(text)); }

// In the order of kNames.
std::vector<SqlValue> values_of(const Person& person) {
  const std::optional<Invitation>& invitation = person.invitation;
  return {bytes_of(person.name),
          SqlValue::of(name_of(person.role)),
          SqlValue::of(person.password_hash),
          invitation ? bytes_of(invitation->digest) : SqlValue::null(SqlValue::Type::bytes),
          invitation ? SqlValue::of(ms_of(invitation->expires))
                     : SqlValue::null(SqlValue::Type::number),
          SqlValue::of(person.code_secret),
          SqlValue::of(person.code_offered),
          SqlValue::of(person.code_step),
          SqlValue::of(std::int64_t{person.is_disabled}),
          SqlValue::of(person.generation),
          SqlValue::of(ms_of(person.created))};
}

Result<std::optional<Person>> one_person(SqlSession& session, std::string_view column,
                                         const std::string& value) {
  SqlStatement statement("SELECT ");
  statement.add(person_columns())
      .add(" FROM people WHERE ")
      .add(column)
      .add(" = ")
      .value(bytes_of(value));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, kPersonTypes));
  if (rows.empty()) return std::optional<Person>();
  CORDON_TRY(Person person, person_in(rows.front(), 0));
  return std::optional<Person>(std::move(person));
}

Error no_such_person(const std::string& name) {
  return Error{Errc::not_found, "there is nobody of the name " + utf8_clean(name, 64)};
}

// The last admin stays one. Whoever was none may be changed in any way.
Result<void> check_admin_stays(SqlSession& session, const Person& before, const Person& after) {
  if (!is_acting_admin(before) || is_acting_admin(after)) return {};
  CORDON_TRY(const std::vector<Person> people, read_people(session));
  if (has_acting_admin(people, after)) return {};
  return Error{Errc::changed, utf8_clean(before.name, 64) +
                                  " is the last admin who can sign in; make somebody else one "
                                  "first, or nobody could run this console any more"};
}

}  // namespace

std::string person_columns() { return names_with("people."); }

Result<Person> person_in(const SqlRow& row, std::size_t first) {
  const std::optional<ApiRole> role = parse_api_role(row.bytes(first + 1));
  if (!role || row.is_null(first + 3) != row.is_null(first + 4)) return foreign_row();
  Person person{.name = row.bytes(first),
                .role = *role,
                .password_hash = row.maybe_bytes(first + 2),
                .code_secret = row.maybe_bytes(first + 5),
                .code_offered = row.maybe_bytes(first + 6),
                .code_step = row.number(first + 7),
                .is_disabled = row.number(first + 8) != 0,
                .generation = row.number(first + 9),
                .created = time_of_ms(row.number(first + 10))};
  if (!row.is_null(first + 3)) {
    person.invitation = Invitation{row.bytes(first + 3), time_of_ms(row.number(first + 4))};
  }
  return person;
}

Result<std::vector<Person>> read_people(SqlSession& session) {
  SqlStatement statement("SELECT ");
  statement.add(person_columns())
      .add(" FROM people ORDER BY name LIMIT ")
      .value(SqlValue::of(static_cast<std::int64_t>(kPeopleMax)));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, kPersonTypes));
  std::vector<Person> people;
  for (const SqlRow& row : rows) {
    CORDON_TRY(Person person, person_in(row, 0));
    people.push_back(std::move(person));
  }
  return people;
}

Result<std::optional<Person>> read_person(SqlSession& session, const std::string& name) {
  return one_person(session, "name", name);
}

Result<std::optional<Person>> read_invited(SqlSession& session, const std::string& digest) {
  return one_person(session, "invitation", digest);
}

Result<void> insert_person(SqlSession& session, const Person& person) {
  CORDON_TRY(const std::vector<Person> people, read_people(session));
  if (people.size() >= kPeopleMax) {
    return Error{Errc::changed, "there are 1,000 people already; take somebody away first"};
  }
  SqlStatement statement("INSERT INTO people (");
  statement.add(names_with("")).add(") VALUES ").list(values_of(person));
  Result<void> done = session.run(statement);
  if (done || done.error().code != Errc::changed) return done;
  return Error{Errc::changed,
               "there is somebody of the name " + utf8_clean(person.name, 64) + " already"};
}

Result<void> insert_first_person(SqlSession& session, const Person& person) {
  CORDON_TRY(const std::vector<SqlRow> rows,
             session.query(SqlStatement("SELECT id FROM people LIMIT 1"), "n"));
  if (!rows.empty()) return Error{Errc::changed, "there is somebody already"};
  return insert_person(session, person);
}

Result<Person> edit_person(SqlSession& session, const std::string& name, AdminRule rule,
                           const PersonEdit& edit) {
  CORDON_TRY(const std::optional<Person> before, read_person(session, name));
  if (!before) return no_such_person(name);
  Person after = *before;
  CORDON_TRY(edit(after));
  after.name = before->name;
  if (rule == AdminRule::one_stays) CORDON_TRY(check_admin_stays(session, *before, after));
  SqlStatement statement("UPDATE people SET ");
  std::vector<SqlValue> values = values_of(after);
  for (std::size_t i = 0; i < values.size(); ++i) {
    statement.add(i == 0 ? "" : ", ").add(kNames[i]).add(" = ").value(std::move(values[i]));
  }
  statement.add(" WHERE name = ").value(bytes_of(name));
  CORDON_TRY(session.run(statement));
  return after;
}

Result<void> delete_person(SqlSession& session, const std::string& name) {
  CORDON_TRY(const std::optional<Person> before, read_person(session, name));
  if (!before) return no_such_person(name);
  Person gone = *before;
  gone.is_disabled = true;
  CORDON_TRY(check_admin_stays(session, *before, gone));
  SqlStatement sessions("DELETE FROM sessions WHERE person = ");
  sessions.value(bytes_of(name));
  CORDON_TRY(session.run(sessions));
  SqlStatement statement("DELETE FROM people WHERE name = ");
  statement.value(bytes_of(name));
  return session.run(statement);
}

}  // namespace cordon
