"""Options and fixtures of the end-to-end tests; see README.md."""
import os
import pathlib
import subprocess
import sys
import tempfile
import uuid

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "peers")]

import peer as peers  # noqa: E402
from harness.system import REGION, System  # noqa: E402


def pytest_addoption(parser):
    group = parser.getgroup("e2e")
    group.addoption("--bin-dir", default=str(peers.DEFAULT_BIN_DIR), help="folder of cordon and cordon-engine")
    group.addoption("--signatures", default=str(peers.REPOSITORY / "signatures"), help="signature directory")
    group.addoption("--peers", default="devcloud,moto", help="which clouds to run on, separated by commas")
    group.addoption("--fleet-objects", type=int, default=2000, help="objects of the test with killed agents on devcloud")
    group.addoption("--part", default="1/1", help="K/N: every Nth test, from the Kth on")
    group.addoption("--keep-logs", action="store_true", help="keep the logs of tests that pass, too")


def pytest_generate_tests(metafunc):
    if "peer_name" in metafunc.fixturenames:
        chosen = [name for name in metafunc.config.getoption("--peers").split(",") if name]
        only = metafunc.definition.get_closest_marker("only_on")
        if only is None and metafunc.module.__name__ == "test_crashes" and not os.environ.get("CORDON_TEST_ALL"):
            only = pytest.mark.only_on("devcloud", reason="crashes at every step take seven minutes here: ./dev test --all").mark
        parameters = [name if only is None or name in only.args
                      else pytest.param(name, marks=pytest.mark.skip(reason=f"{name}: {only.kwargs['reason']}"))
                      for name in chosen]
        metafunc.parametrize("peer_name", parameters, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    part, parts = map(int, config.getoption("--part").split("/"))
    if not 1 <= part <= parts:
        raise pytest.UsageError("--part is K/N with K from 1 to N")
    left = [item for place, item in enumerate(items) if place % parts != part - 1]
    items[:] = [item for place, item in enumerate(items) if place % parts == part - 1]
    if left:
        config.hook.pytest_deselected(items=left)


def pytest_sessionstart(session):
    if session.config.getoption("--collect-only"):
        return
    for name in ("cordon", "cordon-engine"):
        program = pathlib.Path(session.config.getoption("--bin-dir")) / name
        if not os.access(program, os.X_OK):
            raise pytest.UsageError(f"{program} is missing: build it first, or name its folder with --bin-dir")
    stripped = tempfile.TemporaryDirectory(prefix="cordon-e2e-bin-")
    session.config.add_cleanup(stripped.cleanup)
    strip_programs(pathlib.Path(session.config.getoption("--bin-dir")), pathlib.Path(stripped.name))
    session.config.option.bin_dir = stripped.name


def strip_programs(programs, folder):
    """As packages ship them: every new set of signatures is tried on the programs themselves, which takes four times as
    long with debug symbols."""
    folder.chmod(0o755)   # Workers are somebody else.
    for program in programs.iterdir():
        if program.is_file() and os.access(program, os.X_OK):
            subprocess.run(["strip", "-o", folder / program.name, program], check=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.failed_call = outcome.get_result().failed


@pytest.fixture(scope="session")
def endpoint(request, peer_name, tmp_path_factory):
    if peer_name == "moto":
        peers.install("moto")
    log = tmp_path_factory.mktemp("peer") / f"{peer_name}.log"
    with peers.running(peer_name, pathlib.Path(request.config.getoption("--bin-dir")), log) as url:
        yield url


@pytest.fixture
def system(request, peer_name, endpoint, tmp_path):
    """A deployment of its own on the shared peer; cleans up its processes. Its region can be a parameter of the test."""
    built = System(peer=peer_name, endpoint=endpoint, folder=tmp_path,
                   bin_dir=pathlib.Path(request.config.getoption("--bin-dir")),
                   signatures=pathlib.Path(request.config.getoption("--signatures")),
                   deployment="e2e-" + uuid.uuid4().hex[:12], region=getattr(request, "param", REGION))
    yield built
    built.stop_all()
    if getattr(request.node, "failed_call", False) or request.config.getoption("--keep-logs"):
        for path in sorted(tmp_path.glob("*.log")):
            print(f"---- {path.name} (last 60 lines) ----")
            print("\n".join(path.read_text(errors="replace").splitlines()[-60:]))


@pytest.fixture
def bucket(system):
    """A protected bucket without versions."""
    return system.protected_bucket()


@pytest.fixture
def versioned(system):
    return system.protected_bucket(versioned=True)


@pytest.fixture
def agent(system, bucket):
    """One agent that is ready; for tests which need no more."""
    return system.start_agent()
