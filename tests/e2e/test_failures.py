"""What goes wrong says so, says what to do, and loses nothing."""
import json
import os
import re
import shutil
import socket
import subprocess

import pytest

from harness import samples
from harness.system import eventually


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def says(done, *words):
    text = (done.out + done.err).lower()
    missing = [word for word in words if not re.search(word.lower(), text)]
    assert not missing, f"{missing} not in: {done}"
    assert "traceback" not in text and "terminate called" not in text


@pytest.mark.only_on("devcloud", reason="does not check signatures")
def test_a_wrong_secret(system, bucket):
    done = system.run("bucket", "status", bucket, AWS_SECRET_ACCESS_KEY="wrong")

    assert done.code == 4
    says(done, "signature|secret|credential")
    assert "wrong" not in done.err.split()


@pytest.mark.only_on("devcloud", reason="does not check access keys")
def test_an_unknown_access_key_stops_the_agent_with_a_reason(system, bucket):
    agent = system.launch_agent(AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE")

    assert agent.process.wait(60) == 4
    assert re.search(r"access key|credential|InvalidClientTokenId|InvalidAccessKeyId", agent.log())


def test_no_credentials_at_all(system, bucket):
    done = system.run("bucket", "status", bucket, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)

    assert done.code == 4
    says(done, "credential")


def test_an_unreachable_endpoint(system):
    port = unused_port()

    done = system.run("bucket", "list", AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}")

    assert done.code == 4
    says(done, f"127.0.0.1:{port}")


def test_the_flag_beats_the_environment(system, bucket):
    done = system.run("bucket", "status", bucket, "--endpoint-url", system.endpoint,
                      AWS_ENDPOINT_URL=f"http://127.0.0.1:{unused_port()}")

    assert done.code == 0


def test_an_agent_without_a_queue_says_how_to_make_one(system):
    agent = system.launch_agent()

    assert agent.process.wait(60) in (4, 5)
    assert "bucket protect" in agent.log() and system.event_queue in agent.log()


def test_a_bucket_that_does_not_exist(system):
    done = system.run("bucket", "protect", "no-such-bucket-here")

    assert done.code == 5
    says(done, "there is no bucket no-such-bucket-here")


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("bucket",), ("bucket", "protect"), ("agent", "--no-such-flag")],
                         ids=["none", "unknown", "half", "no-bucket", "flag"])
def test_a_wrong_command_line(system, arguments):
    done = system.run(*arguments)

    assert done.code == 2 and done.err + done.out


@pytest.mark.parametrize("arguments,words", [
    (("agent", "--slots", "0"), "--slots"), (("agent", "--workers", "0"), "--workers"),
    (("agent", "--spool-bytes", "1"), "--spool-bytes"), (("bucket", "list", "--region", "a b"), "region"),
    (("bucket", "list", "--endpoint-url", "cloud"), "http://"), (("gateway", "link", "--file-share-arn", "x"), "arn:partition"),
    (("scan", "bucket", "uploads"), "s3://bucket"), (("buckets",), 'no command "buckets".* bucket'),
    (("bucket", "lst"), 'cordon bucket has no command "lst".* list')])
def test_what_its_caller_wrote_wrongly_is_usage(system, arguments, words):
    done = system.run(*arguments)

    assert done.code == 2
    says(done, words)


@pytest.mark.only_on("devcloud", reason="has no Storage Gateway")
def test_nothing_to_show_is_said(system, bucket):
    for command, region, words in ((("quarantine", "list"), None, "nothing is in quarantine"),
                                   (("gateway", "status"), "ap-east-1", "no file shares")):
        where = {"AWS_REGION": region} if region else {}   # Other tests have shares in ours.
        done = system.run(*command, **where)
        assert (done.code, done.out) == (0, "")
        says(done, words)
        assert system.run(*command, "--json", **where).err == ""


def bad_signatures(kind, folder):
    path = folder / "signatures"
    if kind == "missing":
        return path
    path.mkdir()
    if kind == "corrupt":
        (path / "broken.ndb").write_text("this is no signature\n")
    if kind == "file":
        path.rmdir()
        path.write_text("no directory")
    return path


