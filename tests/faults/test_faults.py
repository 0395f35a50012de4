"""Every fault for a moment under load; and the judge, who must see what is wrong."""
import dataclasses
import json
import pathlib
import random

import faults
import pytest
from judge import Outcome, Played, Reading, judge
from load import Upload
from play import acts_of, play_and_keep

PROBLEMS_SHOWN = 30
# Else nothing came to pass that could have gone wrong.
UPLOADS_A_FAULT_MIN = 1


@pytest.fixture(scope="module")
def done(request):
    """The round, played once."""
    option = request.config.getoption
    acts = acts_of(option("--only"), option("--pairs"), option("--seed"))
    played = play_and_keep(option("--bin-dir"), option("--seed"), acts, option("--seconds"), option("--keep"))
    print(played.table(), flush=True)
    if option("--json"):
        pathlib.Path(option("--json")).write_text(json.dumps(played.document(), indent=1) + "\n", encoding="utf-8")
    return played


def test_every_fault_is_gone_without_a_trace_afterwards(done):
    if done.problems:
        pytest.fail("\n".join(done.problems[:PROBLEMS_SHOWN]), pytrace=False)
    assert sum(one.uploads for one in done.played) >= UPLOADS_A_FAULT_MIN * len(done.played)


def test_every_fault_could_be_played(done):
    if done.skipped:
        pytest.skip("not played: " + ", ".join(f"{name} ({why})" for name, why in done.skipped.items()))


# ---- what is played ----

def test_names_are_of_one_fault_each():
    names = [fault.name for fault in faults.everything()]
    assert len(names) == len(set(names))
    assert {fault.name for fault in faults.shortened(1)} < set(names)


def test_faults_that_hold_the_same_do_not_overlap():
    for seed in range(200):
        first, second = faults.pair(random.Random(seed))
        assert first.name != second.name and not first.holds & second.holds


def test_acts_are_found_by_their_names():
    (first, second), (third,) = acts_of("dns+cut,refused", False, 1)
    assert (first.name, second.name, third.name) == ("dns", "cut", "refused")
    with pytest.raises(ValueError):
        acts_of("nothing", False, 1)


# ---- the judge ----

BEFORE = Reading(memory_mb=30, descriptors=60, threads=20)


def right():
    """As it should be: one object of each kind."""
    uploads = {key: Upload(key, verdict, f"etag of {key}", 0.0) for key, verdict in
               (("clean", "Clean"), ("evil", "Infected"), ("locked", "Unscannable"))}
    there = {key: (upload.etag, upload.verdict) for key, upload in uploads.items()}
    return Outcome(uploads=uploads, there={key: there[key] for key in ("clean", "locked")}, quarantined={"evil": there["evil"]},
                   results={key: {upload.verdict} for key, upload in uploads.items()}, verdict_seconds=59.0,
                   verdict_seconds_max=60, is_at_rest=True, dead_letters=0, before=[BEFORE, BEFORE], after=[BEFORE, BEFORE], are_ready=True,
                   played=[Played(("dns",), 2.0, 3, {"dns": 4}, {"dns": True}, 1.0, 0, 30.0)])


def _falsely_clean(outcome):
    outcome.there["locked"] = (outcome.uploads["locked"].etag, "Clean")


def _without_a_verdict(outcome):
    outcome.there["clean"] = (outcome.uploads["clean"].etag, None)


def _lost(outcome):
    del outcome.there["clean"]


def _lost_from_quarantine(outcome):
    outcome.quarantined.clear()


def _still_there(outcome):
    outcome.there["evil"] = outcome.quarantined["evil"]


def _taken_away(outcome):
    outcome.quarantined["clean"] = outcome.there["clean"]


def _damaged(outcome):
    outcome.quarantined["evil"] = ("etag of another", "Infected")


def _nobodys(outcome):
    outcome.quarantined["other"] = ("etag", "Infected")


def _not_reported(outcome):
    del outcome.results["clean"]


def _reported_otherwise(outcome):
    outcome.results["evil"].add("Error")


def _late(outcome):
    outcome.verdict_seconds = 61.0


def _never_at_rest(outcome):
    outcome.is_at_rest = False


def _given_up(outcome):
    outcome.dead_letters = 1


def _not_ready(outcome):
    outcome.are_ready = False


def _after(outcome, **changes):
    outcome.after = [BEFORE, dataclasses.replace(BEFORE, **changes)]


def _ended(outcome):
    _after(outcome, ended="ended with -9")


def _grown(outcome):
    _after(outcome, memory_mb=41)


def _threads_left(outcome):
    _after(outcome, threads=21)


def _descriptors_left(outcome):
    _after(outcome, descriptors=121)


def _not_met(outcome):
    outcome.played[0].met["dns"] = 0


def _not_said(outcome):
    outcome.played[0].said["dns"] = False


WRONG = [_falsely_clean, _without_a_verdict, _lost, _lost_from_quarantine, _still_there, _taken_away, _damaged, _nobodys, _not_reported,
         _reported_otherwise, _late, _never_at_rest, _given_up, _not_ready, _ended, _grown, _threads_left, _descriptors_left, _not_met,
         _not_said]


def test_the_judge_finds_nothing_wrong_with_what_is_right():
    assert not judge(right())


@pytest.mark.parametrize("make_wrong", WRONG)
def test_the_judge_sees_what_is_wrong(make_wrong):
    outcome = right()
    make_wrong(outcome)
    assert judge(outcome)


def test_some_growth_is_none():
    outcome = right()
    _after(outcome, memory_mb=39, descriptors=110)
    assert not judge(outcome)
