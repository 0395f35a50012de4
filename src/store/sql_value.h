#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cordon {

/// What a column or a parameter holds. Names of strangers are bytes: no collation, no wildcard and
/// no encoding of a database has a say in what is equal and what comes first.
struct SqlValue {
  enum class Type : std::uint8_t { number, bytes, text };

  Type type = Type::number;
  bool is_null = true;
  std::int64_t number = 0;
  std::string bytes = {};  ///< Also of a text, which is ASCII.

  static SqlValue of(std::int64_t number) { return {Type::number, false, number, {}}; }
  static SqlValue of(std::string_view bytes) { return {Type::bytes, false, 0, std::string(bytes)}; }
  static SqlValue text(std::string text) { return {Type::text, false, 0, std::move(text)}; }
  static SqlValue null(Type type) { return {type, true, 0, {}}; }
  static SqlValue of(const std::optional<std::int64_t>& number) {
    return number ? of(*number) : null(Type::number);
  }
  static SqlValue of(const std::optional<std::string>& bytes) {
    return bytes ? of(std::string_view(*bytes)) : null(Type::bytes);
  }
};

/// One row of a result whose columns have the types that were asked for.
class SqlRow {
 public:
  explicit SqlRow(std::vector<SqlValue> values) : values_(std::move(values)) {}

  std::int64_t number(std::size_t column) const { return values_[column].number; }
  const std::string& bytes(std::size_t column) const { return values_[column].bytes; }
  bool is_null(std::size_t column) const { return values_[column].is_null; }
  std::optional<std::int64_t> maybe_number(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(number(column));
  }
  std::optional<std::string> maybe_bytes(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(bytes(column));
  }
  const std::vector<SqlValue>& values() const { return values_; }

 private:
  std::vector<SqlValue> values_;
};

/// A statement with its parameters, which are the only way for a value to get into it. The texts
/// are constants of ours and contain no question mark: `?N` stands for the N-th parameter.
class SqlStatement {
 public:
  SqlStatement() = default;
  explicit SqlStatement(std::string_view sql) : sql_(sql) {}

  SqlStatement& add(std::string_view sql) {
    sql_ += sql;
    return *this;
  }
  SqlStatement& value(SqlValue value);
  /// "(?1,?2,...)". Not empty.
  SqlStatement& list(std::vector<SqlValue> values);
  /// "(?1,?2),(?3,?4),...". Not empty.
  SqlStatement& rows(std::vector<std::vector<SqlValue>> rows);

  const std::string& sql() const { return sql_; }
  const std::vector<SqlValue>& parameters() const { return parameters_; }

 private:
  std::string sql_;
  std::vector<SqlValue> parameters_;
};

}  // namespace cordon
