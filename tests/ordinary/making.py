"""Where makers put their files, and how they run programs."""
import pathlib
import shutil
import subprocess

TOOL_SECONDS_MAX = 120
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "TZ": "UTC",
               "SOURCE_DATE_EPOCH": "1700000000"}


class Place:
    """A directory with a folder for each type."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def path(self, kind, name):
        folder = self.root / kind
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def put(self, kind, name, content):
        self.path(kind, name).write_bytes(content)


def run(*command, cwd=None, stdin=None):
    """Its standard output, as bytes. A program that fails is a fault of the test."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, input=stdin, capture_output=True, timeout=TOOL_SECONDS_MAX,
                          env=ENVIRONMENT)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {(done.stderr or done.stdout)[-400:].decode(errors='replace')}"
    return done.stdout


def needs(*programs):
    missing = [program for program in programs if not shutil.which(program, path=ENVIRONMENT["PATH"])]
    assert not missing, f"{', '.join(missing)}: ./dev setup installs what makes these files"


PARAGRAPHS = [
    "The harbour office opens at eight. Ships that arrive earlier wait outside, and their papers are read by radio.",
    "Deliveries of the second quarter were late by four days on average; the table below has the figures by month.",
    "Please send the signed copy back until Friday. Questions are answered by the office in the second floor.",
    "Größere Mengen werden am Donnerstag geliefert; für Rückfragen steht das Büro zur Verfügung.",
]
TEXT = "\n\n".join(PARAGRAPHS * 12) + "\n"
