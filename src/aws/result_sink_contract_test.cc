// The sinks over HTTP, on a server that answers as the services do: a call is taken, refused as a
// whole, or taken but for some of its entries.

#include "testing/result_sink_contract.h"

#include <map>
#include <memory>
#include <mutex>

#include <boost/json.hpp>

#include "aws/cloudwatch_sink.h"
#include "aws/event_bus_sink.h"
#include "aws/signing_client.h"
#include "aws/sns_sink.h"
#include "aws/sqs_sink.h"
#include "base/digest.h"
#include "base/text.h"
#include "testing/fake_result_sink.h"
#include "testing/http_imposter.h"
#include "testing/seeded_random.h"

namespace cordon {
namespace {

namespace json = boost::json;

enum class Fate : unsigned char { taken, refused, failed };

/// A service that takes results. Derived ones know how a call is written.
class Service {
 public:
  explicit Service(AwsService service)
      : client_({Region("eu-west-1"), settings(service), RetryPolicy{.attempts_max = 1}},
                {*http_, nullptr, regions_, clock_, random_, log_}) {
    server_.answer_rest([this](const ServerRequest& request, std::stop_token) {
      const std::lock_guard lock(mutex_);
      if (away_) return ServerResponse{.status = 503};
      return answer(request);
    });
  }
  virtual ~Service() = default;

  void refuse(const std::string& id) { decide(id, Fate::refused); }
  bool fail_for_now(const std::string& id) {
    decide(id, Fate::failed);
    return true;
  }
  void fail_whole() { set_away(true); }
  void come_back() { set_away(false); }
  std::vector<std::string> taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }

 protected:
  /// Called under the lock.
  virtual ServerResponse answer(const ServerRequest& request) = 0;

  /// What becomes of the entry that carries this document; remembers it.
  Fate take(std::string_view document) {
    const std::string id(json::parse(document).at("id").as_string());
    const auto found = fates_.find(id);
    const Fate fate = found == fates_.end() ? Fate::taken : found->second;
    if (fate == Fate::taken) taken_.push_back(id);
    return fate;
  }
  bool is_refused(std::string_view document) const {
    const auto found = fates_.find(std::string(json::parse(document).at("id").as_string()));
    return found != fates_.end() && found->second == Fate::refused;
  }
  ServiceClient& client() { return client_; }

 private:
  EndpointSettings settings(AwsService service) const {
    EndpointSettings made;
    made.configured[service] = parse_endpoint_url(server_.url(), "test").value();
    return made;
  }
  void decide(const std::string& id, Fate fate) {
    const std::lock_guard lock(mutex_);
    fates_[id] = fate;
  }
  void set_away(bool is_away) {
    const std::lock_guard lock(mutex_);
    away_ = is_away;
  }

  mutable std::mutex mutex_;
  std::map<std::string, Fate> fates_;
  std::vector<std::string> taken_;
  bool away_ = false;
  RealClock clock_;
  SeededRandom random_;
  Log log_{LogLevel::off, clock_, [](std::string_view) {}};
  BucketRegions regions_;
  std::unique_ptr<HttpClient> http_ = make_curl_client({}, clock_);
  HttpImposter server_;
  SigningClient client_;
};

class QueueSubject final : public Service {
 public:
  QueueSubject() : Service(AwsService::sqs) {}
  ResultSink& sink() { return sink_; }

 private:
  ServerResponse answer(const ServerRequest& request) override {
    json::array good;
    json::array bad;
    const json::value body = json::parse(request.body);
    for (const json::value& entry : body.at("Entries").as_array()) {
      const json::string& sent = entry.at("MessageBody").as_string();
      const Fate fate = take(sent);
      if (fate == Fate::taken) {
        good.push_back(json::object{{"Id", entry.at("Id")},
                                    {"MessageId", "m"},
                                    {"MD5OfMessageBody", hex(md5(as_bytes_of(sent)))}});
        continue;
      }
      const bool is_ours = fate == Fate::refused;
      bad.push_back(json::object{{"Id", entry.at("Id")},
                                 {"Code", is_ours ? "InvalidMessageContents" : "InternalError"},
                                 {"SenderFault", is_ours}});
    }
    return {.body = json::serialize(json::object{{"Successful", good}, {"Failed", bad}})};
  }

  SqsSink sink_{client(), {.queue_url = "https://sqs/1/results"}};
};

class TopicSubject final : public Service {
 public:
  TopicSubject() : Service(AwsService::sns) {}
  ResultSink& sink() { return sink_; }

