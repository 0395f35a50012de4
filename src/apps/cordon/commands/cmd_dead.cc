// cordon dead list | show ID | replay | drop

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "deadletters/dead_letters.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kTimeLimit{15};
constexpr std::size_t kShownBytesMax = 4096;
constexpr std::size_t kLineBytesMax = 160;
constexpr std::size_t kShownObjectsMax = 3;

struct DeadFlags {
  std::size_t limit = 1000;
  std::vector<std::string> ids;
  std::string cause;
  bool all = false;
  std::string event_keys = "auto";
};

DecodeOptions decode_options(const DeadFlags& flags) {
  DecodeOptions options{.takes_scan_requests = true};  // Sweeps have dead letters, too.
  if (flags.event_keys == "url") options.key_encoding = KeyEncoding::url;
  if (flags.event_keys == "raw") options.key_encoding = KeyEncoding::raw;
  return options;
}

json::object json_of(const DeadEntry& entry) {
  json::array objects;
  for (const ObjectRef& object : entry.objects) {
    objects.push_back(
        json::object{{"bucket", object.bucket.str()},
                     {"key", utf8_clean(object.key.str(), kShownBytesMax)},
                     {"versionId", object.version ? json::value(object.version->str()) : nullptr}});
  }
  const DeadLetter& letter = entry.letter;
  return json::object{
      {"schema", "cordon.dead-letter/1"},
      {"id", letter.claim.message_id},
      {"cause", std::string(name_of(entry.cause))},
      {"queue", std::string(name_of(letter.origin))},
      {"reason", letter.reason.empty() ? json::value(nullptr) : json::value(letter.reason)},
      {"since", rfc3339_ms(letter.claim.sent_at)},
      {"objects", std::move(objects)}};
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
  std::map<DeadCause, std::vector<const DeadEntry*>> groups;
  for (const DeadEntry& entry : entries) groups[entry.cause].push_back(&entry);
  for (const auto& [cause, group] : groups) {
    std::printf("%s: %zu, oldest %s; %s\n", std::string(name_of(cause)).c_str(), group.size(),
                rfc3339_ms(group.front()->letter.claim.sent_at).c_str(),
                std::string(remedy_for(cause)).c_str());
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

template <typename Work>
int with_letters(Process& process, const DeadFlags& flags, Work&& work) {
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const Deadline deadline = Deadline::after(process.clock, kTimeLimit);
  const auto box = (*cloud)->dead_letters(deadline, process.stop);
  if (!box) return report_failure(box.error());
  DeadLetters letters(**box, decode_options(flags));
  return work(letters, deadline);
}

int list(Process& process, const DeadFlags& flags) {
  return with_letters(process, flags, [&](DeadLetters& letters, Deadline deadline) -> int {
    const auto page = letters.list(flags.limit, deadline, process.stop);
    if (!page) return report_failure(page.error());
    if (process.options.json) {
      for (const DeadEntry& entry : page->entries) {
        print_json_line(json_of(entry));
      }
    } else if (page->entries.empty()) {
      std::printf("no dead letters\n");
    } else {
      print_groups(page->entries);
    }
    if (page->more) {
      std::fprintf(stderr, "cordon: there are more; --limit shows them\n");
    }
    return kExitDone;
  });
}

int show(Process& process, const DeadFlags& flags) {
  return with_letters(process, flags, [&](DeadLetters& letters, Deadline deadline) -> int {
    const auto page = letters.list(10'000, deadline, process.stop);
    if (!page) return report_failure(page.error());
    for (const DeadEntry& entry : page->entries) {
      if (entry.letter.claim.message_id != flags.ids.front()) continue;
      json::object document = json_of(entry);
      document["body"] = utf8_clean(entry.letter.claim.body, std::size_t{1} << 20U);
      if (process.options.json) {
        print_json_line(document);
        return kExitDone;
      }
      const DeadLetter& letter = entry.letter;
      std::printf(
          "id:     %s\nsince:  %s\nqueue:  %s\ncause:  %s; %s\nreason: %s\n",
          shown(letter.claim.message_id, kLineBytesMax).c_str(),
          rfc3339_ms(letter.claim.sent_at).c_str(), std::string(name_of(letter.origin)).c_str(),
          std::string(name_of(entry.cause)).c_str(), std::string(remedy_for(entry.cause)).c_str(),
          letter.reason.empty() ? "-" : shown(letter.reason, kShownBytesMax).c_str());
      for (const ObjectRef& object : entry.objects) {
        std::printf("object: %s\n", shown(to_string(object), kShownBytesMax).c_str());
      }
      std::printf("body:   %s\n", shown(letter.claim.body, std::size_t{1} << 20U).c_str());
      return kExitDone;
    }
    return report_failure(
        Error{Errc::not_found, "there is no dead letter " + flags.ids.front() + " (any more)"});
  });
}

using Settle = Result<DeadTally> (DeadLetters::*)(const DeadChoice&, Deadline, std::stop_token);

int settle(Process& process, const DeadFlags& flags, Settle work, const char* done) {
  const DeadChoice choice{
      .ids = flags.ids, .cause = parse_dead_cause(flags.cause), .all = flags.all};
  if (choice.ids.empty() && !choice.cause && !choice.all) {
    std::fprintf(stderr, "cordon: say which: IDs, --cause or --all\n");
    return kExitUsage;
  }
  return with_letters(process, flags, [&](DeadLetters& letters, Deadline deadline) -> int {
    const auto tally = (letters.*work)(choice, deadline, process.stop);
    if (!tally) return report_failure(tally.error());
    if (process.options.json) {
      json::array missing(tally->missing.begin(), tally->missing.end());
      print_json_line(json::object{{done, tally->done}, {"missing", std::move(missing)}});
    } else {
      std::printf("%s: %zu\n", done, tally->done);
    }
    for (const std::string& id : tally->missing) {
      std::fprintf(stderr, "cordon: there is no dead letter %s (any more)\n",
                   shown(id, kLineBytesMax).c_str());
    }
    return tally->missing.empty() ? kExitDone : kExitPending;
  });
}

void add_settle(CLI::App& parent, Selection& selection, std::shared_ptr<DeadFlags> flags,
                const char* name, const char* help, Settle work, const char* done) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->add_option("ID", flags->ids, "Ids, as list shows them");
  command->add_option("--cause", flags->cause, "Every letter with this cause")
      ->check(CLI::IsMember({"not-protected", "malformed", "contradicted", "denied", "unavailable",
                             "engine", "unexplained"}));
  command->add_flag("--all", flags->all, "Every letter");
  command->callback([&selection, flags, work, done] {
    selection.run = [=](Process& process) { return settle(process, *flags, work, done); };
  });
}

}  // namespace

void add_dead_command(CLI::App& app, Selection& selection) {
  CLI::App* dead = app.add_subcommand("dead", "Messages that could not be handled, by cause");
  dead->require_subcommand(1);
  auto flags = std::make_shared<DeadFlags>();  // Shared by the parser and the chosen command.
  dead->add_option("--event-keys", flags->event_keys, "How object keys stand in events")
      ->envname("CORDON_EVENT_KEYS")
      ->check(CLI::IsMember({"auto", "url", "raw"}));
  CLI::App* list_command = dead->add_subcommand("list", "Dead letters, grouped by cause");
  list_command->add_option("--limit", flags->limit, "At most so many (default: 1000)")
      ->check(CLI::Range(1, 10'000));
  list_command->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return list(process, *flags); };
  });
  CLI::App* show_command = dead->add_subcommand("show", "One dead letter with its body");
  show_command->add_option("ID", flags->ids, "Its id")->required()->expected(1);
  show_command->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return show(process, *flags); };
  });
  add_settle(*dead, selection, flags, "replay", "Send them to the queue again that they came from",
             &DeadLetters::replay, "replayed");
  add_settle(*dead, selection, flags, "drop", "Delete them for good", &DeadLetters::drop,
             "dropped");
}

}  // namespace cordon
