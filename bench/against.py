#!/usr/bin/python3
"""Two builds side by side: each scans the same files on one warm worker, file by file in turn, on one processor.

  against.py --bin-dir NOW --before BEFORE FILE_OR_DIRECTORY... [--signatures DIR] [--seconds N]

Both directories hold cordon_files_bench and cordon-engine. Prints, by suffix, the median of the files' ratios now/before
(the time of a file is the worker's processor time, in the middle of its rounds; only files that are Clean with both count),
the same for all that are no containers and all that are, as suffixes in the middle, and what a worker has for itself.
"""
import argparse
import json
import mimetypes
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

PLAIN_TYPES = ("text/", "image/", "audio/", "video/", "font/", "model/")
PLAIN_SUFFIXES = (".json", ".js", ".so", ".o", ".exe", ".bin", ".dat", ".log", ".pem", ".sql", ".yaml", ".wasm", ".class")
MARKUP = (".html", ".htm", ".svg", ".eml", ".rtf")  # what may hold other contents is a container


class Build:
    def __init__(self, directory, signatures):
        self.scratch = tempfile.TemporaryDirectory(prefix="cordon-bench-")
        self.process = subprocess.Popen(
            [directory / "cordon_files_bench", "--signatures", signatures, "--scratch", self.scratch.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.count, self.worker_mb = json.loads(self._line())["count"], 0.0

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("against: a build ended; its words stand above")
        return line

    def scan(self, path):
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return json.loads(self._line())


def files_of(places):
    for place in map(pathlib.Path, places):
        yield from sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]


def measure(builds, path, seconds):
    """Per build the median processor time in ms, or None unless both say Clean; and the memory of the workers."""
    times, spent, rounds = ([], []), 0.0, 0
    while rounds < 3 or (spent < seconds * 1000 and rounds < 40):
        for i in (0, 1) if rounds % 2 else (1, 0):
            said = builds[i].scan(path)
            times[i].append(said["cpu_ms"])
            spent += said["ms"]
            builds[i].worker_mb = max(builds[i].worker_mb, said["worker_mb"])
            if said["verdict"] != "Clean":
                return None
        rounds += 1
    return [statistics.median(of_build) for of_build in times]


def is_plain(suffix):
    kind = mimetypes.guess_type("x" + suffix)[0] or ""
    return suffix not in MARKUP and (kind.startswith(PLAIN_TYPES) or suffix in PLAIN_SUFFIXES)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin-dir", type=pathlib.Path, required=True)
    parser.add_argument("--before", type=pathlib.Path, required=True)
    parser.add_argument("--signatures", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "signatures")
    parser.add_argument("--seconds", type=float, default=0.2, help="time for each file, at least three rounds")
    parser.add_argument("--json", type=pathlib.Path, help="every file's times, in ms")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # two of a shared machine differ by more than the builds
    before, now = (Build(d.resolve(), options.signatures) for d in (options.before, options.bin_dir))
    by_suffix, left_out, rows = {}, 0, []
    paths = list(files_of(options.files))
    for i, path in enumerate(paths):
        medians = measure((before, now), path.resolve(), options.seconds)
        if medians is None:
            left_out += 1
            continue
        rows.append({"file": str(path), "bytes": path.stat().st_size, "before": medians[0], "now": medians[1]})
        by_suffix.setdefault(path.suffix.lower(), []).append(medians)
        if i % 100 == 0:
            print(f"{i} of {len(paths)}", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=0))
    print(f"{'suffix':14} {'files':>5} {'before ms':>10} {'now ms':>10} {'ratio':>7}")
    middle = {True: [], False: []}
    for suffix, times in sorted(by_suffix.items()):
        ratio = statistics.median(b / a for a, b in times)
        middle[is_plain(suffix)].append(ratio)
        print(f"{suffix or '(none)':14} {len(times):5} {statistics.median(a for a, _ in times):10.3f} "
              f"{statistics.median(b for _, b in times):10.3f} {ratio:7.3f}{'' if is_plain(suffix) else '  container'}")
    for plain, words in ((True, "no containers"), (False, "containers")):
        if middle[plain]:
            print(f"{words}: the suffix in the middle {statistics.median(middle[plain]):.3f} of {len(middle[plain])}")
    print(f"{left_out} files are not Clean with both; {now.count} signatures; "
          f"a worker has at most {before.worker_mb:.1f} MB before, {now.worker_mb:.1f} MB now")


if __name__ == "__main__":
    main()
