#pragma once

#include <span>

#include "console/api_routes.h"

// The routes, family by family, each in a file of its own; api_routes.cc puts them together.

namespace cordon {

std::span<const ApiRoute> findings_routes();
std::span<const ApiRoute> bucket_routes();
std::span<const ApiRoute> quarantine_routes();
std::span<const ApiRoute> settings_routes();
std::span<const ApiRoute> letter_routes();
std::span<const ApiRoute> signature_routes();
std::span<const ApiRoute> sweep_routes();
std::span<const ApiRoute> gateway_routes();
std::span<const ApiRoute> health_routes();

}  // namespace cordon
