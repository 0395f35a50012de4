#include "apps/cordon/commands/member_flags.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "provision/rehearsal.h"

namespace cordon {

void add_member_flags(CLI::App& command, MemberFlags& flags) {
  CLI::Option* role = command.add_option(
      "--role-arn", flags.role_arn,
      "Buckets of another account, reached in this role of it (default: what the settings say)");
  command.add_option("--external-id", flags.external_id, "What the role asks for")->needs(role);
}

std::optional<MemberAccount> account_in(const MemberFlags& flags) {
  if (flags.role_arn.empty()) return std::nullopt;
  MemberAccount account{.id = AccountId(), .role_arn = flags.role_arn};
  if (!flags.external_id.empty()) account.external_id = flags.external_id;
  return account;
}

MemberAccess rehearsed(MemberAccess access, Rehearsal& rehearsal) {
  const auto pretend = [](const BucketName&, Deadline, std::stop_token) -> Result<bool> {
    return true;
  };
  auto real = std::move(access.buckets);
  access.buckets = [real = std::move(real),
                    &rehearsal](const Region& region) -> Result<BucketAdmin*> {
    CORDON_TRY(BucketAdmin * buckets, real(region));
    return &rehearsal.rehearsed(*buckets);
  };
  access.enrol = pretend;
  access.dismiss = pretend;
  return access;
}

}  // namespace cordon
