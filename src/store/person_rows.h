#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/person.h"
#include "core/ports/person_store.h"
#include "store/sql_connection.h"

// PersonStore, by SQL.

namespace cordon {

/// The columns of a person, for a SELECT, in the order in which `person_in` reads them from `first`
/// on; and their types.
std::string person_columns();
inline constexpr std::string_view kPersonTypes = "bbBBNBBnnnn";
Result<Person> person_in(const SqlRow& row, std::size_t first);

Result<std::vector<Person>> read_people(SqlSession& session);
Result<std::optional<Person>> read_person(SqlSession& session, const std::string& name);
Result<std::optional<Person>> read_invited(SqlSession& session, const std::string& digest);
Result<void> insert_person(SqlSession& session, const Person& person);
Result<void> insert_first_person(SqlSession& session, const Person& person);
Result<Person> edit_person(SqlSession& session, const std::string& name, AdminRule rule,
                           const PersonEdit& edit);
Result<void> delete_person(SqlSession& session, const std::string& name);

}  // namespace cordon
