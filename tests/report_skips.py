#!/usr/bin/python3
"""Adds up the JUnit reports of the Python suites and names every skipped test with its reason."""
import collections
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def main(folder: str) -> int:
    total = collections.Counter()
    for path in sorted(pathlib.Path(folder).glob("*.xml")):
        counts, reasons = collections.Counter(), collections.defaultdict(list)
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            skipped = case.find("skipped")
            failed = case.find("failure") is not None or case.find("error") is not None
            state = "skipped" if skipped is not None else "failed" if failed else "passed"
            counts[state] += 1
            if skipped is not None:
                # gtest puts the place in the code above it.
                reason = (skipped.get("message") or "no reason").strip().splitlines()[-1]
                reasons[reason].append(case.get("name"))
        total += counts
        print(f"{path.stem}: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
        for reason, names in sorted(reasons.items()):
            print(f"    skipped: {reason}: {', '.join(sorted(set(names)))}")
    print(f"all suites: {total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
