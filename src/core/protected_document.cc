// Account, then region, then bucket: 10,000 buckets are some 500 KB so, and a document may have
// 1 MiB.

#include "core/protected_document.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kSchema = "cordon.protected/1";
constexpr std::size_t kDocumentBytesMax = 1U << 20U;
constexpr std::size_t kDepthMax = 6;
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kWaysMax = 8;

Error malformed(const std::string& why) {
  return Error{Errc::invalid, "this is no protected set: " + why};
}

std::string text_of(const json::string& text) { return std::string(text.data(), text.size()); }

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
             std::string_view::npos;
}

bool is_account(std::string_view text) { return text.size() == 12 && parse_u64(text).has_value(); }

Result<std::set<std::string>> ways_in(const json::value& value) {
  const json::array* list = value.if_array();
  if (list == nullptr || list->empty() || list->size() > kWaysMax) {
    return malformed("a bucket without a list of 1 to 8 ways");
  }
  std::set<std::string> ways;
  for (const json::value& one : *list) {
    const json::string* way = one.if_string();
    if (way == nullptr || !is_name({way->data(), way->size()})) {
      return malformed("a way that is no name");
    }
    ways.insert(text_of(*way));
  }
  return ways;
}

Result<void> take_region(const AccountId& account, std::string_view region,
                         const json::value& value, ProtectedDocument& out) {
  const json::object* buckets = value.if_object();
  if (buckets == nullptr || !is_name(region)) return malformed("a region that is none");
  for (const auto& member : *buckets) {
    const std::string_view name(member.key().data(), member.key().size());
    if (!is_name(name)) return malformed("a bucket with an impossible name");
    ProtectedBucket entry{.account = account, .region = Region(std::string(region))};
    CORDON_TRY(entry.ways, ways_in(member.value()));
    const bool is_new = out.buckets.emplace(BucketName(std::string(name)), std::move(entry)).second;
    if (!is_new) return malformed("bucket " + std::string(name) + " stands in it twice");
  }
  return {};
}

}  // namespace

Result<std::string> encode_protected(const ProtectedDocument& document) {
  json::object accounts;
  for (const auto& [bucket, entry] : document.buckets) {
    json::value& account = accounts[entry.account.str()];
    if (account.is_null()) account = json::object();
    json::value& region = account.as_object()[entry.region.str()];
    if (region.is_null()) region = json::object();
    json::array ways;
    for (const std::string& way : entry.ways) ways.emplace_back(way);
    region.as_object()[bucket.str()] = std::move(ways);
  }
  std::string text =
      json::serialize(json::object{{"schema", kSchema}, {"accounts", std::move(accounts)}});
  if (text.size() <= kDocumentBytesMax) return text;
  return Error{Errc::invalid, "the protected set has no room for " +
                                  std::to_string(document.buckets.size()) + " buckets"};
}

Result<ProtectedDocument> decode_protected(std::string_view text) {
  if (text.size() > kDocumentBytesMax) return malformed("it is longer than 1 MiB");
  json::parse_options limits;
  limits.max_depth = kDepthMax;
  boost::system::error_code failure;
  const json::value root =
      json::parse(json::string_view(text.data(), text.size()), failure, {}, limits);
  if (failure) return malformed("not JSON (" + failure.message() + ")");
  const json::object* object = root.if_object();
  const json::value* schema = object == nullptr ? nullptr : object->if_contains("schema");
  if (schema == nullptr || !schema->is_string() || schema->get_string() != kSchema) {
    return malformed("its schema is not " + std::string(kSchema));
  }
  const json::value* accounts = object->if_contains("accounts");
  if (accounts == nullptr || !accounts->is_object()) return malformed("no accounts");
  ProtectedDocument document;
  for (const auto& account : accounts->get_object()) {
    const std::string_view id(account.key().data(), account.key().size());
    const json::object* regions = account.value().if_object();
    if (!is_account(id) || regions == nullptr) return malformed("an account that is none");
    for (const auto& region : *regions) {
      CORDON_TRY(take_region(AccountId(std::string(id)), {region.key().data(), region.key().size()},
                             region.value(), document));
    }
  }
  return document;
}

}  // namespace cordon
