// The statement is a Deny, because an Allow elsewhere must not open what it shuts. Its condition is
// about absence: StringNotEquals with several values holds when the tag is none of them and also
// when it is not there at all, so an object that nobody has scanned yet is shut (a plain
// StringEquals in an Allow would do the same, but only where nothing else allows). The second
// operator names who passes: aws:PrincipalArn of a session is the ARN of its role, so one entry
// covers every session; a request without a principal (a public bucket) has no such key, and "not
// equal" holds for it.
//
// The guard of our tags is four more of them. S3 tells a policy the keys of the tags that a
// request writes (s3:RequestObjectTagKeys), with PutObject as with PutObjectTagging, so our keys
// can be refused and an owner's be let through. It does not tell those that a copy brings along
// from its source, so copies into the bucket are refused altogether; nor those of a replica, whose
// tags are a right of their own. And whoever replaces or deletes the tags of an object drops ours
// without naming them, so what has a verdict keeps its tags.
//
// Whether there was a list around a single statement, or no policy at all, must be known when the
// gate goes again and is kept nowhere else: the first in our Sid, the second in that nothing is
// left.

#include "provision/read_gate.h"

#include <algorithm>
#include <boost/json.hpp>

#include "core/partition.h"
#include "provision/policy_text.h"

namespace cordon {
namespace {

namespace json = boost::json;
using State = ProvisionStep::State;

constexpr std::size_t kPolicyBytesMax = 20'480;
constexpr std::string_view kTagPrefix = "s3:ExistingObjectTag/";
constexpr std::string_view kWrittenKeys = "s3:RequestObjectTagKeys";
constexpr std::string_view kAnyOf = "ForAnyValue:StringEquals";

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

// The member at the end of a path of objects; null when any is missing.
const json::value* member(const json::value& from, std::initializer_list<std::string_view> path) {
  const json::value* at = &from;
  for (const std::string_view name : path) {
    const json::object* object = at->if_object();
    at = object == nullptr ? nullptr : object->if_contains(name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::vector<std::string> texts_of(const json::value* value) {
  std::vector<std::string> out;
  if (value == nullptr) return out;
  if (const json::string* one = value->if_string()) out.emplace_back(*one);
  if (const json::array* list = value->if_array()) {
    for (const json::value& entry : *list) {
      if (const json::string* text = entry.if_string()) out.emplace_back(*text);
    }
  }
  return out;
}

std::vector<std::string> guarded_in(const std::string& statement) {
  json::error_code failed;
  const json::value parsed = json::parse(statement, failed);
  if (failed) return {};
  std::vector<std::string> keys = texts_of(member(parsed, {"Condition", kAnyOf, kWrittenKeys}));
  std::sort(keys.begin(), keys.end());
  return keys;
}

// Nothing: not what we write.
std::optional<GateTerms> terms_of(const std::string& statement) {
  json::error_code failed;
  const json::value parsed = json::parse(statement, failed);
  if (failed) return std::nullopt;
  const json::value* tags = member(parsed, {"Condition", "StringNotEquals"});
  GateTerms terms;
  terms.roles = texts_of(member(parsed, {"Condition", "ArnNotEquals", "aws:PrincipalArn"}));
  std::sort(terms.roles.begin(), terms.roles.end());
  if (tags != nullptr && tags->is_object() && tags->as_object().size() == 1) {
    const std::string key(tags->as_object().begin()->key());
    if (key.starts_with(kTagPrefix)) terms.tag_key = key.substr(kTagPrefix.size());
  }
  if (terms.tag_key.empty() || terms.roles.empty()) return std::nullopt;
  return terms;
}

// A store may write a list of one as its element, and lists of texts in another order: IAM reads
// both alike.
json::value normal(const json::value& value) {
  if (const json::object* object = value.if_object()) {
    json::object out;
    for (const auto& [key, one] : *object) out[key] = normal(one);
    return out;
  }
  const json::array* list = value.if_array();
  if (list == nullptr) return value;
  if (list->size() == 1) return normal(list->front());
  std::vector<std::string> parts;
  for (const json::value& one : *list) parts.push_back(json::serialize(normal(one)));
  std::sort(parts.begin(), parts.end());
  return json::value_from(parts);
}

// The statements mean the same. The depth is bounded by PolicyText.
bool same_json(const std::string& a, const std::string& b) {
  json::error_code failed;
  const json::value x = json::parse(a, failed);
  if (failed) return false;
  const json::value y = json::parse(b, failed);
  return !failed && normal(x) == normal(y);
}

std::string note_of(const GateTerms& terms) {
  return "reading takes " + terms.tag_key + " = Clean or InfectedAllowed, but for " +
         joined(terms.roles) +
         (terms.guarded.empty() ? ""
                                : "; who writes " + joined(terms.guarded) + " is one of these");
}

}  // namespace

Result<void> check_gate_role(const std::string& arn) {
  const auto refuse = [&](const std::string& why) {
    return Error{Errc::invalid, "'" + arn + "' cannot pass a gate: " + why};
  };
  if (arn.find('*') != std::string::npos || arn.find('?') != std::string::npos) {
    return refuse("name each role; a pattern would let in roles that somebody makes later");
  }
  if (arn.find(":assumed-role/") != std::string::npos) {
    return refuse("that is a session; name its role: " + role_arn_form());
  }
  const std::optional<Arn> parsed = parse_arn(arn);
  const bool shaped =
      parsed && parsed->service == "iam" && parsed->region.empty() && !parsed->account.empty();
  const std::string_view resource = shaped ? parsed->resource : "";
  if (resource == "root") return refuse("that is the whole account; name a role of it");
  const bool named = (resource.starts_with("role/") || resource.starts_with("user/")) &&
                     resource.size() > 5 && resource.back() != '/';
  const bool clean = std::all_of(resource.begin(), resource.end(), [](char c) {
    return c > ' ' && c < '\x7F' && c != '"' && c != '\\' && c != '$';
  });
  if (!named || !clean) {
    return refuse("write the ARN of a role: " + role_arn_form() + " (with its path, if any)");
  }
  return {};
}

struct ReadGate::Found {
  std::optional<std::string> present;  ///< The whole policy.
  std::optional<PolicyText> text;
  std::array<std::optional<std::size_t>, kParts.size()> indexes;  ///< Of our statements.
  bool sole = false;  ///< We put the list around the other one.

  std::optional<std::string> part(Part part) const {
    const auto& index = indexes.at(static_cast<std::size_t>(part));
    return index ? std::optional<std::string>(text->statement(*index)) : std::nullopt;
  }
  bool has_any() const {
    return std::any_of(indexes.begin(), indexes.end(), [](const auto& i) { return i.has_value(); });
  }
  std::optional<GateTerms> terms() const {
    const std::optional<std::string> read = part(Part::read);
    std::optional<GateTerms> stated = read ? terms_of(*read) : std::nullopt;
    const std::optional<std::string> guard = part(Part::write_tags);
    if (stated && guard) stated->guarded = guarded_in(*guard);
    return stated;
  }
};

std::string ReadGate::sid(Part part, bool sole) const {
  // Letters and digits only. Names are lower case, so 'D' stands for nothing else.
  std::string name = deployment_.name();
  std::replace(name.begin(), name.end(), '-', 'D');
  switch (part) {
    case Part::read:
      return (sole ? "CordonReadGateInListFor" : "CordonReadGateFor") + name;
    case Part::write_tags:
      return "CordonTagGuardWriteFor" + name;
    case Part::keep_tags:
      return "CordonTagGuardKeepFor" + name;
    case Part::copies:
      return "CordonTagGuardCopiesFor" + name;
    case Part::replicas:
      return "CordonTagGuardReplicasFor" + name;
  }
  return "";
}

std::optional<std::string> ReadGate::statement(Part part, const BucketName& bucket,
                                               const GateTerms& terms, bool sole) const {
  if (part != Part::read && terms.guarded.empty()) return std::nullopt;
  const std::string tag = std::string(kTagPrefix) + terms.tag_key;
  json::array actions;
  json::object condition;
  switch (part) {
    case Part::read:
      actions = json::array{"s3:GetObject", "s3:GetObjectVersion"};
      condition["StringNotEquals"] = json::object{{tag, json::array{"Clean", "InfectedAllowed"}}};
      break;
    case Part::write_tags:
      actions = json::array{"s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"};
      condition[kAnyOf] = json::object{{kWrittenKeys, json::value_from(terms.guarded)}};
      break;
    case Part::keep_tags:
      actions = json::array{"s3:PutObjectTagging", "s3:PutObjectVersionTagging",
                            "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"};
      condition["Null"] = json::object{{tag, "false"}};
      break;
    case Part::copies:
      actions = json::array{"s3:PutObject"};
      condition["Null"] = json::object{{"s3:x-amz-copy-source", "false"}};
      break;
    case Part::replicas:
      actions = json::array{"s3:ReplicateTags"};
      break;
  }
  condition["ArnNotEquals"] = json::object{{"aws:PrincipalArn", json::value_from(terms.roles)}};
  return json::serialize(
      json::object{{"Sid", sid(part, sole)},
                   {"Effect", "Deny"},
                   {"Principal", "*"},
                   {"Action", std::move(actions)},
                   {"Resource", "arn:" + partition_ + ":s3:::" + bucket.str() + "/*"},
                   {"Condition", std::move(condition)}});
}

std::optional<std::size_t> ReadGate::index_of(const PolicyText& text, Part part) const {
  std::optional<std::size_t> index;
  for (std::size_t i = 0; i < text.count(); ++i) {
    const std::string named = text.sid(i);
    if (named == sid(part, false) || named == sid(part, true)) index = i;
  }
  return index;
}

Result<ReadGate::Found> ReadGate::look(const BucketName& bucket, Deadline deadline,
                                       std::stop_token stop) {
  Found found;
  CORDON_TRY(found.present, policies_.read(bucket, deadline, std::move(stop)));
  if (!found.present) return found;
  CORDON_TRY(found.text, PolicyText::parse(*found.present));
  for (const Part part : kParts) {
    found.indexes.at(static_cast<std::size_t>(part)) = index_of(*found.text, part);
  }
  const auto& read = found.indexes.at(static_cast<std::size_t>(Part::read));
  found.sole = read && found.text->sid(*read) == sid(Part::read, true);
  return found;
}

bool ReadGate::is_as_stated(const Found& found, const BucketName& bucket, const GateTerms& terms,
                            bool sole) const {
  return std::all_of(kParts.begin(), kParts.end(), [&](Part part) {
    const std::optional<std::string> there = found.part(part);
    const std::optional<std::string> wanted = statement(part, bucket, terms, sole);
    if (!there || !wanted) return there.has_value() == wanted.has_value();
    return same_json(*there, *wanted);
  });
}

Result<std::optional<GateTerms>> ReadGate::find(const BucketName& bucket, Deadline deadline,
                                                std::stop_token stop) {
  CORDON_TRY(const Found found, look(bucket, deadline, std::move(stop)));
  if (!found.has_any()) return std::optional<GateTerms>();
  std::optional<GateTerms> terms = found.terms();
  if (terms && is_as_stated(found, bucket, *terms, found.sole)) return terms;
  return Error{Errc::invalid, "the read gate of bucket " + bucket.str() +
                                  " was changed by somebody; put it back: cordon bucket gate " +
                                  bucket.str() + " --allow-role ARN"};
}

// One statement of ours put in, changed or taken out; an absent policy is one without statements.
Result<std::optional<std::string>> ReadGate::with_part(const std::optional<std::string>& policy,
                                                       Part part,
                                                       const std::optional<std::string>& wanted,
                                                       bool unwrap) const {
  using MaybePolicy = std::optional<std::string>;
  if (!policy) return wanted ? MaybePolicy(PolicyText::document_of(*wanted)) : MaybePolicy();
  CORDON_TRY(const PolicyText text, PolicyText::parse(*policy));
  const std::optional<std::size_t> index = index_of(text, part);
  if (!index) return wanted ? MaybePolicy(text.with(*wanted)) : policy;
  if (wanted) {
    const bool is_same = same_json(text.statement(*index), *wanted);
    return is_same ? policy : MaybePolicy(text.with_replaced(*index, *wanted));
  }
  return text.count() == 1 ? MaybePolicy() : MaybePolicy(text.without(*index, unwrap));
}

// A condition takes any text: a role of another partition would shut everybody out.
Result<void> ReadGate::check_role(const std::string& arn) const {
  CORDON_TRY(check_gate_role(arn));
  if (parse_arn(arn)->partition == partition_) return {};
  return Error{Errc::invalid, "'" + arn +
                                  "' can never pass this gate: the bucket is in partition " +
                                  partition_ + ", where roles are " + role_arn_form(partition_)};
}

Result<GateChange> ReadGate::put(const BucketName& bucket, Order order, Deadline deadline,
                                 std::stop_token stop) {
  for (const std::string& role : order.roles) CORDON_TRY(check_role(role));
  CORDON_TRY(const Found found, look(bucket, deadline, stop));
  GateTerms terms{std::move(order.tag_key), std::move(order.roles)};
  const std::optional<GateTerms> before = found.terms();
  if (terms.roles.empty() && before) terms.roles = before->roles;
  if (terms.roles.empty()) {
    return Error{Errc::invalid,
                 "a gate without --allow-role would shut out the agent, too: it could read nothing "
                 "of " +
                     bucket.str() +
                     ", and nothing would ever become Clean. Name the role that the agent runs "
                     "with, and those of functions that move its objects: --allow-role " +
                     role_arn_form(partition_)};
  }
  const auto tidy = [](std::vector<std::string>& texts) {
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  };
  tidy(terms.roles);
  const bool was_guarded = found.part(Part::write_tags).has_value();
  if (order.guard == Guard::on || (order.guard == Guard::as_it_is && was_guarded)) {
    terms.guarded = std::move(order.our_keys);
    tidy(terms.guarded);
  }

  const bool has_gate = found.part(Part::read).has_value();
  const bool sole = has_gate ? found.sole : found.text && !found.text->is_list();
  GateChange change{{ProvisionPart::read_gate, bucket.str(), State::created, note_of(terms)},
                    found.present};
  if (is_as_stated(found, bucket, terms, sole)) {
    change.step.state = State::present;
    return change;
  }
  if (found.has_any()) change.step.state = State::changed;
  for (const Part part : kParts) {
    CORDON_TRY(change.policy, with_part(change.policy, part, statement(part, bucket, terms, sole),
                                        /*unwrap=*/false));
  }
  if (change.policy->size() > kPolicyBytesMax) {
    return Error{Errc::invalid, "with a gate the policy of bucket " + bucket.str() +
                                    " would be larger than S3's 20 KiB; name fewer roles or "
                                    "shorten the policy"};
  }
  if (!order.dry_run) {
    CORDON_TRY(policies_.write(bucket, *change.policy, deadline, std::move(stop)));
  }
  return change;
}

Result<GateChange> ReadGate::remove(const BucketName& bucket, bool dry_run, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(const Found found, look(bucket, deadline, stop));
  GateChange change{{ProvisionPart::read_gate, bucket.str(), State::missing, "there is none"},
                    found.present};
  if (!found.has_any()) return change;
  change.step = {ProvisionPart::read_gate, bucket.str(), State::removed,
                 "who may read and tag is what it was before"};
  // The gate itself last: it knows whether there was a list.
  for (auto part = kParts.rbegin(); part != kParts.rend(); ++part) {
    const bool unwrap = *part == Part::read && found.sole;
    CORDON_TRY(change.policy, with_part(change.policy, *part, std::nullopt, unwrap));
  }
  if (dry_run) return change;
  if (!change.policy) {
    CORDON_TRY(policies_.remove(bucket, deadline, std::move(stop)));
  } else {
    CORDON_TRY(policies_.write(bucket, *change.policy, deadline, std::move(stop)));
  }
  return change;
}

}  // namespace cordon
