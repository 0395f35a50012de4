// cordon seal new-key FILE: keys that bind verdicts to bytes.

#include <cstdio>
#include <memory>
#include <string>

#include "apps/cordon/cli.h"
#include "apps/cordon/commands/seal_keys.h"
#include "base/text.h"
#include "command_line/command_line.h"

namespace cordon {
namespace {

int new_key(const std::string& path, Process& process) {
  const Result<SealKeyRing> ring = add_seal_key(path, process.clock, process.random);
  if (!ring) {
    report_failure(ring.error());
    return kExitFailed;
  }
  if (ring->size() == 1) {
    std::printf("%s: made, with the key %s; give it to every agent (CORDON_SEAL_KEY_FILE)\n",
                shown(path).c_str(), shown(ring->signing_key_id()).c_str());
  } else {
    std::printf(
        "%s: a key was added at the end and only verifies, %s still signs. When every agent has "
        "this file, move the new line to the top.\n",
        shown(path).c_str(), shown(ring->signing_key_id()).c_str());
  }
  return kExitDone;
}

}  // namespace

void add_seal_command(Command& app, Selection& selection) {
  Command* seal = app.add_subcommand("seal", "Keys that bind verdicts to bytes");
  seal->require_subcommand();
  Command* command =
      seal->add_subcommand("new-key", "Make a key file, or add a key to the one that is there");
  auto path = std::make_shared<std::string>();  // Shared by the parser and the chosen command.
  command->add_option("FILE", *path, "The key file, readable for the agents' user alone")
      ->required();
  command->on_chosen([&selection, path] {
    selection.run = [path](Process& process) { return new_key(*path, process); };
  });
}

}  // namespace cordon
