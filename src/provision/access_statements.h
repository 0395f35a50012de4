#pragma once

#include <string>
#include <vector>

namespace cordon {

/// One statement of a least-privilege policy, and what it is for.
struct AccessStatement {
  std::string sid;
  std::vector<std::string> actions;
  std::vector<std::string> resources;
  std::string why;
};

/// Collects the statements of one policy.
class Rights {
 public:
  /// Without resources nothing is added.
  void add(std::string sid, std::vector<std::string> actions, std::vector<std::string> resources,
           std::string why);
  /// Without what only repeats others: features with a wide reach swallow what is for one bucket.
  std::vector<AccessStatement> take() &&;

 private:
  std::vector<AccessStatement> statements_;
};

/// The policy as indented JSON, with a line break at its end. Pure.
std::string access_policy(const std::vector<AccessStatement>& statements);
/// The same as rows of a Markdown table: actions, resources, why. Pure.
std::string access_table(const std::vector<AccessStatement>& statements);

}  // namespace cordon
