#include "store/sql_connection.h"

namespace cordon {

bool fits(const SqlValue& value, char letter) {
  const bool may_be_null = letter == 'N' || letter == 'B' || letter == 'T';
  if (value.is_null) return may_be_null;
  switch (value.type) {
    case SqlValue::Type::number:
      return letter == 'n' || letter == 'N';
    case SqlValue::Type::bytes:
      return letter == 'b' || letter == 'B';
    case SqlValue::Type::text:
      return letter == 't' || letter == 'T';
  }
  return false;
}

Error foreign_row() {
  return Error{Errc::invalid,
               "the database holds a row that no Cordon wrote; restore it from a backup"};
}

}  // namespace cordon
