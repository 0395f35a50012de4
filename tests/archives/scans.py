"""Many files through the finished program: two processes with one worker each, results by path."""
import concurrent.futures
import itertools
import json
import os
import pathlib
import subprocess
import tempfile

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SCAN_SECONDS_MAX = 60
PROCESSES = 2
FILES_A_CALL = 250


class Program:
    def __init__(self, bin_dir, spool):
        self._program = pathlib.Path(bin_dir).resolve() / "cordon"
        self._spool = pathlib.Path(spool)

    def _call(self, paths):
        with tempfile.TemporaryDirectory(prefix="spool-", dir=self._spool) as spool:
            done = subprocess.run(
                [self._program, "--json", "scan", "file", "--signatures", PROJECT / "signatures", "--spool", f"{spool}/s",
                 "--workers", "1", "--max-scan-seconds", str(SCAN_SECONDS_MAX), "--", *paths],
                capture_output=True, text=True, timeout=SCAN_SECONDS_MAX * 4 + 5 * len(paths), env={"PATH": os.environ["PATH"]})
        found = {result["path"]: result for result in map(json.loads, done.stdout.splitlines())}
        for path in map(str, paths):
            if path not in found:
                found[path] = {"path": path, "result": "none", "reason": None, "millis": {"scan": 0}, "size": 0,
                               "message": f"no result, exit code {done.returncode}: {done.stderr[-500:]}"}
        return found

    def scan(self, paths):
        """{path: result}; a file that the program gave no result for has the result "none"."""
        paths = [str(path) for path in paths]
        share = max(1, min(FILES_A_CALL, -(-len(paths) // PROCESSES)))
        calls = [paths[i:i + share] for i in range(0, len(paths), share)]
        with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
            return dict(itertools.chain.from_iterable(found.items() for found in pool.map(self._call, calls)))


def verdict_of(result):
    """As the tables of the tests write it: Clean, Unscannable:limit ..."""
    return result["result"] + (f":{result['reason']}" if result["reason"] else "")
