#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/error.h"
#include "base/guarded.h"
#include "base/result.h"

namespace cordon {

/// `error`: someone must act now. `warn`: someone should look this week. `info`: one line per
/// object and per change of state. `debug`: off in production.
enum class LogLevel : std::uint8_t { debug, info, warn, error, off };

/// The level of that name: "debug", "info", "warn", "error" or "off". Errors: invalid.
Result<LogLevel> parse_log_level(std::string_view name);

/// One named value of a log line. Secrets have no conversion to this type, on purpose.
struct LogField {
  using Value = std::variant<std::string, std::int64_t, std::uint64_t, double, bool>;

  LogField(std::string_view name, std::string_view text) : key(name), value(std::string(text)) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string(text)) {}
  LogField(std::string_view name, bool flag) : key(name), value(flag) {}
  template <std::signed_integral T>
  LogField(std::string_view name, T number) : key(name), value(std::int64_t{number}) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) LogField(std::string_view name, T number)
      : key(name), value(std::uint64_t{number}) {}
  LogField(std::string_view name, double number) : key(name), value(number) {}
  /// Code and text of an error, as "code: what".
  LogField(std::string_view name, const Error& error)
      : key(name), value(std::string(name_of(error.code)) + ": " + error.what) {}

  std::string_view key;
  Value value;
};

/// Structured events: a constant name plus fields, one JSON object per line. Values may be an
/// attacker's text: they are escaped and cut at 2,048 bytes; nothing in a line steers a terminal. A
/// line of any thread but the first ends with the name of its thread ("slot-3").
///
/// Threads: any; a line is written whole.
class Log {
 public:
  using Fields = std::initializer_list<LogField>;
  using Sink = std::function<void(std::string_view line)>;

  /// Writes to standard error.
  Log(LogLevel level, const Clock& clock);
  /// Writes to `sink` (tests, other outputs).
  Log(LogLevel level, const Clock& clock, Sink sink);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool enabled(LogLevel level) const { return level >= level_; }
  void debug(std::string_view event, Fields fields = {}) { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { write(LogLevel::info, event, fields); }
  void warn(std::string_view event, Fields fields = {}) { write(LogLevel::warn, event, fields); }
  void error(std::string_view event, Fields fields = {}) { write(LogLevel::error, event, fields); }
  void write(LogLevel level, std::string_view event, Fields fields);

  /// For an event that somebody outside can cause as often as he likes: of each name, ten lines in
  /// 60 s are written and the others counted. How many were left out is written ("log.left_out")
  /// with the first line of any kind after those 60 s, at `tell_left_out`, and at the end.
  void write_limited(LogLevel level, std::string_view event, Fields fields);
  /// Writes what was left out in windows that are over. To be called now and then.
  void tell_left_out();

 private:
  struct Output;
  /// Of one name: from its first line on.
  struct Window {
    LogLevel level = LogLevel::info;
    SteadyTime begin;
    std::uint64_t lines = 0;
  };
  using Windows = std::map<std::string, Window, std::less<>>;

  void write_line(LogLevel level, std::string_view event, Fields fields);
  void tell(const Windows& over);

  LogLevel level_;
  const Clock& clock_;
  std::unique_ptr<Output> output_;
  Guarded<Windows> windows_;  ///< As many as there are names, which are constants.
};

}  // namespace cordon