 private:
  static std::map<std::string, std::string> form_of(std::string_view body) {
    std::map<std::string, std::string> fields;
    while (!body.empty()) {
      const std::string_view field = body.substr(0, body.find('&'));
      body.remove_prefix(std::min(body.size(), field.size() + 1));
      const std::size_t equals = field.find('=');
      fields[std::string(field.substr(0, equals))] = form_decode(field.substr(equals + 1)).value();
    }
    return fields;
  }
  ServerResponse answer(const ServerRequest& request) override {
    const std::map<std::string, std::string> form = form_of(request.body);
    std::string good;
    std::string bad;
    for (int n = 1;; ++n) {
      const std::string entry = "PublishBatchRequestEntries.member." + std::to_string(n) + ".";
      const auto message = form.find(entry + "Message");
      if (message == form.end()) break;
      const std::string id = "<Id>" + form.at(entry + "Id") + "</Id>";
      switch (take(message->second)) {
        case Fate::taken:
          good += "<member>" + id + "<MessageId>m</MessageId></member>";
          break;
        case Fate::refused:
          bad += "<member>" + id +
                 "<Code>InvalidParameter</Code><SenderFault>true</SenderFault></member>";
          break;
        case Fate::failed:
          bad += "<member>" + id +
                 "<Code>InternalError</Code><SenderFault>false</SenderFault></member>";
          break;
      }
    }
    return {.body = "<PublishBatchResponse><PublishBatchResult><Successful>" + good +
                    "</Successful><Failed>" + bad +
                    "</Failed></PublishBatchResult></PublishBatchResponse>"};
  }

  SnsSink sink_{client(), "arn:aws:sns:eu-west-1:111122223333:t"};
};

class EventBusSubject final : public Service {
 public:
  EventBusSubject() : Service(AwsService::events) {}
  ResultSink& sink() { return sink_; }

 private:
  ServerResponse answer(const ServerRequest& request) override {
    json::array said;
    const json::value body = json::parse(request.body);
    for (const json::value& entry : body.at("Entries").as_array()) {
      switch (take(entry.at("Detail").as_string())) {
        case Fate::taken:
          said.push_back(json::object{{"EventId", "e"}});
          break;
        case Fate::refused:
          said.push_back(json::object{{"ErrorCode", "MalformedDetail"}});
          break;
        case Fate::failed:
          said.push_back(json::object{{"ErrorCode", "InternalFailure"}});
          break;
      }
    }
    return {.body = json::serialize(json::object{{"FailedEntryCount", 0}, {"Entries", said}})};
  }

  EventBusSink sink_{client()};
};

/// A log takes all lines of a call or refuses the call.
class LogSubject final : public Service {
 public:
  LogSubject() : Service(AwsService::logs) {}
  ResultSink& sink() { return sink_; }
  static bool fail_for_now(const std::string&) { return false; }

 private:
  ServerResponse answer(const ServerRequest& request) override {
    const json::value body = json::parse(request.body);
    if (request.headers.get("x-amz-target") == "Logs_20140328.GetLogEvents") return stream();
    const json::array& events = body.at("logEvents").as_array();
    for (const json::value& event : events) {
      if (!is_refused(event.at("message").as_string())) continue;
      return {.status = 400, .body = R"({"__type":"InvalidParameterException","message":"m"})"};
    }
    for (const json::value& event : events) {
      take(event.at("message").as_string());
      stream_.push_back(event);
    }
    return {.body = "{}"};
  }
  ServerResponse stream() const {
    return {.body = json::serialize(json::object{{"events", stream_}})};
  }

  json::array stream_;
  CloudWatchSink sink_{client(), {.group = "/cordon/main/scan-results", .stream = "agent-1"}};
};

class FakeSubject {
 public:
  ResultSink& sink() { return sink_; }
  void refuse(const std::string& id) { sink_.refuse(id, {Errc::invalid, "refused"}); }
  bool fail_for_now(const std::string& id) {
    sink_.refuse(id, {Errc::throttled, "slower"});
    return true;
  }
  void fail_whole() { sink_.fail_next({Errc::unavailable, "away"}); }
  static void come_back() {}
  std::vector<std::string> taken() const {
    std::vector<std::string> ids;
    for (const ScanResult& result : sink_.results()) ids.push_back(result.id);
    return ids;
  }

 private:
  FakeResultSink sink_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, ResultSinkContract, FakeSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqs, ResultSinkContract, QueueSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(Sns, ResultSinkContract, TopicSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(EventBus, ResultSinkContract, EventBusSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(CloudWatch, ResultSinkContract, LogSubject);

}  // namespace
}  // namespace cordon
