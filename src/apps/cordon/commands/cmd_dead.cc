// cordon dead list | show ID | replay | drop

#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "command_line/wrapped_text.h"
#include "operations/dead_letter_queue.h"
#include "push/local_dead_letters.h"

namespace cordon {
namespace {

constexpr std::size_t kShownBytesMax = 4096;
constexpr std::size_t kLineBytesMax = 160;
constexpr std::size_t kShownObjectsMax = 3;

struct DeadFlags {
  std::size_t limit = 1000;
  std::vector<std::string> ids;
  std::string cause;
  bool all = false;
  std::string event_keys = "auto";
  std::string journal;  ///< Empty: the deployment's queue.
};

/// Where the letters are, and what leads there.
struct Letters {
  std::shared_ptr<DeploymentAccess> access;  // Shared: as connect_account gives it.
  DeadLetterSource source;
};

DeadLetterSource letters_in(const std::string& journal, Process& process) {
  return [journal, &process](Deadline, std::stop_token) -> Result<std::unique_ptr<DeadLetterBox>> {
    if (!std::filesystem::is_directory(std::filesystem::path(journal) / "dead")) {
      return usage_error("there are no dead letters of an agent in " + journal +
                         ": name what its --http-events-journal says, or its log");
    }
    CORDON_TRY(std::unique_ptr<LocalDeadLetters> letters,
               LocalDeadLetters::open(journal, {}, process.clock, process.random));
    return std::unique_ptr<DeadLetterBox>(std::move(letters));
  };
}

Result<Letters> find_letters(const DeadFlags& flags, Process& process) {
  if (!flags.journal.empty()) return Letters{nullptr, letters_in(flags.journal, process)};
  CORDON_TRY(std::shared_ptr<DeploymentAccess> access, connect_account(process));
  DeadLetterSource source = letters_of(*access);
  return Letters{std::move(access), std::move(source)};
}

DecodeOptions decode_options(const DeadFlags& flags) {
  DecodeOptions options{.takes_scan_requests = true};  // Sweeps have dead letters, too.
  if (flags.event_keys == "url") options.key_encoding = KeyEncoding::url;
  if (flags.event_keys == "raw") options.key_encoding = KeyEncoding::raw;
  return options;
}

std::string objects_text(const DeadEntry& entry) {
  std::string text;
  for (std::size_t i = 0; i < entry.objects.size() && i < kShownObjectsMax; ++i) {
    text += (i == 0 ? "" : ", ") + shown(to_string(entry.objects[i]), kLineBytesMax);
  }
  if (entry.objects.size() > kShownObjectsMax) {
    text += ", and " + std::to_string(entry.objects.size() - kShownObjectsMax) + " more";
  }
  return text.empty() ? "-" : text;
}

void print_groups(const std::vector<DeadEntry>& entries) {
  std::map<std::pair<DeadCause, std::string_view>, std::vector<const DeadEntry*>> groups;
  for (const DeadEntry& entry : entries) groups[{entry.cause, remedy_for(entry)}].push_back(&entry);
  for (const auto& [why, group] : groups) {
    const auto& [cause, remedy] = why;
    std::printf("%s: %zu, oldest %s\n  %s\n", std::string(name_of(cause)).c_str(), group.size(),
                rfc3339_ms(group.front()->letter.claim.sent_at).c_str(),
                wrapped(shown(std::string(remedy)), 2, 2).c_str());
    for (const DeadEntry* entry : group) {
      const bool is_sweep = entry->letter.origin == DeadOrigin::sweep;
      std::printf("  %s  %s%s\n", shown(entry->letter.claim.message_id, kLineBytesMax).c_str(),
                  objects_text(*entry).c_str(), is_sweep ? "  (of a sweep)" : "");
      if (!entry->letter.reason.empty()) {
        std::printf("      %s\n", shown(entry->letter.reason, kLineBytesMax).c_str());
      }
    }
  }
}

int list(Process& process, const DeadFlags& flags) {
  const auto letters = find_letters(flags, process);
  if (!letters) return report_failure(letters.error());
  const auto page = list_dead_letters(
      letters->source, process, {.count_max = flags.limit, .decoding = decode_options(flags)});
  if (!page) return report_failure(page.error());
  if (process.options.json) {
    for (const DeadEntry& entry : page->entries) print_json_line(document_of(entry));
  } else if (page->entries.empty()) {
    std::printf("no dead letters\n");
  } else {
    print_groups(page->entries);
  }
  if (page->more) std::fprintf(stderr, "cordon: there are more; --limit shows them\n");
  return kExitDone;
}

void print_entry(const DeadEntry& entry) {
  const DeadLetter& letter = entry.letter;
  std::printf("id:     %s\nsince:  %s\nqueue:  %s\ncause:  %s; %s\nreason: %s\n",
              shown(letter.claim.message_id, kLineBytesMax).c_str(),
              rfc3339_ms(letter.claim.sent_at).c_str(), std::string(name_of(letter.origin)).c_str(),
              std::string(name_of(entry.cause)).c_str(), std::string(remedy_for(entry)).c_str(),
              letter.reason.empty() ? "-" : shown(letter.reason, kShownBytesMax).c_str());
  for (const ObjectRef& object : entry.objects) {
    std::printf("object: %s\n", shown(to_string(object), kShownBytesMax).c_str());
  }
  std::printf("body:   %s\n", shown(letter.claim.body, std::size_t{1} << 20U).c_str());
}

int show(Process& process, const DeadFlags& flags) {
  const auto letters = find_letters(flags, process);
  if (!letters) return report_failure(letters.error());
  const auto entry = find_dead_letter(letters->source, process,
                                      {.id = flags.ids.front(), .decoding = decode_options(flags)});
  if (!entry) return report_failure(entry.error());
  if (process.options.json) {
    print_json_line(full_document_of(*entry));
  } else {
    print_entry(*entry);
  }
  return kExitDone;
}

int settle(Process& process, const DeadFlags& flags, DeadLetterAction action) {
  const DeadLetterOrder order{
      .action = action,
      .choice = {.ids = flags.ids, .cause = parse_dead_cause(flags.cause), .all = flags.all},
      .decoding = decode_options(flags)};
  if (const Result<void> checked = check_order(order); !checked) {
    report_failure(checked.error());
    return kExitUsage;
  }
  const auto letters = find_letters(flags, process);
  if (!letters) return report_failure(letters.error());
  const auto outcome = settle_dead_letters(letters->source, process, order);
  if (!outcome) return report_failure(outcome.error());
  const DeadTally& tally = outcome->tally;
  if (process.options.json) {
    print_json_line(document_of(*outcome));
  } else {
    std::printf("%s: %zu\n", shown(done_name_of(action)).c_str(), tally.done);
  }
  for (const std::string& id : tally.missing) {
    std::fprintf(stderr, "cordon: there is no dead letter %s (any more)\n",
                 shown(id, kLineBytesMax).c_str());
  }
  return tally.missing.empty() ? kExitDone : kExitPending;
}

void add_settle(Command& parent, Selection& selection, std::shared_ptr<DeadFlags> flags,
                const char* name, const char* help, DeadLetterAction action) {
  Command* command = parent.add_subcommand(name, help);
  command->add_option("ID", flags->ids, "Ids, as list shows them");
  command->add_option("--cause", flags->cause, "Every letter with this cause")
      ->one_of({"not-protected", "malformed", "contradicted", "denied", "unavailable", "engine",
                "unexplained"});
  command->add_flag("--all", flags->all, "Every letter");
  command->on_chosen([&selection, flags, action] {
    selection.run = [=](Process& process) { return settle(process, *flags, action); };
  });
}

}  // namespace

void add_dead_command(Command& app, Selection& selection) {
  Command* dead = app.add_subcommand("dead", "Messages that could not be handled, by cause");
  dead->require_subcommand();
  auto flags = std::make_shared<DeadFlags>();  // Shared by the parser and the chosen command.
  dead->add_option("--event-keys", flags->event_keys, "How object keys stand in events")
      ->environment("CORDON_EVENT_KEYS")
      ->one_of({"auto", "url", "raw"});
  dead->add_option(
          "--journal", flags->journal,
          "Those of an agent with --http-events: its --http-events-journal, on its machine "
          "(default: those of the deployment's queue)")
      ->environment("CORDON_HTTP_EVENTS_JOURNAL");
  Command* list_command = dead->add_subcommand("list", "Dead letters, grouped by cause");
  list_command->add_option("--limit", flags->limit, "At most so many (default: 1000)")
      ->between(1, 10'000);
  list_command->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return list(process, *flags); };
  });
  Command* show_command = dead->add_subcommand("show", "One dead letter with its body");
  show_command->add_option("ID", flags->ids, "Its id")->required()->expected(1);
  show_command->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return show(process, *flags); };
  });
  add_settle(*dead, selection, flags, "replay", "Send them to the queue again that they came from",
             DeadLetterAction::replay);
  add_settle(*dead, selection, flags, "drop", "Delete them for good", DeadLetterAction::drop);
}

}  // namespace cordon
