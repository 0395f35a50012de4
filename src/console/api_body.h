#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_members.h"
#include "net/http_server.h"

namespace cordon {

/// The body of a request: a JSON object of at most 4 KiB with these members and no others; one that
/// is empty says nothing. What is asked for and is not as it should be is remembered, as in
/// JsonMembers.
class ApiBody {
 public:
  /// Errors: invalid, which says what is wrong: no such object, or a member that nobody knows.
  static Result<ApiBody> parse(const ServerRequest& request,
                               std::initializer_list<std::string_view> members);

  JsonMembers members() { return document_.members(); }
  /// Whether it is there, and not null.
  bool has(std::string_view name) const { return names_.contains(name); }
  bool flag(std::string_view name) { return has(name) && members().flag(name); }
  /// At most so many, of at least one character each.
  std::vector<std::string> texts(std::string_view name, std::size_t count_max);
  void wrong(std::string_view name) { members().wrong(name); }
  /// Errors: invalid, which names the member.
  Result<void> checked() const;

 private:
  ApiBody(JsonDocument document, std::set<std::string, std::less<>> names)
      : document_(std::move(document)), names_(std::move(names)) {}

  JsonDocument document_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace cordon
