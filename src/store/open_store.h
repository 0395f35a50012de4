#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "store/sql_store.h"

namespace cordon {

/// A database in a file, which is made where there is none; an empty path: in memory, for as long
/// as the store.
struct SqliteLocation {
  std::filesystem::path path;
};
/// A database of a server, as libpq names it.
struct PostgresLocation {
  std::string uri;  ///< May hold a password: never shown.
};
using DatabaseLocation = std::variant<SqliteLocation, PostgresLocation>;

/// What people write: `sqlite:PATH`, `sqlite::memory:` or `postgresql://...`. Errors: invalid.
Result<DatabaseLocation> parse_database(std::string_view text);

/// Opens the database and brings its tables up to date. `readers`: how many reads may run at once,
/// at least 1. `clock` outlives the store. Errors: those of FindingStore.
Result<std::unique_ptr<SqlStore>> open_store(const DatabaseLocation& location, std::size_t readers,
                                             const Clock& clock, Deadline deadline,
                                             std::stop_token stop);

}  // namespace cordon
