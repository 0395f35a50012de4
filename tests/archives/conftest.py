import pathlib
import sys

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))


def pytest_addoption(parser):
    parser.addoption("--bin-dir", default=str(PROJECT / "build/release/bin"), help="where the programs are")
    parser.addoption("--seed", type=int, default=1, help="another seed makes other cases")
    parser.addoption("--first", type=int, default=0, help="the number of the first case: with --count 1 one is played again")
    parser.addoption("--count", type=int, default=2000, help="how many whole archives; damaged ones are half as many")
    parser.addoption("--writer", action="append", help="only with these writers (repeatable)")
    parser.addoption("--keep", default=str(PROJECT / "build/archives"), help="where samples that fail stay")


@pytest.fixture(scope="session")
def play(request, tmp_path_factory):
    """play(count, with_damage) -> Round, with the options of the command line."""
    import rounds
    import scans
    option = request.config.getoption
    program = scans.Program(option("--bin-dir"), tmp_path_factory.mktemp("spool"))

    def run(share, with_damage):
        count = max(1, int(option("--count") * share))
        print(f"\nseed {option('--seed')}, cases {option('--first')} to {option('--first') + count - 1}"
              f"{', damaged' if with_damage else ''}", flush=True)
        return rounds.play(program, option("--seed"), option("--first"), count, option("--keep"), with_damage, option("--writer"))

    return run
