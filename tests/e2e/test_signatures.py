"""Signatures that change while an agent runs: no restart, no bad set in force."""
import functools
import hashlib
import http.server
import os
import shutil
import threading

import pytest

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


@pytest.fixture
def mirror(system, tmp_path):
    """A web server with the shipped set and a file of its own."""
    files = tmp_path / "mirror"
    shutil.copytree(system.signatures, files)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(files)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield files, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def publish(files):
    sums = "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in sorted(files.glob("*.?db")))
    (files / "SHA256SUMS").write_text(sums)


def test_updates_are_proven_swapped_and_taken_back(system, bucket, mirror, tmp_path):
    files, url = mirror
    root, spool = tmp_path / "sets", tmp_path / "spool"
    spool.mkdir(mode=0o700)

    def signatures(verb, *arguments):
        return system.run("--json", "signatures", verb, "--spool", spool, "--signatures", root, *arguments)

    def version():
        return system.run("--json", "signatures", "status", "--signatures", root).json_lines()[0]["version"]

    publish(files)
    done = signatures("update", "--source", url)
    assert done.code == 0 and done.json_lines()[0]["changed"], done
    first = version()
    assert not signatures("update", "--source", url).json_lines()[0]["changed"]

    (files / "own.ndb").write_text(RULE)
    publish(files)
    assert signatures("update", "--source", url).code == 0
    assert version() != first and version().startswith("local-")

    (files / "broken.ndb").write_text("this is no signature\n")
    publish(files)
    good = version()
    refused = signatures("update", "--source", url)
    assert refused.code == 4 and "broken.ndb" in refused.err and version() == good, refused
    assert system.run("signatures", "check", files, "--spool", spool).code == 4
    (files / "broken.ndb").unlink()

    (files / "own.yar").write_text('rule unread { strings: $a = "CORDON-NOWHERE" xor condition: $a }\n'
                                   'rule read { strings: $a = "CORDON-NOWHERE" condition: $a }\n')
    checked = system.run("--json", "signatures", "check", files, "--spool", spool).json_lines()[0]
    assert checked["taken"] and checked["notInForceCount"] == 2, checked
    assert checked["notInForce"][0].startswith("own.yar: rule unread (line 1) is not in force"), checked
    assert "rules behind line 1" in checked["notInForce"][1] and "read" in checked["notInForce"][1], checked
    (files / "own.yar").unlink()

    assert signatures("update", "--rollback").code == 0
    assert version() == first
    publish(files)
    again = signatures("update", "--source", url)
    assert again.code == 4 and "rolled back" in again.err and version() == first, again

    for path in files.glob("*.?db"):
        system.put(bucket, f"sets/{path.name}", path.read_bytes())
    elsewhere = tmp_path / "elsewhere"
    done = system.run("signatures", "update", "--spool", spool, "--signatures", elsewhere, "--source", f"s3://{bucket}/sets")
    assert done.code == 0 and (elsewhere / "current" / "own.ndb").read_text() == RULE, done
    missing = system.run("signatures", "update", "--spool", spool, "--signatures", elsewhere, "--source", "freshclam",
                         "--freshclam", "/nonexistent/freshclam")
    assert missing.code == 4 and "clamav-freshclam" in missing.err
    assert system.run("signatures", "update", "--spool", spool, "--signatures", elsewhere).code == 2
