"""The read gate: who may read what in a bucket before and after its verdict."""
import json
import urllib.error
import urllib.request

import pytest

from harness import samples
from harness.people import Person, allow, is_denied
from harness.system import eventually

pytestmark = pytest.mark.only_on("devcloud", reason="policies of buckets and users are not enforced")


@pytest.fixture
def reader(system, versioned):
    """A user who may do everything with objects, by a policy of its own."""
    return Person(system, policy=[allow("s3:*", "*")])


@pytest.fixture
def agent_role(system):
    return Person(system, role=True, policy=[allow("*", "*")])


def gate(system, bucket, *more):
    done = system.run("bucket", "gate", bucket, *more)
    assert done.code == 0, done
    return done


def readings(client, bucket, key, version=None):
    """Every way to the bytes."""
    exact = {"VersionId": version} if version else {}
    source = {"Bucket": bucket, "Key": key} | exact
    return {
        "get": lambda: client.get_object(Bucket=bucket, Key=key, **exact)["Body"].read(),
        "range": lambda: client.get_object(Bucket=bucket, Key=key, Range="bytes=0-0", **exact)["Body"].read(),
        "head": lambda: client.head_object(Bucket=bucket, Key=key, **exact),
        "attributes": lambda: client.get_object_attributes(Bucket=bucket, Key=key, ObjectAttributes=["ETag"], **exact),
        "copy": lambda: client.copy_object(Bucket=bucket, Key="stolen/" + key, CopySource=source,
                                           TaggingDirective="REPLACE", Tagging="scan-result=Clean"),
        "presigned": lambda: presigned(client, bucket, key, exact),
    }


def presigned(client, bucket, key, exact):
    url = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key} | exact)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return answer.read()


def open_ways(client, bucket, key, version=None):
    ways = []
    for name, call in readings(client, bucket, key, version).items():
        try:
            if not is_denied(call):
                ways.append(name)
        except urllib.error.HTTPError as problem:
            assert problem.code == 403, problem
    return ways


ALL_WAYS = ["get", "range", "head", "attributes", "copy", "presigned"]


def test_only_what_is_tagged_clean_is_read_by_others(system, versioned, reader, agent_role):
    verdicts = {"clean": "Clean", "allowed": "InfectedAllowed", "infected": "Infected", "error": "Error",
                "unscannable": "Unscannable", "suspicious": "Suspicious", "lower": "clean", "untagged": None, "empty": ""}
    versions = {key: system.put(versioned, key, b"bytes", tags=None if verdict is None else {"scan-result": verdict})["VersionId"]
                for key, verdict in verdicts.items()}
    gate(system, versioned, "--allow-role", agent_role.arn)

    mine, agents = reader.client("s3"), agent_role.client("s3")
    for key, version in versions.items():
        expected = ALL_WAYS if key in ("clean", "allowed") else []
        assert open_ways(mine, versioned, key) == expected, key
        assert open_ways(mine, versioned, key, version) == expected, key
        assert open_ways(agents, versioned, key, version) == ALL_WAYS, key
    # All else is as it was: listing, tags, writing.
    assert mine.list_objects_v2(Bucket=versioned)["KeyCount"] > 0
    assert mine.get_object_tagging(Bucket=versioned, Key="infected")["TagSet"]
    mine.put_object(Bucket=versioned, Key="new", Body=b"x")


def test_an_old_version_is_judged_by_its_own_tags(system, versioned, reader, agent_role):
    old = system.put(versioned, "k", b"old", tags={"scan-result": "Infected"})["VersionId"]
    new = system.put(versioned, "k", b"new", tags={"scan-result": "Clean"})["VersionId"]
    gate(system, versioned, "--allow-role", agent_role.arn)

    client = reader.client("s3")
    assert open_ways(client, versioned, "k", new) == ALL_WAYS
    assert open_ways(client, versioned, "k", old) == []


def test_an_upload_becomes_readable_with_its_verdict(system, versioned, reader, agent_role):
    gate(system, versioned, "--allow-role", agent_role.arn)
    mine = reader.client("s3")
    mine.put_object(Bucket=versioned, Key="file", Body=b"hello")
    mine.put_object(Bucket=versioned, Key="virus", Body=samples.eicar())
    assert open_ways(mine, versioned, "file") == []

    system.start_agent(**agent_role.keys)

    assert system.await_verdict(versioned, "file")["scan-result"] == "Clean"
    assert open_ways(mine, versioned, "file") == ALL_WAYS
    eventually(lambda: system.exists(system.quarantine, f"{versioned}/virus"), what="quarantine of the virus")


def test_an_agent_that_is_not_named_reads_nothing_and_says_so(system, versioned, agent_role):
    other = Person(system, role=True, policy=[allow("*", "*")])
    gate(system, versioned, "--allow-role", other.arn)
    system.put(versioned, "file", b"hello")

    system.start_agent(**agent_role.keys)

    tags = system.await_verdict(versioned, "file")
    assert tags["scan-result"] == "Error" and tags["message"].startswith("access-denied")


