#include "devcloud/access/identity_file.h"

#include <boost/json.hpp>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"
#include "core/partition.h"
#include "devcloud/json_in.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kFileBytesMax = 1U << 20U;

// "AIDA" or "AROA" and what no two names share.
std::string id_of(const std::string& arn, bool role) {
  std::string id = (role ? "AROA" : "AIDA") + hex(sha256(arn)).substr(0, 17);
  for (char& c : id) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return id;
}

Result<void> load_one(const json::value& value, IdentityBook& book, KeyRing& keys, Log& log) {
  const json::object* in = value.if_object();
  if (in == nullptr) return Error{Errc::invalid, "it is not an object"};
  const std::string arn = text_of(*in, "arn");
  const std::string resource = arn_field(arn, 5);
  const bool role = resource.starts_with("role/");
  const std::optional<Arn> parsed = parse_arn(arn);
  if (!parsed || parsed->service != "iam" || parsed->account.empty() ||
      (!role && !resource.starts_with("user/")) || resource.size() <= 5) {
    return Error{Errc::invalid, "\"arn\" is not that of a user or a role: '" + arn + "'"};
  }
  const std::string id = id_of(arn, role);
  if (keys.knows(arn) || !book.add(arn, id)) return Error{Errc::invalid, arn + " is there already"};
  if (const json::object* policy = object_if(*in, "policy")) {
    const std::string text = json::serialize(*policy);
    if (const Answer<void> put = book.put_policy(arn, "file", text); !put) {
      return Error{Errc::invalid, put.error().message};
    }
    warn_of_gaps(log, *Policy::parse_of_identity(text), arn);
  }
  if (const json::object* trust = role ? object_if(*in, "trust") : nullptr) {
    if (const Answer<void> put = book.put_trust(arn, json::serialize(*trust)); !put) {
      return Error{Errc::invalid, put.error().message};
    }
    warn_of_gaps(log, *book.trust_of(arn), arn + " trust");
  }
  const std::string access_key = text_of(*in, "accessKey");
  const std::string secret = text_of(*in, "secret");
  if (access_key.empty() && secret.empty() && role) return {};
  if (access_key.empty() || secret.empty()) {
    return Error{Errc::invalid, arn + " needs \"accessKey\" and \"secret\""};
  }
  if (keys.find(access_key)) return Error{Errc::invalid, "two have the key " + access_key};
  keys.add({.secret = secret,
            .identity = {.access_key = access_key,
                         .account = arn_field(arn, 4),
                         .arn = role ? session_arn_of(arn, "lasting") : arn,
                         .user_id = role ? id + ":lasting" : id}});
  return {};
}

}  // namespace

Result<void> load_identities(const std::filesystem::path& path, IdentityBook& book, KeyRing& keys,
                             Log& log) {
  CORDON_TRY(const std::string text, read_small_file(path, kFileBytesMax));
  const auto document = parse_object(text);
  const json::array* all = document ? array_if(*document, "identities") : nullptr;
  if (all == nullptr) {
    return Error{Errc::invalid,
                 path.string() + R"( is not JSON of the form {"identities": [...]})"};
  }
  for (std::size_t i = 0; i < all->size(); ++i) {
    const Result<void> loaded = load_one((*all)[i], book, keys, log);
    if (!loaded) {
      return Error{Errc::invalid, path.string() + ": identity " + std::to_string(i + 1) + ": " +
                                      loaded.error().what};
    }
  }
  return {};
}

}  // namespace cordon::cloud
