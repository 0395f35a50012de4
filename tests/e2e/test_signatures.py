"""Signatures that change while an agent runs: no restart, no bad set in force."""
import os
import shutil

import pytest

from harness import samples
from harness.system import eventually

MARKER = b"a marker that no signature knows yet: 5f1d9c"
RULE = f"Test.New.Marker:0:*:{MARKER.hex()}\n"


@pytest.fixture
def folder(system, tmp_path):
    """A signature directory of the test's own, which starts as the shipped set."""
    copy = tmp_path / "signatures"
    shutil.copytree(system.signatures, copy)
    return copy


def write(folder, name, text):
    """As a program that brings signatures does it: whole, under another name first."""
    (folder / f"{name}.part").write_text(text)
    os.replace(folder / f"{name}.part", folder / name)


def reloads(agent, result):
    return agent.metric("cordon_signature_reloads_total", result=result)


def test_a_new_signature_finds_what_the_old_set_did_not_and_bad_sets_change_nothing(system, bucket, folder):
    agent = system.start_agent(signatures=folder)
    first = agent.engine_processes()[0]
    system.put(bucket, "before", MARKER)
    assert system.await_verdict(bucket, "before")["scan-result"] == "Clean"

    write(folder, "own.ndb", RULE)
    eventually(lambda: reloads(agent, "loaded") == 1, what="the new set in force")
    system.put(bucket, "after", MARKER)
    assert system.await_quarantine(bucket, "after")["virus-name"].startswith("Test.New.Marker")
    old, new = (system.await_results(bucket, key)[0]["signatures"] for key in ("before", "after"))
    assert old.startswith("test-") and new.startswith("local-")
    assert first not in agent.engine_processes(), "the old engine has ended"

    write(folder, "broken.ndb", "this is no signature\n")
    eventually(lambda: reloads(agent, "refused") == 1, what="the refusal of a broken file")
    (folder / "broken.ndb").unlink()
    # Finds every program, ours included, which are known to be clean.
    write(folder, "greedy.ndb", "Test.Greedy:0:*:7f454c460201\n")
    eventually(lambda: reloads(agent, "refused") == 2, what="the refusal of a set with a false alarm")
    assert "which is known to be clean" in agent.log()
    assert agent.get("/readyz")[0] == 200 and agent.metric("cordon_signatures_refused") == 1
    system.put(bucket, "later", MARKER)
    system.put(bucket, "clean", b"text")
    system.await_quarantine(bucket, "later")
    assert system.await_verdict(bucket, "clean")["scan-result"] == "Clean"
    assert system.await_results(bucket, "later")[0]["signatures"] == new
    assert agent.terminate() == 0
    assert not [p for p in (system.folder / "spool-1" / "signatures").iterdir()], "copies are removed"
