#include "devcloud/faults.h"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "devcloud/access/policy.h"
#include "devcloud/json_in.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kFaultsMax = 1000;
constexpr std::int64_t kLatencyMax = 600'000;

ServerResponse answer(int status, std::string text) {
  ServerResponse response{.status = status, .body = std::move(text)};
  response.headers.add("Content-Type", "application/json");
  return response;
}

json::object to_json(const Fault& fault) {
  json::object out{{"operation", fault.operation}, {"latency_ms", fault.latency.count()},
                   {"status", fault.status},       {"code", fault.code},
                   {"message", fault.message},     {"after", fault.after}};
  if (fault.count) out["count"] = *fault.count;
  if (fault.cut_after) out["cut_after"] = *fault.cut_after;
  return out;
}

std::optional<Fault> from_json(const json::object& in) {
  Fault fault;
  fault.operation = text_of(in, "operation");
  fault.code = text_of(in, "code");
  fault.message = text_if(in, "message").value_or(fault.message);
  fault.after = flag_of(in, "after");
  const std::int64_t latency = integer_if(in, "latency_ms").value_or(0);
  const std::int64_t status = integer_if(in, "status").value_or(0);
  const bool in_range =
      latency >= 0 && latency <= kLatencyMax && (status == 0 || (status >= 300 && status <= 599));
  if (fault.operation.empty() || !in_range || (status != 0 && fault.code.empty())) {
    return std::nullopt;
  }
  fault.latency = std::chrono::milliseconds(latency);
  fault.status = static_cast<int>(status);
  if (const auto count = integer_if(in, "count"); count && *count >= 0) {
    fault.count = static_cast<std::uint64_t>(*count);
  }
  if (const auto cut = integer_if(in, "cut_after"); cut && *cut >= 0) {
    fault.cut_after = static_cast<std::uint64_t>(*cut);
  }
  return fault;
}

// Whatever fails here ends the body even earlier.
UniqueFd start_of(const ServerResponse& response, std::uint64_t bytes) {
  UniqueFd start(::memfd_create("cut-body", MFD_CLOEXEC));
  auto offset = static_cast<off_t>(response.file_offset);
  std::string_view text = std::string_view(response.body).substr(0, response.file ? 0 : bytes);
  while (bytes > 0) {
    const ssize_t n = response.file ? ::sendfile(start.get(), response.file->get(), &offset, bytes)
                                    : ::write(start.get(), text.data(), text.size());
    if (n <= 0) break;
    bytes -= static_cast<std::uint64_t>(n);
    if (!response.file) text.remove_prefix(static_cast<std::size_t>(n));
  }
  return start;
}

}  // namespace

void cut_body(ServerResponse& response, std::uint64_t bytes) {
  const std::uint64_t whole = response.file ? response.file_bytes : response.body.size();
  if (bytes >= whole) return;
  response.file = std::make_shared<const UniqueFd>(start_of(response, bytes));
  response.file_offset = 0;
  response.file_bytes = whole;
}

void FaultBoard::add(Fault fault) {
  std::lock_guard lock(mutex_);
  if (faults_.size() < kFaultsMax) faults_.push_back(std::move(fault));
}

void FaultBoard::clear() {
  std::lock_guard lock(mutex_);
  faults_.clear();
}

std::optional<Fault> FaultBoard::take(std::string_view operation) {
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    Fault& fault = faults_[i];
    if (!matches_wildcard(fault.operation, operation)) continue;
    const Fault hit = fault;
    if (fault.count && (*fault.count == 0 || --*fault.count == 0)) {
      faults_.erase(faults_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return hit;
  }
  return std::nullopt;
}

ServerResponse FaultBoard::control(const ServerRequest& request) {
  if (request.method == "DELETE") {
    clear();
    return ServerResponse{.status = 204};
  }
  if (request.method == "GET") {
    json::array all;
    std::lock_guard lock(mutex_);
    for (const Fault& fault : faults_) all.push_back(to_json(fault));
    return answer(200, json::serialize(json::object{{"faults", std::move(all)}}));
  }
  if (request.method != "POST") return answer(405, R"({"error":"use GET, POST or DELETE"})");
  const auto in = parse_object(request.body);
  const auto fault = in ? from_json(*in) : std::nullopt;
  if (!fault) {
    return answer(400,
                  R"({"error":"needed: operation, and status (300..599) with code, latency_ms )"
                  R"((0..600000) or cut_after; optional: count, after, message"})");
  }
  add(*fault);
  return ServerResponse{.status = 204};
}

}  // namespace cordon::cloud
