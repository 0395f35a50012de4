"""Routes against what S3 can hold against them, crashes in the middle of large moves, and who reads production."""
import base64
import datetime
import hashlib
import json
import signal
import threading
import time

import pytest
from botocore.exceptions import ClientError

from harness import samples
from harness.people import Person
from harness.system import eventually

GIB = 1 << 30
PART = 64 << 20


def apply(system, document):
    path = system.folder / "settings.toml"
    path.write_text("schema = 1\n" + document, encoding="utf-8")
    done = system.run("settings", "apply", path)
    assert done.code == 0, done


def route(system, bucket, **verdicts):
    lines = [f"on.{verdict} = {steps}" for verdict, steps in verdicts.items()]
    apply(system, "\n".join(["[[buckets]]", f'name = "{bucket}"', *lines]) + "\n" + system.promotes)


def action(system, bucket, key):
    result = system.await_results(bucket, key)[-1]
    assert len(result["actions"]) == 1
    return result["actions"][0]


# ---- routes that lead back ----

@pytest.mark.parametrize("versions", [False, True], ids=["unversioned", "versioned"])
@pytest.mark.parametrize("kind", ["move", "copy"])
def test_a_route_into_its_own_bucket_takes_one_scan_of_the_upload_and_one_of_the_copy(system, versions, kind):
    bucket = system.protected_bucket(versioned=versions)
    route(system, bucket, clean=f'[{{ {kind} = "{bucket}/good" }}]', infected=f'[{{ {kind} = "{bucket}/jail" }}]',
          unscannable=f'[{{ {kind} = "{bucket}/locked" }}]')
    agent = system.start_agent()
    bodies = {"good": samples.clean(), "jail": samples.eicar(), "locked": samples.encrypted_zip()}

    for folder, body in bodies.items():
        system.put(bucket, f"k-{folder}", body)
    for folder in bodies:
        eventually(lambda: system.results(bucket, f"{folder}/k-{folder}"), what="the result of the copy")
    system.await_idle()

    assert sum(agent.metric("cordon_objects_total", outcome=outcome)
               for outcome in ("done", "superseded", "duplicate", "retry-later", "dead-letter")) == 2 * len(bodies)
    left = [f"{folder}/k-{folder}" for folder in bodies] + ([f"k-{folder}" for folder in bodies] if kind == "copy" else [])
    assert sorted(system.keys(bucket)) == sorted(left)
    for folder, body in bodies.items():
        last = system.await_results(bucket, f"{folder}/k-{folder}")[-1]
        assert [a["status"] for a in last["actions"]] == ["skipped"] and len(system.results(bucket, f"k-{folder}")) == 1
        assert system.body(bucket, f"{folder}/k-{folder}") == body
        assert system.tags(bucket, f"{folder}/k-{folder}")["scan-result"] == last["result"]


def test_routes_in_a_circle_are_refused(system, bucket):
    other, path = system.new_bucket(), system.folder / "circle.toml"
    path.write_text(f"""schema = 1
[[buckets]]
name = "{bucket}"
on.unscannable = [{{ move = "{other}/in" }}]
[[buckets]]
name = "{other}"
on.unscannable = [{{ move = "{bucket}/back" }}]
""")

    done = system.run("settings", "validate", path)

    assert done.code != 0 and "lead in a circle" in done.out + done.err


# ---- objects without versions ----

def test_a_clean_object_without_versions_gets_its_verdict_in_production_at_last(system, bucket):
    production = system.new_bucket()
    route(system, bucket, clean=f'[{{ move = "{production}" }}]')
    system.start_agent()
    body = samples.clean(70_000)

    system.put(bucket, "k", body, tags={"owner": "me"})

    eventually(lambda: system.exists(production, "k") and not system.exists(bucket, "k"), what="the move")
    assert system.body(production, "k") == body
    assert (system.tags(production, "k")["scan-result"], system.tags(production, "k")["owner"]) == ("Clean", "me")


def test_clean_objects_without_versions_stay_where_the_store_ignores_conditions(system, bucket):
    production = system.new_bucket()
    apply(system, f'[[buckets]]\nname = "{bucket}"\non.clean = [{{ move = "{production}" }}]\n')
    system.start_agent()

    system.put(bucket, "k", samples.clean())

    done = action(system, bucket, "k")
    if system.peer == "devcloud":
        assert done["status"] == "done" and system.exists(production, "k")
        return
    assert done["status"] == "failed" and "promote_without_conditions" in done["detail"]
    assert system.tags(bucket, "k")["scan-result"] == "Clean" and not system.exists(production, "k")
    assert system.keys(system.quarantine) == [], "what the store was tried with is gone"
    line, = [one for one in system.run("doctor", "--no-engine", "--json").json_lines() if one["check"] == "store"]
    assert line["state"] == "warning" and "promote_without_conditions" in line["fix"]


