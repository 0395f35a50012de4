"""Which harmless files need not be Clean, by type: the reasons that are right, and why. All others are Clean."""

# docs/formats/verdicts.md: nothing here opens a Windows image (WIM), whatever is in it.
UNSCANNABLE = {
    "wim": ({"unsupported"}, "Windows image: no reader"),
    "empty-wim": ({"unsupported"}, "Windows image: no reader"),
    "seven-zip": ({"unsupported"}, "7z with coders that no reader in the worker has (RISCV, Swap, PPMd with filters)"),
}


def is_right(kind, verdict):
    """`verdict` as scans.verdict_of writes it."""
    reasons, _ = UNSCANNABLE.get(kind, ((), ""))
    return verdict == "Clean" or verdict in {f"Unscannable:{reason}" for reason in reasons}
