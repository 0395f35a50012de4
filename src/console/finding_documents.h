#pragma once

#include <string>
#include <vector>

#include "core/agent_report.h"
#include "core/finding.h"
#include "core/page.h"

// Findings and agents as the API shows them (api/openapi.yaml). Pure.

namespace cordon {

std::string document_of(const Problem& problem);
std::string document_of(const Rollup& rollup);
/// With what can be said of the agent at `now`: a report comes every 30 s, so whoever has missed
/// six of them is away.
std::string document_of(const AgentReport& report, SystemTime now);

/// {"items":[...],"next":"..."|null}; `items` are documents.
std::string list_document(const std::vector<std::string>& items,
                          const std::optional<PageCursor>& next, std::string_view question);

}  // namespace cordon