# ---- what S3 refuses ----

def locked_bucket(system):
    name = system.new_bucket(versioned=True)
    system.s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    done = system.run("bucket", "protect", name)
    assert done.code == 0, done
    return name


@pytest.mark.parametrize("lock", ["GOVERNANCE", "COMPLIANCE", "legal hold"])
def test_a_lock_keeps_the_object_and_quarantine_gets_its_copy(system, lock):
    bucket = locked_bucket(system)
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    held = {"ObjectLockLegalHoldStatus": "ON"} if lock == "legal hold" \
        else {"ObjectLockMode": lock, "ObjectLockRetainUntilDate": until}
    system.start_agent()

    digest = base64.b64encode(hashlib.md5(samples.eicar()).digest()).decode()   # moto wants it, S3 takes any checksum
    version = system.put(bucket, "evil", samples.eicar(), tags={"owner": "me"}, ContentMD5=digest, **held)["VersionId"]

    done = action(system, bucket, "evil")
    assert (done["kind"], done["status"]) == ("move", "failed")
    assert "lock" in done["detail"].lower() or "hold" in done["detail"].lower()
    tags = system.tags(bucket, "evil", version)
    assert (tags["scan-result"], tags["owner"]) == ("Infected", "me"), "marked, where it must stay"
    assert system.body(system.quarantine, f"{bucket}/evil") == samples.eicar()
    system.await_idle()
    assert len(system.s3.list_object_versions(Bucket=bucket)["Versions"]) == 1
    assert "DeleteMarkers" not in system.s3.list_object_versions(Bucket=bucket), "hidden is not gone"


@pytest.mark.only_on("devcloud", reason="keeps no customer keys")
def test_a_customers_key_makes_an_object_unscannable_and_immovable(system, bucket):
    route(system, bucket, unscannable='["quarantine"]')
    system.start_agent()

    system.put(bucket, "secret", samples.eicar(), tags={"owner": "me"}, SSECustomerAlgorithm="AES256",
               SSECustomerKey="k" * 32)

    tags = system.await_verdict(bucket, "secret")
    assert (tags["scan-result"], tags["owner"]) == ("Unscannable", "me")
    assert tags["message"].startswith("sse-c:")
    done = action(system, bucket, "secret")
    assert (done["kind"], done["status"]) == ("move", "failed")
    assert system.keys(bucket) == ["secret"] and system.keys(system.quarantine) == []


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
@pytest.mark.only_on("devcloud", reason="reads archived objects")
def test_an_archived_object_is_unscannable_and_immovable(system, bucket, storage_class):
    route(system, bucket, unscannable='["quarantine"]')
    system.start_agent()

    system.put(bucket, "cold", samples.eicar(), StorageClass=storage_class)

    assert system.await_verdict(bucket, "cold")["message"].startswith("archived:")
    done = action(system, bucket, "cold")
    assert (done["kind"], done["status"]) == ("move", "failed") and done["detail"]
    assert system.keys(bucket) == ["cold"] and system.keys(system.quarantine) == []


KEY = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
NO_KEYS = pytest.mark.only_on("devcloud", reason="policies of users and roles are not enforced")


def agent_with(system, *flags):
    """An agent that has exactly the printed rights, and its role."""
    def policy(*more):
        return json.loads(system.run("iam", "agent", *more).out)
    role = Person(system, role=True, policy=policy(*flags))
    system.start_agent(**role.keys)
    return role, policy


@NO_KEYS
def test_an_object_under_a_key_that_the_agent_may_not_use(system, versioned):
    role, policy = agent_with(system)
    under_key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY}
    system.put(versioned, "evil", samples.eicar(), tags={"owner": "me"}, **under_key)

    tags = system.await_verdict(versioned, "evil")
    assert (tags["scan-result"], tags["owner"]) == ("Error", "me") and tags["message"].startswith("kms:")
    assert system.keys(versioned) == ["evil"]

    role.may(policy("--kms-key", KEY))
    system.put(versioned, "more", samples.eicar(), **under_key)
    assert system.await_quarantine(versioned, "more")["scan-result"] == "Infected"


