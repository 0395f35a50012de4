// cordon man: manual pages, made from the command tree itself, so that they cannot fall behind.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/cli.h"
#include "base/text.h"
#include "command_line/command_line.h"

namespace cordon {
namespace {

constexpr const char* kExitStatus =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nDone; for scans and verdicts: everything is Clean.\n"
    ".TP\n.B 1\nSomething infected or suspicious was found.\n"
    ".TP\n.B 2\nThe command line is wrong.\n"
    ".TP\n.B 3\nA verdict is Unscannable or Error, not proven or too old.\n"
    ".TP\n.B 4\nThe operation failed; standard error says why.\n"
    ".TP\n.B 5\nNot found, or still pending.\n";

constexpr const char* kEnvironment =
    ".SH ENVIRONMENT\n"
    "The standard variables and shared configuration files of AWS tools are\n"
    "honoured, among them\n"
    ".BR AWS_REGION ,\n.BR AWS_PROFILE ,\n.BR AWS_ENDPOINT_URL\nand\n.BR AWS_CA_BUNDLE ;\n"
    "so are all usual sources of credentials and the proxy variables.\n";

// Backslashes, hyphens that are to be copied, and a leading dot or quote mean something to roff.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string option_entry(const OptionDescription& option) {
  std::string head = option.names;
  std::replace(head.begin(), head.end(), ',', ' ');
  std::string entry = ".TP\n.B " + roff(head);
  if (option.takes_value && !option.is_positional) entry += " " + roff("VALUE");
  entry += "\n" + roff(option.help) + "\n";
  if (!option.environment.empty()) entry += "Environment: " + roff(option.environment) + ".\n";
  return entry;
}

std::string options_of(const CommandDescription& app, const std::string& title) {
  std::string entries;
  for (const OptionDescription& option : app.options) {
    if (!option.is_help) entries += option_entry(option);
  }
  return entries.empty() ? "" : ".SH " + title + "\n" + entries;
}

std::string commands_of(const CommandDescription& app, const std::string& page) {
  std::string entries;
  for (const CommandDescription& sub : app.commands) {
    entries += ".TP\n.BR " + roff(page + "-" + sub.name) + " (1)\n" + roff(sub.help) + "\n";
  }
  return entries.empty() ? "" : ".SH COMMANDS\n" + entries;
}

std::string page_of(const CommandDescription& root, const CommandDescription& app,
                    const std::string& page) {
  std::string name = page;
  std::replace(name.begin(), name.end(), '-', ' ');
  const bool has_commands = !app.commands.empty();
  std::string text = ".TH " + page + " 1 \"\" \"cordon " CORDON_VERSION "\" \"Cordon\"\n";
  text += ".SH NAME\n" + roff(page) + " \\- " + roff(app.help) + "\n";
  text += ".SH SYNOPSIS\n.B " + roff(name) + "\n[OPTIONS]";
  if (has_commands) text += " COMMAND";
  for (const OptionDescription& option : app.options) {
    if (option.is_positional) text += " " + roff(option.names);
  }
  text += "\n" + commands_of(app, page) + options_of(app, "OPTIONS");
  if (&app != &root) text += options_of(root, "COMMON OPTIONS");
  return text + kExitStatus + kEnvironment;
}

struct Page {
  std::string name;
  std::string text;
};

void collect(const CommandDescription& root, const CommandDescription& app, const std::string& name,
             std::vector<Page>& pages) {
  pages.push_back({name, page_of(root, app, name)});
  for (const CommandDescription& sub : app.commands) {
    collect(root, sub, name + "-" + sub.name, pages);
  }
}

// The directory has to be there: whoever wants to read a page and writes its name makes none.
int write_pages(const CommandDescription& app, const std::filesystem::path& directory) {
  std::error_code failed;
  if (!std::filesystem::is_directory(directory, failed)) {
    return report_failure({Errc::invalid,
                           "there is no directory \"" + directory.string() +
                               "\": make it first, or name another one (man cordon shows a page "
                               "that is installed)",
                           ErrorCause::usage});
  }
  std::vector<Page> pages;
  collect(app, app, "cordon", pages);
  for (const Page& page : pages) {
    const std::filesystem::path path = directory / (page.name + ".1");
    std::ofstream out(path);
    out << page.text;
    out.close();
    if (!out) {
      return report_failure({Errc::unavailable, "cannot write " + path.string() +
                                                    ": check the directory and its free space"});
    }
  }
  std::printf("%zu pages in %s\n", pages.size(), shown(directory.string()).c_str());
  return kExitDone;
}

}  // namespace

void add_man_command(Command& app, Selection& selection) {
  Command* man = app.add_subcommand("man", "Write the manual pages into a directory that is there");
  auto directory = std::make_shared<std::string>();
  man->add_option("directory", *directory, "For instance /usr/local/share/man/man1")->required();
  man->on_chosen([&app, &selection, directory] {
    selection.run = [&app, directory](Process&) { return write_pages(app.describe(), *directory); };
  });
}

}  // namespace cordon
