"""The finished program, as its user runs it, and a folder in which the programs that lock things can work."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests/failopen"))  # Its makers of archives and documents.


def pytest_addoption(parser):
    parser.addoption("--bin-dir", default=str(PROJECT / "build/release/bin"), help="where the programs are")


@pytest.fixture(scope="session")
def scan(request, tmp_path_factory):
    """scan(BYTES, signatures=FOLDER) -> the result as `cordon scan file --json` prints it."""
    program = pathlib.Path(request.config.getoption("--bin-dir")).resolve() / "cordon"
    folder = tmp_path_factory.mktemp("scan")

    def run(content, signatures=PROJECT / "signatures"):
        path = folder / "sample"
        path.write_bytes(content)
        done = subprocess.run([program, "--json", "scan", "file", "--signatures", signatures, "--spool",
                               folder / "spool", path], capture_output=True, text=True, timeout=120,
                              env={"PATH": os.environ["PATH"]})
        assert done.stdout, f"no result, exit code {done.returncode}: {done.stderr[-2000:]}"
        return json.loads(done.stdout)

    return run


class Bench:
    """A folder with keys and a text, in which commands are run."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "gnupg").mkdir(mode=0o700)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GNUPGHOME": str(folder / "gnupg"),
                            "LC_ALL": "C", "PASSPHRASE": "secret"}

    def write(self, name, content):
        (self.folder / name).write_bytes(content)

    def run(self, command, content=b""):
        """The command's output; `secret` is the password everywhere."""
        done = subprocess.run(command, shell=True, cwd=self.folder, input=content, capture_output=True, timeout=120,
                              env=self.environment)
        assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')[-2000:]}"
        return done.stdout

    def made(self, command, name):
        """The file that the command writes."""
        (self.folder / name).unlink(missing_ok=True)
        self.run(command)
        return (self.folder / name).read_bytes()


@pytest.fixture(scope="session")
def bench(tmp_path_factory):
    import by_program
    made = Bench(tmp_path_factory.mktemp("bench"))
    by_program.prepare(made)
    yield made
    made.run("gpgconf --kill all")
