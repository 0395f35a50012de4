#!/usr/bin/python3
"""Rules about the source tree that no compiler checks: who may include what, and one name for one type.

Two classes of one name in one namespace compile, link and corrupt memory (the One Definition Rule), so the second
rule is not a matter of taste.
"""
import collections
import pathlib
import re
import sys

SOURCES = pathlib.Path(__file__).resolve().parent.parent.parent / "src"

# A third-party header and the one folder that may include it (ARCHITECTURE.md).
ONLY_IN = {
    r"curl/": "net", r"boost/(beast|asio)": "net", r"clamav\.h": "clamav", r"archive(_entry)?\.h": "clamav",
    r"zlib\.h": "clamav", r"lzma\.h": "clamav",
    r"seccomp\.h": "engine", r"linux/landlock\.h": "engine", r"spdlog/": "base", r"prometheus/": "base",
    r"CLI/": "apps", r"toml\+\+/": "settings",
}
INCLUDE = re.compile(r'^#include [<"]([^>"]+)[>"]', re.M)
TYPE = re.compile(r"^(?:class|struct|enum class|union) ([A-Z]\w*)(?: final)?(?:\s*:(?!:)[^;{]*)?\s*\{", re.M)
NAMESPACE = re.compile(r"^namespace ([\w:]*) ?\{", re.M)


def files():
    for path in sorted(SOURCES.rglob("*")):
        if path.suffix in (".h", ".cc"):
            yield path, path.relative_to(SOURCES).parts[0], path.read_text(encoding="utf-8")


def wrong_includes():
    for path, folder, text in files():
        for header in INCLUDE.findall(text):
            for pattern, home in ONLY_IN.items():
                if re.match(pattern, header) and folder not in (home, "testing") and not path.name.endswith("_test.cc"):
                    yield f"{path.relative_to(SOURCES)}: {header} belongs to {home} alone"


def anonymous_parts(text):
    """The same text without what stands in anonymous namespaces, which cannot collide."""
    return re.sub(r"^namespace \{\n.*?^\}  // namespace\n", "", text, flags=re.M | re.S)


def colliding_types():
    places = collections.defaultdict(set)
    for path, folder, text in files():
        if path.name.endswith("_test.cc") or folder == "testing":
            continue
        outer = NAMESPACE.search(text)
        for name in TYPE.findall(anonymous_parts(text)):
            places[(outer.group(1) if outer else "", name)].add(str(path.relative_to(SOURCES)))
    for (namespace, name), where in sorted(places.items()):
        if len(where) > 1:
            yield f"{namespace}::{name} is defined in {' and in '.join(sorted(where))}"


# What commands print for people is strangers' text, unless it is one of these; `shown` (base/text.h) cleans it.
OWN_TEXT = ("shown(", "rfc3339_", "std::to_string(", "std::string(name_of(", "std::string(remedy_for(", "quarantine_id(", "state_text(",
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


def main() -> int:
    problems = [*wrong_includes(), *colliding_types(), *unclean_output()]
    print("\n".join(problems) or f"checked {sum(1 for _ in files())} files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
