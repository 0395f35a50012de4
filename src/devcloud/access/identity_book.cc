#include "devcloud/access/identity_book.h"

namespace cordon::cloud {

AwsError no_such_entity(const std::string& what) {
  return {404, "NoSuchEntity", what + " cannot be found."};
}

bool IdentityBook::add(const std::string& arn, const std::string& id) {
  return entries_.with(
      [&](auto& entries) { return entries.try_emplace(arn, Entry{.id = id, .texts = {}}).second; });
}

bool IdentityBook::remove(const std::string& arn) {
  return entries_.with([&](auto& entries) { return entries.erase(arn) > 0; });
}

std::optional<std::string> IdentityBook::id_of(const std::string& arn) const {
  return entries_.with([&](const auto& entries) -> std::optional<std::string> {
    const auto at = entries.find(arn);
    if (at == entries.end()) return std::nullopt;
    return at->second.id;
  });
}

Answer<void> IdentityBook::put_policy(const std::string& arn, const std::string& name,
                                      const std::string& text) {
  const Answer<Policy> policy = Policy::parse_of_identity(text);
  if (!policy) return AwsError{400, "MalformedPolicyDocument", policy.error().message};
  return entries_.with([&](auto& entries) -> Answer<void> {
    const auto at = entries.find(arn);
    if (at == entries.end()) return no_such_entity(arn);
    auto changed = std::make_shared<Grants>(*at->second.grants);
    changed->policies.insert_or_assign(name, *policy);
    at->second.grants = std::move(changed);
    at->second.texts[name] = text;
    return {};
  });
}

Answer<std::string> IdentityBook::policy(const std::string& arn, const std::string& name) const {
  return entries_.with([&](const auto& entries) -> Answer<std::string> {
    const auto at = entries.find(arn);
    if (at == entries.end()) return no_such_entity(arn);
    const auto text = at->second.texts.find(name);
    if (text == at->second.texts.end()) return no_such_entity("The policy " + name);
    return text->second;
  });
}

Answer<void> IdentityBook::remove_policy(const std::string& arn, const std::string& name) {
  return entries_.with([&](auto& entries) -> Answer<void> {
    const auto at = entries.find(arn);
    if (at == entries.end()) return no_such_entity(arn);
    if (at->second.texts.erase(name) == 0) return no_such_entity("The policy " + name);
    auto changed = std::make_shared<Grants>(*at->second.grants);
    changed->policies.erase(name);
    at->second.grants = std::move(changed);
    return {};
  });
}

Answer<std::vector<std::string>> IdentityBook::policy_names(const std::string& arn) const {
  return entries_.with([&](const auto& entries) -> Answer<std::vector<std::string>> {
    const auto at = entries.find(arn);
    if (at == entries.end()) return no_such_entity(arn);
    std::vector<std::string> names;
    for (const auto& [name, text] : at->second.texts) names.push_back(name);
    return names;
  });
}

Answer<void> IdentityBook::put_trust(const std::string& arn, const std::string& text) {
  const Answer<Policy> policy = Policy::parse_of_trust(text);
  if (!policy) return AwsError{400, "MalformedPolicyDocument", policy.error().message};
  return entries_.with([&](auto& entries) -> Answer<void> {
    const auto at = entries.find(arn);
    if (at == entries.end()) return no_such_entity(arn);
    at->second.trust_text = text;
    at->second.trust = *policy;
    return {};
  });
}

std::optional<Policy> IdentityBook::trust_of(const std::string& arn) const {
  return entries_.with([&](const auto& entries) -> std::optional<Policy> {
    const auto at = entries.find(arn);
    return at == entries.end() ? std::nullopt : at->second.trust;
  });
}

std::string IdentityBook::trust_text_of(const std::string& arn) const {
  return entries_.with([&](const auto& entries) -> std::string {
    const auto at = entries.find(arn);
    return at == entries.end() ? std::string() : at->second.trust_text;
  });
}

std::shared_ptr<const Grants> IdentityBook::grants_of(const Identity& who) const {
  const std::string arn = role_arn_of(who.arn);
  return entries_.with([&](const auto& entries) -> std::shared_ptr<const Grants> {
    const auto at = entries.find(arn);
    return at == entries.end() ? nullptr : at->second.grants;
  });
}

}  // namespace cordon::cloud
