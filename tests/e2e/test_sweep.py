"""No object left behind: what no event told of gets its verdict all the same."""
import signal
import subprocess
import time
from datetime import datetime, timezone
from urllib.parse import urlencode

import pytest

from harness import samples
from harness.system import eventually


def sweep(system, *more):
    done = system.run("sweep", "--grace", "0s", "--json", *more)
    assert done.code == 0, done
    return {report["bucket"]: report for report in done.json_lines()}


def test_objects_without_an_event_get_verdicts(system):
    bucket = system.new_bucket()
    for n in range(3):
        system.put(bucket, f"before the protection/ü {n}", samples.clean())
    system.put(bucket, "bad", samples.eicar())
    assert system.run("bucket", "protect", bucket).code == 0

    report = sweep(system)[bucket]
    assert (report["listed"], report["enqueued"]) == (4, 4)
    assert report["oldestUnscannedSeconds"] >= 0 and report["finished"]

    system.start_agent()
    for n in range(3):
        assert system.await_verdict(bucket, f"before the protection/ü {n}")["scan-result"] == "Clean"
    system.await_quarantine(bucket, "bad")
    assert {result["source"] for result in system.results(bucket)} == {"retro"}

    report = sweep(system, "--bucket", bucket)[bucket]
    assert (report["listed"], report["enqueued"], report["oldestUnscannedSeconds"]) == (3, 0, 0)
    shown = system.run("sweep", "status", "--json", "--bucket", bucket).json_lines()[0]
    assert shown["finished"] and shown["enqueued"] == 0


def test_what_ended_in_an_error_is_scanned_again_on_request(system):
    system.protected_bucket()
    bucket = system.new_bucket()  # No event tells of it.
    system.put(bucket, "crashed", b"text", tags={"scan-result": "Error", "message": "staging: the spool is full"})

    assert sweep(system, "--bucket", bucket)[bucket]["enqueued"] == 0
    assert sweep(system, "--bucket", bucket, "--errors")[bucket]["enqueued"] == 1

    system.start_agent()
    eventually(lambda: system.tags(bucket, "crashed")["scan-result"] == "Clean", what="a verdict instead of an error")


def test_a_time_window_is_scanned_again_whatever_its_tags_say(system):
    system.protected_bucket()
    bucket = system.new_bucket()  # No event tells of it.
    system.put(bucket, "a/old", b"old", tags={"scan-result": "Clean"})
    time.sleep(1.1)  # Times of S3 have whole seconds.
    since = datetime.now(timezone.utc).isoformat()
    system.put(bucket, "a/new", b"new", tags={"scan-result": "Clean"})
    system.put(bucket, "b/new", b"new")

    done = system.run("scan", "bucket", f"s3://{bucket}/a/", "--since", since[:19] + "Z", "--json")

    assert done.code == 0, done
    assert done.json_lines()[0]["enqueued"] == 1
    system.start_agent()
    eventually(lambda: "date-scanned" in system.tags(bucket, "a/new"), what="the scan of what is new")
    assert "date-scanned" not in system.tags(bucket, "a/old")
    assert "scan-result" not in system.tags(bucket, "b/new")


@pytest.mark.only_on("devcloud", reason="objects in archives can be read")
def test_what_lies_in_an_archive_is_asked_for_once(system):
    bucket = system.new_bucket()
    system.put(bucket, "cold", b"x", StorageClass="GLACIER")
    assert system.run("bucket", "protect", bucket).code == 0

    first = sweep(system, "--bucket", bucket)[bucket]
    assert (first["enqueued"], first["archived"]) == (1, 0)
    system.start_agent()
    found = system.await_verdict(bucket, "cold")
    assert found["scan-result"] == "Unscannable" and found["message"].startswith("archived")

    again = sweep(system, "--bucket", bucket)[bucket]
    assert (again["enqueued"], again["archived"], again["oldestUnscannedSeconds"]) == (0, 1, 0)
    forced = system.run("scan", "bucket", f"s3://{bucket}", "--json").json_lines()[0]
    assert (forced["enqueued"], forced["archived"]) == (0, 1)


