// cordon completion bash: the completion script, made from the command tree itself, so that it
// cannot fall behind.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "apps/cordon/cli.h"

namespace cordon {
namespace {

// The words that may follow on one level: subcommands and long flags.
std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* sub : app.get_subcommands(nullptr)) words += sub->get_name() + " ";
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  return words;
}

void append_cases(const CLI::App& app, const std::string& path, std::string& out) {
  out += "    '" + path + "') words='" + words_of(app) + "' ;;\n";
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    append_cases(*sub, path + " " + sub->get_name(), out);
  }
}

std::string bash_script(const CLI::App& app) {
  std::string cases;
  append_cases(app, "cordon", cases);
  return "# bash completion for cordon: source <(cordon completion bash)\n"
         "_cordon() {\n"
         "  local path=cordon words='' word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case $word in -*) ;; *) path=\"$path $word\" ;; esac\n"
         "  done\n"
         "  case $path in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _cordon cordon\n";
}

}  // namespace

void add_completion_command(CLI::App& app, Selection& selection) {
  CLI::App* completion = app.add_subcommand(
      "completion", "Print a completion script: source <(cordon completion bash)");
  completion->require_subcommand(1);
  completion->add_subcommand("bash", "For bash")->callback([&app, &selection] {
    selection.run = [&app](Process&) {
      std::fputs(bash_script(app).c_str(), stdout);
      return kExitDone;
    };
  });
}

}  // namespace cordon
