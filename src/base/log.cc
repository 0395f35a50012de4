#include "base/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kValueBytesMax = 2048;

void append_json_text(std::string& out, std::string_view raw) {
  out.push_back('"');
  for (const char c : utf8_clean(raw, kValueBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", byte);
      out += escape.data();
    } else {
      out.push_back(c);
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

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
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
  line.push_back('}');
  output_->logger->log(spdlog::level::info, spdlog::string_view_t(line));
}

}  // namespace cordon
