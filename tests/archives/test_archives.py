"""Archives by many writers, with the marker of the test signatures in one member: none is Clean."""
import pytest

CASES_THAT_SAY_SOMETHING = 500      # Fewer, or some writers alone, and shares mean nothing.
INFECTED_SHARE_MIN = 0.9
FAILURES_SHOWN = 20


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
        assert done.verdicts["Infected"] >= INFECTED_SHARE_MIN * done.cases()


def test_damaged_archives_are_clean_only_without_the_marker(play):
    done = play(0.5, with_damage=True)

    told = _told(done)
    if done.failures:
        pytest.fail(told, pytrace=False)
