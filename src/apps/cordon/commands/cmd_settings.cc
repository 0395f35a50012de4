// cordon settings get | apply FILE | validate FILE | schema

#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/json_line.h"
#include "base/files.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "operations/deployment_settings.h"

namespace cordon {
namespace {

Result<std::string> read_standard_input() {
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.size() <= kSettingsBytesMax) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("cannot read standard input", errno);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return Error{Errc::invalid, "a settings document has at most 1 MiB"};
}

Result<SettingsCheck> check_document(const std::string& file) {
  if (file == "-") {
    CORDON_TRY(const std::string text, read_standard_input());
    return check_settings("(standard input)", text);
  }
  CORDON_TRY(const std::string text, read_small_file(file, kSettingsBytesMax));
  return check_settings(file, text);
}

void print_line(const boost::json::object& document) {
  print_json_line(document);
  std::fflush(stdout);
}

// A document that is refused is wrong input, so it ends like a wrong command line.
int refuse(const Process& process, const SettingsCheck& check) {
  if (process.options.json) {
    print_line(document_of(check));
    return kExitUsage;
  }
  for (const SettingsProblem& problem : check.reading.problems) {
    std::fprintf(stderr, "%s\n", shown(to_string(problem, check.name)).c_str());
  }
  return kExitUsage;
}

int validate(const std::string& file, Process& process) {
  const Result<SettingsCheck> check = check_document(file);
  if (!check) return report_failure(check.error());
  if (!check->is_valid()) return refuse(process, *check);
  if (process.options.json) {
    print_line(document_of(*check));
  } else {
    std::printf("%s: valid\n", shown(check->name).c_str());
  }
  return kExitDone;
}

void print_outcome(const Process& process, const SettingsOutcome& outcome) {
  if (process.options.json) {
    print_line(document_of(outcome));
    return;
  }
  for (const ProvisionStep& step : outcome.applied.steps) {
    std::printf("  %-18s %-8s %s%s%s\n", std::string(name_of(step.part)).c_str(),
                std::string(name_of(step.state)).c_str(), shown(step.name).c_str(),
                step.note.empty() ? "" : "  - ", shown(step.note).c_str());
  }
  std::printf(
      "%s: %s (ETag %s)\n", shown(outcome.where).c_str(),
      outcome.applied.is_changed ? "applied; agents take it within 10 s" : "says so already",
      shown(outcome.applied.stored.etag.str()).c_str());
}

struct ApplyFlags {
  std::string file;
  std::string if_match;  ///< Empty: whatever is there now.
};

int apply(const ApplyFlags& flags, Process& process) {
  Result<SettingsCheck> check = check_document(flags.file);
  if (!check) return report_failure(check.error());
  if (!check->is_valid()) return refuse(process, *check);
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  SettingsOrder order{.settings = *std::move(check->reading.settings)};
  if (!flags.if_match.empty()) order.expected = ETag(flags.if_match);
  const Result<SettingsOutcome> outcome = apply_settings(**access, process, std::move(order));
  if (!outcome) {
    const Error& error = outcome.error();
    if (process.options.json && error.code == Errc::changed) {
      print_line(conflict_document((*access)->settings_origin(), error));
    }
    report_failure(error);
    return kExitFailed;
  }
  print_outcome(process, *outcome);
  return outcome->unfinished ? report_failure(*outcome->unfinished) : kExitDone;
}

// The document goes to standard output alone, so that it can be kept, edited and applied again.
int get(Process& process) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const Result<StoredSettings> found = stored_settings(**access, process);
  if (!found) return report_failure(found.error());
  if (!found->check.is_valid()) {
    std::fprintf(stderr, "cordon: the stored document is refused; agents keep the last good one\n");
    refuse(process, found->check);
    return kExitFailed;
  }
  if (process.options.json) {
    print_line(document_of(*found));
  } else {
    std::fputs(to_document(*found->check.reading.settings).c_str(), stdout);
    std::fflush(stdout);
    std::fprintf(stderr, "ETag: %s\n", shown(found->stored.etag.str()).c_str());
  }
  return kExitDone;
}

}  // namespace

void add_settings_command(Command& app, Selection& selection) {
  Command* settings =
      app.add_subcommand("settings", "The deployment's settings: what is scanned and what follows");
  settings->require_subcommand();
  settings
      ->add_subcommand("get",
                       "Print the document that is in force, as JSON (exit 5: there is none)")
      ->on_chosen([&selection] { selection.run = get; });

  Command* apply_command = settings->add_subcommand(
      "apply", "Check a document and put it in force (exit 2: refused, 4: conflict)");
  auto flags = std::make_shared<ApplyFlags>();  // Shared by the parser and the chosen command.
  apply_command->add_option("FILE", flags->file, "TOML or JSON; -: standard input")->required();
  apply_command->add_option("--if-match", flags->if_match,
                            "Only over the document with this ETag, which `get` told");
  apply_command->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return apply(*flags, process); };
  });

  Command* validate_command = settings->add_subcommand(
      "validate", "Check a document without asking anybody (exit 2: refused)");
  auto file = std::make_shared<std::string>();  // Shared likewise.
  validate_command->add_option("FILE", *file, "TOML or JSON; -: standard input")->required();
  validate_command->on_chosen([&selection, file] {
    selection.run = [file](Process& process) { return validate(*file, process); };
  });

  settings->add_subcommand("schema", "Print the JSON Schema of the document")
      ->on_chosen([&selection] {
        selection.run = [](Process&) {
          std::fputs(settings_schema().c_str(), stdout);
          return static_cast<int>(kExitDone);
        };
      });
}

}  // namespace cordon
