"""Archives by many writers, with the marker of the test signatures in one member: none is Clean."""
import cases
import oracle
import pytest
import workshop

CASES_THAT_SAY_SOMETHING = 500      # Fewer, or some writers alone, and shares mean nothing.
INFECTED_SHARE_MIN, LEFT_OUT_SHARE_MAX = 0.9, 0.02
FAILURES_SHOWN = 20
ORACLE_SEED, ORACLE_CASES = 1, 30
ORACLE_KNOWS = {"tar-gnu", "tar-python", "zip-python", "zip-info", "seven-zip", "gzip-python", "xz-python", "bzip2-any", "zstd-tool",
                "cpio-gnu", "ar-gnu", "cabinet", "disc-genisoimage", "mail", "mailbox", "office"}


def _told(done):
    print(done.table(), flush=True)
    return f"{len(done.failures)} of {done.cases()} failed:\n" + "\n".join(map(str, done.failures[:FAILURES_SHOWN]))


def test_whole_archives_are_infected(play):
    done = play(1, with_damage=False)

    told = _told(done)
    if done.failures:
        pytest.fail(told, pytrace=False)
    # Refusing everything would pass as well: most must have been opened.
    if done.cases() >= CASES_THAT_SAY_SOMETHING:
        assert done.infected_share() >= INFECTED_SHARE_MIN
        assert done.left_out.total() <= LEFT_OUT_SHARE_MAX * done.cases(), "programs that pack nothing test nothing"


def test_damaged_archives_are_clean_only_without_the_marker(play):
    done = play(0.5, with_damage=True)

    told = _told(done)
    if done.failures:
        pytest.fail(told, pytrace=False)


def test_the_oracle_reaches_the_marker(tmp_path):
    """Else "no unpacker gets there" would say nothing about damaged archives."""
    with workshop.Workshop() as shop:
        made = [cases.make(ORACLE_SEED, number, shop, sorted(ORACLE_KNOWS)) for number in range(ORACLE_CASES)]

    missed = [str(case) for case in made if oracle.way_to_marker(case.content, tmp_path / "oracle") is None]

    assert not missed


def test_the_oracle_says_no(tmp_path):
    assert oracle.way_to_marker(b"nothing in here" * 400, tmp_path / "oracle") is None
