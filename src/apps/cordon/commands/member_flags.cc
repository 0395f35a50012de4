#include "apps/cordon/commands/member_flags.h"

#include "command_line/command_line.h"

namespace cordon {

Option* add_member_flags(Command& command, MemberFlags& flags) {
  Option* role = command.add_option(
      "--role-arn", flags.role_arn,
      "Buckets of another account, reached in this role of it (default: what the settings say)");
  command.add_option("--external-id", flags.external_id, "What the role asks for")->needs(role);
  return role;
}

std::optional<MemberAccount> account_in(const MemberFlags& flags) {
  if (flags.role_arn.empty()) return std::nullopt;
  MemberAccount account{.id = AccountId(), .role_arn = flags.role_arn};
  if (!flags.external_id.empty()) account.external_id = flags.external_id;
  return account;
}

}  // namespace cordon
