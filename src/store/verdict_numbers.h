#pragma once

#include <cstdint>
#include <optional>

#include "core/verdict.h"

namespace cordon {

/// What stands for a verdict in the database. Numbers are never given anew.
std::int64_t number_of(Disposition verdict);
std::optional<Disposition> verdict_of_number(std::int64_t number);

}  // namespace cordon