@pytest.mark.only_on("devcloud", reason="a receive that its agent gave up still takes a message, for a sweep's two minutes")
def test_with_a_key_only_what_is_sealed_for_its_place_is_scanned(system):
    bucket = system.protected_bucket(versioned=True)
    keys = system.folder / "seal-keys"
    assert system.run("seal", "new-key", keys).code == 0
    agent = system.start_agent(CORDON_SEAL_KEY_FILE=keys)
    system.put(bucket, "sealed", samples.clean())
    tags = system.await_verdict(bucket, "sealed")
    system.await_idle()
    assert agent.terminate() == 0
    quiet = system.new_bucket()  # No event tells of it.
    system.s3.copy_object(Bucket=quiet, Key="copy", CopySource={"Bucket": bucket, "Key": "sealed"})
    named = {"scan-result": "Clean", "scan-seal": f"v1.{tags['scan-seal'].split('.')[1]}.1.AAAAAAAAAAAAAAAAAAAAAA"}
    for key, copied in {"evil": tags, "named": named}.items():
        system.put(quiet, key, samples.eicar(), Tagging=urlencode(copied))
    sealing = ["--seal-key-file", keys]

    report = sweep(system, "--bucket", bucket, *sealing)[bucket]
    assert (report["listed"], report["enqueued"], report["unproven"]) == (1, 0, 0)
    report = sweep(system, "--bucket", quiet)[quiet]
    assert (report["listed"], report["enqueued"], report["unproven"]) == (3, 0, 3), "without a key it says so"
    report = sweep(system, "--bucket", quiet, *sealing)[quiet]
    assert (report["listed"], report["enqueued"], report["unproven"]) == (3, 3, 0)

    system.start_agent(CORDON_SEAL_KEY_FILE=keys)
    eventually(lambda: {system.tags(quiet, key)["scan-result"] for key in ("evil", "named")} == {"Infected"},
               what="the verdicts of what nobody had scanned")
    system.await_idle()
    assert system.await_results(quiet, "copy")[0]["skipped"] is True
    report = sweep(system, "--bucket", quiet, *sealing)[quiet]
    assert (report["listed"], report["enqueued"]) == (3, 0), "and then they are known"


@pytest.mark.only_on("devcloud", reason="of two conditional writes at one moment both succeed")
def test_two_agents_share_the_schedule(system):
    """[sweep] every: the agents do it, and one of them does."""
    bucket = system.new_bucket()
    system.put(bucket, "old", samples.clean())
    assert system.run("bucket", "protect", bucket).code == 0
    settings = system.folder / "sweep.toml"
    settings.write_text('schema = 1\n[sweep]\nevery = "1h"\n')
    assert system.run("settings", "apply", settings).code == 0

    agents = [system.launch_agent(workers=1) for _ in range(2)]

    eventually(lambda: sum(agent.log().count('"sweep.done"') for agent in agents) >= 1, 30, what="a sweep on schedule")
    line = f'cordon_oldest_unscanned_seconds{{bucket="{bucket}"}}'
    eventually(lambda: any(line in agent.get("/metrics")[1] for agent in agents), 30, what="the metric")
    eventually(lambda: all("agent.started" in agent.log() for agent in agents), 30, what="both agents")
    time.sleep(0.5)   # Both have looked.
    assert sum(agent.log().count('"sweep.done"') for agent in agents) == 1
    report = system.run("sweep", "status", "--json", "--bucket", bucket).json_lines()[0]
    assert report["finished"] and report["listed"] == 1


def test_a_killed_sweep_is_continued(system):
    bucket = system.new_bucket()
    for n in range(1100):
        system.put(bucket, f"k{n:04}", b"x")
    assert system.run("bucket", "protect", bucket).code == 0
    sweeping = subprocess.Popen([system.bin_dir / "cordon", "sweep", "--grace", "0s", "--bucket", bucket],
                                env=system.environment(), stderr=subprocess.PIPE, text=True)
    assert "1000 objects" in sweeping.stderr.readline()  # The first page is in the checkpoint.
    sweeping.send_signal(signal.SIGKILL)
    sweeping.wait()

    if system.run("sweep", "status", "--json", "--bucket", bucket).json_lines()[0]["finished"] is None:
        refused = system.run("sweep", "--grace", "0s", "--bucket", bucket)
        assert refused.code == 4 and "is being swept by" in refused.err
    report = sweep(system, "--bucket", bucket, "--take-over")[bucket]

    assert (report["listed"], report["enqueued"]) == (1100, 1100)
