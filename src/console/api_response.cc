#include "console/api_response.h"

#include <boost/json.hpp>
#include <span>

#include "base/digest.h"
#include "base/text.h"
#include "console/entity_tag.h"

namespace cordon {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kProblem = "application/problem+json";
constexpr std::size_t kDetailBytesMax = 1024;

ServerResponse response(int status, const char* type, std::string body) {
  return ServerResponse{.status = status,
                        .headers = {{"Content-Type", type},
                                    {"Cache-Control", "no-store"},
                                    {"X-Content-Type-Options", "nosniff"},
                                    {"Content-Security-Policy", "default-src 'none'"}},
                        .body = std::move(body)};
}

std::string entity_tag_of(std::string_view body) {
  const Sha256Digest digest = sha256(body);
  return hex(std::span(digest).first(16));
}

}  // namespace

ServerResponse list_response(std::string body) { return response(200, kJson, std::move(body)); }

ServerResponse json_response(const ServerRequest& request, std::string body) {
  const std::string tag = entity_tag_of(body);
  return json_response(request, std::move(body), tag);
}

ServerResponse json_response(const ServerRequest& request, std::string body,
                             std::string_view entity_tag) {
  const std::string tag = "\"" + std::string(entity_tag) + "\"";
  const auto known = request.headers.get("If-None-Match");
  ServerResponse out = response(200, kJson, std::move(body));
  if (known && names_entity_tag(*known, tag)) out = ServerResponse{.status = 304};
  out.headers.set("Cache-Control", "private, no-cache");  // To be asked for with the tag.
  out.headers.add("ETag", tag);
  return out;
}

ServerResponse made_response(std::string body) { return response(201, kJson, std::move(body)); }

ServerResponse empty_response() {
  return ServerResponse{.status = 204, .headers = {{"Cache-Control", "no-store"}}};
}

ServerResponse unauthorized_response(std::string_view detail) {
  ServerResponse out = problem_response(401, "Unauthorized", detail);
  out.headers.add("WWW-Authenticate", "Bearer realm=\"cordon\"");
  return out;
}

ServerResponse wait_response(std::chrono::seconds wait, std::string_view detail) {
  ServerResponse out = problem_response(429, "Too Many Requests", detail);
  out.headers.add("Retry-After", std::to_string(wait.count()));
  return out;
}

ServerResponse problem_response(int status, std::string_view title, std::string_view detail) {
  return problem_response(status, title, detail, {});
}

ServerResponse problem_response(int status, std::string_view title, std::string_view detail,
                                const boost::json::object& more) {
  boost::json::object document{{"type", "about:blank"},
                               {"title", title},
                               {"status", status},
                               {"detail", utf8_clean(detail, kDetailBytesMax)}};
  for (const auto& member : more) document[member.key()] = member.value();
  return response(status, kProblem, boost::json::serialize(document));
}

ServerResponse problem_response(const Error& error) {
  switch (error.code) {
    case Errc::invalid:
      return problem_response(400, "Bad Request", error.what);
    case Errc::not_found:
      return problem_response(404, "Not Found", error.what);
    case Errc::changed:
      return problem_response(409, "Conflict", error.what);
    case Errc::throttled:
      return problem_response(429, "Too Many Requests", "try again later");
    case Errc::cancelled:
    case Errc::timeout:
    case Errc::unavailable: {
      ServerResponse out =
          problem_response(503, "Service Unavailable", "the database does not answer; try again");
      out.headers.add("Retry-After", "5");
      return out;
    }
    case Errc::denied:
    case Errc::worker_died:
      return problem_response(500, "Internal Server Error", "the console's log says why");
  }
  return problem_response(500, "Internal Server Error", "the console's log says why");
}

}  // namespace cordon
