#include "devcloud/query_protocol.h"

#include <algorithm>

#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

constexpr std::size_t kEntriesMax = 1000;

std::string numbered(std::string_view name, std::size_t number, std::string_view tail = {}) {
  std::string out(name);
  out.append(".").append(std::to_string(number));
  if (!tail.empty()) out.append(".").append(tail);
  return out;
}

}  // namespace

bool QueryForm::has(std::string_view name) const {
  return std::any_of(form_.begin(), form_.end(), [&](const auto& p) { return p.first == name; });
}

std::string QueryForm::text(std::string_view name) const {
  const auto at =
      std::find_if(form_.begin(), form_.end(), [&](const auto& p) { return p.first == name; });
  return at == form_.end() ? std::string() : at->second;
}

std::size_t QueryForm::count(std::string_view name) const {
  std::size_t n = 0;
  while (n < kEntriesMax) {
    const std::string start = numbered(name, n + 1);
    const bool there = std::any_of(form_.begin(), form_.end(), [&](const auto& p) {
      return p.first == start || (p.first.size() > start.size() && p.first.starts_with(start) &&
                                  p.first[start.size()] == '.');
    });
    if (!there) break;
    ++n;
  }
  return n;
}

std::vector<std::string> QueryForm::list(std::string_view name) const {
  std::vector<std::string> out;
  for (const std::string& base : {std::string(name), std::string(name) + ".member"}) {
    for (std::size_t n = 1; n <= kEntriesMax && has(numbered(base, n)); ++n) {
      out.push_back(text(numbered(base, n)));
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> QueryForm::pairs(std::string_view name,
                                                                  std::string_view key,
                                                                  std::string_view value) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t n = 1; n <= kEntriesMax && has(numbered(name, n, key)); ++n) {
    out.emplace_back(text(numbered(name, n, key)), text(numbered(name, n, value)));
  }
  return out;
}

ServerResponse query_answer(std::string_view xmlns, std::string_view action,
                            std::string_view result, std::string_view request_id) {
  const std::string response = std::string(action) + "Response";
  XmlWriter xml;
  xml.open(response, "xmlns=\"" + std::string(xmlns) + "\"");
  xml.open(std::string(action) + "Result").raw(result).close(std::string(action) + "Result");
  xml.open("ResponseMetadata").text("RequestId", request_id).close("ResponseMetadata");
  xml.close(response);
  ServerResponse out;
  out.headers.add("Content-Type", "text/xml");
  out.headers.add("x-amzn-RequestId", std::string(request_id));
  out.body = xml.take();
  return out;
}

ServerResponse query_error(std::string_view xmlns, const AwsError& error,
                           std::string_view request_id) {
  XmlWriter xml;
  xml.open("ErrorResponse", "xmlns=\"" + std::string(xmlns) + "\"").open("Error");
  xml.text("Type", error.status < 500 ? "Sender" : "Receiver");
  xml.text("Code", error.code).text("Message", error.message).text("Detail", "").close("Error");
  xml.text("RequestId", request_id).close("ErrorResponse");
  ServerResponse out{.status = error.status, .headers = error.headers};
  out.headers.add("Content-Type", "text/xml");
  out.headers.add("x-amzn-RequestId", std::string(request_id));
  out.body = xml.take();
  return out;
}

ServerResponse json_answer(std::string_view version, const boost::json::object& body,
                           std::string_view request_id) {
  ServerResponse out;
  out.headers.add("Content-Type", "application/x-amz-json-" + std::string(version));
  out.headers.add("x-amzn-RequestId", std::string(request_id));
  out.body = boost::json::serialize(body);
  return out;
}

ServerResponse json_error(std::string_view version, const AwsError& error,
                          std::string_view request_id) {
  ServerResponse out =
      json_answer(version, {{"__type", error.code}, {"message", error.message}}, request_id);
  out.status = error.status;
  for (const auto& [name, value] : error.headers.all()) out.headers.add(name, value);
  return out;
}

}  // namespace cordon::cloud
