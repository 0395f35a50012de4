#include "console/audit_trail.h"

#include <optional>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::chrono::minutes kWindow{1};
constexpr int kLimitedMax = 60;

}  // namespace

Result<void> AuditTrail::note(AuditEntry entry, Deadline deadline, std::stop_token stop) {
  for (std::string* text :
       {&entry.who, &entry.action, &entry.target, &entry.outcome, &entry.detail}) {
    *text = audit_text(*text);
  }
  const Result<AuditRecord> record = audit_.append(entry, deadline, std::move(stop));
  if (!record) metrics_.count("cordon_console_audit_failures_total");
  log_.info(entry.outcome == "done" ? "console.changed" : "console.tried",
            {{"action", entry.action},
             {"target", entry.target},
             {"by", entry.who},
             {"outcome", entry.outcome},
             {"detail", entry.detail},
             {"audit", record ? std::to_string(record->number) : std::string("failed")},
             {"audit_hash", record ? hex(as_bytes_of(record->hash)) : std::string()}});
  if (record) return {};
  log_.error("console.audit_failed", {{"error", record.error()}});
  return record.error();
}

Result<void> AuditTrail::note_limited(AuditEntry entry, Deadline deadline, std::stop_token stop) {
  const std::optional<std::uint64_t> left_out =
      window_.with([this](Window& window) -> std::optional<std::uint64_t> {
        if (clock_.steady_now() - window.begun >= kWindow || window.written == 0) {
          window.begun = clock_.steady_now();
          window.written = 0;
        }
        if (window.written >= kLimitedMax) {
          ++window.left_out;
          return std::nullopt;
        }
        ++window.written;
        return std::exchange(window.left_out, 0);
      });
  if (!left_out) return {};
  if (*left_out > 0) {
    entry.detail += entry.detail.empty() ? "" : "; ";
    entry.detail += std::to_string(*left_out) + " more before it were left out";
  }
  return note(std::move(entry), deadline, std::move(stop));
}

}  // namespace cordon
