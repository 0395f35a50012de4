"""Files of Debian packages, a few of each type. The packages are unpacked, never installed (packages.txt)."""
import collections
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile

FILES_A_TYPE, FILES_A_TYPE_AND_PACKAGE = 4, 2
IN_MEMORY = pathlib.Path("/dev/shm")
BYTES_MAX = 2_500_000
PACKED = ("gz", "xz", "bz2", "dz", "zst", "brotli")
SUFFIX = re.compile(r"\.([A-Za-z][A-Za-z0-9_+]{0,11})$")
MACHINES = {3: "i386", 4: "m68k", 8: "mips", 21: "ppc64", 22: "s390", 40: "arm", 43: "sparc64", 62: "amd64", 183: "arm64", 243: "riscv"}
# Suffixes that name a package's own things and not a type of file.
NO_TYPE = {"debian", "triggers", "mission", "top", "tap", "xy"}


def packages(list_file):
    """The names in packages.txt."""
    lines = [line for line in list_file.read_text().splitlines() if not line.startswith("#")]
    return " ".join(lines).split()


def type_of(path):
    """What a file is filed under: its suffix (with the one before .gz), or what it is by its first bytes, or None."""
    with path.open("rb") as file:
        head = file.read(20)
    if head[:4] == b"\x7fELF":
        kind, machine = struct.unpack("<HH" if head[5] == 1 else ">HH", head[16:20])
        return f"elf-{MACHINES.get(machine, machine)}-{({1: 'object', 2: 'program', 3: 'library'}).get(kind, kind)}"
    if head[:4] == b"TZif":
        return "tzif"
    name, packed = path.name, ""
    found = SUFFIX.search(name)
    if found and found[1].lower() in PACKED:
        name, packed = name[:found.start()], "." + found[1].lower()
        found = SUFFIX.search(name)
    if not found:
        return packed[1:] or None
    suffix = found[1].lower()
    return None if suffix in NO_TYPE else suffix + packed


def _spread(files):
    """A few of them, from all over the list."""
    step = max(1, len(files) // FILES_A_TYPE_AND_PACKAGE)
    return files[::step][:FILES_A_TYPE_AND_PACKAGE]


def _sorted_by_type(root):
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size <= BYTES_MAX:
            continue
        kind = type_of(path)
        if kind:
            found.setdefault(kind, []).append(path)
    return found


def make(place, debs, list_file):
    """Leaves place/TYPE/NAME. The packages themselves are samples as well."""
    taken = collections.Counter()

    def put(kind, path, name):
        if taken[kind] < FILES_A_TYPE:
            taken[kind] += 1
            shutil.copyfile(path, place.path(kind, name))

    for package in packages(list_file):
        deb = next(iter(sorted(debs.glob(f"{package}_*.deb"))), None)
        assert deb is not None, f"{package} is not in {debs}: ./dev setup downloads it"
        if deb.stat().st_size < BYTES_MAX // 2:
            put("deb", deb, deb.name)
        with tempfile.TemporaryDirectory(prefix="ordinary-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as directory:
            subprocess.run(["dpkg-deb", "-x", deb, directory], check=True)
            for kind, files in _sorted_by_type(pathlib.Path(directory)).items():
                for path in _spread(files):
                    put(kind, path, f"{package}-{path.name}")
