#pragma once

#include <string>

#include "core/ports/account.h"

namespace cordon {

/// What tells files of one deployment from those of its namesake at another endpoint, at the end of
/// their names: "-" and eight digits of the endpoint's digest; empty at AWS. Agents may share a
/// directory.
std::string endpoint_mark(const AccountIdentity& identity);

}  // namespace cordon
