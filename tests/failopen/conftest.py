"""The finished program, as its user runs it: one process, a sandboxed engine, this project's test signatures."""
import json
import os
import pathlib
import subprocess

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SCAN_SECONDS_MAX = 240


def pytest_addoption(parser):
    parser.addoption("--bin-dir", default=str(PROJECT / "build/release/bin"), help="where the programs are")


@pytest.fixture(scope="session")
def scan(request, tmp_path_factory):
    """scan(PATH, *flags) -> the result as `cordon scan file --json` prints it."""
    program = pathlib.Path(request.config.getoption("--bin-dir")).resolve() / "cordon"
    spool = tmp_path_factory.mktemp("spool") / "s"

    def run(path, *flags, prefix=(), spool=spool, refusal=False, says=""):
        done = subprocess.run([*prefix, program, "--json", "scan", "file", "--signatures", PROJECT / "signatures",
                               "--spool", spool, *flags, path],
                              capture_output=True, text=True, timeout=SCAN_SECONDS_MAX, env={"PATH": os.environ["PATH"]})
        assert says in done.stderr
        if refusal and not done.stdout:
            assert done.returncode not in (0, 1) and done.stderr.strip(), "a refusal says why, and is no success"
            return None
        assert done.stdout, f"no result, exit code {done.returncode}: {done.stderr[-2000:]}"
        return json.loads(done.stdout)

    return run


@pytest.fixture
def attempt(scan):
    """The same under conditions in which the program may refuse: (verdict, reason), or None for a refusal that says why."""
    def run(path, *flags, **conditions):
        result = scan(path, *flags, refusal=True, **conditions)
        return result and (result["result"], result["reason"])
    return run


@pytest.fixture
def sample(tmp_path):
    """A file that is gone after the test: some are hundreds of megabytes."""
    path = tmp_path / "sample"
    yield path
    path.unlink(missing_ok=True)
