#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cordon {

/// HTTP header fields in order; names compare without case, names may repeat.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  void set(std::string_view name, std::string value);  ///< Replaces all of that name.
  void remove(std::string_view name);
  std::optional<std::string_view> get(std::string_view name) const;  ///< The first of that name.
  bool has(std::string_view name) const { return get(name).has_value(); }
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

  bool operator==(const Headers&) const = default;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Compares ASCII letters without case.
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace cordon
