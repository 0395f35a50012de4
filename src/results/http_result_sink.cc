#include "results/http_result_sink.h"

#include <boost/json.hpp>
#include <utility>

#include "base/text.h"
#include "core/result_document.h"
#include "net/request_check.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kPath = "/api/v1/results";
constexpr std::size_t kLinesMax = 100;
constexpr std::size_t kRequestBytesMax = 768U << 10U;
constexpr std::size_t kLineBytesMax = 512U << 10U;
constexpr std::size_t kShownBytesMax = 200;

// What is said of all lines of a request that was not taken. None: it may be for one of them.
std::optional<Error> said_of_all(const HttpResponse& response) {
  const std::string what = "the console answered " + std::to_string(response.status);
  switch (response.status) {
    case 400:
    case 413:
      return std::nullopt;
    case 401:
    case 403:
      return Error{Errc::denied, what + ": its token must be one of the role operator in force"};
    case 429:
      return Error{Errc::throttled, what};
    case 404:
    case 405:
      return Error{Errc::unavailable, what + ": there is no console that takes results there"};
    default:
      return Error{Errc::unavailable, what};
  }
}

// Which lines were refused, and why. Errors: unavailable: it is no answer of a console.
Result<std::vector<std::pair<std::size_t, std::string>>> refused_in(const std::string& body) {
  const Error strange{Errc::unavailable, "the answer is none of a console"};
  boost::system::error_code failed;
  const json::value answer = json::parse(body, failed);
  const json::object* object = failed ? nullptr : answer.if_object();
  const json::value* list = object == nullptr ? nullptr : object->if_contains("refused");
  if (list == nullptr || !list->is_array()) return strange;
  std::vector<std::pair<std::size_t, std::string>> refused;
  for (const json::value& one : list->get_array()) {
    const json::object* entry = one.if_object();
    const json::value* line = entry == nullptr ? nullptr : entry->if_contains("line");
    const json::value* why = entry == nullptr ? nullptr : entry->if_contains("why");
    if (line == nullptr || !line->is_int64() || line->get_int64() < 0) return strange;
    std::string text;
    if (why != nullptr && why->is_string()) text = std::string(why->get_string());
    refused.emplace_back(static_cast<std::size_t>(line->get_int64()),
                         utf8_clean(text, kShownBytesMax));
  }
  return refused;
}

}  // namespace

Result<std::string> console_url(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  const Result<std::string> origin = origin_of(text);
  const bool is_whole = origin && text.find('/', text.find("//") + 2) == std::string_view::npos &&
                        text.find('?') == std::string_view::npos;
  if (is_whole) return std::string(text);
  return Error{Errc::invalid, "\"" + utf8_clean(text, kShownBytesMax) +
                                  "\" is no address of a console: write https://HOST:PORT"};
}

ResultOutcomes HttpResultSink::publish(std::span<const ScanResult> results, Deadline deadline,
                                       std::stop_token stop) {
  ResultOutcomes outcomes(results.size());
  std::vector<Line> lines;
  std::size_t bytes = 0;
  const auto send_all = [&] {
    if (!lines.empty()) send(lines, outcomes, deadline, stop);
    lines.clear();
    bytes = 0;
  };
  for (std::size_t place = 0; place < results.size(); ++place) {
    Result<std::string> text = result_line(results[place], kLineBytesMax, LineText::ascii);
    if (!text) {
      outcomes[place] = text.error();
      continue;
    }
    if (lines.size() == kLinesMax || bytes + text->size() > kRequestBytesMax) send_all();
    bytes += text->size() + 1;
    lines.push_back({place, *std::move(text)});
  }
  send_all();
  return outcomes;
}

void HttpResultSink::send(std::span<const Line> lines, ResultOutcomes& outcomes, Deadline deadline,
                          const std::stop_token& stop) {
  const auto say_of_all = [&](const Error& error) {
    for (const Line& line : lines) outcomes[line.place] = error;
  };
  const Result<HttpResponse> response = post(lines, deadline, stop);
  if (!response) return say_of_all(response.error());
  if (response->status == 200) {
    const auto refused = refused_in(response->body);
    if (!refused) return say_of_all(refused.error());
    for (const auto& [line, why] : *refused) {
      if (line >= lines.size())
        return say_of_all({Errc::unavailable, "it refused what was not sent"});
      outcomes[lines[line].place] = Error{Errc::invalid, "the console refused it: " + why};
    }
    return;
  }
  const std::optional<Error> error = said_of_all(*response);
  if (error) return say_of_all(*error);
  if (lines.size() == 1) {
    return say_of_all({Errc::invalid, "the console answered " + std::to_string(response->status)});
  }
  // Which one it is for shows when each stands alone.
  for (std::size_t i = 0; i < lines.size(); ++i)
    send(lines.subspan(i, 1), outcomes, deadline, stop);
}

Result<HttpResponse> HttpResultSink::post(std::span<const Line> lines, Deadline deadline,
                                          std::stop_token stop) {
  HttpRequest request{.method = "POST",
                      .url = console_.url + kPath,
                      .headers = {{"Authorization", "Bearer " + console_.token},
                                  {"Content-Type", "application/x-ndjson"}}};
  for (const Line& line : lines) request.body += line.text + "\n";
  return client_.fetch(request, deadline, std::move(stop));
}

}  // namespace cordon
