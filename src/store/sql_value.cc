#include "store/sql_value.h"

namespace cordon {

SqlStatement& SqlStatement::value(SqlValue value) {
  parameters_.push_back(std::move(value));
  sql_ += "?" + std::to_string(parameters_.size());
  return *this;
}

SqlStatement& SqlStatement::list(std::vector<SqlValue> values) {
  char before = '(';
  for (SqlValue& one : values) {
    sql_ += before;
    value(std::move(one));
    before = ',';
  }
  sql_ += ')';
  return *this;
}

SqlStatement& SqlStatement::rows(std::vector<std::vector<SqlValue>> rows) {
  bool is_first = true;
  for (std::vector<SqlValue>& row : rows) {
    if (!is_first) sql_ += ',';
    is_first = false;
    list(std::move(row));
  }
  return *this;
}

}  // namespace cordon
