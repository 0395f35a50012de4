#include "devcloud/access/access.h"

#include <boost/json.hpp>

namespace cordon::cloud {
namespace {

namespace json = boost::json;

// The book of a principal stops growing here; it is for tests, and they stay far below.
constexpr std::size_t kEntriesMax = 10'000;

std::string resource_account(const AccessQuestion& question, const std::string& ours) {
  if (!question.owner.empty()) return question.owner;
  const std::string named = arn_field(question.resource, 4);
  return named.empty() ? ours : named;
}

}  // namespace

std::string session_arn_of(const std::string& role_arn, const std::string& session) {
  return "arn:" + arn_field(role_arn, 1) + ":sts::" + arn_field(role_arn, 4) + ":assumed-role/" +
         role_arn.substr(role_arn.rfind('/') + 1) + "/" + session;
}

std::string role_arn_of(const std::string& arn) {
  const std::string resource = arn_field(arn, 5);
  constexpr std::string_view kAssumed = "assumed-role/";
  if (!resource.starts_with(kAssumed)) return arn;
  const std::string rest = resource.substr(kAssumed.size());
  return "arn:" + arn_field(arn, 1) + ":iam::" + arn_field(arn, 4) + ":role/" +
         rest.substr(0, rest.rfind('/'));
}

AccessQuestion question_of(const Call& call, std::string action, std::string resource) {
  const Identity& who = call.identity;
  AccessQuestion question;
  question.who = who.anonymous() ? AccessQuestion::Who::anonymous : AccessQuestion::Who::account;
  question.principal = who.arn;
  question.account = who.account;
  question.action = std::move(action);
  question.resource = std::move(resource);
  auto& context = question.context;
  const auto put = [&](const char* name, std::string value) {
    if (!value.empty()) context[name] = {std::move(value)};
  };
  put("aws:securetransport", "false");
  put("aws:principalisawsservice", "false");
  put("aws:sourceip", call.source_ip);
  put("aws:useragent", call.header("user-agent"));
  put("aws:requestedregion", call.region);
  put("aws:principalarn", role_arn_of(who.arn));
  put("aws:principalaccount", who.account);
  put("aws:userid", who.user_id);
  const std::string resource_part = arn_field(who.arn, 5);
  const bool user = resource_part.starts_with("user/");
  if (user) put("aws:username", resource_part.substr(resource_part.rfind('/') + 1));
  put("aws:principaltype", who.anonymous() ? "Anonymous" : user ? "User" : "AssumedRole");
  return question;
}

void warn_of_gaps(Log& log, const Policy& policy, std::string_view where) {
  for (const std::string& gap : policy.gaps()) {
    log.warn("devcloud.policy_not_judged",
             {{"where", where}, {"statement", gap}, {"effect", "never allows, always denies"}});
  }
}

AccessJudge::Ruling AccessJudge::judge(const Identity& who, const AccessQuestion& question,
                                       const Policy* resource) const {
  const bool ours = who.account == resource_account(question, account_);
  AccessQuestion asked = question;
  asked.by_identity = who.grants != nullptr && ours;
  asked.context["aws:resourceaccount"] = {resource_account(question, account_)};
  const PolicyEffect outer = resource == nullptr ? PolicyEffect::none : resource->decide(asked);
  if (outer == PolicyEffect::deny) return Ruling::denied_by_resource;
  if (who.anonymous()) {
    return outer == PolicyEffect::allow ? Ruling::allowed : Ruling::no_allow;
  }
  if (who.grants == nullptr) {  // May everything in its own account.
    return ours || outer == PolicyEffect::allow ? Ruling::allowed : Ruling::no_allow;
  }
  bool allowed = false;
  PolicyMatch by;
  for (const auto& [name, policy] : who.grants->policies) {
    PolicyMatch match;
    const PolicyEffect effect = policy.decide(asked, &match);
    if (effect == PolicyEffect::deny) return Ruling::denied_by_identity;
    if (effect == PolicyEffect::allow && !allowed) by = std::move(match);
    allowed = allowed || effect == PolicyEffect::allow;
  }
  const bool granted = outer == PolicyEffect::allow;
  if (ours ? !allowed && !granted : !allowed || !granted) {
    note(question, nullptr);
    return Ruling::no_allow;
  }
  if (allowed) note(question, &by);
  return Ruling::allowed;
}

Answer<void> AccessJudge::check(const Identity& who, const AccessQuestion& question,
                                const Policy* resource) const {
  const char* why = "";
  switch (judge(who, question, resource)) {
    case Ruling::allowed:
      return {};
    case Ruling::no_allow:
      why = "because no identity-based policy allows the ";
      break;
    case Ruling::denied_by_identity:
      why = "with an explicit deny in an identity-based policy for the ";
      break;
    case Ruling::denied_by_resource:
      why = "with an explicit deny in a resource-based policy for the ";
      break;
  }
  log_.debug("devcloud.denied", {{"principal", question.principal},
                                 {"action", question.action},
                                 {"resource", question.resource}});
  if (who.anonymous()) return AwsError{403, "AccessDenied", "Access Denied"};
  return AwsError{
      403, "AccessDenied",
      "User: " + question.principal + " is not authorized to perform: " + question.action +
          " on resource: " + question.resource + " " + why + question.action + " action"};
}

void AccessJudge::note(const AccessQuestion& question, const PolicyMatch* by) const {
  const std::string principal = role_arn_of(question.principal);
  book_.with([&](auto& book) {
    Entry& entry = book[principal];
    if (entry.used.size() + entry.denied.size() >= kEntriesMax) return;
    if (by != nullptr) {
      ++entry.used[*by];
    } else {
      ++entry.denied[question.action + " " + question.resource];
    }
  });
}

ServerResponse AccessJudge::control(const ServerRequest& request) {
  if (request.method == "DELETE") {
    book_.with([](auto& book) { book.clear(); });
    return ServerResponse{.status = 204};
  }
  const Result<RequestTarget> target = parse_target(request.target);
  const std::string wanted(target ? target->param("principal").value_or("") : "");
  json::object all;
  book_.with([&](auto& book) {
    for (const auto& [principal, entry] : book) {
      if (!wanted.empty() && principal != wanted) continue;
      json::array used;
      for (const auto& [by, count] : entry.used) {
        used.push_back(json::object{
            {"sid", by.sid}, {"action", by.action}, {"resource", by.resource}, {"count", count}});
      }
      json::object denied;
      for (const auto& [what, count] : entry.denied) denied[what] = count;
      all[principal] = json::object{{"used", std::move(used)}, {"denied", std::move(denied)}};
    }
  });
  ServerResponse response;
  response.headers.add("Content-Type", "application/json");
  response.body = json::serialize(all);
  return response;
}

}  // namespace cordon::cloud
