#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

// The audit log of a console: who changed what. Each record holds the hash of the one before, so a
// record that is changed, taken out or put in later breaks the chain at that place
// (docs/formats/audit-log.md). Pure.

namespace cordon {

/// Something that somebody did or tried. All of it is UTF-8 of at most `kAuditTextBytesMax` bytes
/// each: see `audit_text`.
struct AuditEntry {
  SystemTime at;        ///< In milliseconds.
  std::string who;      ///< "person:NAME", "token:NAME", "command:USER" or "nobody".
  std::string action;   ///< "POST /api/v1/problems/{id}/handle", "cordon console person reset"
  std::string target;   ///< To what: "17", a name; may be empty.
  std::string outcome;  ///< "done", or what became of it: "refused", "unavailable", ...
  std::string detail;   ///< For people; may be empty.

  bool operator==(const AuditEntry&) const = default;
};

/// An entry in its place.
struct AuditRecord {
  std::int64_t number = 0;  ///< 1, 2, 3, ...
  AuditEntry entry;
  std::string previous;  ///< The hash of the record before, 32 bytes; zeros before the first.
  std::string hash;      ///< Of all of it, 32 bytes.

  bool operator==(const AuditRecord&) const = default;
};

inline constexpr std::size_t kAuditTextBytesMax = 1'024;
/// Any text as an entry may hold it.
std::string audit_text(std::string_view text);

/// What stands before the first record.
std::string audit_origin();
/// The next record of a log that ends with this hash.
AuditRecord audit_record_after(std::int64_t number, const std::string& previous, AuditEntry entry);
/// Whether the record follows the one of that number and hash, and is as it was written.
bool follows(const AuditRecord& record, std::int64_t number, const std::string& hash);

/// One line of JSON without its end, as the log is exported.
std::string to_json(const AuditRecord& record);

}  // namespace cordon
