#include "console/content_coding.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "net/http.h"

namespace cordon {
namespace {

// Up to the separator; `list` is what remains behind it.
std::string_view next_of(std::string_view& list, char separator) {
  const std::size_t end = std::min(list.find(separator), list.size());
  const std::string_view one = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return one;
}

// https://www.rfc-editor.org/rfc/rfc9110#name-quality-values: "q=0", "q=0.000" refuse.
bool is_refusal(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view one = next_of(parameters, ';');
    const std::string_view name = next_of(one, '=');
    if (!equal_ignoring_case(name, "q")) continue;
    return one.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

}  // namespace

bool takes_coding(std::string_view accepted, std::string_view name) {
  bool takes_all = false;
  while (!accepted.empty()) {
    std::string_view parameters = next_of(accepted, ',');
    const std::string_view coding = next_of(parameters, ';');
    if (equal_ignoring_case(coding, name)) return !is_refusal(parameters);
    if (coding == "*") takes_all = !is_refusal(parameters);
  }
  return takes_all;
}

}  // namespace cordon
