#!/usr/bin/python3
"""Rules about the source tree that no compiler checks: what ARCHITECTURE.md says, as far as a program can read it.

Two classes of one name in one namespace compile, link and corrupt memory (the One Definition Rule), so that rule is not
a matter of taste. With --bin-dir it also looks at what the two programs link.
"""
import argparse
import collections
import functools
import pathlib
import re
import subprocess
import sys


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent.parent,
                        help="the tree to check (default: the one that this program is in)")
    parser.add_argument("--bin-dir", type=pathlib.Path, help="folder of cordon and cordon-engine")
    return parser.parse_args()


ARGUMENTS = arguments()
ROOT = ARGUMENTS.root.resolve()
SOURCES = ROOT / "src"
APPS_LAYER = 7

# A third-party header and the one folder that may include it (ARCHITECTURE.md).
ONLY_IN = {
    r"curl/": "net", r"boost/(beast|asio)": "net", r"clamav\.h": "clamav", r"archive(_entry)?\.h": "clamav",
    r"zlib\.h": "clamav", r"lzma\.h": "clamav",
    r"seccomp\.h": "engine", r"linux/landlock\.h": "engine", r"spdlog/": "base", r"prometheus/": "base",
    r"CLI/": "command_line", r"toml\+\+/": "settings", r"(sqlite3|libpq-fe)\.h": "store", r"sodium": "console",
}
# Whoever says Clean, and about what. Everything else passes verdicts on.
SAYS_CLEAN = {
    "agent/object_handler.cc": "an object of no bytes", "staging/scan_file.cc": "a file of no bytes",
    "engine/sandbox_scanner.cc": "nothing, which no worker needs to see",
    "clamav/clamav_scanner.cc": "fewer bytes than any signature has", "clamav/large_member.cc": "the same, of a member",
    "clamav/judge.cc": "after every condition held",
}
# What a program must not link: the split is the security boundary.
NEVER_LINKED = {"cordon": ("libclamav", "libarchive", "libz", "liblzma"), "cordon-engine": ("libcurl", "libssl", "libsqlite3", "libpq", "libsodium")}
LIBRARY = re.compile(r"cordon_library\((\w+) LAYER (\d+)( ADAPTER)?")
INCLUDE = re.compile(r'^#include [<"]([^>"]+)[>"]', re.M)
TYPE = re.compile(r"^(?:class|struct|enum class|union) ([A-Z]\w*)(?: final)?(?:\s*:(?!:)[^;{]*)?\s*\{", re.M)
NAMESPACE = re.compile(r"^namespace ([\w:]*) ?\{", re.M)
# What is defined at the left margin (nested types are indented), with the template lines above it.
DEFINITION = re.compile(r"^(?:template\b.*\n(?: .*\n)*)*(?:class|struct|union|enum(?: class)?) "
                        r"(?:\[\[\w+\]\] )?(\w+)(?!::)\b[^;{()]*\{", re.M)


@functools.cache
def files():
    """Each source file: its path, the folder of src/ that it is in, its text."""
    return [(path, path.relative_to(SOURCES).parts[0], path.read_text(encoding="utf-8"))
            for path in sorted(SOURCES.rglob("*")) if path.suffix in (".h", ".cc")]


def wrong_includes():
    for path, folder, text in files():
        for header in INCLUDE.findall(text):
            for pattern, home in ONLY_IN.items():
                if re.match(pattern, header) and folder not in (home, "testing") and not path.name.endswith("_test.cc"):
                    yield f"{path.relative_to(SOURCES)}: {header} belongs to {home} alone"


def is_production(path, folder):
    return folder != "testing" and "_test." not in path.name


def layers():
    """The layer of each folder, and whether it is an adapter, as its CMakeLists.txt says."""
    found = {"apps": (APPS_LAYER, False)}
    for lists in sorted(SOURCES.glob("*/CMakeLists.txt")):
        said = LIBRARY.search(lists.read_text(encoding="utf-8"))
        if said:
            found[lists.parent.name] = (int(said[2]), bool(said[3]))
    return found


def wrong_layers():
    """CMake looks at what libraries link; a header alone needs no linking."""
    known = layers()
    for path, folder, text in files():
        if not is_production(path, folder):
            continue
        for header in INCLUDE.findall(text):
            other = header.split("/")[0]
            if other not in known or other == folder:
                continue
            layer, is_adapter = known[other]
            if layer >= known[folder][0]:
                yield f"{path.relative_to(SOURCES)}: {header} is not below it"
            elif is_adapter and folder != "apps":
                yield f"{path.relative_to(SOURCES)}: {header} is an adapter's; take a port, let apps choose"


def untold_folders():
    table = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for folder in sorted({f.parent for f in SOURCES.rglob("*.cc")} | {f.parent for f in (ROOT / "tests").glob("*/*.*")}):
        if not (folder / "README.md").exists() and folder.name != "__pycache__":
            yield f"{folder.relative_to(ROOT)} has no README.md"
        if f"`{folder.name}`" not in table and folder.parent == SOURCES:
            yield f"ARCHITECTURE.md does not tell of {folder.relative_to(ROOT)}"


