// The contract suites on the real adapters, over the endpoint that CORDON_TEST_ENDPOINT names: our
// own stand-in or a peer such as moto. Its key pair is the stand-in's unless the environment has
// another.

#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "aws/aws_context.h"
#include "aws/protocols.h"
#include "aws/s3_admin.h"
#include "aws/s3_admin_xml.h"
#include "aws/s3_catalogue.h"
#include "aws/s3_document_store.h"
#include "aws/s3_request.h"
#include "aws/s3_store.h"
#include "aws/s3_xml.h"
#include "aws/sns_admin.h"
#include "aws/sqs_admin.h"
#include "aws/sqs_message.h"
#include "aws/sqs_queue.h"
#include "aws/sts_identity.h"
#include "base/environment.h"
#include "base/random.h"
#include "base/text.h"
#include "testing/bucket_catalogue_contract.h"
#include "testing/document_store_contract.h"
#include "testing/event_queue_contract.h"
#include "testing/object_store_contract.h"

namespace cordon {
namespace {

namespace json = boost::json;

// S3 notifies only queues that let it.
constexpr const char* kS3MaySend =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":)"
    R"("s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]})";

class LiveEndpoint {
 public:
  LiveEndpoint() {
    const Environment process = Environment::of_this_process();
    const std::optional<std::string> endpoint = process.get("CORDON_TEST_ENDPOINT");
    if (!endpoint) {
      skip_reason_ = "CORDON_TEST_ENDPOINT names no endpoint to test on";
      return;
    }
    const Environment environment({
        {"AWS_ACCESS_KEY_ID", process.get("AWS_ACCESS_KEY_ID").value_or("cordon")},
        {"AWS_SECRET_ACCESS_KEY",
         process.get("AWS_SECRET_ACCESS_KEY").value_or("cordon-dev-secret")},
        {"AWS_REGION", process.get("AWS_REGION").value_or("eu-west-1")},
        {"AWS_ENDPOINT_URL", *endpoint},
    });
    Result<AwsContext> context = AwsContext::create({}, environment, clock_, random_, log_);
    if (!context) {
      ADD_FAILURE() << context.error().what;
      skip_reason_ = context.error().what;
      return;
    }
    context_.emplace(*std::move(context));
  }

  const std::string& skip_reason() const { return skip_reason_; }
  ServiceClient& client() { return context_->client(); }
  const Clock& clock() const { return clock_; }
  Log& log() { return log_; }
  /// Nobody else's: the endpoint may be shared.
  std::string new_name() { return "cordon-test-" + lower(ulid(clock_.system_now(), random_)); }

  /// For what must succeed before a test can begin.
  HttpResponse must(const AwsCall& call) {
    Result<HttpResponse> response = client().call(call, Deadline::never(), {});
    EXPECT_TRUE(response) << response.error().what;
    return response ? *std::move(response) : HttpResponse{};
  }

 private:
  RealClock clock_;
  KernelRandom random_;
  Log log_{LogLevel::off, clock_};
  std::string skip_reason_;
  std::optional<AwsContext> context_;
};

class LiveS3 {
 public:
  std::string skip_reason() const { return live_.skip_reason(); }
  ObjectStore& store() {
    if (!store_) store_.emplace(live_.client(), live_.clock(), live_.log());
    return *store_;
  }
  BucketCatalogue& catalogue() {
    if (!catalogue_) catalogue_.emplace(live_.client());
    return *catalogue_;
  }
  BucketName make_bucket(bool versioned) {
    const BucketName bucket(live_.new_name());
    AwsCall create{.service = AwsService::s3, .operation = "CreateBucket", .method = "PUT"};
    create.bucket = bucket;
    create.body = encode_create_bucket(live_.client().region());
    live_.must(create);
    if (versioned) {
      AwsCall version{
          .service = AwsService::s3, .operation = "PutBucketVersioning", .method = "PUT"};
      version.bucket = bucket;
      version.query.emplace_back("versioning", "");
      version.body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
      live_.must(version);
    }
    return bucket;
  }
  CopyResult put(const BucketName& bucket, const ObjectKey& key, const Upload& upload) {
    AwsCall call = s3_call("PutObject", "PUT", {bucket, key});
    for (const auto& [name, value] : upload.metadata) call.headers.add("x-amz-meta-" + name, value);
    if (!upload.tags.empty()) call.headers.add("x-amz-tagging", encode_tagging_header(upload.tags));
    call.body = upload.content;
    const HttpResponse response = live_.must(call);
    CopyResult made{unquoted(response.headers.get("etag").value_or(""))};
    const std::string_view version = response.headers.get("x-amz-version-id").value_or("");
    if (!version.empty()) made.version = VersionId(std::string(version));
    return made;
  }
  void delete_current(const BucketName& bucket, const ObjectKey& key) {
    live_.must(s3_call("DeleteObject", "DELETE", {bucket, key}));
  }

