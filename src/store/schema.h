#pragma once

#include "base/clock.h"
#include "store/sql_connection.h"

namespace cordon {

/// The version of the tables that this program reads and writes.
inline constexpr std::int64_t kSchemaVersion = 4;

/// Brings a database to `kSchemaVersion`, one numbered step after the other, all in one transaction
/// of the one writer: several programs may start at once, and a step that fails changes nothing.
/// An empty database gets everything.
/// Errors: invalid: a newer Cordon made it (which it says, and what to do), or tables of others are
///         in the way.
Result<void> bring_up_to_date(SqlConnection& connection, SystemTime now, const SqlWait& wait);

}  // namespace cordon
