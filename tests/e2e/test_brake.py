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
    before = reloads(agent)
    (folder / "new.part").write_text(rule(marker))
    os.replace(folder / "new.part", folder / f"{marker}.ndb")
    eventually(lambda: reloads(agent) > before, what="the new set in force")


def reloads(agent):
    return agent.metric("cordon_signature_reloads_total", result="loaded")


def dilute(system, bucket, folder):
    """So many clean objects that what was infected until now is a small part."""
    for n in range(70):
        system.put(bucket, f"{folder}/{n}", b"text")
    system.await_idle()


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
    line = next(line for line in system.run("doctor", "--no-engine", "--json").json_lines() if line["check"] == "brake")
    assert line["state"] == "warning" and "cordon signatures brake" in line["fix"]
    system.put(bucket, "known again", samples.eicar())
    system.await_quarantine(bucket, "known again")
    done = system.run("--json", "signatures", "confirm")
    assert done.code == 0 and done.json_lines()[0]["asked"] == len(held), done
    for key in held:
        assert "Right" in system.await_quarantine(bucket, key)["virus-name"]
    assert brake(system)[0] == 0 and brake(system)[1]["held"] == 0

    dilute(system, bucket, "a")
    bring(folder, agent, "Wrong")
    wrong = upload_and_await_hold(system, bucket, "Wrong")
    before = reloads(agent)
    assert system.run("signatures", "reject").code == 0
    eventually(lambda: reloads(agent) > before, what="a set without the rejected name in force")
    assert agent.metric("cordon_signatures_ignored") == 1 and agent.metric("cordon_brake_holding") == 0
    status = system.run("--json", "signatures", "status", "--signatures", folder).json_lines()[0]
    assert any("Wrong" in name for name in status["ignored"])

    dilute(system, bucket, "b")
    bring(folder, agent, "Bad")
    upload_and_await_hold(system, bucket, "Bad")
    assert system.run("signatures", "reject", "--set").code == 0
    eventually(lambda: agent.metric("cordon_signature_reloads_total", result="rolled-back") == 1, what="the set before")
    system.put(bucket, "found by nobody", marker_bytes("Bad"))
    assert system.await_verdict(bucket, "found by nobody")["scan-result"] == "Clean"
    code, report = brake(system)
    assert (code, report["state"], report["held"]) == (0, "rejected", 0)
    assert any("Wrong" in name for name in report["ignored"]) and len(report["rejectedSets"]) == 1

    # Asked for before the agent had taken the rejection up, so their requests came a second time.
    eventually(lambda: {system.tags(bucket, key)["scan-result"] for key in wrong} == {"Clean"}, 90, what="clean verdicts")
