import pathlib
import sys

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(PROJECT / "tests/archives")]


def pytest_addoption(parser):
    parser.addoption("--bin-dir", default=str(PROJECT / "build/release/bin"), help="where the programs are")
    parser.addoption("--work", default=str(PROJECT / "build/ordinary"), help="where samples are kept from one run to the next")


@pytest.fixture(scope="session")
def files(request):
    """{type: [paths]}."""
    import samples
    return samples.ready(pathlib.Path(request.config.getoption("--work")).resolve())


@pytest.fixture(scope="session")
def results(request, files, tmp_path_factory):
    """{path: result}, each as the program prints it."""
    import scans
    program = scans.Program(request.config.getoption("--bin-dir"), tmp_path_factory.mktemp("spool"))
    return program.scan([path for paths in files.values() for path in paths])
