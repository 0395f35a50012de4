#include "aws/sns_listening.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <optional>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "aws/sns_admin.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kVersion = "2010-03-31";
constexpr std::size_t kReplyBytesMax = 1U << 20U;
constexpr std::size_t kBucketsMax = 1000;
constexpr const char* kGet = "GetSubscriptionAttributes";
constexpr const char* kOnBody = "MessageBody";

// The member `name` of an object that has no other one.
const json::value* only_member(const json::value& value, std::string_view name) {
  const json::object* object = value.if_object();
  if (object == nullptr || object->size() != 1) return nullptr;
  return object->if_contains(name);
}

// The buckets of a filter as `bucket_filter` writes it; none when it is any other.
std::optional<std::vector<BucketName>> buckets_of(const json::object& filter) {
  const json::value root(filter);
  const json::value* at = &root;
  for (const char* name : {"Records", "s3", "bucket", "name"}) {
    at = only_member(*at, name);
    if (at == nullptr) return std::nullopt;
  }
  const json::array* names = at->if_array();
  if (names == nullptr || names->empty() || names->size() > kBucketsMax) return std::nullopt;
  std::vector<BucketName> buckets;
  for (const json::value& name : *names) {
    const json::string* text = name.if_string();
    if (text == nullptr) return std::nullopt;
    buckets.emplace_back(std::string(text->data(), text->size()));
  }
  std::sort(buckets.begin(), buckets.end());
  return buckets;
}

}  // namespace

std::string bucket_filter(const std::vector<BucketName>& buckets) {
  json::array names;
  for (const BucketName& bucket : buckets) names.emplace_back(bucket.str());
  json::object bucket{{"name", std::move(names)}};
  json::object s3{{"bucket", std::move(bucket)}};
  json::object records{{"s3", std::move(s3)}};
  return json::serialize(json::object{{"Records", std::move(records)}});
}

Result<Listening> decode_listening(std::string_view xml) {
  using Attributes = std::map<std::string, std::string>;
  CORDON_TRY(Attributes found, decode_subscription_attributes(xml));
  Listening listening{.subscribed = true};
  const std::string& filter = found["FilterPolicy"];
  // Some servers write an empty filter for none.
  if (filter.empty() || filter == "{}") {
    listening.unfiltered = true;
    return listening;
  }
  if (found["FilterPolicyScope"] != kOnBody) return listening;
  const Result<json::object> policy = parse_json_object(filter, kGet, kReplyBytesMax);
  if (!policy) return listening;  // Somebody else's, whatever it means.
  listening.buckets = buckets_of(*policy).value_or(std::vector<BucketName>());
  return listening;
}

Result<std::string> SnsListening::subscription_of(const std::string& topic_arn,
                                                  const std::string& queue_arn, Deadline deadline,
                                                  std::stop_token stop) {
  SnsAdmin topics(client_);
  CORDON_TRY(const std::vector<Subscription> all,
             topics.subscriptions(topic_arn, deadline, std::move(stop)));
  for (const Subscription& one : all) {
    if (one.protocol == "sqs" && one.endpoint == queue_arn) return one.arn;
  }
  return std::string();
}

Result<Listening> SnsListening::listening(const std::string& topic_arn,
                                          const std::string& queue_arn, Deadline deadline,
                                          std::stop_token stop) {
  CORDON_TRY(const std::string arn, subscription_of(topic_arn, queue_arn, deadline, stop));
  if (arn.empty()) return Listening();
  const AwsCall call = query_call(AwsService::sns, kGet, kVersion, {{"SubscriptionArn", arn}});
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  return decode_listening(response.body);
}

Result<void> SnsListening::listen(const std::string& topic_arn, const std::string& queue_arn,
                                  const std::vector<BucketName>& buckets, Deadline deadline,
                                  std::stop_token stop) {
  CORDON_TRY(const Listening present, listening(topic_arn, queue_arn, deadline, stop));
  if (present.subscribed && present.buckets.empty()) return {};  // Not ours to change.
  AwsCall call;
  if (!present.subscribed) {
    if (buckets.empty()) return {};
    call = query_call(AwsService::sns, "Subscribe", kVersion,
                      {{"TopicArn", topic_arn},
                       {"Protocol", "sqs"},
                       {"Endpoint", queue_arn},
                       {"ReturnSubscriptionArn", "true"},
                       {"Attributes.entry.1.key", "FilterPolicyScope"},
                       {"Attributes.entry.1.value", kOnBody},
                       {"Attributes.entry.2.key", "FilterPolicy"},
                       {"Attributes.entry.2.value", bucket_filter(buckets)}});
  } else {
    CORDON_TRY(const std::string arn, subscription_of(topic_arn, queue_arn, deadline, stop));
    if (buckets.empty()) {
      call = query_call(AwsService::sns, "Unsubscribe", kVersion, {{"SubscriptionArn", arn}});
    } else {
      call = query_call(AwsService::sns, "SetSubscriptionAttributes", kVersion,
                        {{"SubscriptionArn", arn},
                         {"AttributeName", "FilterPolicy"},
                         {"AttributeValue", bucket_filter(buckets)}});
    }
  }
  CORDON_TRY(client_.call(call, deadline, std::move(stop)));
  return {};
}

}  // namespace cordon
