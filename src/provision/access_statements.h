#pragma once

#include <cstddef>
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

/// So many characters the policy has as AWS counts them: without white space. Pure.
std::size_t policy_characters(const std::vector<AccessStatement>& statements);
/// The same rights in fewer characters: statements for the same resources become one, with the
/// name and the reason of the first. Pure.
std::vector<AccessStatement> merged(std::vector<AccessStatement> statements);
/// The same rights in as many policies as it takes for each to have at most so many characters; a
/// statement may go on in the next one. Pure.
std::vector<std::vector<AccessStatement>> split(const std::vector<AccessStatement>& statements,
                                                std::size_t characters_max);

/// The policy as indented JSON, with a line break at its end. Pure.
std::string access_policy(const std::vector<AccessStatement>& statements);
/// The same as rows of a Markdown table: actions, resources, why. Pure.
std::string access_table(const std::vector<AccessStatement>& statements);

}  // namespace cordon