def test_a_guard_keeps_the_tags_of_verdicts_to_the_agents(system, versioned, reader, agent_role):
    elsewhere = system.new_bucket()
    system.put(elsewhere, "mine", samples.eicar(), tags={"scan-result": "Clean"})
    gate(system, versioned, "--allow-role", agent_role.arn, "--guard-tags")
    mine = reader.client("s3")
    mine.put_object(Bucket=versioned, Key="virus", Body=samples.encrypted_zip(), Tagging="team=red")
    version = mine.put_object(Bucket=versioned, Key="file", Body=b"hello")["VersionId"]

    def tagging(key, tags, **more):
        return lambda: mine.put_object_tagging(Bucket=versioned, Key=key, Tagging={
            "TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]}, **more)

    forbidden = {
        "a tag": tagging("virus", {"scan-result": "Clean"}),
        "a tag of a version": tagging("file", {"team": "x", "scan-seal": "v1.x"}, VersionId=version),
        "a date": tagging("virus", {"date-scanned": "2030-01-01T00:00:00Z"}),
        "an upload": lambda: mine.put_object(Bucket=versioned, Key="new", Body=b"x", Tagging="a=b&scan-result=Clean"),
        "parts": lambda: mine.create_multipart_upload(Bucket=versioned, Key="new", Tagging="scan-result=Clean"),
        "a copy": lambda: mine.copy_object(Bucket=versioned, Key="new", CopySource={"Bucket": elsewhere, "Key": "mine"}),
        "a copy with tags": lambda: mine.copy_object(
            Bucket=versioned, Key="new", CopySource={"Bucket": elsewhere, "Key": "mine"},
            TaggingDirective="REPLACE", Tagging="scan-result=Clean"),
    }
    for what, call in forbidden.items():
        assert is_denied(call), what
    tagging("virus", {"team": "blue"})()

    system.start_agent(**agent_role.keys)
    assert system.await_verdict(versioned, "virus")["team"] == "blue"
    system.await_verdict(versioned, "file")
    for what, call in {"taken away": lambda: mine.delete_object_tagging(Bucket=versioned, Key="virus"),
                       "replaced": tagging("virus", {"team": "green"})}.items():
        assert is_denied(call), what
    assert open_ways(mine, versioned, "virus") == []
    assert mine.get_object(Bucket=versioned, Key="file")["Body"].read() == b"hello"
    assert "these alone write the tags" in system.run("bucket", "status", versioned).out

    gate(system, versioned, "--no-guard-tags")
    tagging("virus", {"scan-result": "Clean"})()
    assert open_ways(mine, versioned, "virus") == ALL_WAYS


def test_the_gate_asks_for_the_tag_of_the_settings(system, versioned, reader, agent_role):
    settings = system.folder / "settings.toml"
    settings.write_text('schema = 1\n[tags]\nkeys = { result = "av:verdict" }\n')
    assert system.run("settings", "apply", settings).code == 0
    system.put(versioned, "usual", b"x", tags={"scan-result": "Clean"})
    system.put(versioned, "renamed", b"x", tags={"av:verdict": "Clean"})
    gate(system, versioned, "--allow-role", agent_role.arn)

    assert open_ways(reader.client("s3"), versioned, "usual") == []
    assert open_ways(reader.client("s3"), versioned, "renamed") == ALL_WAYS

    settings.write_text("schema = 1\n")
    assert system.run("settings", "apply", settings).code == 0
    assert "nothing new becomes readable" in system.run("bucket", "status", versioned).out
    gate(system, versioned)   # keeps its roles
    assert open_ways(reader.client("s3"), versioned, "usual") == ALL_WAYS
    assert open_ways(agent_role.client("s3"), versioned, "renamed") == ALL_WAYS


BEFORE = {
    "none": None,
    "list": '{\n  "Version": "2012-10-17",\n  "Statement": [ {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", '
            '"Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::%s"} ]\n}\n',
    "single": '{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::%s"}}',
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_the_gate_goes_without_a_trace(system, versioned, agent_role, before):
    if before is not None:
        system.s3.put_bucket_policy(Bucket=versioned, Policy=before % versioned)

    assert "created" in gate(system, versioned, "--allow-role", agent_role.arn).out
    shut = policy(system, versioned)
    assert "present" in gate(system, versioned, "--allow-role", agent_role.arn).out and policy(system, versioned) == shut
    assert agent_role.arn in system.run("bucket", "status", versioned).out
    gate(system, versioned, "--remove", "--dry-run")
    assert policy(system, versioned) == shut
    gate(system, versioned, "--guard-tags")
    assert "CordonTagGuard" in policy(system, versioned)
    gate(system, versioned, "--remove")

    assert policy(system, versioned) == (before % versioned if before else None)
    assert "missing" in gate(system, versioned, "--remove").out
    assert "read gate" not in system.run("bucket", "status", versioned).out


def policy(system, bucket):
    try:
        return system.s3.get_bucket_policy(Bucket=bucket)["Policy"]
    except system.s3.exceptions.ClientError as problem:
        assert problem.response["Error"]["Code"] == "NoSuchBucketPolicy"
        return None


def test_what_would_lock_the_agent_out_is_refused(system, versioned, agent_role):
    nobody = system.run("bucket", "gate", versioned)
    session = system.run("bucket", "gate", versioned, "--allow-role", f"arn:aws:sts::{system.account}:assumed-role/a/b")
    anybody = system.run("bucket", "gate", versioned, "--allow-role", f"arn:aws:iam::{system.account}:role/*")
    both = system.run("bucket", "gate", versioned, "--allow-role", agent_role.arn, "--remove")

    assert nobody.code == 4 and "the agent" in nobody.err and "--allow-role" in nobody.err
    assert session.code == 2 and "name its role" in session.err
    assert anybody.code == 2 and both.code == 2
    assert policy(system, versioned) is None
    assert system.run("bucket", "gate", system.quarantine, "--allow-role", agent_role.arn).code == 4


def test_a_dry_run_prints_the_policy(system, versioned, agent_role):
    plan, = system.run("bucket", "gate", versioned, "--allow-role", agent_role.arn, "--dry-run", "--json").json_lines()

    statement, = json.loads(plan["policy"])["Statement"]
    assert plan["dryRun"] is True and plan["state"] == "created"
    assert statement["Effect"] == "Deny" and statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"] == [agent_role.arn]
    assert policy(system, versioned) is None