def clean_sayers():
    found = {str(path.relative_to(SOURCES)) for path, folder, text in files()
             if is_production(path, folder) and folder != "core" and "clean_verdict(" in text}
    for path in sorted(found ^ set(SAYS_CLEAN)):
        yield f"{path}: {'says' if path in found else 'no longer says'} Clean (SAYS_CLEAN in this test)"


def uncommented_types():
    for path, folder, text in files():
        if path.suffix != ".h" or not is_production(path, folder):
            continue
        for found in DEFINITION.finditer(text):
            above = text[:found.start()].splitlines()
            if not (above and above[-1].startswith("///")):
                yield f"{path.relative_to(SOURCES)}:{len(above) + 1}: {found[1]} has no comment (///) directly above it"


def untold_threads():
    """ARCHITECTURE.md's tables of threads name the file that starts each; parallel_for starts those of its callers."""
    table = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    told = set(re.findall(r"\| `src/([\w/]+\.cc)` \|", table))
    started = {str(path.relative_to(SOURCES)) for path, folder, text in files()
               if is_production(path, folder) and path.suffix == ".cc" and
               path.name != "parallel_for.cc" and
               re.search(r"std::j?thread\b(?!::)|\bthreads?_(?:\.emplace_back)?\(|\bparallel_for\(", text)}
    for path in sorted(told ^ started):
        yield f"{path}: {'starts threads, which the table does not tell' if path in started else 'starts no thread'}"


def wrong_links(bin_dir):
    for program, never in NEVER_LINKED.items():
        out = subprocess.run(["readelf", "-d", bin_dir / program], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"NEEDED.*\[(.*)\]", out):
            if library.startswith(never):
                yield f"{program} links {library}"


def anonymous_parts(text):
    """The same text without what stands in anonymous namespaces, which cannot collide."""
    return re.sub(r"^namespace \{\n.*?^\}  // namespace\n", "", text, flags=re.M | re.S)


def colliding_types():
    """Tests link the code that they test, so theirs count as well."""
    places = collections.defaultdict(set)
    for path, folder, text in files():
        outer = NAMESPACE.search(text)
        for name in TYPE.findall(anonymous_parts(text)):
            places[(outer.group(1) if outer else "", name)].add(str(path.relative_to(SOURCES)))
    for (namespace, name), where in sorted(places.items()):
        if len(where) > 1:
            yield f"{namespace}::{name} is defined in {' and in '.join(sorted(where))}"


# What commands print for people is strangers' text, unless it is one of these; `shown` (base/text.h) cleans it.
OWN_TEXT = ("shown(", "wrapped(shown(", "rfc3339_", "std::to_string(", "std::string(name_of(", "std::string(remedy_for(", "quarantine_id(", "state_text(",
            "objects_text(", "count_or_dash(", "cloud.endpoint().", "flags.options.", "(Deployment::brake_folder(")
OWN_WORDS = {f"{name}.c_str()" for name in ("refused", "result", "time", "what", "retry", "id", "rest", "bucket", "path")}
PRINT = re.compile(r"std::f?printf\(")


def call_at(text, start):
    """The arguments of the call whose parenthesis opens just before `start`."""
    depth, at = 1, start
    while depth:
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return text[start:at - 1]


def unclean_output():
    for path, folder, text in files():
        if folder != "apps" or "cordon_engine" in path.parts or path.name == "json_line.cc":
            continue
        bare = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text)
        for match in PRINT.finditer(bare):
            call = call_at(bare, match.end())
            if "json::serialize(" in call:
                yield f"{path.relative_to(SOURCES)}: JSON goes to standard output without print_json_line()"
                continue
            for piece in re.split(r",(?![^(]*\))|\?|(?<!:):(?!:)", call):
                one = " ".join(piece.split())
                if one.endswith("c_str()") and not one.startswith(OWN_TEXT) and one not in OWN_WORDS:
                    yield f"{path.relative_to(SOURCES)}: {one} goes to a terminal without shown()"


PARTITION = re.compile(r'"[^"\n]*(?:arn:aws(?:-[a-z]+)*:|amazonaws\.(?:com\.cn|eu)\b|amazonwebservices)|"\.amazonaws\.')


def partitions_written_out():
    """What differs between the partitions of AWS stands in one table; ARNs are made with it."""
    for path, folder, text in files():
        if not is_production(path, folder) or path.name == "partition.cc":
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if not line.lstrip().startswith("//") and PARTITION.search(line.split("///<")[0]):
                yield f"{path.relative_to(SOURCES)}:{number}: a partition is written out; core/partition.h knows them"


def main() -> int:
    bin_dir = ARGUMENTS.bin_dir
    problems = [*wrong_includes(), *colliding_types(), *wrong_layers(), *untold_folders(), *clean_sayers(),
                *untold_threads(), *uncommented_types(), *unclean_output(), *partitions_written_out(),
                *(wrong_links(bin_dir) if bin_dir else [])]
    print("\n".join(problems) or f"checked {len(files())} files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
