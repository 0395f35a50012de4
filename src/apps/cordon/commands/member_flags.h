#pragma once

#include <optional>
#include <string>

#include "apps/cordon/cli.h"
#include "core/member_account.h"

namespace cordon {

/// The role of another account, as the command line names it.
struct MemberFlags {
  std::string role_arn;
  std::string external_id;
};

/// Declares --role-arn and --external-id; parsing `command` fills in `flags`, which outlives it.
void add_member_flags(CLI::App& command, MemberFlags& flags);

/// The account whose role the flags name; none: they name none.
std::optional<MemberAccount> account_in(const MemberFlags& flags);

}  // namespace cordon
