"""Seals: what they spare, what they do not, and what `cordon verdict` makes of them.

The uploader of these tests has every right on objects and tags, and not the key.
"""
import hashlib
import re
import subprocess
import sys
import time

import boto3
import peer as peers
import pytest

from harness import samples
from harness.system import REGION, eventually

sys.path.append(str(peers.REPOSITORY / "src" / "core"))
import seal_oracle  # noqa: E402


@pytest.fixture
def key_file(system):
    path = system.folder / "seal-keys"
    made = system.run("seal", "new-key", path)
    assert made.code == 0, made
    assert path.stat().st_mode & 0o777 == 0o600
    return path


@pytest.fixture
def sealing(system, bucket, key_file):
    """One agent that has the key."""
    return system.start_agent(CORDON_SEAL_KEY_FILE=key_file)


def keys_in(path):
    return [tuple(line.split()) for line in path.read_text().splitlines() if line and not line.startswith("#")]


def sealed_as(system, key_file, tags, body, **stated):
    """What somebody with the key makes of these tags and bytes."""
    (key_id, key_hex), = keys_in(key_file)
    usual = dict(signatures="27451", deployment=f"{system.deployment}@{system.account}", policy="1nop",
                 time=re.sub("[-:]", "", tags["date-scanned"]), bucket="elsewhere", key="k", version="v")
    if "etag" in stated:
        usual["version"] = ""
    return seal_oracle.seal(
        key_id=key_id, key_hex=key_hex, result=tags["scan-result"], date=tags["date-scanned"], virus="", message="",
        sha256=hashlib.sha256(body).hexdigest(), size=len(body), **(usual | stated))


