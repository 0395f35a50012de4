"""The packages of the finished build, and systems that they are put into."""
import concurrent.futures
import os
import pathlib
import platform
import shutil
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
REPOSITORY = FOLDER.parent.parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "peers")]

from system import System, dpkg_in  # noqa: E402

NAMES = ("cordon-engine", "cordon", "cordon-devcloud")


def pytest_addoption(parser):
    parser.addoption("--bin-dir", type=pathlib.Path, default=REPOSITORY / "build" / "release" / "bin",
                     help="folder of the finished programs")


@pytest.fixture(scope="session")
def bin_dir(request):
    return request.config.getoption("--bin-dir").resolve()


class Packages:
    """What packaging/make-debs left in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.debs = sorted(folder.glob("*.deb"))
        self.changes, = folder.glob("*.changes")

    def deb(self, name):
        deb, = self.folder.glob(f"{name}_*.deb")
        return deb

    def three(self):
        return [self.deb(name) for name in NAMES]

    def field(self, name, field):
        return output("dpkg-deb", "--field", self.deb(name), field).strip()


def output(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture(scope="session")
def builds(bin_dir, tmp_path_factory):
    """The packages, made twice from one build, at the same time and in different places."""
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    make = [REPOSITORY / "packaging" / "make-debs", bin_dir.parent]
    with concurrent.futures.ThreadPoolExecutor() as threads:
        done = list(threads.map(lambda folder: subprocess.run([*make, folder], stdout=subprocess.PIPE, text=True,
                                                              stderr=subprocess.STDOUT, check=False), folders))
    for one in done:
        assert one.returncode == 0, one.stdout
    return [Packages(folder) for folder in folders]


@pytest.fixture(scope="session")
def packages(builds):
    return builds[0]


@pytest.fixture
def altered(tmp_path):
    """A package with a fault: what `change` makes of its files."""
    def make(deb, change):
        tree = tmp_path / deb.stem
        subprocess.run(["dpkg-deb", "--raw-extract", deb, tree], check=True)
        change(tree)
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, tmp_path],
                       check=True, stdout=subprocess.DEVNULL)
        return tmp_path / deb.name
    return make


def eicar():
    """Assembled here, so that no file of the repository is found by a scanner."""
    return b"".join((b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!", b"$H+H*"))


def layers_missing(confined):
    """What an agent without privileges can have, and this one says that it has not (the log event engine.confined)."""
    return [layer for layer in ("landlock", "system_call_filter", "own_network", "own_root", "temporary_in_memory")
            if not confined[layer]]


def needs_root():
    if os.geteuid() != 0:
        pytest.skip("a system of its own takes root")
    groups = output("findmnt", "--noheadings", "--first-only", "--output=TARGET", "--types=cgroup2").strip()
    probe = subprocess.run(["unshare", "--mount", "--cgroup", "true"], check=False, stderr=subprocess.DEVNULL)
    if probe.returncode != 0 or not os.access(groups, os.W_OK):
        pytest.skip("a system of its own takes the right to make namespaces and control groups")


@pytest.fixture(scope="session")
def machine(packages):
    """This machine with the packages put into it; nothing of it is changed."""
    needs_root()
    with System("/") as system:
        dpkg_in(system, system.put_packages(packages.three()))
        yield system


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """The files of a Debian that nobody used yet."""
    if "CORDON_TEST_ALL" not in os.environ:
        pytest.skip("downloads a Debian of 200 MB: ./dev test --all")
    needs_root()
    tar, folder = tmp_path_factory.mktemp("fresh") / "root.tar", tmp_path_factory.mktemp("debian")
    subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates,systemd-sysv,systemd",
                    platform.freedesktop_os_release()["VERSION_CODENAME"], tar], check=True)
    subprocess.run(["tar", "--extract", f"--file={tar}", f"--directory={folder}"], check=True)
    tar.unlink()
    yield folder
    shutil.rmtree(folder)
