#include "core/audit.h"

#include <boost/json.hpp>
#include <chrono>
#include <initializer_list>

#include "base/digest.h"
#include "base/text.h"
#include "core/finding.h"

namespace cordon {
namespace {

constexpr std::string_view kSchema = "cordon.audit/1";

// Each part with its length before it, so that no two records are the same bytes.
std::string hash_of(const AuditRecord& record) {
  std::string bytes;
  const AuditEntry& entry = record.entry;
  for (const std::string& part : std::initializer_list<std::string>{
           std::string(kSchema), std::to_string(record.number), rfc3339_ms(entry.at), entry.who,
           entry.action, entry.target, entry.outcome, entry.detail,
           hex(as_bytes_of(record.previous))}) {
    bytes += std::to_string(part.size()) + ":" + part;
  }
  const Sha256Digest digest = sha256(bytes);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

}  // namespace

std::string audit_text(std::string_view text) { return utf8_clean(text, kAuditTextBytesMax); }

std::string audit_origin() { return std::string(32, '\0'); }

AuditRecord audit_record_after(std::int64_t number, const std::string& previous, AuditEntry entry) {
  AuditRecord record{.number = number + 1, .entry = std::move(entry), .previous = previous};
  record.entry.at = time_of_ms(ms_of(record.entry.at));
  record.hash = hash_of(record);
  return record;
}

bool follows(const AuditRecord& record, std::int64_t number, const std::string& hash) {
  return record.number == number + 1 && record.previous == hash && record.hash == hash_of(record);
}

std::string to_json(const AuditRecord& record) {
  const AuditEntry& entry = record.entry;
  return boost::json::serialize(boost::json::object{{"schema", kSchema},
                                                    {"number", std::to_string(record.number)},
                                                    {"at", rfc3339_ms(entry.at)},
                                                    {"who", audit_text(entry.who)},
                                                    {"action", audit_text(entry.action)},
                                                    {"target", audit_text(entry.target)},
                                                    {"outcome", audit_text(entry.outcome)},
                                                    {"detail", audit_text(entry.detail)},
                                                    {"previous", hex(as_bytes_of(record.previous))},
                                                    {"hash", hex(as_bytes_of(record.hash))}});
}

}  // namespace cordon
