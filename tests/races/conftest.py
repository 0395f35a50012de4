import pathlib
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))


def pytest_addoption(parser):
    parser.addoption("--bin-dir", default=str(PROJECT / "build/release/bin"), help="where the programs are")
    parser.addoption("--seed", type=int, default=1, help="another seed makes other owners")
    parser.addoption("--seconds", type=float, default=20, help="how long owners are at work")
    parser.addoption("--keep", default=str(PROJECT / "build/races"), help="where the logs of a round with problems stay")
