"""Runs the programs that write archives: members become files in a directory of their own, always with the same times."""
import os
import pathlib
import shutil
import subprocess
import tempfile

TOOL_SECONDS_MAX = 60
FILE_TIME = 1_700_000_000
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/dev/null", "TZ": "UTC",
               "SOURCE_DATE_EPOCH": str(FILE_TIME)}


class ToolFailed(Exception):
    """The program would not pack this, which is about the program and not about a scan."""


class Workshop:
    def __init__(self, root=None):
        memory = pathlib.Path("/dev/shm")
        self._root = pathlib.Path(tempfile.mkdtemp(prefix="cordon-archives-", dir=root or (memory if memory.is_dir() else None)))
        self._uses = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self._root, ignore_errors=True)

    def fresh(self):
        """An empty directory, instead of the one before."""
        shutil.rmtree(self._root / str(self._uses), ignore_errors=True)
        self._uses += 1
        directory = self._root / str(self._uses)
        directory.mkdir()
        return directory

    def laid_out(self, members):
        """A fresh directory with a folder `in` that has the members as files. Returns (directory, paths in order)."""
        directory = self.fresh()
        (directory / "in").mkdir()
        for name, data in members:
            path = directory / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (FILE_TIME, FILE_TIME))
        return directory, [name for name, _ in members]

    def run(self, command, cwd, stdin=b""):
        """Its standard output, as bytes. Nonzero is ToolFailed."""
        done = subprocess.run([str(word) for word in command], cwd=cwd, input=stdin, capture_output=True,
                              timeout=TOOL_SECONDS_MAX, env=ENVIRONMENT)
        if done.returncode != 0:
            raise ToolFailed(f"{command[0]}: {(done.stderr or done.stdout)[-300:].decode(errors='replace')}")
        return done.stdout

    def filter(self, command, data):
        """A program that packs standard input to standard output."""
        return self.run(command, self._root, stdin=data)
