#!/usr/bin/python3
"""Reads from the finished programs what cmake/warnings.cmake asks the compiler and the linker for."""
import argparse
import pathlib
import platform
import re
import subprocess
import sys

PROGRAMS = ("cordon", "cordon-engine", "cordon-devcloud")


def read(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def missing(program):
    header = read("readelf", "--wide", "--file-header", program)
    segments = read("readelf", "--wide", "--segments", program)
    dynamic = read("readelf", "--wide", "--dynamic", program)
    symbols = read("readelf", "--wide", "--dyn-syms", program)
    if not re.search(r"Type:\s+DYN", header) or not re.search(r"FLAGS_1.*\bPIE\b", dynamic):
        yield "is not position-independent"
    if not re.search(r"^\s*GNU_RELRO\b", segments, re.M):
        yield "has no segment that is read-only after relocation"
    if not re.search(r"BIND_NOW|FLAGS_1.*\bNOW\b", dynamic):
        yield "resolves symbols late, so that its table of functions stays writable"
    stack = re.search(r"^\s*GNU_STACK(?:\s+0x\w+){5}\s+([RWE]+)", segments, re.M)
    if not stack or "E" in stack[1]:
        yield "has an executable stack"
    if "__stack_chk_fail" not in symbols:
        yield "has no stack protector"
    if not re.search(r"\b__\w+_chk(?:@|\s)", symbols):
        yield "calls no fortified function"
    if "__glibcxx_assert_fail" not in symbols:
        yield "is built without the assertions of the standard library"
    if platform.machine() == "x86_64":
        yield from missing_on_x86(program)


def missing_on_x86(program):
    """Read from the code: the linker drops the mark of both properties, because Debian 12's start files have none."""
    code = read("objdump", "--disassemble", "--no-show-raw-insn", "--section=.text", program)
    entry = re.search(r"<main>:\n.*?:\s+(\w+)", code)
    if not entry or entry[1] != "endbr64":
        yield "has no landing pads for indirect jumps"
    # A frame that is larger than a page is touched page by page.
    if not re.search(r"sub +\$0x1000,%rsp\n.*\bor[lq] +\$0x0,(?:0x\w+)?\(%rsp\)", code):
        yield "is built without protection against stack clashes"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin-dir", type=pathlib.Path, required=True, help="folder of cordon and cordon-engine")
    bin_dir = parser.parse_args().bin_dir
    problems = [f"{name} {problem}" for name in PROGRAMS for problem in missing(bin_dir / name)]
    print("\n".join(problems) or f"checked {', '.join(PROGRAMS)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