def set_tags(system, bucket, key, tags):
    system.s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={
        "TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]})


def put_with_tags(system, bucket, key, body, tags):
    """An upload whose tags are there from its first moment on, whatever characters they have."""
    from urllib.parse import urlencode
    return system.s3.put_object(Bucket=bucket, Key=key, Body=body, Tagging=urlencode(tags))


def verdict(system, bucket, key, *more, key_file=None, **options):
    done = system.run("verdict", f"s3://{bucket}/{key}", "--json", *more, CORDON_SEAL_KEY_FILE=key_file, **options)
    return done.code, (done.json_lines() or [None])[0], done.err


# ---- what the agent writes and skips ----

def test_the_seal_is_what_its_format_says(system, bucket, key_file, sealing):
    body = samples.clean()
    put_with_tags(system, bucket, "a b/ü", body, {"team": "blue"})

    tags = system.await_verdict(bucket, "a b/ü")

    (key_id, key_hex), = keys_in(key_file)
    signatures = tags["scan-seal"].split(".")[2]
    head = system.s3.head_object(Bucket=bucket, Key="a b/ü")
    assert tags["scan-seal"] == sealed_as(
        system, key_file, tags, body, bucket=bucket, key="a b/ü", signatures=signatures,
        etag=head["ETag"].strip('"'), modified=head["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert system.await_results(bucket, "a b/ü")[0]["signatures"] == signatures


def test_a_copy_of_a_sealed_object_is_skipped_in_another_bucket(system, bucket, sealing):
    elsewhere = system.protected_bucket(versioned=True)
    system.put(bucket, "original", samples.clean(), tags={"team": "blue"})
    sealed = system.await_verdict(bucket, "original")
    system.s3.copy_object(Bucket=elsewhere, Key="copy", CopySource={"Bucket": bucket, "Key": "original"})

    result = system.await_results(elsewhere, "copy")[0]

    assert (result["result"], result["skipped"], result["tagging"]) == ("Clean", True, "done")
    assert result["engine"] is None and result["signatures"] == sealed["scan-seal"].split(".")[2]
    copied = system.tags(elsewhere, "copy")
    assert copied["scan-seal"] != sealed["scan-seal"] and copied | {"scan-seal": sealed["scan-seal"]} == sealed
    assert sealing.metric("cordon_objects_skipped_total") == 1
    assert sealing.metric("cordon_forged_tags_total") == 0


def test_the_same_tags_on_other_bytes_are_scanned_and_overwritten(system, bucket, sealing):
    system.put(bucket, "original", samples.clean(68))
    sealed = system.await_verdict(bucket, "original")
    put_with_tags(system, bucket, "other", samples.clean(68), sealed | {"team": "red"})

    result = system.await_results(bucket, "other")[0]
    tags = system.tags(bucket, "other")

    assert (result["result"], result["skipped"]) == ("Clean", False)
    assert tags["scan-seal"] != sealed["scan-seal"] and tags["team"] == "red"
    assert sealing.metric("cordon_forged_tags_total", kind="broken") == 1


def test_no_tags_without_the_key_keep_malware_out_of_quarantine(system, bucket, key_file, sealing):
    system.put(bucket, "fine", samples.clean(68))
    sealed = system.await_verdict(bucket, "fine")
    (key_id, _), = keys_in(key_file)
    sha256 = hashlib.sha256(samples.eicar()).hexdigest()
    guessed = seal_oracle.seal_v1(key_id=key_id, key_hex="00" * 32, result="Clean", date="2026-01-01T00:00:00Z", virus="",
                                  message="", sha256=sha256, size=68, signatures="27451")
    forgeries = {
        "bare": {"scan-result": "Clean"},
        "copied": sealed,
        "guessed": {"scan-result": "Clean", "date-scanned": "2026-01-01T00:00:00Z", "scan-seal": guessed},
        "nonsense": {"scan-result": "Clean", "scan-seal": "v1...."},
        "own-key": {"scan-result": "Clean", "scan-seal": guessed.replace(key_id, "mine")},
        "full": sealed | {f"k{n}": "x" for n in range(10 - len(sealed))},
    }
    for key, tags in forgeries.items():
        put_with_tags(system, bucket, key, samples.eicar(), tags)

    for key in forgeries:
        tags = system.await_quarantine(bucket, key)
        assert tags["scan-result"] == "Infected" and tags.get("scan-seal") != forgeries[key].get("scan-seal")
    system.await_idle()
    assert not any(result["skipped"] for result in system.results(bucket))
    assert sealing.metric("cordon_forged_tags_total", kind="unsealed") == 1
    assert sealing.metric("cordon_forged_tags_total", kind="broken") == 4
    assert sealing.metric("cordon_forged_tags_total", kind="unknown-key") == 1


def test_malware_with_ten_tags_of_its_own_is_quarantined(system, bucket, sealing):
    owned = {f"k{n}": str(n) for n in range(10)}
    put_with_tags(system, bucket, "full", samples.eicar(), owned)

    assert system.await_quarantine(bucket, "full") == owned
    assert system.await_results(bucket, "full")[0]["tagging"] == "no-room"


def test_a_seal_holds_where_the_date_found_no_room(system, bucket, key_file, sealing):
    owned = {f"k{n}": str(n) for n in range(8)}
    put_with_tags(system, bucket, "tight", samples.clean(), owned)
    tags = system.await_verdict(bucket, "tight")
    system.s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "tight"})

    assert set(tags) == set(owned) | {"scan-result", "scan-seal"}
    assert system.await_results(bucket, "copy")[0]["skipped"] is True
    assert verdict(system, bucket, "copy", key_file=key_file)[0] == 0


def test_a_sealed_infection_that_comes_back_is_quarantined_again(system, bucket, sealing):
    system.put(bucket, "evil", samples.eicar())
    first = system.await_quarantine(bucket, "evil")
    system.s3.copy_object(Bucket=bucket, Key="again", CopySource={"Bucket": system.quarantine, "Key": f"{bucket}/evil"})

    tags = system.await_quarantine(bucket, "again")
    result = system.await_results(bucket, "again")[0]

    assert (result["result"], result["skipped"]) == ("Infected", True)
    assert tags | {"scan-seal": first["scan-seal"]} == first
    assert result["virusNames"] == [first["virus-name"]]
    assert system.body(system.quarantine, f"{bucket}/again") == samples.eicar()


def test_an_agent_without_a_key_says_so_and_works(system, bucket, agent):
    system.put(bucket, "fine", samples.clean())

    assert "scan-seal" not in system.await_verdict(bucket, "fine")
    assert "seal.none" in agent.log()


def test_keys_are_rotated_without_scanning_again(system, bucket, key_file):
    old_agent = system.start_agent(CORDON_SEAL_KEY_FILE=key_file)
    system.put(bucket, "old", samples.clean())
    sealed = system.await_verdict(bucket, "old")
    assert old_agent.terminate() == 0
    assert system.run("seal", "new-key", key_file).code == 0
    (old_id, old_hex), (new_id, new_hex) = keys_in(key_file)
    key_file.write_text(f"{new_id} {new_hex}\n{old_id} {old_hex}\n")
    system.start_agent(CORDON_SEAL_KEY_FILE=key_file)
    system.s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "old"})
    system.put(bucket, "new", samples.clean())

    assert system.await_results(bucket, "copy")[0]["skipped"] is True
    assert f".{old_id}." in sealed["scan-seal"]
    assert f".{new_id}." in system.await_verdict(bucket, "new")["scan-seal"]
    key_file.write_text(f"{new_id} {new_hex}\n")
    code, answer, _ = verdict(system, bucket, "old", key_file=key_file)
    assert (code, answer["state"], answer["seal"]) == (3, "unproven", "unknown-key")
    # It was sealed anew where it lies, with the key of that day.
    assert verdict(system, bucket, "copy", key_file=key_file)[0] == 0


