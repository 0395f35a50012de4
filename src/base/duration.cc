#include "base/duration.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {
namespace {

std::uint64_t millis_in(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit.empty() || unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return 0;
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::hours max) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto unit_at =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  const auto number = parse_u64(text.substr(0, unit_at));
  const std::uint64_t unit = millis_in(text.substr(unit_at));
  if (!number || unit == 0) {
    return Error{Errc::invalid, "a time span is written 500ms, 30s, 5m, 1h or 2d"};
  }
  const auto millis_max = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(max).count());
  if (*number > millis_max / unit) {
    return Error{Errc::invalid, "a time span here is at most " + std::to_string(max.count() / 24) +
                                    " days (" + std::to_string(max.count()) + "h)"};
  }
  return std::chrono::milliseconds(*number * unit);
}

}  // namespace cordon