@pytest.mark.parametrize("kind", ["missing", "empty", "corrupt", "file"])
def test_signatures_that_cannot_be_used(system, bucket, kind):
    path = bad_signatures(kind, system.folder)
    system.put(bucket, "waits", samples.eicar())
    agent = system.launch_agent(signatures=path)

    assert agent.process.wait(60) == 4
    assert str(path) in agent.log()
    assert system.tags(bucket, "waits") == {}
    system.start_agent()
    assert system.await_quarantine(bucket, "waits")["scan-result"] == "Infected"


def test_a_spool_that_cannot_be_used(system, bucket):
    path = system.folder / "spool-file"
    path.write_text("no directory")

    agent = system.launch_agent(spool=path)

    assert agent.process.wait(60) == 4
    assert str(path) in agent.log()


@pytest.fixture
def small_disk(tmp_path):
    path = tmp_path / "small"
    path.mkdir()
    mounted = os.geteuid() == 0 and shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", path], check=False, capture_output=True).returncode == 0
    if not mounted:
        pytest.skip("a small file system cannot be mounted here")
    yield path
    subprocess.run(["umount", "-l", path], check=True)


def test_a_full_spool(system, bucket, small_disk):
    agent = system.start_agent(spool=small_disk)
    system.put(bucket, "too-big.bin", b"\0" * 100_000_000 + samples.eicar())

    def noticed():
        tags = system.tags(bucket, "too-big.bin") or {}
        return tags.get("scan-result") or re.search(r"spool|no space", agent.log(), re.IGNORECASE)
    eventually(noticed, 120, what="a word about the spool")

    tags = system.tags(bucket, "too-big.bin")
    assert tags is not None and tags.get("scan-result", "Error") in ("Error", "Unscannable")
    if "scan-result" in tags:
        assert tags["message"].startswith("staging")
    system.put(bucket, "small", samples.clean())
    assert system.await_verdict(bucket, "small")["scan-result"] == "Clean"


def deny(bucket, *actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": list(actions), "Resource": f"arn:aws:s3:::{bucket}/locked/*"}]})


@pytest.mark.only_on("devcloud", reason="does not enforce policies as AWS does")
def test_reading_is_not_permitted(system, bucket, agent):
    system.put(bucket, "locked/k", samples.eicar())
    system.await_quarantine(bucket, "locked/k")
    system.s3.put_bucket_policy(Bucket=bucket, Policy=deny(bucket, "s3:GetObject", "s3:GetObjectVersion"))
    system.put(bucket, "locked/k2", samples.eicar())

    tags = system.await_verdict(bucket, "locked/k2")

    assert tags["scan-result"] == "Error" and tags["message"].startswith("access-denied")
    assert system.await_results(bucket, "locked/k2")[0]["reason"] == "access-denied"


@pytest.mark.only_on("devcloud", reason="does not enforce policies as AWS does")
def test_tagging_is_not_permitted(system, bucket, agent):
    system.s3.put_bucket_policy(Bucket=bucket, Policy=deny(bucket, "s3:PutObjectTagging", "s3:PutObjectVersionTagging"))
    system.put(bucket, "locked/k", samples.clean())

    result = system.await_results(bucket, "locked/k", seconds=120)[0]

    assert (result["result"], result["tagging"]) == ("Clean", "failed")
    assert system.exists(bucket, "locked/k")


@pytest.mark.only_on("devcloud", reason="does not enforce policies as AWS does")
def test_deleting_is_not_permitted(system, bucket, agent):
    system.s3.put_bucket_policy(Bucket=bucket, Policy=deny(bucket, "s3:DeleteObject", "s3:DeleteObjectVersion"))
    system.put(bucket, "locked/evil", samples.eicar())

    result = system.await_results(bucket, "locked/evil", seconds=120)[0]

    assert result["result"] == "Infected"
    assert [a["status"] for a in result["actions"] if a["kind"] == "move"] == ["failed"]
    assert system.tags(bucket, "locked/evil")["scan-result"] == "Infected"


def test_a_quarantine_that_is_gone_loses_nothing(system, bucket, agent):
    system.s3.delete_bucket(Bucket=system.quarantine)
    system.put(bucket, "evil", samples.eicar())

    eventually(lambda: (system.tags(bucket, "evil") or {}).get("scan-result") == "Infected", what="the verdict")

    assert system.body(bucket, "evil") == samples.eicar()
