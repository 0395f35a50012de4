#!/usr/bin/env bash
# CLI11, a word that is no command, and fallthrough
#
# What one would guess: where one of several commands has to follow, a word that is none of them is told to be unexpected,
# and what was not understood is found at the command behind which it was written.
#
# What happens: the word is not mentioned. CLI11 checks what is required before it looks at what is left over, and says "A
# subcommand is required", as if the line ended there. And with fallthrough(), which every command inherits, the word is
# handed to the outermost command: remaining() of the command it stands behind is empty, and that of the root has it.
#
# Why it matters here: programs with many commands turn fallthrough on so that --region may stand anywhere. A typing error
# in the second word of a line then ends in a message that hides it, and a program that wants to name the word has to ask
# the root for what is left and the chosen commands for where it was.
#
# Debian 12: libcli11-dev 2.1.2+ds-1, g++ 12. Seen:
#   tool bukket: A subcommand is required (RequiredError); root has: bukket
#   tool bucket lst: A subcommand is required (RequiredError); root has: lst; bucket has:
#   without fallthrough: A subcommand is required (RequiredError); root has:; bucket has: lst
set -euo pipefail
export LC_ALL=C.UTF-8

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -o APT::Sandbox::User=root download -q libcli11-dev=2.1.2+ds-1 >/dev/null
dpkg-deb -x libcli11-dev_*.deb root

cat >tool.cc <<'SOURCE'
#include <CLI/CLI.hpp>

#include <iostream>

std::string words(const CLI::App& app) {
  std::string all;
  for (const std::string& word : app.remaining()) all += " " + word;
  return all;
}

void parse(const char* what, const std::string& line, bool falls_through, bool shows_bucket) {
  CLI::App tool("Does things", "tool");
  tool.fallthrough(falls_through);
  tool.require_subcommand(1);
  CLI::App* bucket = tool.add_subcommand("bucket", "Buckets");
  bucket->require_subcommand(1);
  bucket->add_subcommand("list", "Lists");
  try {
    tool.parse(line, false);
    std::cout << what << ": understood\n";
  } catch (const CLI::ParseError& error) {
    std::cout << what << ": " << error.what() << " (" << error.get_name() << "); root has:" << words(tool);
    if (shows_bucket) std::cout << "; bucket has:" << words(*bucket);
    std::cout << "\n";
  }
}

int main() {
  std::cout << "CLI11 " << CLI11_VERSION << "\n";
  parse("tool bukket", "bukket", true, false);
  parse("tool bucket lst", "bucket lst", true, true);
  parse("without fallthrough", "bucket lst", false, true);
}
SOURCE
g++ -std=c++17 -isystem root/usr/include tool.cc -o tool
./tool | tee seen

diff - seen <<'EXPECTED'
CLI11 2.1.2
tool bukket: A subcommand is required (RequiredError); root has: bukket
tool bucket lst: A subcommand is required (RequiredError); root has: lst; bucket has:
without fallthrough: A subcommand is required (RequiredError); root has:; bucket has: lst
EXPECTED
