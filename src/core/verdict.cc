#include "core/verdict.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace cordon {
namespace {

constexpr std::array<std::pair<Disposition, std::string_view>, 6> kDispositions = {{
    {Disposition::clean, "Clean"},
    {Disposition::infected, "Infected"},
    {Disposition::infected_allowed, "InfectedAllowed"},
    {Disposition::suspicious, "Suspicious"},
    {Disposition::unscannable, "Unscannable"},
    {Disposition::error, "Error"},
}};

constexpr std::array<std::pair<Reason, std::string_view>, 13> kReasons = {{
    {Reason::encrypted, "encrypted"},
    {Reason::too_large, "too-large"},
    {Reason::limit, "limit"},
    {Reason::archived, "archived"},
    {Reason::sse_c, "sse-c"},
    {Reason::unsupported, "unsupported"},
    {Reason::engine_crash, "engine-crash"},
    {Reason::timeout, "timeout"},
    {Reason::coverage, "coverage"},
    {Reason::access_denied, "access-denied"},
    {Reason::kms, "kms"},
    {Reason::staging, "staging"},
    {Reason::integrity, "integrity"},
}};

template <typename Table, typename Key>
std::string_view name_in(const Table& table, Key key) {
  for (const auto& [value, name] : table) {
    if (value == key) return name;
  }
  CORDON_CHECK(false);
}

template <typename Key, typename Table>
std::optional<Key> find_in(const Table& table, std::string_view name) {
  for (const auto& [value, known] : table) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Disposition disposition) { return name_in(kDispositions, disposition); }
std::string_view name_of(Reason reason) { return name_in(kReasons, reason); }
std::optional<Disposition> parse_disposition(std::string_view name) {
  return find_in<Disposition>(kDispositions, name);
}
std::optional<Reason> parse_reason(std::string_view name) {
  return find_in<Reason>(kReasons, name);
}

bool is_consistent(const Verdict& verdict) {
  switch (verdict.disposition) {
    case Disposition::clean:
      return !verdict.reason && verdict.virus_names.empty();
    case Disposition::infected:
    case Disposition::infected_allowed:
    case Disposition::suspicious:
      return !verdict.reason && !verdict.virus_names.empty();
    case Disposition::unscannable:
    case Disposition::error:
      return verdict.reason && verdict.virus_names.empty();
  }
  return false;
}

Verdict clean_verdict(std::uint64_t bytes_scanned) {
  return Verdict{.disposition = Disposition::clean, .bytes_scanned = bytes_scanned};
}

Verdict infected_verdict(std::vector<std::string> virus_names, std::uint64_t bytes_scanned) {
  CORDON_CHECK(!virus_names.empty());
  return Verdict{.disposition = Disposition::infected,
                 .virus_names = std::move(virus_names),
                 .bytes_scanned = bytes_scanned};
}

Verdict unscannable_verdict(Reason reason, std::string message, std::uint64_t bytes_scanned) {
  return Verdict{.disposition = Disposition::unscannable,
                 .reason = reason,
                 .message = std::move(message),
                 .bytes_scanned = bytes_scanned};
}

Verdict error_verdict(Reason reason, std::string message) {
  return Verdict{
      .disposition = Disposition::error, .reason = reason, .message = std::move(message)};
}

}  // namespace cordon
