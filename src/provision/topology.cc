#include "provision/topology.h"

#include <algorithm>
#include <boost/json.hpp>
#include <initializer_list>

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

// With the other members of `present`: another version means another meaning of its statements.
std::string document_like(const std::string& present, json::array statements) {
  json::error_code failed;
  json::value whole = json::parse(present, failed);
  if (failed || !whole.is_object() || whole.get_object().if_contains("Version") == nullptr) {
    return document(std::move(statements));
  }
  whole.get_object()["Statement"] = std::move(statements);
  return json::serialize(whole);
}

json::array statements_without(const std::string& policy,
                               std::initializer_list<std::string_view> sids) {
  json::array kept;
  for (json::value& statement : statements_of(policy)) {
    const std::string sid = sid_of(statement);
    if (std::find(sids.begin(), sids.end(), sid) == sids.end()) {
      kept.push_back(std::move(statement));
    }
  }
  return kept;
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

bool is_same_policy(const std::string& a, const std::string& b) {
  if (a == b) return true;
  json::error_code failed;
  const json::value left = json::parse(a, failed);
  if (failed) return false;
  const json::value right = json::parse(b, failed);
  if (failed || !left.is_object() || !right.is_object()) return false;
  const auto rest = [](json::object whole) {
    whole.erase("Statement");
    return whole;
  };
  if (rest(left.get_object()) != rest(right.get_object())) return false;
  // The services give statements back in any order.
  const json::array others = statements_of(b);
  const json::array ones = statements_of(a);
  return ones.size() == others.size() &&
         std::is_permutation(ones.begin(), ones.end(), others.begin());
}

std::string event_topic_policy(const std::string& present, const std::string& topic_arn,
                               const AccountId& account, const Region& region, bool with_event_bus,
                               const std::vector<AccountId>& members) {
  const std::string root =
      "arn:" + std::string(partition_of(region)) + ":iam::" + account.str() + ":root";
  const bool event_bus = with_event_bus || has_statement(present, kTopicFromEventBusSid);
  // "__default_statement_ID" is what a new topic starts with; ours replaces it by the same right.
  json::array statements = statements_without(
      present, {kTopicFromS3Sid, kTopicOwnerSid, kTopicFromEventBusSid, "__default_statement_ID"});
  statements.push_back(json::object{
      {"Sid", kTopicOwnerSid},
      {"Effect", "Allow"},
      {"Principal", json::object{{"AWS", root}}},
      {"Action", json::array{"sns:Subscribe", "sns:Publish", "sns:GetTopicAttributes",
                             "sns:SetTopicAttributes", "sns:ListSubscriptionsByTopic",
                             "sns:AddPermission", "sns:RemovePermission", "sns:DeleteTopic"}},
      {"Resource", topic_arn}});
  json::value sources(account.str());
  if (!members.empty()) {
    json::array all{account.str()};
    for (const AccountId& member : members) all.emplace_back(member.str());
    sources = std::move(all);
  }
  statements.push_back(json::object{
      {"Sid", kTopicFromS3Sid},
      {"Effect", "Allow"},
      {"Principal", json::object{{"Service", "s3.amazonaws.com"}}},
      {"Action", "sns:Publish"},
      {"Resource", topic_arn},
      {"Condition",
       json::object{{"StringEquals", json::object{{"aws:SourceAccount", std::move(sources)}}}}}});
  if (event_bus) {
    // Without a condition: EventBridge tells SNS nothing that one could ask for, so that a
    // statement with one never allows anything. Whoever misuses this can announce objects, not
    // forge them.
    statements.push_back(
        json::object{{"Sid", kTopicFromEventBusSid},
                     {"Effect", "Allow"},
                     {"Principal", json::object{{"Service", "events.amazonaws.com"}}},
                     {"Action", "sns:Publish"},
                     {"Resource", topic_arn}});
  }
  return document_like(present, std::move(statements));
}

std::string event_queue_policy(const std::string& present, const std::string& queue_arn,
                               const std::vector<std::string>& topic_arns) {
  json::array statements = statements_without(present, {kQueueFromTopicSid});
  json::value sources(topic_arns.front());
  if (topic_arns.size() > 1) sources = json::array(topic_arns.begin(), topic_arns.end());
  statements.push_back(json::object{
      {"Sid", kQueueFromTopicSid},
      {"Effect", "Allow"},
      {"Principal", json::object{{"Service", "sns.amazonaws.com"}}},
      {"Action", "sqs:SendMessage"},
      {"Resource", queue_arn},
      {"Condition",
       json::object{{"ArnEquals", json::object{{"aws:SourceArn", std::move(sources)}}}}}});
  return document_like(present, std::move(statements));
}

std::vector<std::string> topics_let_in(const std::string& queue_policy) {
  for (const json::value& statement : statements_of(queue_policy)) {
    if (sid_of(statement) != kQueueFromTopicSid) continue;
    json::error_code failed;
    const json::value* sources =
        statement.find_pointer("/Condition/ArnEquals/aws:SourceArn", failed);
    if (sources == nullptr) return {};
    if (sources->is_string()) return {std::string(sources->get_string())};
    std::vector<std::string> topics;
    if (!sources->is_array()) return {};
    for (const json::value& source : sources->get_array()) {
      if (source.is_string()) topics.emplace_back(source.get_string());
    }
    return topics;
  }
  return {};
}

namespace {

json::object tls_only_statement(const std::string& arn) {
  return json::object{
      {"Sid", "CordonTlsOnly"},
      {"Effect", "Deny"},
      {"Principal", "*"},
      {"Action", "s3:*"},
      {"Resource", json::array{arn, arn + "/*"}},
      {"Condition", json::object{{"Bool", json::object{{"aws:SecureTransport", "false"}}}}}};
}

// The account is the principal, and the role a condition: a role that is made anew has another
// identity, and a policy that names it as principal would then let in nobody.
json::object member_statement(const std::string& arn, const Region& region,
                              const MemberAccount& member) {
  json::array resources;
  for (const BucketName& bucket : member.buckets) {
    resources.emplace_back(arn + "/" + bucket.str() + "/*");
  }
  const std::string root =
      "arn:" + std::string(partition_of(region)) + ":iam::" + member.id.str() + ":root";
  return json::object{
      {"Sid", "CordonMember" + member.id.str()},
      {"Effect", "Allow"},
      {"Principal", json::object{{"AWS", root}}},
      {"Action", json::array{"s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging",
                             "s3:GetObject", "s3:GetObjectVersion", "s3:AbortMultipartUpload"}},
      {"Resource", std::move(resources)},
      {"Condition",
       json::object{{"ArnEquals", json::object{{"aws:PrincipalArn", member.role_arn}}}}}};
}

}  // namespace

std::string private_bucket_policy(const BucketName& bucket, const Region& region) {
  return document(
      {tls_only_statement("arn:" + std::string(partition_of(region)) + ":s3:::" + bucket.str())});
}

std::string quarantine_policy(const BucketName& quarantine, const Region& region, bool tls_only,
                              const std::vector<MemberAccount>& members) {
  const std::string arn = "arn:" + std::string(partition_of(region)) + ":s3:::" + quarantine.str();
  json::array statements;
  if (tls_only) statements.push_back(tls_only_statement(arn));
  for (const MemberAccount& member : members) {
    if (!member.buckets.empty()) statements.push_back(member_statement(arn, region, member));
  }
  return statements.empty() ? std::string() : document(std::move(statements));
}

std::vector<AccountId> accounts_let_in(const std::string& topic_policy) {
  std::vector<AccountId> accounts;
  for (const json::value& statement : statements_of(topic_policy)) {
    if (sid_of(statement) != kTopicFromS3Sid) continue;
    json::error_code failed;
    const json::value* sources =
        statement.find_pointer("/Condition/StringEquals/aws:SourceAccount", failed);
    if (sources == nullptr) continue;
    if (sources->is_string()) accounts.emplace_back(std::string(sources->get_string()));
    if (!sources->is_array()) continue;
    for (const json::value& one : sources->get_array()) {
      if (one.is_string()) accounts.emplace_back(std::string(one.get_string()));
    }
  }
  return accounts;
}

}  // namespace cordon