@pytest.mark.parametrize("spoil, says", [
    (lambda path: path.chmod(0o644), "chmod o="),
    (lambda path: path.write_text("k1 123\n"), "64 hex digits"),
    (lambda path: path.unlink(), "cordon seal new-key"),
], ids=["readable for everybody", "malformed", "missing"])
def test_a_key_file_that_is_wrong_is_refused(system, bucket, key_file, spoil, says):
    spoil(key_file)
    agent = system.launch_agent(CORDON_SEAL_KEY_FILE=key_file)

    assert agent.process.wait(60) == 4
    assert says in agent.log()
    done = system.run("verdict", f"s3://{bucket}/k", "--seal-key-file", key_file)
    assert done.code == 4 and says in done.err


THEIRS = {
    "other-deployment": dict(deployment="other@999900001111"),
    "laxer-policy": dict(policy="1dnop"),
    "future": dict(time="21991231T000000Z"),
}


@pytest.mark.parametrize("why, stated", THEIRS.items(), ids=THEIRS)
def test_a_seal_that_holds_and_is_not_ours_spares_nothing(system, bucket, key_file, sealing, why, stated):
    """Made with our key, as a deployment with which it is shared can."""
    tags = {"scan-result": "Clean", "date-scanned": "2026-01-01T00:00:00Z"}
    quiet = system.new_bucket()  # No event tells of it.
    tags["scan-seal"] = sealed_as(system, key_file, tags, samples.eicar(), **stated)
    put_with_tags(system, quiet, "k", samples.eicar(), tags)

    code, answer, _ = verdict(system, quiet, "k", key_file=key_file)
    assert (code, answer["state"], answer["result"], answer["seal"]) == (3, "unproven", "Clean", why)
    by_them = verdict(system, quiet, "k", "--sealed-by", "other@999900001111", key_file=key_file)
    assert by_them[0] == (0 if why == "other-deployment" else 3)
    put_with_tags(system, bucket, "k", samples.eicar(), tags)
    assert system.await_quarantine(bucket, "k")["scan-result"] == "Infected"
    assert sealing.metric("cordon_seals_not_taken_total", why=why) == 1
    assert sealing.metric("cordon_forged_tags_total") == 0


def test_an_old_seal_is_a_verdict_and_spares_nothing(system, bucket, key_file, sealing):
    (key_id, key_hex), = keys_in(key_file)
    body = samples.clean()
    tags = {"scan-result": "Clean", "date-scanned": "2026-01-01T00:00:00Z"}
    tags["scan-seal"] = seal_oracle.seal_v1(
        key_id=key_id, key_hex=key_hex, result="Clean", date=tags["date-scanned"], virus="", message="",
        sha256=hashlib.sha256(body).hexdigest(), size=len(body), signatures="27451")
    quiet = system.new_bucket()
    put_with_tags(system, quiet, "k", body, tags)
    put_with_tags(system, bucket, "k", body, tags)

    code, answer, _ = verdict(system, quiet, "k", key_file=key_file)
    assert (code, answer["seal"], answer["deployment"]) == (0, "sealed", None) and "an old seal" in answer["explanation"]
    assert system.await_results(bucket, "k")[0]["skipped"] is False
    assert system.tags(bucket, "k")["scan-seal"].startswith("v2.")


