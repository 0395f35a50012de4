"""Which harmless files need not be Clean, by type: the reasons that are right, and why. All others are Clean."""

# docs/formats/verdicts.md: formats that nothing here opens, whatever is in them.
UNSCANNABLE = {
    "wim": ({"unsupported"}, "Windows image"),
    "empty-wim": ({"unsupported"}, "Windows image"),
    "fat-image": ({"unsupported"}, "file system"),
    "ext-image": ({"unsupported"}, "file system"),
    "squashfs": ({"unsupported"}, "file system"),
    "virtual-disk": ({"unsupported"}, "disk image"),
    "disc-genisoimage": ({"unsupported"}, "with a UDF file system beside ISO 9660, whose lists of files need not agree"),
    "installer-nsis": ({"unsupported"}, "installer"),
    "zip-newer-methods": ({"unsupported"}, "zip with a member in Zstandard that ends with a full block, which no reader in the worker takes for whole"),
    "seven-zip": ({"unsupported"}, "7z with coders that no reader in the worker has (RISCV, Swap, PPMd with a filter)"),
}


# Single files of types that are Clean otherwise.
FILES = {"win32-loader-win32-loader.exe": ({"unsupported"}, "NSIS installer")}


def is_right(kind, name, verdict):
    """`verdict` as scans.verdict_of writes it."""
    reasons, _ = FILES.get(name) or UNSCANNABLE.get(kind, ((), ""))
    return verdict == "Clean" or verdict in {f"Unscannable:{reason}" for reason in reasons}
