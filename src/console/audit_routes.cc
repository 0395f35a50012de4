// Who changed what.

#include <array>
#include <limits>

#include "base/text.h"
#include "console/api_response.h"
#include "console/finding_documents.h"
#include "console/people_routes.h"

namespace cordon {
namespace {

constexpr std::size_t kExportedMax = 10'000;
constexpr std::size_t kPiece = 1'000;

Result<ServerResponse> list_audit(ApiCall& call) {
  const PageRequest page = call.request.page();
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const Page<AuditRecord> found,
             call.people.audit.newest_records(page, call.deadline, call.stop));
  std::vector<std::string> items;
  for (const AuditRecord& record : found.rows) items.push_back(to_json(record));
  return list_response(list_document(items, found.next, call.request.question()));
}

std::int64_t after_in(ApiRequest& request) {
  const std::optional<std::string> text = request.text("after");
  if (!text) return 0;
  const std::optional<std::uint64_t> number = parse_u64(*text);
  if (number && *number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return static_cast<std::int64_t>(*number);
  }
  request.wrong("after", "it is the number of a record");
  return 0;
}

// The oldest first, so that whoever asks again after the last of them loses and repeats nothing.
Result<ServerResponse> export_audit(ApiCall& call) {
  std::int64_t after = after_in(call.request);
  CORDON_TRY(call.request.checked());
  std::string lines;
  for (std::size_t count = 0; count < kExportedMax; count += kPiece) {
    CORDON_TRY(const std::vector<AuditRecord> records,
               call.people.audit.records_after(after, kPiece, call.deadline, call.stop));
    for (const AuditRecord& record : records) lines += to_json(record) + "\n";
    if (records.size() < kPiece) break;
    after = records.back().number;
  }
  ServerResponse out = list_response(std::move(lines));
  out.headers.set("Content-Type", "application/jsonl");
  return out;
}

constexpr std::array<ApiRoute, 2> kRoutes = {{
    {"GET", "/api/v1/audit", ApiRole::admin, list_audit},
    {"GET", "/api/v1/audit/export", ApiRole::admin, export_audit},
}};

}  // namespace

std::span<const ApiRoute> audit_routes() { return kRoutes; }

}  // namespace cordon
