#!/usr/bin/python3
"""Each rule about the sources in check_structure.py can be broken: a copy of the tree passes, and when files that break
the rules are added to it, exactly these are named."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NO_COMMENT = "has no comment (///) directly above it"
TWIN = "namespace cordon {\nclass Twin {\n};\n}\n"

# Files below src/, and what is said of each. Nothing is said of those that come close to breaking a rule.
ADDED = {
    # Includes.
    "base/of_a_higher_layer.h": ('#include "agent/agent.h"\n', [": agent/agent.h is not below it"]),
    "core/of_the_same_layer.h": ('#include "ipc/channel.h"\n', [": ipc/channel.h is not below it"]),
    "agent/of_an_adapter.h": ('#include "aws/s3_store.h"\n',
                              [": aws/s3_store.h is an adapter's; take a port, let apps choose"]),
    "aws/of_curl.cc": ("#include <curl/curl.h>\n", [": curl/curl.h belongs to net alone"]),
    "aws/of_curl_test.cc": ("#include <curl/curl.h>\n", []),
    "agent/of_lower_layers.h": ('#include "agent/agent.h"\n#include "base/result.h"\n#include "core/verdict.h"\n', []),
    # Comments above types.
    "core/bare.h": ("namespace cordon {\n\nstruct Bare {\n  int a;\n};\n\nenum class Kind { one };\n",
                    [f":3: Bare {NO_COMMENT}", f":7: Kind {NO_COMMENT}"]),
    "core/apart.h": ("/// About the file.\n\nclass Apart final : public Port {\n};\n", [f":3: Apart {NO_COMMENT}"]),
    "core/pattern.h": ("/// Said.\nstruct First {};\ntemplate <typename T>\nstruct Second {\n};\n",
                       [f":3: Second {NO_COMMENT}"]),
    "core/forward.h": ("class Declared;  // elsewhere.h\nenum class Later : int;\nstruct stat look() {\n}\n", []),
    "core/said.h": ("/// Said.\ntemplate <typename T,\n          typename U>\nclass [[nodiscard]] Said\n    : public T {\n"
                    "  struct Nested {\n  };\n};\nstruct Said::Hidden {\n};\n", []),
    "core/bare_test.h": ("struct OfOneTest {\n};\n", []),
    "testing/bare.h": ("struct OfTests {\n};\n", []),
    # Everything else.
    "base/thread.cc": ("std::jthread thread([] {});\n", [": starts threads, which the table does not tell"]),
    "quarantine/optimist.cc": ("Verdict v = clean_verdict(0);\n", [": says Clean (SAYS_CLEAN in this test)"]),
    "apps/cordon/unclean.cc": ('void f() { std::printf("%s\\n", key.c_str()); }\n',
                               [": key.c_str() goes to a terminal without shown()"]),
    "provision/one_partition.cc": ('// "arn:aws:s3:::bucket"\nauto a = "arn:aws-cn:sns:" + name;\nauto b = "s3.amazonaws.com";\n',
                                   [":2: a partition is written out; core/partition.h knows them"]),
    "ipc/twin.cc": (TWIN, []),
    "net/twin.cc": (TWIN, []),
    "testing/twin.h": (TWIN.replace("class Twin", "/// A twin.\nclass Twin"), []),
    "core/twin.cc": ("namespace cordon {\nnamespace {\nclass Twin {\n};\n}  // namespace\n}\n", []),
    "attic/left.cc": ("\n", []),
    "../tests/attic/left.py": ("\n", []),
}
# What is said of more than one file.
OF_SEVERAL = {"cordon::Twin is defined in ipc/twin.cc and in net/twin.cc and in testing/twin.h", "src/attic has no README.md",
              "ARCHITECTURE.md does not tell of src/attic", "tests/attic has no README.md"}


class CheckStructure(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.sources = self.root / "src"
        shutil.copytree(ROOT / "src", self.sources, ignore=shutil.ignore_patterns("testdata"))
        shutil.copy(ROOT / "ARCHITECTURE.md", self.root)

    def check(self):
        program = [sys.executable, "-B", HERE / "check_structure.py", "--root", self.root]
        done = subprocess.run(program, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout.splitlines()

    def test_names_each_fault_and_nothing_else(self):
        status, lines = self.check()
        self.assertEqual(status, 0, lines)

        for path, (text, _) in ADDED.items():
            (self.sources / path).parent.mkdir(parents=True, exist_ok=True)
            (self.sources / path).write_text(text, encoding="utf-8")
        status, lines = self.check()

        said = {path + one for path, (_, problems) in ADDED.items() for one in problems}
        self.assertEqual(set(lines), said | OF_SEVERAL)
        self.assertEqual(status, 1)

    def test_names_what_is_no_longer_true(self):
        judge = self.sources / "clamav" / "judge.cc"
        judge.write_text(judge.read_text(encoding="utf-8").replace("clean_verdict(", "verdict("), encoding="utf-8")
        with open(self.root / "ARCHITECTURE.md", "a", encoding="utf-8") as table:
            table.write("| ghost | `src/core/ghost.cc` | nothing |\n")

        status, lines = self.check()

        self.assertEqual(lines, ["clamav/judge.cc: no longer says Clean (SAYS_CLEAN in this test)",
                                 "core/ghost.cc: starts no thread"])
        self.assertEqual(status, 1)


if __name__ == "__main__":
    unittest.main()
