#include "base/log.h"

#include <pthread.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kValueBytesMax = 2048;
constexpr std::chrono::seconds kWindow{60};
constexpr std::uint64_t kLinesMax = 10;  // In one window, of one name.

void append_json_text(std::string& out, std::string_view raw) {
  out.push_back('"');
  const std::string clean = utf8_clean(raw, kValueBytesMax);
  std::string_view rest = clean;
  while (!rest.empty()) {
    const std::string_view before = rest;
    const char32_t c = take_character(rest);
    if (c == U'"' || c == U'\\') out.push_back('\\');
    if (is_plain_to_show(c)) {
      out += before.substr(0, before.size() - rest.size());
    } else {  // All of them have at most four digits.
      std::array<char, 16> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    }
  }
  out.push_back('"');
}

struct AppendValue {
  std::string& out;
  void operator()(const std::string& text) const { append_json_text(out, text); }
  void operator()(std::int64_t number) const { out += std::to_string(number); }
  void operator()(std::uint64_t number) const { out += std::to_string(number); }
  void operator()(bool flag) const { out += flag ? "true" : "false"; }
  void operator()(double number) const {
    std::array<char, 32> text{};
    if (!std::isfinite(number)) {
      out += "null";
      return;
    }
    std::snprintf(text.data(), text.size(), "%.6g", number);
    out += text.data();
  }
};

std::string_view word(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
    case LogLevel::off:
      return "off";
  }
  return "off";
}

std::shared_ptr<spdlog::logger> logger_over(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("cordon", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

// spdlog 1.10 has no callback sink; this is one.
class CallbackSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit CallbackSink(Log::Sink write) : write_(std::move(write)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  Log::Sink write_;
};

}  // namespace

struct Log::Output {
  std::shared_ptr<spdlog::logger> logger;  // Shared only because spdlog hands it out that way.
};

Result<LogLevel> parse_log_level(std::string_view name) {
  for (const LogLevel level :
       {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error, LogLevel::off}) {
    if (word(level) == name) return level;
  }
  return Error{Errc::invalid, "log level must be debug, info, warn, error or off"};
}

Log::Log(LogLevel level, const Clock& clock)
    : level_(level),
      clock_(clock),
      output_(std::make_unique<Output>(
          Output{logger_over(std::make_shared<spdlog::sinks::stderr_sink_mt>())})) {}

Log::Log(LogLevel level, const Clock& clock, Sink sink)
    : level_(level),
      clock_(clock),
      output_(std::make_unique<Output>(
          Output{logger_over(std::make_shared<CallbackSink>(std::move(sink)))})) {}

Log::~Log() {
  tell(windows_.with([](Windows& all) { return std::exchange(all, {}); }));
}

void Log::write(LogLevel level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  tell_left_out();
  write_line(level, event, fields);
}

void Log::write_limited(LogLevel level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  tell_left_out();
  const bool is_wanted = windows_.with([&](Windows& all) {
    auto at = all.find(event);
    if (at == all.end()) {
      at = all.emplace(std::string(event), Window{level, clock_.steady_now()}).first;
    }
    return ++at->second.lines <= kLinesMax;
  });
  if (is_wanted) write_line(level, event, fields);
}

void Log::tell_left_out() {
  tell(windows_.with([&](Windows& all) {
    Windows over;
    for (auto at = all.begin(); at != all.end();) {
      const auto next = std::next(at);
      if (clock_.steady_now() - at->second.begin >= kWindow) over.insert(all.extract(at));
      at = next;
    }
    return over;
  }));
}

void Log::tell(const Windows& over) {
  for (const auto& [event, window] : over) {
    if (window.lines <= kLinesMax) continue;
    write_line(window.level, "log.left_out",
               {{"of", event}, {"count", window.lines - kLinesMax}, {"seconds", kWindow.count()}});
  }
}

namespace {

// "slot-3"; empty on the main thread, whose name is the program's.
std::string name_of_this_thread() {
  if (::gettid() == ::getpid()) return "";
  std::array<char, 16> name{};
  return ::pthread_getname_np(::pthread_self(), name.data(), name.size()) == 0 ? name.data() : "";
}

}  // namespace

void Log::write_line(LogLevel level, std::string_view event, Fields fields) {
  std::string line = "{\"time\":\"" + rfc3339_ms(clock_.system_now()) + "\",\"level\":\"";
  line += word(level);
  line += "\",\"event\":";
  append_json_text(line, event);
  for (const LogField& field : fields) {
    line.push_back(',');
    append_json_text(line, field.key);
    line.push_back(':');
    std::visit(AppendValue{line}, field.value);
  }
  if (const std::string thread = name_of_this_thread(); !thread.empty()) {
    line += ",\"thread\":";
    append_json_text(line, thread);
  }
  line.push_back('}');
  output_->logger->log(spdlog::level::info, spdlog::string_view_t(line));
}

}  // namespace cordon
