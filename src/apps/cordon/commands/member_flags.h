#pragma once

#include <optional>
#include <string>

#include "apps/cordon/cli.h"
#include "core/member_account.h"

namespace cordon {

class Command;
class Option;

/// The role of another account, as the command line names it.
struct MemberFlags {
  std::string role_arn;
  std::string external_id;
};

/// Declares --role-arn, which it returns, and --external-id; parsing `command` fills in `flags`,
/// which outlives it.
Option* add_member_flags(Command& command, MemberFlags& flags);

/// The account whose role the flags name; none: they name none.
std::optional<MemberAccount> account_in(const MemberFlags& flags);

}  // namespace cordon