def test_what_is_older_than_the_policy_wants_is_scanned_again(system, bucket, key_file):
    settings = system.folder / "age.toml"
    settings.write_text('schema = 1\n[defaults]\nskip_scanned_max_age = "30d"\n')
    assert system.run("settings", "apply", settings).code == 0
    agent = system.start_agent(CORDON_SEAL_KEY_FILE=key_file)
    body = samples.clean()
    ages = {"old": 31, "young": 29}
    for key, days in ages.items():
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86400))
        tags = {"scan-result": "Clean", "date-scanned": when}
        put_with_tags(system, bucket, key, body, tags | {"scan-seal": sealed_as(system, key_file, tags, body)})

    assert system.await_results(bucket, "old")[0]["skipped"] is False
    assert system.await_results(bucket, "young")[0]["skipped"] is True
    assert agent.metric("cordon_seals_not_taken_total", why="too-old") == 1
    # What was sealed anew for its place is no younger for that.
    code, young, _ = verdict(system, bucket, "young", "--max-age", "28d", key_file=key_file)
    assert (code, young["state"], young["result"], young["seal"]) == (3, "stale", "Clean", "sealed")
    assert verdict(system, bucket, "young", "--max-age", "30d", key_file=key_file)[0] == 0
    assert verdict(system, bucket, "old", "--max-age", "1h", key_file=key_file)[0] == 0
    said = system.run("verdict", f"s3://{bucket}/young", "--max-age", "1d", CORDON_SEAL_KEY_FILE=key_file)
    assert said.code == 3 and "TOO OLD" in said.out
    assert verdict(system, bucket, "young", "--max-age", "1d")[0] == 3, "without a key as well"


# ---- cordon verdict ----

def test_exit_codes_tell_the_verdict(system, bucket, key_file, sealing):
    body = samples.clean()
    system.put(bucket, "fine", body)
    system.put(bucket, "locked", samples.encrypted_zip())
    system.put(bucket, "evil", samples.eicar())
    system.await_quarantine(bucket, "evil")

    code, fine, _ = verdict(system, bucket, "fine", "--wait", "60s", key_file=key_file)
    assert (code, fine["schema"], fine["state"], fine["result"], fine["seal"]) == (
        0, "cordon.verdict/1", "verdict", "Clean", "sealed")
    assert fine["sha256"] == hashlib.sha256(body).hexdigest() and fine["size"] == len(body)
    code, locked, _ = verdict(system, bucket, "locked", "--wait", "60s", key_file=key_file)
    assert (code, locked["result"], locked["reason"], locked["seal"]) == (3, "Unscannable", "encrypted", "sealed")
    code, evil, _ = verdict(system, system.quarantine, f"{bucket}/evil", key_file=key_file)
    assert (code, evil["result"], evil["seal"]) == (1, "Infected", "sealed") and "EICAR" in evil["virusName"].upper()
    code, gone, _ = verdict(system, bucket, "evil", key_file=key_file)
    assert (code, gone["state"], gone["result"]) == (5, "missing", None)
    assert verdict(system, bucket, "fine")[:2] == (0, fine | {
        "seal": "unchecked", "sha256": None, "explanation": verdict(system, bucket, "fine")[1]["explanation"]})
    said = system.run("verdict", f"s3://{bucket}/fine", CORDON_SEAL_KEY_FILE=key_file)
    assert said.code == 0 and re.match(rf"s3://{bucket}/fine: Clean \(sealed over these bytes", said.out)


@pytest.mark.parametrize("arguments", [[], ["bucket/key"], ["s3://bucket"], ["s3://b/k", "--wait", "soon"],
                                       ["s3://b/k", "--max-age", "0s"], ["s3://b/k", "--max-age", "4000d"],
                                       ["s3://b/k", "--no-such-flag"]])
def test_a_wrong_command_line_is_usage(system, arguments):
    assert system.run("verdict", *arguments).code == 2


def test_what_cannot_be_asked_is_a_failure(system, bucket):
    done = system.run("verdict", f"s3://{bucket}/k", AWS_ENDPOINT_URL="http://127.0.0.1:9")

    assert done.code == 4 and done.err.startswith("cordon: ")


def test_looks_at_exactly_the_version_that_is_named(system, versioned, key_file):
    first = system.put(versioned, "k", samples.clean())["VersionId"]
    system.start_agent(CORDON_SEAL_KEY_FILE=key_file)
    system.await_verdict(versioned, "k", first)
    system.await_idle()
    for agent in system._agents:
        agent.terminate()
    second = system.put(versioned, "k", b"another")["VersionId"]

    code, answer, _ = verdict(system, versioned, "k", "--version-id", first, key_file=key_file)
    assert (code, answer["versionId"]) == (0, first)
    code, answer, _ = verdict(system, versioned, "k", key_file=key_file)
    assert (code, answer["versionId"], answer["state"]) == (5, second, "pending")


def test_without_an_agent_it_stays_pending(system, bucket, key_file):
    system.put(bucket, "k", samples.clean())
    begin = time.monotonic()

    assert verdict(system, bucket, "k", key_file=key_file)[0] == 5
    assert verdict(system, bucket, "k", "--wait", "2s", key_file=key_file)[0] == 5
    assert 2 <= time.monotonic() - begin < 20


@pytest.mark.parametrize("preset", [{}, {"scan-result": "Clean"}, {"scan-result": "Clean", "scan-seal": "v1.x"}],
                         ids=["no tags", "a bare tag", "a forged seal"])
