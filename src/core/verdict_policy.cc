#include "core/verdict_policy.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kDigitsMax = 3;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

void VerdictPolicy::add(Leniency leniency) {
  const char letter = static_cast<char>(leniency);
  const auto at = std::lower_bound(letters_.begin(), letters_.end(), letter);
  if (at == letters_.end() || *at != letter) letters_.insert(at, letter);
}

Result<VerdictPolicy> VerdictPolicy::parse(std::string_view code) {
  const auto split =
      static_cast<std::size_t>(std::find_if_not(code.begin(), code.end(), is_digit) - code.begin());
  const std::string_view letters = code.substr(split);
  const bool is_number = split > 0 && split <= kDigitsMax && code.front() != '0';
  const bool is_ascending =
      std::adjacent_find(letters.begin(), letters.end(), std::greater_equal<>()) == letters.end();
  if (!is_number || !is_ascending || !std::all_of(letters.begin(), letters.end(), is_letter)) {
    return Error{Errc::invalid, "not a policy of the form {rules}{letters}"};
  }
  VerdictPolicy policy;
  policy.rules_ = static_cast<std::uint32_t>(parse_u64(code.substr(0, split)).value_or(0));
  policy.letters_ = letters;
  return policy;
}

bool VerdictPolicy::is_as_strict_as(const VerdictPolicy& other) const {
  return rules_ >= other.rules_ && std::includes(other.letters_.begin(), other.letters_.end(),
                                                 letters_.begin(), letters_.end());
}

}  // namespace cordon
