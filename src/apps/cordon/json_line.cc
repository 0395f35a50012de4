#include "apps/cordon/json_line.h"

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <string>

#include "base/text.h"

namespace cordon {

void print_json_line(std::string_view serialized) {
  std::string line;
  while (!serialized.empty()) {
    const std::string_view before = serialized;
    const char32_t c = take_character(serialized);
    if (is_plain_to_show(c)) {
      line += before.substr(0, before.size() - serialized.size());
    } else {  // All of them have at most four digits, and stand in texts.
      std::array<char, 16> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      line += escape.data();
    }
  }
  std::printf("%s\n", line.c_str());
}

void print_json_line(const boost::json::value& value) {
  print_json_line(boost::json::serialize(value));
}

}  // namespace cordon
