#pragma once

#include <map>
#include <vector>

#include "core/member_account.h"
#include "settings/codec.h"

namespace cordon {

/// How member accounts stand in a settings document. Internal to settings.
const Codec<std::vector<MemberAccount>>& accounts_codec();
const Codec<std::map<BucketName, AccountId>>& owners_codec();

}  // namespace cordon
