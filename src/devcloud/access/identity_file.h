#pragma once

#include <filesystem>

#include "base/log.h"
#include "base/result.h"
#include "devcloud/access/identity_book.h"
#include "devcloud/access/key_ring.h"

namespace cordon::cloud {

/// Reads users and roles from a JSON document:
///
///   {"identities": [{"arn": "arn:aws:iam::000000000000:user/alice", "accessKey": "...",
///                    "secret": "...", "policy": {"Version": "2012-10-17", "Statement": [...]}}]}
///
/// A role ("...:role/agent") may come without a key: it is then assumed by STS. With one, the key
/// acts as a session of that role. Errors: not_found, invalid (which entry, and why).
Result<void> load_identities(const std::filesystem::path& path, IdentityBook& book, KeyRing& keys,
                             Log& log);

}  // namespace cordon::cloud
