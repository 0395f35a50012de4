#include "console/api_request.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kTargetBytesMax = 8U << 10U;
constexpr std::size_t kParametersMax = 100;
constexpr std::size_t kRowsUsual = 100;

Error wrong_target(const char* why) { return Error{Errc::invalid, std::string("the URL ") + why}; }

// Cuts off what stands before the next separator.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

Result<std::string> utf8_of(Result<std::string> decoded) {
  if (!decoded || !is_utf8(*decoded)) return wrong_target("is no percent-encoded UTF-8");
  return decoded;
}

}  // namespace

Result<ApiRequest> ApiRequest::parse(std::string_view target) {
  if (target.size() > kTargetBytesMax) return wrong_target("is longer than 8 KiB");
  if (!target.starts_with('/')) return wrong_target("has no path");
  ApiRequest request;
  std::string_view query = target;
  std::string_view path = take_until(query, '?').substr(1);
  for (bool is_more = true; is_more;) {  // A slash at the end begins one more, which is empty.
    is_more = path.find('/') != std::string_view::npos;
    CORDON_TRY(std::string segment, utf8_of(percent_decode(take_until(path, '/'))));
    request.segments_.push_back(std::move(segment));
  }
  while (!query.empty()) {
    std::string_view value = take_until(query, '&');
    if (value.empty()) continue;
    if (request.parameters_.size() == kParametersMax)
      return wrong_target("has too many parameters");
    CORDON_TRY(std::string name, utf8_of(form_decode(take_until(value, '='))));
    CORDON_TRY(std::string text, utf8_of(form_decode(value)));
    request.parameters_.emplace(std::move(name), std::move(text));
  }
  return request;
}

void ApiRequest::wrong(std::string_view name, std::string_view why) {
  if (!problem_) problem_ = Error{Errc::invalid, std::string(name) + ": " + std::string(why)};
}

std::vector<std::string> ApiRequest::texts(std::string_view name) {
  asked_[std::string(name)] = true;
  std::vector<std::string> out;
  const auto [begin, end] = parameters_.equal_range(name);
  for (auto it = begin; it != end; ++it) out.push_back(it->second);
  return out;
}

std::optional<std::string> ApiRequest::text(std::string_view name) {
  std::vector<std::string> all = texts(name);
  if (all.empty()) return std::nullopt;
  if (all.size() > 1) wrong(name, "it may be given once");
  return std::move(all.front());
}

std::optional<SystemTime> ApiRequest::time(std::string_view name) {
  const std::optional<std::string> value = text(name);
  if (!value) return std::nullopt;
  const Result<SystemTime> time = parse_rfc3339(*value);
  if (time) return *time;
  wrong(name, "write a time as 2026-11-30T15:50:33Z");
  return std::nullopt;
}

std::optional<std::chrono::sys_days> ApiRequest::day(std::string_view name) {
  const std::optional<std::string> value = text(name);
  if (!value) return std::nullopt;
  const Result<SystemTime> midnight = parse_rfc3339(*value + "T00:00:00Z");
  if (midnight && value->size() == 10) return std::chrono::floor<std::chrono::days>(*midnight);
  wrong(name, "write a day as 2026-11-30");
  return std::nullopt;
}

std::optional<std::string> ApiRequest::sha256(std::string_view name) {
  std::optional<std::string> value = text(name);
  if (!value) return std::nullopt;
  if (value->size() != 64 || !unhex(*value)) wrong(name, "write 64 hex digits");
  return lower(*value);
}

std::vector<Disposition> ApiRequest::verdicts(std::string_view name) {
  std::vector<Disposition> out;
  for (const std::string& value : texts(name)) {
    const std::optional<Disposition> verdict = parse_disposition(value);
    if (!verdict)
      wrong(name, "it is Clean, Infected, InfectedAllowed, Suspicious, Unscannable or Error");
    if (verdict) out.push_back(*verdict);
  }
  return out;
}

std::size_t ApiRequest::limit() {
  const std::optional<std::string> limit = text("limit");
  if (!limit) return kRowsUsual;
  const std::optional<std::uint64_t> rows = parse_u64(*limit);
  if (rows && *rows > 0 && *rows <= kPageRowsMax) return static_cast<std::size_t>(*rows);
  wrong("limit", "it is between 1 and 1000");
  return kRowsUsual;
}

PageRequest ApiRequest::page() {
  PageRequest page{.rows_max = limit()};
  if (const std::optional<std::string> cursor = text("cursor")) {
    Result<PageCursor> after = decode_cursor(*cursor, question());
    if (after) {
      page.after = *std::move(after);
    } else {
      wrong("cursor", after.error().what);
    }
  }
  return page;
}

Result<void> ApiRequest::checked() const {
  if (problem_) return *problem_;
  for (const auto& [name, value] : parameters_) {
    if (!asked_.contains(name)) {
      return Error{Errc::invalid, utf8_clean(name, 64) + ": there is no such parameter here"};
    }
  }
  return {};
}

std::string ApiRequest::question() const {
  std::string out;
  const auto add = [&out](std::string_view part) {
    out += std::to_string(part.size()) + ":";
    out += part;
  };
  for (const std::string& segment : segments_) add(segment);
  std::vector<std::pair<std::string, std::string>> filters(parameters_.begin(), parameters_.end());
  std::sort(filters.begin(), filters.end());
  for (const auto& [name, value] : filters) {
    if (name == "limit" || name == "cursor") continue;
    add(name);
    add(value);
  }
  return out;
}

}  // namespace cordon
