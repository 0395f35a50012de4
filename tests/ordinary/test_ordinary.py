"""Harmless files of every type are Clean, but for the few types that the table in expected.py names."""
import collections
import pathlib

import expected
import pytest
import scans

FILES_MIN, TYPES_MIN = 600, 150
ERROR_LIKE = ("Error", "none")


def _row(kind, results):
    counts = collections.Counter(map(scans.verdict_of, results))
    reasons = sorted({result["message"] for result in results if result["message"]})
    size, millis = sum(result["size"] for result in results), sum(result["millis"]["scan"] for result in results)
    speed = f"{millis / (size / 1e6):9.0f}" if size >= 10_000 else f"{'':9}"      # Of a few bytes it says nothing.
    return (f"{kind:22}{len(results):4}  {speed}  " + ", ".join(f"{verdict} {count}" for verdict, count in counts.most_common())
            + (f"  ({'; '.join(reasons)})" if reasons else ""))


def test_there_are_enough_of_them(files):
    assert sum(map(len, files.values())) >= FILES_MIN
    assert len(files) >= TYPES_MIN


def test_harmless_files_are_clean(files, results):
    print(f"\n{'type':22}{'n':>4}  {'ms per MB':>9}  verdicts")
    wrong = []
    for kind, paths in files.items():
        found = [results[str(path)] for path in paths]
        print(_row(kind, found))
        wrong += [f"{scans.verdict_of(result)}  {result['path']}  ({result['message']})" for result in found
                  if not expected.is_right(kind, pathlib.Path(result["path"]).name, scans.verdict_of(result))]
    print("all: " + ", ".join(f"{verdict} {count}" for verdict, count in
                              collections.Counter(map(scans.verdict_of, results.values())).most_common()))
    if wrong:
        pytest.fail(f"{len(wrong)} of {len(results)}:\n" + "\n".join(wrong), pytrace=False)


def test_none_is_an_error(results):
    failed = [f"{result['path']}: {result['message']}" for result in results.values() if result["result"] in ERROR_LIKE]

    assert not failed
