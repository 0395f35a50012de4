#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cordon {

/// The headers of mails and their parts (RFC 5322, 2045, 2231), read as liberally as mail programs
/// do. Pure.

/// What one block of headers says about the body behind it.
struct PartHeaders {
  std::vector<std::string> types = {};       ///< Of each Content-Type: "text/html", lower case.
  std::vector<std::string> boundaries = {};  ///< Every reading of every boundary parameter.
  std::vector<std::string> encodings = {};  ///< Content-Transfer-Encoding: letters and digits only.
  bool chunked = false;                     ///< HTTP's Transfer-Encoding.
  bool continues = false;                   ///< message/partial of more than one part.
  bool too_many = false;  ///< There is more than is kept here, or a boundary is too long.
  /// How much the fields look like a mail's: 2 for each that nothing else has, 1 for those that
  /// other texts have too ("From:", "Date:").
  std::size_t mail_weight = 0;

  bool is_multipart() const { return has_type("multipart/"); }
  /// True when a Content-Type starts with `prefix`.
  bool has_type(std::string_view prefix) const;

  bool operator==(const PartHeaders&) const = default;
};

/// The length of the field name when `line` starts a field ("Name:", "Name :"), else nothing.
std::optional<std::size_t> field_name_length(std::string_view line);

/// Takes one field, unfolded ("Content-Type: text/plain; ..."), into `headers`.
void take_field(std::string_view field, PartHeaders& headers);

}  // namespace cordon
