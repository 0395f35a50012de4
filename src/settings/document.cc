#include "settings/document.h"

#include <algorithm>
#include <climits>

namespace cordon {
namespace {

constexpr std::size_t kProblemsMax = 20;

}  // namespace

std::string to_string(const SettingsProblem& problem, std::string_view file) {
  std::string text(file);
  if (problem.line > 0) text += ":" + std::to_string(problem.line);
  text += ": ";
  if (!problem.key.empty()) text += problem.key + ": ";
  text += problem.what;
  if (!problem.nearest.empty()) text += "; did you mean \"" + problem.nearest + "\"?";
  return text;
}

void SettingsProblems::add(SettingsProblem problem) {
  if (problems_.size() > kProblemsMax) return;
  if (problems_.size() == kProblemsMax) {
    problems_.push_back({.what = "there are more problems; these are the first"});
    return;
  }
  problems_.push_back(std::move(problem));
}

std::vector<SettingsProblem> SettingsProblems::take() && {
  // TOML's tables come sorted by name, and people read from above. What has no line comes last.
  const auto place = [](const SettingsProblem& one) { return one.line > 0 ? one.line : INT_MAX; };
  std::stable_sort(problems_.begin(), problems_.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return std::move(problems_);
}

}  // namespace cordon
