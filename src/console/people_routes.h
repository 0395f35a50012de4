#pragma once

#include <span>

#include "console/api_routes.h"

// The operations about people, one family in a file: setup_routes.cc, session_routes.cc, ...

namespace cordon {

std::span<const ApiRoute> setup_routes();
std::span<const ApiRoute> session_routes();
std::span<const ApiRoute> own_routes();
std::span<const ApiRoute> people_routes();
std::span<const ApiRoute> token_routes();
std::span<const ApiRoute> audit_routes();

}  // namespace cordon