 private:
  LiveEndpoint live_;
  std::optional<S3Store> store_;
  std::optional<S3Catalogue> catalogue_;
};

class LiveSqs {
 public:
  std::string skip_reason() const { return live_.skip_reason(); }
  EventQueue& queue() {
    if (!queue_) {
      SqsAdmin admin(live_.client());
      const std::string name = live_.new_name();
      const auto made = admin.ensure(name, {}, Deadline::never(), {});
      const auto dead = admin.ensure(name + "-dead", {}, Deadline::never(), {});
      EXPECT_TRUE(made) << made.error().what;
      EXPECT_TRUE(dead) << dead.error().what;
      if (made) url_ = made->url;
      if (dead) dead_url_ = dead->url;
      queue_.emplace(live_.client(), SqsQueueOptions{url_, dead_url_}, live_.clock(), live_.log());
    }
    return *queue_;
  }
  void send(const std::string& body) {
    queue();
    const Result<void> sent =
        send_message(live_.client(), {.queue_url = url_, .body = body}, Deadline::never(), {});
    EXPECT_TRUE(sent) << sent.error().what;
  }
  std::vector<BuriedMessage> dead_letters() {
    const AwsCall call = json_call(AwsService::sqs, "ReceiveMessage",
                                   {{"QueueUrl", dead_url_},
                                    {"MaxNumberOfMessages", 10},
                                    {"MessageAttributeNames", json::array{"All"}}});
    const json::value reply = json::parse(live_.must(call).body);
    std::vector<BuriedMessage> letters;
    const json::value* messages = reply.as_object().if_contains("Messages");
    if (messages == nullptr) return letters;
    for (const json::value& message : messages->as_array()) {
      const json::value& reason = message.at("MessageAttributes").at("cordon-reason");
      letters.push_back({std::string(message.at("Body").as_string()),
                         std::string(reason.at("StringValue").as_string())});
    }
    return letters;
  }

 private:
  LiveEndpoint live_;
  std::string url_;
  std::string dead_url_;
  std::optional<SqsQueue> queue_;
};

class LiveSettings {
 public:
  std::string skip_reason() const { return live_.skip_reason(); }
  DocumentStore& store() {
    if (store_) return *store_;
    const Result<CallerIdentity> me = caller_identity(live_.client(), Deadline::never(), {});
    EXPECT_TRUE(me) << me.error().what;
    bucket_ = BucketName(live_.new_name());
    S3Admin admin(live_.client(), {.account = me->account}, live_.log());
    const Result<void> made = admin.ensure_private({.name = bucket_}, Deadline::never(), {});
    EXPECT_TRUE(made) << made.error().what;
    store_.emplace(live_.client(), S3DocumentPlace{.bucket = bucket_, .owner = me->account});
    return *store_;
  }
  void remove() {
    live_.must(s3_call("DeleteObject", "DELETE", {bucket_, ObjectKey("settings.json")}));
  }

 private:
  LiveEndpoint live_;
  BucketName bucket_;
  std::optional<S3DocumentStore> store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Live, DocumentStoreContract, LiveSettings);
INSTANTIATE_TYPED_TEST_SUITE_P(Live, ObjectStoreContract, LiveS3);
INSTANTIATE_TYPED_TEST_SUITE_P(Live, BucketCatalogueContract, LiveS3);
INSTANTIATE_TYPED_TEST_SUITE_P(Live, EventQueueContract, LiveSqs);

class LiveTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!live_.skip_reason().empty()) GTEST_SKIP() << live_.skip_reason();
  }

  LiveEndpoint live_;
};

TEST_F(LiveTest, ProvisioningIsIdempotent) {
  const Result<CallerIdentity> me = caller_identity(live_.client(), Deadline::never(), {});
  ASSERT_TRUE(me) << me.error().what;
  S3Admin buckets(live_.client(), {.account = me->account}, live_.log());
  SnsAdmin topics(live_.client());
  SqsAdmin queues(live_.client());
  const BucketName bucket(live_.new_name());
  const std::string name = live_.new_name();
  for (int round = 0; round < 2; ++round) {
    SCOPED_TRACE(round);
    const Result<void> made = buckets.ensure_private({.name = bucket}, Deadline::never(), {});
    ASSERT_TRUE(made) << made.error().what;
    EXPECT_EQ(buckets.versioning(bucket, Deadline::never(), {}).value(), Versioning::on);
    const Result<QueueInfo> dead = queues.ensure(name + "-dead", {}, Deadline::never(), {});
    ASSERT_TRUE(dead) << dead.error().what;
    const Result<QueueInfo> queue = queues.ensure(
        name, {.policy = kS3MaySend, .dead_letter_arn = dead->arn}, Deadline::never(), {});
    ASSERT_TRUE(queue) << queue.error().what;
    EXPECT_EQ(queue->dead_letter_arn, dead->arn);
    EXPECT_GE(queue->message_bytes_max, 262'144U);
    const Result<std::string> topic = topics.ensure(name, Deadline::never(), {});
    ASSERT_TRUE(topic) << topic.error().what;
    const Result<std::string> subscribed =
        topics.subscribe_queue(*topic, queue->arn, Deadline::never(), {});
    ASSERT_TRUE(subscribed) << subscribed.error().what;
    const auto all = topics.subscriptions(*topic, Deadline::never(), {});
    ASSERT_TRUE(all) << all.error().what;
    EXPECT_EQ(all->size(), 1U);
    const BucketNotifications wanted{.entries = {{.id = "cordon-main",
                                                  .target = NotificationEntry::Target::queue,
                                                  .arn = queue->arn,
                                                  .events = {"s3:ObjectCreated:*"},
                                                  .prefix = "a b/",
                                                  .suffix = ".pdf",
                                                  .verbatim = ""}},
                                     .event_bridge = false};
    const Result<void> set = buckets.set_notifications(bucket, wanted, Deadline::never(), {});
    ASSERT_TRUE(set) << set.error().what;
    const auto present = buckets.notifications(bucket, Deadline::never(), {});
    ASSERT_TRUE(present) << present.error().what;
    ASSERT_EQ(present->entries.size(), 1U);
    EXPECT_EQ(present->entries[0].id, "cordon-main");
    EXPECT_EQ(present->entries[0].arn, queue->arn);
    EXPECT_EQ(present->entries[0].prefix, "a b/");
    EXPECT_EQ(present->entries[0].suffix, ".pdf");
    ASSERT_TRUE(buckets.set_notifications(bucket, *present, Deadline::never(), {}));
  }
  EXPECT_EQ(buckets.region_of(bucket, Deadline::never(), {}).value(), live_.client().region());
}

TEST_F(LiveTest, WhatIsNotThereIsNotFound) {
  S3Admin buckets(live_.client(), {}, live_.log());
  const std::string name = live_.new_name();

  EXPECT_EQ(SqsAdmin(live_.client()).find(name, Deadline::never(), {}).error().code,
            Errc::not_found);
  EXPECT_EQ(SnsAdmin(live_.client())
                .policy("arn:aws:sns:eu-west-1:000000000000:" + name, Deadline::never(), {})
                .error()
                .code,
            Errc::not_found);
  EXPECT_EQ(buckets.region_of(BucketName(name), Deadline::never(), {}).error().code,
            Errc::not_found);
  EXPECT_EQ(buckets.versioning(BucketName(name), Deadline::never(), {}).error().code,
            Errc::not_found);
}

}  // namespace
}  // namespace cordon
