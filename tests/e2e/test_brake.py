"""New signatures that find too much take nothing away until somebody decides."""
import os
import shutil

import pytest

from harness import samples
from harness.system import eventually


def rule(marker):
    return f"Test.Brake.{marker}:0:*:{marker_bytes(marker).hex()}\n"


def marker_bytes(marker):
    return f"what only the signature {marker} knows: 7c2e90".encode()


@pytest.fixture
def folder(system, tmp_path):
    """A signature directory of the test's own, which starts as the shipped set."""
    copy = tmp_path / "signatures"
    shutil.copytree(system.signatures, copy)
    return copy


def bring(folder, agent, marker):
    """Another file of signatures, and the agent scans with it."""
    before = agent.metric("cordon_signature_reloads_total", result="loaded")
    (folder / "new.part").write_text(rule(marker))
    os.replace(folder / "new.part", folder / f"{marker}.ndb")
    eventually(lambda: agent.metric("cordon_signature_reloads_total", result="loaded") > before, what="the new set in force")


def brake(system):
    done = system.run("--json", "signatures", "brake")
    return done.code, done.json_lines()[0]


def upload_and_await_hold(system, bucket, marker, count=6):
    """Uploads objects in which only the new signature finds something; returns those that are held."""
    keys = [f"{marker}/{n}" for n in range(count)]
    for key in keys:
        system.put(bucket, key, marker_bytes(marker) + key.encode())
    eventually(lambda: all(not system.exists(bucket, key) or system.tags(bucket, key) for key in keys), what="verdicts")
    system.await_idle()
    held = [key for key in keys if system.exists(bucket, key)]
    assert {system.tags(bucket, key)["scan-result"] for key in held} == {"Infected"}
    for key in set(keys) - set(held):
        assert system.exists(system.quarantine, f"{bucket}/{key}")
    assert len(keys) - len(held) <= 2, "what was moved before the brake was pulled"
    code, report = brake(system)
    assert (code, report["state"], report["held"]) == (5, "holding", len(held)), report
    assert any(marker in name for name in report["names"])
    result, = system.await_results(bucket, held[0])
    assert [action["status"] for action in result["actions"]] == ["held"]
    return held


def test_what_new_signatures_find_too_much_of_is_held_until_somebody_decides(system, bucket, folder):
    settings = system.folder / "brake.toml"
    settings.write_text("schema = 1\n[brake]\ninfected_min = 3\nshare = 1\n")
    assert system.run("settings", "apply", settings).code == 0
    assert brake(system)[1]["state"] == "none" and system.run("signatures", "confirm").code == 5
    agent = system.start_agent(signatures=folder)
    for n in range(8):
        system.put(bucket, f"clean {n}", f"text {n}".encode())
    system.put(bucket, "known", samples.eicar())
    system.await_quarantine(bucket, "known")
    system.await_idle()

    bring(folder, agent, "Right")
    held = upload_and_await_hold(system, bucket, "Right")
    assert agent.metric("cordon_brake_holding") == 1 and agent.metric("cordon_held_actions_total") == len(held)
    system.put(bucket, "known again", samples.eicar())
    system.await_quarantine(bucket, "known again")
    done = system.run("--json", "signatures", "confirm")
    assert done.code == 0 and done.json_lines()[0]["asked"] == len(held), done
    for key in held:
        assert "Right" in system.await_quarantine(bucket, key)["virus-name"]
    assert brake(system)[0] == 0 and brake(system)[1]["held"] == 0

    for n in range(70):   # So much that what was infected until now is a small part of it.
        system.put(bucket, f"more/{n}", b"text")
    system.await_idle()
    bring(folder, agent, "Wrong")
    held = upload_and_await_hold(system, bucket, "Wrong")
    if system.peer == "moto":   # A fresh agent leaves the name out from the start; one that runs takes longer.
        assert agent.terminate() == 0
    assert system.run("signatures", "reject").code == 0
    if system.peer == "moto":
        agent = system.start_agent(signatures=folder)
    eventually(lambda: {system.tags(bucket, key)["scan-result"] for key in held} == {"Clean"}, 90, what="clean verdicts")
    assert brake(system)[0] == 0 and brake(system)[1]["held"] == 0
    assert any("Wrong" in name for name in brake(system)[1]["ignored"])
    assert agent.metric("cordon_signatures_ignored") == 1 and agent.metric("cordon_brake_holding") == 0
    status = system.run("--json", "signatures", "status", "--signatures", folder).json_lines()[0]
    assert any("Wrong" in name for name in status["ignored"])