def test_waits_for_the_agent_and_not_for_an_uploaders_word(system, bucket, key_file, preset):
    put_with_tags(system, bucket, "k", samples.encrypted_zip(), preset)
    assert verdict(system, bucket, "k", key_file=key_file)[0] == (3 if preset else 5)
    with subprocess.Popen([system.bin_dir / "cordon", "verdict", f"s3://{bucket}/k", "--wait", "120s"],
                          env=system.environment(CORDON_SEAL_KEY_FILE=key_file), stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True) as waiting:
        system.start_agent(CORDON_SEAL_KEY_FILE=key_file)
        said, _ = waiting.communicate(timeout=130)

    assert waiting.returncode == 3
    assert "Unscannable - encrypted" in said and "NOT PROVEN" not in said


@pytest.mark.parametrize("change", [
    lambda tags: tags | {"scan-result": "Clean", "message": "harmless"},
    lambda tags: tags | {"message": "limit: only large"},
    lambda tags: tags | {"date-scanned": "2030-01-01T00:00:00Z"},
    lambda tags: tags | {"scan-seal": tags["scan-seal"][:-1] + ("A" if tags["scan-seal"][-1] != "A" else "Q")},
    lambda tags: tags | {"virus-name": "None"},
    lambda tags: {name: value for name, value in tags.items() if name != "scan-result"},
], ids=["verdict", "reason", "date", "seal", "name", "taken away"])
def test_a_tag_that_is_changed_afterwards_breaks_the_seal(system, bucket, key_file, sealing, change):
    system.put(bucket, "k", samples.encrypted_zip())
    tags = system.await_verdict(bucket, "k")
    assert verdict(system, bucket, "k", key_file=key_file)[1]["seal"] == "sealed"
    set_tags(system, bucket, "k", change(tags))

    code, answer, _ = verdict(system, bucket, "k", key_file=key_file)
    said = system.run("verdict", f"s3://{bucket}/k", CORDON_SEAL_KEY_FILE=key_file).out

    assert (code, answer["state"], answer["seal"]) == (3, "unproven", "broken")
    assert "the seal is broken" in said


def test_a_tag_taken_without_its_seal_is_not_proven(system, bucket, key_file, sealing):
    system.put(bucket, "k", samples.clean())
    system.await_verdict(bucket, "k")
    set_tags(system, bucket, "k", {"scan-result": "Clean"})

    code, answer, _ = verdict(system, bucket, "k", key_file=key_file)

    assert (code, answer["state"], answer["seal"]) == (3, "unproven", "unsealed")


def test_the_owners_own_tags_do_not_break_it(system, bucket, key_file, sealing):
    system.put(bucket, "k", samples.clean())
    tags = system.await_verdict(bucket, "k")
    set_tags(system, bucket, "k", tags | {"team": "blue", "message": "hello"})

    assert verdict(system, bucket, "k", key_file=key_file)[0] == 0


# ---- cordon dev ----

@pytest.mark.only_on("devcloud", reason="it brings a cloud of its own, once is enough")
def test_the_local_cloud_makes_a_key_and_seals(system, bucket):
    spool = system.folder / "dev-spool"
    log_path = system.folder / "dev.log"
    with open(log_path, "wb") as log:
        process = subprocess.Popen(
            [system.bin_dir / "cordon", "dev", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0",
             "--signatures", system.signatures, "--spool", spool, "--workers", "1"],
            env=system.environment(AWS_ENDPOINT_URL=None), stdout=log, stderr=subprocess.STDOUT)
    try:
        said = eventually(lambda: (lambda text: text if "\nready: " in text else None)(log_path.read_text()))
        endpoint = re.search(r"^endpoint: (\S+)$", said, re.M)[1]
        key_file = re.search(r"^  export CORDON_SEAL_KEY_FILE=(.+)$", said, re.M)[1]
        s3 = boto3.client("s3", endpoint_url=endpoint, region_name=REGION, aws_access_key_id=peers.ACCESS_KEY,
                          aws_secret_access_key=peers.SECRET_KEY)
        s3.put_object(Bucket="uploads", Key="k", Body=samples.clean())

        done = system.run("verdict", "s3://uploads/k", "--wait", "60s", "--json", AWS_ENDPOINT_URL=endpoint,
                          CORDON_SEAL_KEY_FILE=key_file)

        assert done.code == 0 and done.json_lines()[0]["seal"] == "sealed", done
    finally:
        process.terminate()
        process.wait(60)
