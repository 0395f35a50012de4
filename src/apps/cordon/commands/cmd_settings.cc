// cordon settings get | apply FILE | validate FILE | schema

#include <unistd.h>

#include <CLI/CLI.hpp>
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
#include "settings/settings_document.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kTimeLimit{2};

// What was handed in, and by which name people know it.
struct Document {
  std::string file;
  std::string text;
};

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

Result<Document> read_document(const std::string& file) {
  if (file == "-") {
    CORDON_TRY(std::string text, read_standard_input());
    return Document{"(standard input)", std::move(text)};
  }
  CORDON_TRY(std::string text, read_small_file(file, kSettingsBytesMax));
  return Document{file, std::move(text)};
}

json::array described(const std::vector<SettingsProblem>& problems) {
  json::array all;
  for (const SettingsProblem& problem : problems) {
    json::object one{{"line", nullptr}, {"key", problem.key}, {"problem", problem.what}};
    if (problem.line > 0) one["line"] = problem.line;
    if (!problem.nearest.empty()) one["didYouMean"] = problem.nearest;
    all.push_back(std::move(one));
  }
  return all;
}

void print_line(const json::object& document) {
  print_json_line(document);
  std::fflush(stdout);
}

// A document that is refused is wrong input, so it ends like a wrong command line.
int refuse(const Process& process, const Document& document,
           const std::vector<SettingsProblem>& problems) {
  if (process.options.json) {
    print_line({{"file", document.file}, {"valid", false}, {"problems", described(problems)}});
    return kExitUsage;
  }
  for (const SettingsProblem& problem : problems) {
    std::fprintf(stderr, "%s\n", shown(to_string(problem, document.file)).c_str());
  }
  return kExitUsage;
}

int validate(const std::string& file, Process& process) {
  const Result<Document> document = read_document(file);
  if (!document) return report_failure(document.error());
  const SettingsReading reading =
      read_settings(document->text, format_of(document->file, document->text));
  if (!reading.settings) return refuse(process, *document, reading.problems);
  if (process.options.json) {
    print_line({{"file", document->file}, {"valid", true}});
  } else {
    std::printf("%s: valid\n", shown(document->file).c_str());
  }
  return kExitDone;
}

json::value version_of(const StoredDocument& stored) {
  if (!stored.version) return nullptr;
  return json::string(stored.version->str());
}

void print_applied(const Process& process, const DeploymentAccess& cloud,
                   const AppliedSettings& applied) {
  const std::string etag = applied.stored.etag.str();
  if (process.options.json) {
    json::array steps;
    for (const ProvisionStep& step : applied.steps) {
      steps.push_back(json::object{
          {"what", step.what},
          {"name", step.name},
          {"state", std::string(name_of(step.state))},
          {"note", step.note.empty() ? json::value(nullptr) : json::value(step.note)}});
    }
    print_line({{"where", cloud.settings_origin()},
                {"changed", applied.is_changed},
                {"eTag", etag},
                {"versionId", version_of(applied.stored)},
                {"steps", std::move(steps)}});
    return;
  }
  for (const ProvisionStep& step : applied.steps) {
    std::printf("  %-18s %-8s %s%s%s\n", shown(step.what).c_str(),
                std::string(name_of(step.state)).c_str(), shown(step.name).c_str(),
                step.note.empty() ? "" : "  - ", shown(step.note).c_str());
  }
  std::printf("%s: %s (ETag %s)\n", shown(cloud.settings_origin()).c_str(),
              applied.is_changed ? "applied; agents take it within 10 s" : "says so already",
              shown(etag).c_str());
}

struct ApplyFlags {
  std::string file;
  std::string if_match;  ///< Empty: whatever is there now.
};

