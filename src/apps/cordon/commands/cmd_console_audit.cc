// cordon console audit export | verify: the audit log of a console, by database.

#include <boost/json.hpp>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "apps/cordon/commands/console_database.h"
#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "command_line/command_line.h"

namespace cordon {
namespace {

constexpr std::size_t kPiece = 1'000;
constexpr std::chrono::seconds kPieceTime{30};

// Calls `use` with each record, the oldest first, until it fails. A piece has the time of a call.
Result<void> for_each_record(const DatabaseCall& call,
                             const std::function<Result<void>(const AuditRecord&)>& use) {
  std::int64_t after = 0;
  for (;;) {
    CORDON_TRY(
        const std::vector<AuditRecord> records,
        call.store.records_after(after, kPiece, Deadline::after(call.process.clock, kPieceTime),
                                 call.process.stop));
    for (const AuditRecord& record : records) {
      CORDON_TRY(use(record));
      after = record.number;
    }
    if (records.size() < kPiece) return {};
  }
}

Result<void> export_log(const DatabaseCall& call) {
  return for_each_record(call, [](const AuditRecord& record) -> Result<void> {
    if (std::printf("%s\n", shown(ascii_json(to_json(record))).c_str()) > 0) return {};
    return Error{Errc::unavailable, "standard output takes nothing any more"};
  });
}

/// Where a chain is, and what it has to pass on its way.
struct Chain {
  std::int64_t number = 0;
  std::string hash = audit_origin();
};

Result<void> take(Chain& chain, const AuditRecord& record) {
  if (!follows(record, chain.number, chain.hash)) {
    return Error{Errc::invalid, "the audit log is broken at record " +
                                    std::to_string(chain.number + 1) +
                                    ": it is not there as it was written, or is not there"};
  }
  chain = {record.number, record.hash};
  return {};
}

// "17:HASH", as the console's own log has it; nothing: where every chain begins.
Result<Chain> known_record(const std::string& text) {
  if (text.empty()) return Chain();
  const std::size_t colon = text.find(':');
  const auto number = parse_u64(std::string_view(text).substr(0, colon));
  Result<std::string> hash = unhex(colon == std::string::npos ? "" : text.substr(colon + 1));
  if (number && *number > 0 && *number < (std::uint64_t{1} << 62U) && hash && hash->size() == 32) {
    return Chain{static_cast<std::int64_t>(*number), *std::move(hash)};
  }
  return usage_error("--record: write NUMBER:HASH, as verify and the console's log print it");
}

Result<void> verify_log(const DatabaseCall& call, const std::string& known) {
  CORDON_TRY(const Chain expected, known_record(known));
  bool is_found = known.empty();
  Chain chain;
  const auto take_next = [&](const AuditRecord& record) -> Result<void> {
    CORDON_TRY(take(chain, record));
    is_found = is_found || (record.number == expected.number && record.hash == expected.hash);
    return {};
  };
  CORDON_TRY(for_each_record(call, take_next));
  if (!is_found) {
    return Error{Errc::invalid, "the audit log is whole, and has no record " + known +
                                    ": its end was cut off, or all of it was written anew"};
  }
  const std::string hash = hex(as_bytes_of(chain.hash));
  if (call.process.options.json) {
    print_json_line(boost::json::object{{"schema", "cordon.console-audit-verified/1"},
                                        {"records", std::to_string(chain.number)},
                                        {"hash", hash}});
  } else {
    std::printf("%lld records, each as it was written; the last one: %lld:%s\n",
                static_cast<long long>(chain.number), static_cast<long long>(chain.number),
                shown(hash).c_str());
  }
  return {};
}

}  // namespace

Command* add_audit_commands(Command& console, Selection& selection) {
  Command* audit = console.add_subcommand("audit", "Who changed what, by database");
  audit->require_subcommand();
  add_database_command(*audit, selection, "export",
                       "Print all records, one JSON object a line, the oldest first", export_log);
  const auto known = std::make_shared<std::string>();  // Shared with the chosen command.
  Command* verify = add_database_command(
      *audit, selection, "verify", "Check that every record is as it was written",
      [known](const DatabaseCall& call) { return verify_log(call, *known); });
  verify->add_option("--record", *known,
                     "NUMBER:HASH of a record that has to be there, from the console's log");
  return audit;
}

}  // namespace cordon
