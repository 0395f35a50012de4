#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace cordon {

/// A snapshot of the process's environment as a value, so that code which reads it is tested
/// without touching the real one. `main` takes the snapshot once.
class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string> variables)
      : variables_(std::move(variables)) {}
  static Environment of_this_process();

  /// Nothing when unset or empty (AWS tools treat both alike).
  std::optional<std::string> get(const std::string& name) const {
    const auto it = variables_.find(name);
    if (it == variables_.end() || it->second.empty()) return std::nullopt;
    return it->second;
  }

  /// For the few of which AWS tools take "set and empty" for a mistake.
  bool is_set_to_nothing(const std::string& name) const {
    const auto it = variables_.find(name);
    return it != variables_.end() && it->second.empty();
  }

 private:
  std::map<std::string, std::string> variables_;
};

}  // namespace cordon
