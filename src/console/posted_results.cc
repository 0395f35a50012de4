#include "console/posted_results.h"

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "base/text.h"
#include "console/api_response.h"
#include "core/finding.h"
#include "core/scan_result_decoding.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kLinesMax = 1000;
constexpr std::size_t kWhyBytesMax = 300;

Result<ScanResult> result_in(std::string_view line) {
  CORDON_TRY(ScanResult result, decode_scan_result(line));
  if (is_storable(result)) return result;
  return Error{Errc::invalid, "a result without an id, or not of an object in a bucket"};
}

}  // namespace

Result<void> PostedBody::write(std::string_view bytes) {
  if (bytes.size() > kPostedBytesMax - text_.size()) {
    return Error{Errc::invalid, "more than " + std::to_string(kPostedBytesMax) + " bytes"};
  }
  text_.append(bytes);
  return {};
}

Result<ServerResponse> take_posted_results(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  std::vector<ScanResult> results;
  json::array refused;
  std::size_t number = 0;
  for (std::string_view left = call.http.body; !left.empty(); ++number) {
    if (number == kLinesMax) return Error{Errc::invalid, "more than 1,000 lines"};
    const std::size_t end = std::min(left.find('\n'), left.size());
    Result<ScanResult> result = result_in(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    if (result) {
      results.push_back(*std::move(result));
    } else {
      refused.push_back(
          json::object{{"line", number}, {"why", utf8_clean(result.error().what, kWhyBytesMax)}});
    }
  }
  if (number == 0) return Error{Errc::invalid, "no results: write one document a line"};
  TakenResults taken;
  if (!results.empty()) {
    CORDON_TRY(taken, call.store.add(results, call.deadline, call.stop));
  }
  return json_response(call.http, json::serialize(json::object{{"added", taken.added},
                                                               {"known", taken.known},
                                                               {"refused", std::move(refused)}}));
}

}  // namespace cordon