int apply(const ApplyFlags& flags, Process& process) {
  const Result<Document> document = read_document(flags.file);
  if (!document) return report_failure(document.error());
  SettingsReading reading =
      read_settings(document->text, format_of(document->file, document->text));
  if (!reading.settings) return refuse(process, *document, reading.problems);
  const auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const std::optional<ETag> expected =
      flags.if_match.empty() ? std::nullopt : std::optional<ETag>(flags.if_match);
  Result<AppliedSettings> applied =
      (*cloud)->settings_desk().apply(*std::move(reading.settings), expected,
                                      Deadline::after(process.clock, kTimeLimit), process.stop);
  if (applied) {
    auto followed = (*cloud)->member_upkeep().follow(
        applied->members_before, applied->members, (*cloud)->protected_desk(),
        Deadline::after(process.clock, kTimeLimit), process.stop);
    if (followed) {
      for (ProvisionStep& step : *followed) applied->steps.push_back(std::move(step));
    }
    print_applied(process, **cloud, *applied);
    if (!followed) return report_failure(followed.error());
    return kExitDone;
  }
  const Error& error = applied.error();
  if (process.options.json && error.code == Errc::changed) {
    print_line({{"where", (*cloud)->settings_origin()},
                {"changed", false},
                {"conflict", true},
                {"problem", error.what}});
  }
  report_failure(error);
  return kExitFailed;
}

// The document goes to standard output alone, so that it can be kept, edited and applied again.
int get(Process& process) {
  const auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const Result<StoredDocument> stored =
      (*cloud)->settings_desk().get(Deadline::after(process.clock, kTimeLimit), process.stop);
  if (!stored) return report_failure(stored.error());
  const SettingsReading reading = read_settings(stored->document, SettingsFormat::json);
  if (!reading.settings) {
    std::fprintf(stderr, "cordon: the stored document is refused; agents keep the last good one\n");
    refuse(process, {(*cloud)->settings_origin(), stored->document}, reading.problems);
    return kExitFailed;
  }
  if (process.options.json) {
    json::error_code failed;
    print_line({{"where", (*cloud)->settings_origin()},
                {"eTag", stored->etag.str()},
                {"versionId", version_of(*stored)},
                {"settings", json::parse(to_json_line(*reading.settings), failed)}});
  } else {
    std::fputs(to_document(*reading.settings).c_str(), stdout);
    std::fflush(stdout);
    std::fprintf(stderr, "ETag: %s\n", shown(stored->etag.str()).c_str());
  }
  return kExitDone;
}

}  // namespace

void add_settings_command(CLI::App& app, Selection& selection) {
  CLI::App* settings =
      app.add_subcommand("settings", "The deployment's settings: what is scanned and what follows");
  settings->require_subcommand(1);
  settings
      ->add_subcommand("get",
                       "Print the document that is in force, as JSON (exit 5: there is none)")
      ->callback([&selection] { selection.run = get; });

  CLI::App* apply_command = settings->add_subcommand(
      "apply", "Check a document and put it in force (exit 2: refused, 4: conflict)");
  auto flags = std::make_shared<ApplyFlags>();  // Shared by the parser and the chosen command.
  apply_command->add_option("FILE", flags->file, "TOML or JSON; -: standard input")->required();
  apply_command->add_option("--if-match", flags->if_match,
                            "Only over the document with this ETag, which `get` told");
  apply_command->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return apply(*flags, process); };
  });

  CLI::App* validate_command = settings->add_subcommand(
      "validate", "Check a document without asking anybody (exit 2: refused)");
  auto file = std::make_shared<std::string>();  // Shared likewise.
  validate_command->add_option("FILE", *file, "TOML or JSON; -: standard input")->required();
  validate_command->callback([&selection, file] {
    selection.run = [file](Process& process) { return validate(*file, process); };
  });

  settings->add_subcommand("schema", "Print the JSON Schema of the document")
      ->callback([&selection] {
        selection.run = [](Process&) {
          std::fputs(settings_schema().c_str(), stdout);
          return static_cast<int>(kExitDone);
        };
      });
}

}  // namespace cordon
