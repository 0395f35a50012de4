"""The finished program over files that real programs made: all of them in one call."""
import json
import os
import pathlib
import random
import subprocess

import pytest
from made_by_programs import MADE

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_MAX = 120
NOT_INSTALLED = "a program is not installed: "
TEXT = "".join(f"Line {line} of a harmless text.\n" for line in range(2000))
ENVIRONMENT = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "LC_ALL": "C"}


def pytest_addoption(parser):
    parser.addoption("--bin-dir", default=str(PROJECT / "build/release/bin"), help="where the programs are")


def make(folder, command):
    """The file, or what the program said when it failed."""
    (folder / "tree" / "folder").mkdir(parents=True)
    noise = random.Random(1).randbytes(100_000)
    for name, content in (("text", TEXT.encode()), ("noise", noise), ("tree/a.txt", TEXT.encode()),
                          ("tree/folder/b.bin", noise[:30_000]), ("tree/empty", b"")):
        (folder / name).write_bytes(content)
    done = subprocess.run(["bash", "-e", "-c", command], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True,
                          timeout=SECONDS_MAX)
    if done.returncode == 127:
        return NOT_INSTALLED + done.stderr.strip()
    if done.returncode:
        return f"{command}: {done.stdout[-500:]} {done.stderr[-1500:]}"
    return folder / "out"


@pytest.fixture(scope="session")
def results(request, tmp_path_factory):
    """name -> the result as `cordon scan file --json` prints it, or what a program that failed said; the chosen tests'."""
    chosen = {item.callspec.params["name"] for item in request.session.items if hasattr(item, "callspec")}
    paths, unmade = {}, {}
    for name in sorted(chosen):
        made = make(tmp_path_factory.mktemp(name), MADE[name][0])
        if isinstance(made, str):
            unmade[name] = made
        else:
            paths[str(made)] = name
    program = pathlib.Path(request.config.getoption("--bin-dir")).resolve() / "cordon"
    done = subprocess.run([program, "--json", "scan", "file", "--signatures", PROJECT / "signatures",
                           "--spool", tmp_path_factory.mktemp("spool") / "s", *paths],
                          capture_output=True, text=True, timeout=SECONDS_MAX, env=ENVIRONMENT)
    found = {paths[line["path"]]: line for line in map(json.loads, done.stdout.splitlines())}
    assert len(found) == len(paths), f"{len(found)} results for {len(paths)} files: {done.stderr[-2000:]}"
    for path in paths:
        os.unlink(path)  # Some are large.
    return found | unmade
