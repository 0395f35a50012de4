#include "settings/accounts_codec.h"

#include <set>

#include "core/partition.h"
#include "settings/text_rules.h"

namespace cordon {
namespace {

constexpr std::size_t kBucketsMax = 10'000;

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_one_of(std::string_view text, std::string_view others) {
  return text.find_first_not_of(
             std::string("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") +
             std::string(others)) == std::string_view::npos;
}

bool is_role(std::string_view text) {
  const std::optional<RoleArn> role = parse_role_arn(text);
  return role && text.size() <= 2048 && is_one_of(role->name, "+=,.@_/-");
}

// "aws|aws-cn|...": what may stand in the second field of an ARN.
std::string partition_ids() {
  std::string ids;
  for (const Partition& one : partitions()) {
    ids.append(ids.empty() ? "" : "|").append(one.id);
  }
  return ids;
}

bool is_external_id(std::string_view text) {
  return text.size() >= 2 && text.size() <= 1224 && is_one_of(text, "+=,.@:/_-");
}

const Codec<AccountId>& account_id() {
  static const auto codec = id_codec<AccountId>(
      {"an account's number of 12 digits, as a text", "^[0-9]{12}$", 12, is_account});
  return codec;
}

const Codec<std::string>& role_arn() {
  static const auto codec = plain_text_codec(
      {"a role's ARN, " + role_arn_form(),
       "^arn:(" + partition_ids() + "):iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", 2048, is_role});
  return codec;
}

const Codec<std::string>& external_id() {
  static const auto codec =
      plain_text_codec({"an external id (2 to 1,224 letters, digits and + = , . @ : / _ -)",
                        "^[A-Za-z0-9+=,.@:/_-]{2,1224}$", 1224, is_external_id});
  return codec;
}

const Codec<std::vector<BucketName>>& buckets() {
  static const auto codec =
      list_codec(id_codec<BucketName>(bucket_rule()), {.most = kBucketsMax, .unique = true});
  return codec;
}

Fields fields_of(MemberAccount& account) {
  return {required(field("id", "The account", account_id(), account.id)),
          required(field("role_arn", "The role in it that agents take on", role_arn(),
                         account.role_arn)),
          field("external_id", "What the role asks for", external_id(), account.external_id),
          field("buckets", "Its protected buckets", buckets(), account.buckets)};
}

std::string problem_of(const MemberAccount& account) {
  const std::optional<RoleArn> named = parse_role_arn(account.role_arn);
  if (named && named->account != account.id) {
    return "the role is of account " + named->account.str() + ", not of " + account.id.str();
  }
  return "";
}

}  // namespace

const Codec<std::map<BucketName, AccountId>>& owners_codec() {
  static const auto codec = map_codec<BucketName>(bucket_rule(), account_id());
  return codec;
}

const Codec<std::vector<MemberAccount>>& accounts_codec() {
  static const auto plain =
      list_codec(checked(table_codec<MemberAccount>(fields_of), problem_of), {});
  static const Codec<std::vector<MemberAccount>> codec{
      .read =
          [](const SettingsNode& node, const Where& where, std::vector<MemberAccount>& value) {
            if (!plain.read(node, where, value)) return false;
            std::set<BucketName> seen;
            bool good = true;
            for (std::size_t i = 0; i < value.size(); ++i) {
              for (const BucketName& bucket : value[i].buckets) {
                if (seen.insert(bucket).second) continue;
                good = where.item(i).refuse(
                    node.items[i], "bucket " + bucket.str() + " stands in another account already");
              }
            }
            return good;
          },
      .write = plain.write,
      .schema = plain.schema};
  return codec;
}

}  // namespace cordon
