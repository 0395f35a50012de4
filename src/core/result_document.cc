#include "core/result_document.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kNamesKept = 20;
constexpr std::size_t kActionsKept = 20;
constexpr std::size_t kTextBytesKept = 512;

void shorten(std::string& text) { text = utf8_clean(text, kTextBytesKept); }

ScanResult shortened(ScanResult result) {
  std::vector<std::string>& names = result.verdict.virus_names;
  names.resize(std::min(names.size(), kNamesKept));
  for (std::string& name : names) shorten(name);
  shorten(result.verdict.message);
  result.actions.resize(std::min(result.actions.size(), kActionsKept));
  for (ActionRecord& action : result.actions) {
    if (action.detail) shorten(*action.detail);
  }
  if (result.uploaded_by) shorten(*result.uploaded_by);
  return result;
}

}  // namespace

Result<std::string> result_line(const ScanResult& result, std::size_t bytes_max, LineText text) {
  const auto written = [text](const ScanResult& one) {
    return text == LineText::ascii ? ascii_json(to_json(one)) : to_json(one);
  };
  std::string line = written(result);
  if (line.size() > bytes_max) line = written(shortened(result));
  if (line.size() > bytes_max) {
    return Error{Errc::invalid, "the scan result of " + std::to_string(line.size()) +
                                    " bytes is longer than " + std::to_string(bytes_max)};
  }
  return line;
}

Result<std::string> notification_body(const ScanResult& result, std::size_t bytes_max) {
  json::object added;
  if (result.bucket) {
    added["bucketName"] = result.bucket->str();
  } else {
    added["bucketName"] = nullptr;
  }
  added["scanResult"] = name_of(result.verdict.disposition);
  added["dateScanned"] = rfc3339_ms(result.scanned_at);
  const std::string tail = "," + ascii_json(json::serialize(added)).substr(1);
  if (tail.size() >= bytes_max) return Error{Errc::invalid, "the bucket's name is too long"};
  CORDON_TRY(std::string body, result_line(result, bytes_max - tail.size(), LineText::ascii));
  // The line is an object that is never empty, so the fields are joined at its closing brace.
  CORDON_CHECK(body.size() > 2 && body.back() == '}');
  body.pop_back();
  return body + tail;
}

}  // namespace cordon
