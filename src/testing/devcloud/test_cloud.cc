#include "testing/devcloud/test_cloud.h"

#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

std::string hmac(std::string_view key, std::string_view text) {
  const Sha256Digest digest = hmac_sha256(as_bytes_of(key), text);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

// Signs what a simple client sends: query parameters that need no reordering, single headers.
void sign(ServerRequest& http, const TestCloud::Request& request, SystemTime now) {
  const std::string date = iso8601_basic(now);
  const std::string day = date.substr(0, 8);
  http.headers.set("x-amz-date", date);
  if (request.service == "s3" && !http.headers.has("x-amz-content-sha256")) {
    http.headers.set("x-amz-content-sha256", hex(sha256(http.body)));
  }
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [name, value] : http.headers.all()) {
    headers.emplace_back(lower(name), std::string(trim(value)));
  }
  std::sort(headers.begin(), headers.end());
  std::string names;
  std::string lines;
  for (const auto& [name, value] : headers) {
    names += (names.empty() ? "" : ";") + name;
    lines += name + ":" + value + "\n";
  }
  const std::size_t question = http.target.find('?');
  std::string query;
  const auto form =
      cloud::parse_form(question == std::string::npos ? "" : http.target.substr(question + 1));
  if (form) {
    std::vector<std::string> pairs;
    for (const auto& [name, value] : *form) {
      pairs.push_back(percent_encode(name, false) + "=" + percent_encode(value, false));
    }
    std::sort(pairs.begin(), pairs.end());
    for (const std::string& pair : pairs) query += (query.empty() ? "" : "&") + pair;
  }
  const std::string hash(http.headers.get("x-amz-content-sha256").value_or(hex(sha256(http.body))));
  const std::string canonical = http.method + "\n" + http.target.substr(0, question) + "\n" +
                                query + "\n" + lines + "\n" + names + "\n" + hash;
  const std::string scope = day + "/" + request.region + "/" + request.service + "/aws4_request";
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + hex(sha256(canonical));
  const std::string key =
      hmac(hmac(hmac(hmac("AWS4" + request.secret, day), request.region), request.service),
           "aws4_request");
  http.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=" + request.access_key + "/" +
                                        scope + ", SignedHeaders=" + names +
                                        ", Signature=" + hex(as_bytes_of(hmac(key, to_sign))));
}

std::string service_of_target(const std::string& target) {
  if (target.starts_with("AmazonSQS")) return "sqs";
  return target.starts_with("AWSEvents") ? "events" : "logs";
}

cloud::Basics basics_of(TestCloud& cloud) {
  return {.clock = cloud.clock,
          .random = cloud.random,
          .log = cloud.log,
          .account = "000000000000",
          .scratch = std::filesystem::temp_directory_path()};
}

}  // namespace

TestCloud::TestCloud() : dispatcher(basics_of(*this), &faults) {
  dispatcher.keys().add({.secret = "cordon-dev-secret",
                         .identity = {.access_key = "cordon",
                                      .account = "000000000000",
                                      .arn = "arn:aws:iam::000000000000:user/cordon",
                                      .user_id = "AIDATESTER"}});
}

ServerResponse TestCloud::send(Request request) {
  ServerRequest http{request.method, request.target, request.headers, request.body, "127.0.0.1:5"};
  http.headers.set("host", "localhost:4566");
  if (request.sign) sign(http, request, clock.system_now());
  std::shared_ptr<UploadSink> sink = http.body.empty() ? nullptr : dispatcher.upload(http);
  if (sink != nullptr) {
    // In two pieces, as a socket would deliver it.
    const std::size_t half = http.body.size() / 2;
    for (const std::string& piece : {http.body.substr(0, half), http.body.substr(half)}) {
      const Result<void> written = sink->write(piece);
      if (!written) return {.status = 400, .body = written.error().what};
    }
    http.body.clear();
  }
  return dispatcher.handle(http, sink, {});
}

ServerResponse TestCloud::put(const std::string& target, std::string body, Headers headers) {
  return send(
      {.method = "PUT", .target = target, .headers = std::move(headers), .body = std::move(body)});
}

ServerResponse TestCloud::get(const std::string& target, Headers headers) {
  return send({.target = target, .headers = std::move(headers)});
}

ServerResponse TestCloud::remove(const std::string& target) {
  return send({.method = "DELETE", .target = target});
}

void TestCloud::make_bucket(const std::string& name, bool versioned) {
  (void)put("/" + name, "");
  if (versioned) {
    (void)put("/" + name + "?versioning=",
              "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
  }
}

ServerResponse TestCloud::json_call(const std::string& target, const boost::json::object& body) {
  return send(
      {.method = "POST",
       .headers = {{"x-amz-target", target}, {"content-type", "application/x-amz-json-1.0"}},
       .body = boost::json::serialize(body),
       .service = service_of_target(target)});
}

boost::json::object TestCloud::json_ok(const std::string& target, const boost::json::object& body) {
  const ServerResponse response = json_call(target, body);
  if (response.status != 200) return {{"failed", response.body}};
  return boost::json::parse(response.body).as_object();
}

ServerResponse TestCloud::query(const std::string& service, const std::string& action,
                                const std::string& form) {
  return send({.method = "POST",
               .headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}},
               .body = "Action=" + action + (form.empty() ? "" : "&" + form),
               .service = service});
}

std::string TestCloud::queue_arn(const std::string& name) {
  return "arn:aws:sqs:us-east-1:000000000000:" + name;
}

std::string TestCloud::open_queue(const std::string& name, const std::string& service) {
  const std::string policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
                             R"("Principal":{"Service":")" +
                             service + R"("},"Action":"sqs:SendMessage","Resource":")" +
                             queue_arn(name) + R"("}]})";
  const auto made =
      json_ok("AmazonSQS.CreateQueue", {{"QueueName", name}, {"Attributes", {{"Policy", policy}}}});
  return std::string(made.at("QueueUrl").as_string());
}

std::vector<boost::json::object> TestCloud::receive(const std::string& url) {
  std::vector<boost::json::object> bodies;
  for (int page = 0; page < 100; ++page) {
    const auto got =
        json_ok("AmazonSQS.ReceiveMessage", {{"QueueUrl", url}, {"MaxNumberOfMessages", 10}});
    const boost::json::value* messages = got.if_contains("Messages");
    if (messages == nullptr) break;
    for (const boost::json::value& one : messages->as_array()) {
      bodies.push_back(
          boost::json::parse(std::string(one.as_object().at("Body").as_string())).as_object());
    }
  }
  return bodies;
}

std::string element(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::size_t from = xml.find(open);
  if (from == std::string_view::npos) return {};
  const std::string_view rest = xml.substr(from + open.size());
  return std::string(rest.substr(0, rest.find('<')));
}

std::string header(const ServerResponse& response, std::string_view name) {
  return std::string(response.headers.get(name).value_or(""));
}

std::string body_of(const ServerResponse& response) {
  if (response.file == nullptr) return response.body;
  std::string out(response.file_bytes, '\0');
  const ssize_t n = ::pread(response.file->get(), out.data(), out.size(),
                            static_cast<off_t>(response.file_offset));
  out.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return out;
}

}  // namespace cordon
