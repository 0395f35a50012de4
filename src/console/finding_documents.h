#pragma once

#include <string>
#include <vector>

#include "core/finding.h"
#include "core/page.h"

// Findings as the API shows them (api/openapi.yaml). Pure.

namespace cordon {

std::string document_of(const Problem& problem);
std::string document_of(const Rollup& rollup);

/// {"items":[...],"next":"..."|null}; `items` are documents.
std::string list_document(const std::vector<std::string>& items,
                          const std::optional<PageCursor>& next, std::string_view question);

}  // namespace cordon
