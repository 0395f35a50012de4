#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cordon {

/// The text of an access policy with the places of its statements, so that one can be put in and
/// taken out again and every other byte stays.
class PolicyText {
 public:
  /// invalid: not a policy document, or larger than S3's 20 KiB.
  static Result<PolicyText> parse(std::string text);
  /// A document with this statement alone.
  static std::string document_of(std::string_view statement);

  const std::string& text() const { return text_; }
  std::size_t count() const { return statements_.size(); }
  /// As JSON text.
  std::string statement(std::size_t index) const;
  /// Empty: it has none.
  std::string sid(std::size_t index) const;
  /// Whether the statements stand in a list; a single one may stand without.
  bool is_list() const { return is_list_; }

  /// After the last one. A single statement without a list is put into one.
  std::string with(std::string_view statement) const;
  std::string with_replaced(std::size_t index, std::string_view statement) const;
  /// `unwrap` takes the list away from around the one that is left. At least two must be there.
  std::string without(std::size_t index, bool unwrap) const;

 private:
  struct Span {
    std::size_t begin;
    std::size_t end;  ///< Behind the last byte.
  };
  PolicyText() = default;
  void find_spans();

  std::string text_;
  bool is_list_ = false;
  Span all_{};  ///< The value of "Statement".
  std::vector<Span> statements_;
};

}  // namespace cordon
