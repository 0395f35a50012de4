#include "provision/topology.h"

#include <algorithm>
#include <boost/json.hpp>
#include <initializer_list>

#include "core/partition.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kPolicyVersion = "2012-10-17";
constexpr const char* kTlsOnlySid = "CordonTlsOnly";
const std::string kMemberSid = "CordonMember";  // The account's twelve digits follow.

/// A policy document, read.
struct Document {
  json::object whole;  ///< Without its statements: another version means another meaning of them.
  json::array statements;
};

// A single statement may stand without an array. No document at all has none.
Result<Document> read_policy(const std::string& policy) {
  Document out;
  if (policy.empty()) return out;
  json::error_code failed;
  json::value parsed = json::parse(policy, failed);
  const Error unreadable{Errc::invalid,
                         "the access policy that is there cannot be read, so nothing is written "
                         "over it; look at it and write it anew"};
  if (failed || !parsed.is_object()) return unreadable;
  out.whole = std::move(parsed.get_object());
  json::value* statement = out.whole.if_contains("Statement");
  if (statement == nullptr) return out;
  if (json::array* list = statement->if_array()) {
    out.statements = std::move(*list);
  } else if (statement->is_object()) {
    out.statements.push_back(std::move(*statement));
  } else {
    return unreadable;
  }
  out.whole.erase("Statement");
  return out;
}

// For what is only looked at: a policy that cannot be read says nothing.
json::array statements_of(const std::string& policy) {
  Result<Document> read = read_policy(policy);
  return read ? std::move(read->statements) : json::array();
}

std::string sid_of(const json::value& statement) {
  const json::object* object = statement.if_object();
  const json::value* sid = object == nullptr ? nullptr : object->if_contains("Sid");
  const json::string* text = sid == nullptr ? nullptr : sid->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

std::string written(Document document) {
  if (!document.whole.contains("Version")) document.whole["Version"] = kPolicyVersion;
  document.whole["Statement"] = std::move(document.statements);
  return json::serialize(document.whole);
}

template <typename IsOurs>
void drop(json::array& statements, const IsOurs& is_ours) {
  json::array kept;
  for (json::value& statement : statements) {
    if (!is_ours(sid_of(statement))) kept.push_back(std::move(statement));
  }
  statements = std::move(kept);
}

}  // namespace

std::string topic_arn_of(const Region& region, const AccountId& account, const std::string& name) {
  return regional_arn("sns", region, account, name);
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

namespace {

// Without a condition: EventBridge tells SNS nothing that one could ask for, so that a statement
// with one never allows anything. Whoever misuses this can announce objects, not forge them.
json::object event_bus_statement(const std::string& topic_arn) {
  return json::object{{"Sid", kTopicFromEventBusSid},
                      {"Effect", "Allow"},
                      {"Principal", json::object{{"Service", "events.amazonaws.com"}}},
                      {"Action", "sns:Publish"},
                      {"Resource", topic_arn}};
}

}  // namespace

Result<std::string> event_topic_policy(const std::string& present, const std::string& topic_arn,
                                       const AccountId& account, const Region& region,
                                       const std::vector<AccountId>& members) {
  CORDON_TRY(Document document, read_policy(present));
  const std::string root = account_root_arn(region, account);
  const bool event_bus = has_statement(present, kTopicFromEventBusSid);
  // "__default_statement_ID" is what a new topic starts with; ours replaces it by the same right.
  drop(document.statements, [](const std::string& sid) {
    return sid == kTopicFromS3Sid || sid == kTopicOwnerSid || sid == kTopicFromEventBusSid ||
           sid == "__default_statement_ID";
  });
  document.statements.push_back(json::object{
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
  document.statements.push_back(json::object{
      {"Sid", kTopicFromS3Sid},
      {"Effect", "Allow"},
      {"Principal", json::object{{"Service", "s3.amazonaws.com"}}},
      {"Action", "sns:Publish"},
      {"Resource", topic_arn},
      {"Condition",
       json::object{{"StringEquals", json::object{{"aws:SourceAccount", std::move(sources)}}}}}});
  if (event_bus) document.statements.push_back(event_bus_statement(topic_arn));
  return written(std::move(document));
}

Result<std::string> with_event_bus(const std::string& present, const std::string& topic_arn) {
  CORDON_TRY(Document document, read_policy(present));
  drop(document.statements, [](const std::string& sid) { return sid == kTopicFromEventBusSid; });
  document.statements.push_back(event_bus_statement(topic_arn));
  return written(std::move(document));
}

Result<std::string> event_queue_policy(const std::string& present, const std::string& queue_arn,
                                       const std::vector<std::string>& topic_arns) {
  CORDON_TRY(Document document, read_policy(present));
  drop(document.statements, [](const std::string& sid) { return sid == kQueueFromTopicSid; });
  json::value sources(topic_arns.front());
  if (topic_arns.size() > 1) sources = json::array(topic_arns.begin(), topic_arns.end());
  document.statements.push_back(json::object{
      {"Sid", kQueueFromTopicSid},
      {"Effect", "Allow"},
      {"Principal", json::object{{"Service", "sns.amazonaws.com"}}},
      {"Action", "sqs:SendMessage"},
      {"Resource", queue_arn},
      {"Condition",
       json::object{{"ArnEquals", json::object{{"aws:SourceArn", std::move(sources)}}}}}});
  return written(std::move(document));
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
      {"Sid", kTlsOnlySid},
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
  const std::string root = account_root_arn(region, member.id);
  return json::object{
      {"Sid", kMemberSid + member.id.str()},
      {"Effect", "Allow"},
      {"Principal", json::object{{"AWS", root}}},
      {"Action", json::array{"s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging",
                             "s3:GetObject", "s3:GetObjectVersion", "s3:AbortMultipartUpload"}},
      {"Resource", std::move(resources)},
      {"Condition",
       json::object{{"ArnEquals", json::object{{"aws:PrincipalArn", member.role_arn}}}}}};
}

}  // namespace

namespace {

bool is_member_sid(const std::string& sid) {
  return sid.size() == kMemberSid.size() + 12 && sid.starts_with(kMemberSid) &&
         sid.find_first_not_of("0123456789", kMemberSid.size()) == std::string::npos;
}

// One that is there stays where it is not asked for: to speak without TLS now is no reason to let
// everybody do so.
void put_tls_only(json::array& statements, const std::string& arn, bool tls_only) {
  if (!tls_only) return;
  drop(statements, [](const std::string& sid) { return sid == kTlsOnlySid; });
  statements.push_back(tls_only_statement(arn));
}

std::string written_or_none(Document document) {
  return document.statements.empty() ? std::string() : written(std::move(document));
}

}  // namespace

Result<std::string> private_bucket_policy(const std::string& present, const BucketName& bucket,
                                          const Region& region, bool tls_only) {
  CORDON_TRY(Document document, read_policy(present));
  put_tls_only(document.statements, bucket_arn(region, bucket.str()), tls_only);
  return written_or_none(std::move(document));
}

Result<std::string> quarantine_policy(const std::string& present, const BucketName& quarantine,
                                      const Region& region, bool tls_only,
                                      const std::vector<MemberAccount>& members) {
  CORDON_TRY(Document document, read_policy(present));
  const std::string arn = bucket_arn(region, quarantine.str());
  put_tls_only(document.statements, arn, tls_only);
  drop(document.statements, is_member_sid);
  for (const MemberAccount& member : members) {
    if (!member.buckets.empty()) {
      document.statements.push_back(member_statement(arn, region, member));
    }
  }
  return written_or_none(std::move(document));
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
