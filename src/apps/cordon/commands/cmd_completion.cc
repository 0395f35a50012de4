// cordon completion bash: the completion script, made from the command tree itself, so that it
// cannot fall behind.

#include <cstdio>
#include <string>

#include "apps/cordon/cli.h"
#include "command_line/command_line.h"

namespace cordon {
namespace {

// The words that may follow on one level: subcommands and long flags.
std::string words_of(const CommandDescription& app) {
  std::string words;
  for (const CommandDescription& sub : app.commands) words += sub.name + " ";
  for (const OptionDescription& option : app.options) {
    for (const std::string& name : option.long_names) words += "--" + name + " ";
  }
  return words;
}

void append_cases(const CommandDescription& app, const std::string& path, std::string& out) {
  out += "    '" + path + "') words='" + words_of(app) + "' ;;\n";
  for (const CommandDescription& sub : app.commands) {
    append_cases(sub, path + " " + sub.name, out);
  }
}

std::string bash_script(const CommandDescription& app) {
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

void add_completion_command(Command& app, Selection& selection) {
  Command* completion = app.add_subcommand(
      "completion", "Print a completion script: source <(cordon completion bash)");
  completion->require_subcommand();
  completion->add_subcommand("bash", "For bash")->on_chosen([&app, &selection] {
    selection.run = [&app](Process&) {
      std::fputs(bash_script(app.describe()).c_str(), stdout);
      return kExitDone;
    };
  });
}

}  // namespace cordon
