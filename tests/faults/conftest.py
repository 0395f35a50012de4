import pathlib
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))


def pytest_addoption(parser):
    parser.addoption("--bin-dir", default=str(PROJECT / "build/release/bin"), help="where the programs are")
    parser.addoption("--seed", type=int, default=1, help="another seed makes another load and other pairs")
    parser.addoption("--seconds", type=float, default=1.5, help="how long each fault lasts")
    parser.addoption("--pairs", action="store_true", help="two faults at a time, at random")
    parser.addoption("--only", help="one fault, or two of them with a + in between")
    parser.addoption("--json", help="where the table goes as JSON")
    parser.addoption("--keep", default=str(PROJECT / "build/faults"), help="where the logs of a round with problems stay")
