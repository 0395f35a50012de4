#include "provision/topology.h"

#include <boost/json.hpp>

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kPolicyVersion = "2012-10-17";

// The statements of a policy document; a single statement may stand without an array. A document
// that does not parse counts as empty: it came from the service, which never returns one.
json::array statements_of(const std::string& policy) {
  json::error_code failed;
  const json::value document = json::parse(policy, failed);
  if (failed || !document.is_object()) return {};
  const json::value* statement = document.get_object().if_contains("Statement");
  if (statement == nullptr) return {};
  if (const json::array* list = statement->if_array()) return *list;
  return {*statement};
}

std::string sid_of(const json::value& statement) {
  const json::object* object = statement.if_object();
  const json::value* sid = object == nullptr ? nullptr : object->if_contains("Sid");
  const json::string* text = sid == nullptr ? nullptr : sid->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

std::string document(json::array statements) {
  return json::serialize(
      json::object{{"Version", kPolicyVersion}, {"Statement", std::move(statements)}});
}

}  // namespace

std::string topic_arn_of(const Region& region, const AccountId& account, const std::string& name) {
  return "arn:" + std::string(partition_of(region)) + ":sns:" + region.str() + ":" + account.str() +
         ":" + name;
}

bool has_statement(const std::string& policy, const std::string& sid) {
  for (const json::value& statement : statements_of(policy)) {
    if (sid_of(statement) == sid) return true;
  }
  return false;
}

std::string event_topic_policy(const std::string& present, const std::string& topic_arn,
                               const AccountId& account, const Region& region) {
  const std::string root =
      "arn:" + std::string(partition_of(region)) + ":iam::" + account.str() + ":root";
  json::array statements;
  for (json::value& statement : statements_of(present)) {
    const std::string sid = sid_of(statement);
    // "__default_statement_ID" is what a new topic starts with; ours replaces it by the same right.
    const bool ours = sid == kTopicFromS3Sid || sid == kTopicOwnerSid;
    if (!ours && sid != "__default_statement_ID") statements.push_back(std::move(statement));
  }
  statements.push_back(json::object{
      {"Sid", kTopicOwnerSid},
      {"Effect", "Allow"},
      {"Principal", json::object{{"AWS", root}}},
      {"Action", json::array{"sns:Subscribe", "sns:Publish", "sns:GetTopicAttributes",
                             "sns:SetTopicAttributes", "sns:ListSubscriptionsByTopic",
                             "sns:AddPermission", "sns:RemovePermission", "sns:DeleteTopic"}},
      {"Resource", topic_arn}});
  statements.push_back(json::object{
      {"Sid", kTopicFromS3Sid},
      {"Effect", "Allow"},
      {"Principal", json::object{{"Service", "s3.amazonaws.com"}}},
      {"Action", "sns:Publish"},
      {"Resource", topic_arn},
      {"Condition",
       json::object{{"StringEquals", json::object{{"aws:SourceAccount", account.str()}}}}}});
  return document(std::move(statements));
}

std::string event_queue_policy(const std::string& queue_arn, const std::string& topic_arn) {
  return document({json::object{
      {"Sid", "CordonEventsFromTopic"},
      {"Effect", "Allow"},
      {"Principal", json::object{{"Service", "sns.amazonaws.com"}}},
      {"Action", "sqs:SendMessage"},
      {"Resource", queue_arn},
      {"Condition", json::object{{"ArnEquals", json::object{{"aws:SourceArn", topic_arn}}}}}}});
}

std::string private_bucket_policy(const BucketName& bucket, const Region& region) {
  const std::string arn = "arn:" + std::string(partition_of(region)) + ":s3:::" + bucket.str();
  return document({json::object{
      {"Sid", "CordonTlsOnly"},
      {"Effect", "Deny"},
      {"Principal", "*"},
      {"Action", "s3:*"},
      {"Resource", json::array{arn, arn + "/*"}},
      {"Condition", json::object{{"Bool", json::object{{"aws:SecureTransport", "false"}}}}}}});
}

}  // namespace cordon
