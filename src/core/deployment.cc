#include "core/deployment.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"

namespace cordon {

Result<Deployment> Deployment::create(std::string_view name) {
  const bool letters = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (name.empty() || name.size() > 20 || !letters) {
    return Error{Errc::invalid,
                 "a deployment's name is 1 to 20 lower-case letters, digits and '-'"};
  }
  return Deployment(std::string(name));
}

std::string Deployment::bucket_rule(const BucketName& bucket) const {
  return "cordon-bucket-" + name_ + "-" + hex(sha256(bucket.str())).substr(0, 16);
}

std::string deployment_id(std::string_view name, const std::optional<AccountId>& account) {
  return std::string(name) + (account ? "@" + account->str() : "");
}

}  // namespace cordon