@NO_KEYS
def test_a_quarantine_under_a_key_that_the_agent_may_not_use(system, versioned):
    system.s3.put_bucket_encryption(Bucket=system.quarantine, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}]})
    role, policy = agent_with(system)
    system.put(versioned, "evil", samples.eicar())

    done = action(system, versioned, "evil")
    assert (done["kind"], done["status"]) == ("move", "failed") and "kms:GenerateDataKey" in done["detail"]
    assert system.tags(versioned, "evil")["scan-result"] == "Infected"
    assert system.body(versioned, "evil") == samples.eicar()

    role.may(policy("--kms-key", KEY))
    system.put(versioned, "more", samples.eicar())
    system.await_quarantine(versioned, "more")
    assert system.head(system.quarantine, f"{versioned}/more")["SSEKMSKeyId"] == KEY


@NO_KEYS
def test_a_central_quarantine_that_takes_nothing_from_this_agent(system, versioned):
    """As in another account whose bucket policy was forgotten."""
    central = system.new_bucket(versioned=True)
    apply(system, f'[defaults]\nquarantine = "{central}"\n')
    agent_with(system)
    system.s3.put_bucket_policy(Bucket=central, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{central}/*"}]}))

    system.put(versioned, "evil", samples.eicar())

    done = action(system, versioned, "evil")
    assert (done["kind"], done["bucket"], done["status"]) == ("move", central, "failed")
    assert system.tags(versioned, "evil")["scan-result"] == "Infected"


def test_a_storage_class_that_can_be_read_is_kept_on_the_way(system, bucket):
    production = system.new_bucket()
    route(system, bucket, clean=f'[{{ move = "{production}" }}]')
    system.start_agent()

    system.put(bucket, "cool", samples.clean(), StorageClass="STANDARD_IA", CacheControl="no-store",
               ContentDisposition="attachment", ContentLanguage="de")

    eventually(lambda: system.exists(production, "cool") and not system.exists(bucket, "cool"), what="the move")
    there = system.head(production, "cool")
    kept = [there[name] for name in ("StorageClass", "CacheControl", "ContentDisposition", "ContentLanguage")]
    assert kept == ["STANDARD_IA", "no-store", "attachment", "de"]


@pytest.mark.only_on("devcloud", reason="does not say in which region a bucket is")
def test_a_destination_in_another_region(system, bucket):
    elsewhere = "e2e-elsewhere-" + bucket[-12:]
    system.s3.create_bucket(Bucket=elsewhere, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    route(system, bucket, clean=f'[{{ move = "{elsewhere}" }}]')
    system.start_agent()
    body = samples.clean(5000)

    system.put(bucket, "traveller", body, tags={"owner": "me"})

    eventually(lambda: system.exists(elsewhere, "traveller") and not system.exists(bucket, "traveller"), what="the move")
    assert system.body(elsewhere, "traveller") == body
    assert system.tags(elsewhere, "traveller")["scan-result"] == "Clean"


@pytest.mark.parametrize("missing", [True, False], ids=["missing", "taken"])
def test_a_destination_that_cannot_take_the_object_leaves_it_where_it_is(system, bucket, missing):
    production = "e2e-there-is-no-such-bucket" if missing else system.new_bucket()
    route(system, bucket, clean=f'[{{ move = "{production}" }}]')
    if not missing:
        system.put(production, "k", b"precious")
    system.start_agent()
    body = samples.clean()

    system.put(bucket, "k", body)

    if missing:   # perhaps it is made in a moment: another delivery, and in the end the dead letters
        assert system.await_verdict(bucket, "k")["scan-result"] == "Clean"
    else:
        done = action(system, bucket, "k")
        assert done["status"] == "failed" and "exists" in done["detail"]
        assert system.body(production, "k") == b"precious"
    assert system.body(bucket, "k") == body


# ---- killed in the middle of a large move ----

def put_large(system, bucket, key, size):
    """An object of zeros: one part is uploaded, the others are its copies."""
    part = bucket + "-part"
    system.put(bucket, part, bytes(PART))
    upload = system.s3.create_multipart_upload(Bucket=bucket, Key=key, Metadata={"a": "b"}, Tagging="owner=me")["UploadId"]
    parts = []
    for number in range(1, size // PART + 1):
        copied = system.s3.upload_part_copy(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number,
                                            CopySource={"Bucket": bucket, "Key": part})
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    system.s3.delete_object(Bucket=bucket, Key=part)
    system.s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})


def uploads(system, bucket):
    return system.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])


def parts_made(system, bucket):
    try:
        return sum(len(system.s3.list_parts(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]).get("Parts", []))
                   for upload in uploads(system, bucket))
    except ClientError:   # it has just been completed
        return 0


def whole(head, size):
    return head is not None and head["ContentLength"] == size and head["Metadata"]["a"] == "b"


@pytest.mark.only_on("devcloud", reason="holds uploads in memory several times over")
@pytest.mark.parametrize("at", ["parts", "delete"])   # the other points do not care for the size
def test_killed_while_six_gigabytes_are_moved(system, at):
    bucket, size = system.protected_bucket(versioned=True), 6 * GIB
    # Scanning so much is another test's matter: a spool that is too small for it leaves the move.
    small = ("--spool-bytes", 1_000_000)
    route(system, bucket, clean='["quarantine"]', unscannable='["quarantine"]')
    put_large(system, bucket, "huge", size)
    there = f"{bucket}/huge"
    if at == "parts":
        first = system.launch_agent(*small)
        eventually(lambda: parts_made(system, system.quarantine) >= 3, 300, 0.02, "the first parts")
        first.kill()
    else:
        first = system.launch_agent(*small, CORDON_TEST_CRASH_AT=at, CORDON_TEST_CRASH_ONCE_FILE=system.folder / "once")
        assert first.process.wait(300) == -signal.SIGKILL
    assert whole(system.head(bucket, "huge"), size) or whole(system.head(system.quarantine, there), size)
    if at == "parts":
        assert uploads(system, system.quarantine), "or it was not killed in the middle"

    system.start_agent(*small)

    eventually(lambda: not system.exists(bucket, "huge"), 300, what="the move")
    system.await_idle(300)
    assert whole(system.head(system.quarantine, there), size)
    assert system.tags(system.quarantine, there)["owner"] == "me"
    kept = system.s3.list_object_versions(Bucket=system.quarantine, Prefix=there)["Versions"]
    assert len(kept) == 1, "a repeat finishes the job and does not begin another one"
    rules = system.s3.get_bucket_lifecycle_configuration(Bucket=system.quarantine)["Rules"]
    assert [rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] for rule in rules
            if "AbortIncompleteMultipartUpload" in rule and rule["Status"] == "Enabled"] == [1]


# ---- what readers of production get to see ----

class Reader(threading.Thread):
    """Reads everything in a bucket, again and again, and keeps what is harmful or was never uploaded."""

    def __init__(self, system, bucket, known):
        super().__init__(daemon=True)
        self.s3, self.bucket, self.known = system.client("s3"), bucket, known
        self.reads, self.harmful, self.stop = 0, [], threading.Event()

    def run(self):
        while not self.stop.is_set():
            self.look()
            time.sleep(0.2)

    def look(self):
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for entry in page.get("Contents", []):
                self.read(entry["Key"])

    def read(self, key):
        body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        self.reads += 1
        if body == samples.eicar() or body not in self.known:
            self.harmful.append(key)


@pytest.mark.parametrize("versions", [False, True], ids=["unversioned", "versioned"])
def test_nothing_but_clean_bytes_is_ever_readable_in_production(system, request, versions):
    uploads_made = request.config.getoption("--fleet-objects") // (1 if system.peer == "devcloud" and not versions else 8)
    staging, production = system.protected_bucket(versioned=versions), system.new_bucket(versioned=True)
    route(system, staging, clean=f'[{{ move = "{production}" }}]')
    known = set()
    reader = Reader(system, production, known)
    reader.start()
    for _ in range(2):
        system.start_agent()

    # Each key is overwritten three times, mostly while an agent has it in hand.
    for number in range(uploads_made):
        body = b"harmless %d" % number if number % 3 else samples.eicar()
        known.add(body)
        system.put(staging, f"k{number // 4}", body)

    system.await_idle(300)
    reader.stop.set()
    reader.join(60)
    reader.look()
    assert reader.harmful == []
    assert reader.reads > uploads_made / 4
    if system.peer != "moto":   # writes the tags of an upload, and be it none, after it has sent the event
        for key in system.keys(staging):
            assert "scan-result" in system.tags(staging, key), key
    assert {tags["scan-result"] for tags in (system.tags(production, key) for key in system.keys(production)[:50])} == {"Clean"}
