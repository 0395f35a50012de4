"""The stand-in, and a way to run a client as its users do."""
import pathlib
import platform
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "peers"))

import peer as peers  # noqa: E402

REGION = "eu-west-1"
CLIENT_SECONDS_MAX = 120


def pytest_addoption(parser):
    parser.addoption("--bin-dir", default=str(peers.DEFAULT_BIN_DIR), help="folder of cordon")
    parser.addoption("--javascript", help="folder with the installed JavaScript packages")


@pytest.fixture(scope="session")
def endpoint(request, tmp_path_factory):
    log = tmp_path_factory.mktemp("peer") / "devcloud.log"
    with peers.running("devcloud", pathlib.Path(request.config.getoption("--bin-dir")), log) as url:
        yield url


@pytest.fixture(scope="session")
def environment(endpoint, tmp_path_factory):
    """What a client finds: no configuration of whoever runs the tests."""
    return peers.environment() | {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
                                  "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path_factory.mktemp("home"))}


@pytest.fixture(scope="session")
def client(environment):
    """Runs a command; returns what it printed. A failure shows all that it said."""
    def run(*command, cwd=None, **variables):
        done = subprocess.run(command, env=environment | variables, cwd=cwd, text=True, timeout=CLIENT_SECONDS_MAX,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}"
        return done.stdout
    return run


@pytest.fixture(scope="session")
def node(request):
    """Node.js from the registry, in the folder of the packages."""
    folder = pathlib.Path(request.config.getoption("--javascript"))
    machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    return folder, str(folder / "node_modules" / f"node-linux-{machine}" / "bin" / "node")


@pytest.fixture
def files(tmp_path):
    """A tree with names that clients encode, one empty file, and one that needs several parts."""
    tree = tmp_path / "tree"
    contents = {"plain.txt": b"one", "empty": b"", "räume/a b+c.txt": b"two", "räume/50%25&x=1;y.txt": b"three",
                "large.bin": bytes(range(256)) * (17 * 4096)}
    for name, content in contents.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tree, contents
