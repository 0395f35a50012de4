#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "core/page.h"
#include "core/verdict.h"

namespace cordon {

/// The target of a request: its path in segments, decoded, and its query.
///
/// What is asked of the query and is not as it should be is remembered, the first of it, and what
/// nobody asked for is an error, too: a filter that was misspelt must not be answered with
/// everything. So a handler asks for all that it knows and then looks once, at `checked`.
class ApiRequest {
 public:
  /// Errors: invalid: no path of ours, more than 8 KiB or 100 parameters, text that is not
  /// percent-encoded UTF-8.
  static Result<ApiRequest> parse(std::string_view target);

  const std::vector<std::string>& segments() const { return segments_; }

  std::optional<std::string> text(std::string_view name);
  std::vector<std::string> texts(std::string_view name);  ///< Each value that it was given.
  std::optional<SystemTime> time(std::string_view name);  ///< RFC 3339
  std::optional<std::chrono::sys_days> day(std::string_view name);  ///< 2026-11-30
  std::optional<std::string> sha256(std::string_view name);         ///< In lower case.
  std::vector<Disposition> verdicts(std::string_view name);
  std::size_t limit();  ///< `limit`: 1 to 1,000; 100 unless it is said.
  /// `limit` and `cursor`.
  PageRequest page();

  void wrong(std::string_view name, std::string_view why);
  /// Errors: invalid, which names the parameter.
  Result<void> checked() const;

  /// What a cursor of this request belongs to: everything but the page.
  std::string question() const;

 private:
  std::vector<std::string> segments_;
  std::multimap<std::string, std::string, std::less<>> parameters_;
  std::map<std::string, bool, std::less<>> asked_;
  std::optional<Error> problem_;
};

}  // namespace cordon
