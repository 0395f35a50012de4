"""Agents act only where they were told to: whatever a message says, and whatever became of the protected set."""
import json
import pathlib

import peer as peers
import pytest

from harness import samples
from harness.system import REGION, System, eventually
from test_accounts import MEMBER, Account

NOT_PROTECTED = "not-protected"


def system_bucket(system):
    return f"cordon-system-{system.deployment}-{system.account}"


def documents(system):
    """The protected set as it is written; None when there is none."""
    if not system.exists(system_bucket(system), "protected.json"):
        return None
    return json.loads(system.body(system_bucket(system), "protected.json"))


def listed(system, account=None):
    found = documents(system) or {"accounts": {}}
    return found["accounts"].get(account or system.account, {}).get(REGION, {})


def forget_document(system):
    system.s3.delete_object(Bucket=system_bucket(system), Key="protected.json")


def event_bridge(system, bucket, key, etag):
    return {"version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": "Object Created", "source": "aws.s3",
            "account": system.account, "time": "2026-01-02T03:04:05Z", "region": REGION, "resources": [],
            "detail": {"version": "0", "bucket": {"name": bucket}, "request-id": "r", "requester": system.account,
                       "object": {"key": key, "size": 68, "etag": etag, "sequencer": "617f08299329d189"},
                       "source-ip-address": "192.0.2.1", "reason": "PutObject"}}


def reasons(messages):
    return {message["MessageAttributes"]["cordon-reason"]["StringValue"] for message in messages}


# ---- what a message cannot do ----

def test_messages_that_name_other_buckets_do_nothing_there(system, bucket, agent):
    """An unprotected bucket, the system bucket with the settings, the quarantine: as records and by the event bus."""
    other = system.new_bucket(versioned=True)
    settings = system.folder / "s.toml"
    settings.write_text("schema = 1\n[defaults]\non.clean = [\"delete\"]\n")
    assert system.run("settings", "apply", settings).code == 0
    eventually(lambda: '"settings.in_force"' in agent.log(), what="settings that delete what is clean")
    system.put(bucket, "bad", samples.eicar())
    system.await_quarantine(bucket, "bad")
    places = {other: "evil", system_bucket(system): "settings.json", system.quarantine: f"{bucket}/bad"}
    system.put(other, "evil", samples.eicar(), tags={"owner": "me"})
    before = {place: (system.head(place, key), system.tags(place, key), system.keys(place)) for place, key in places.items()}
    system.await_idle()
    results = len(system.results())

    for place, key in places.items():
        etag = before[place][0]["ETag"].strip('"')
        system.send_event({"Records": [system.s3_record(place, key, etag=etag)]})
        system.send_event({"Records": [system.s3_record(place, key, version=before[place][0].get("VersionId"))]})
        system.send_event(event_bridge(system, place, key, etag))
    taken = system.dead_messages(9)

    assert all(reason.startswith(f"{NOT_PROTECTED}: bucket ") for reason in reasons(taken)), reasons(taken)
    for place, key in places.items():
        assert (system.head(place, key)["ETag"], system.tags(place, key), system.keys(place)) == (
            before[place][0]["ETag"], before[place][1], before[place][2])
    assert len(system.results()) == results
    system.put(bucket, "after", b"still at work")
    eventually(lambda: not system.exists(bucket, "after"), what="the route of a protected bucket")


@pytest.mark.only_on("devcloud", reason="it knows no other accounts")
def test_a_message_that_names_another_accounts_bucket_does_nothing_there(system, bucket, agent):
    """Also where its policy would let us: the requests say whose the bucket has to be."""
    other = Account(system)
    theirs = other.new_bucket()
    other.s3.put_bucket_policy(Bucket=theirs, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{theirs}", f"arn:aws:s3:::{theirs}/*"]}]}))
    put = other.s3.put_object(Bucket=theirs, Key="k", Body=samples.eicar())
    system.send_event({"Records": [system.s3_record(theirs, "k", version=put["VersionId"])]})

    taken = system.dead_messages(1)

    assert reasons(taken) == {f"{NOT_PROTECTED}: bucket {theirs} is not protected"}
    assert other.tag(theirs, "k") is None
    refused = system.run("verdict", f"s3://{theirs}/k")
    assert refused.code == 4, refused   # Nor do people act in it unasked.


def test_a_scan_request_is_not_taken_from_the_event_queue(system, bucket, agent):
    put = system.put(bucket, "k", b"x", tags={"scan-result": "Clean"})
    system.await_results(bucket, "k")
    system.await_idle()
    request = {"schema": "cordon.scan-request/1", "bucket": bucket, "force": True, "act": True,
               "object": {"key": "k", "eTag": put["ETag"].strip('"')}}
    system.send_event(request)

    taken = system.dead_messages(1)

    assert "scan request" in reasons(taken).pop()
    assert len(system.results(bucket, "k")) == 1


def test_dead_letters_say_what_to_do(system, bucket, agent):
    other = system.new_bucket()
    system.put(other, "k", samples.eicar())
    system.send_event({"Records": [system.s3_record(other, "k", etag=system.head(other, "k")["ETag"].strip('"'))]})
    eventually(lambda: system.counts(system.dead_letters)["Visible"] == 1, what="a dead letter")
    line, = system.run("dead", "list", "--json").json_lines()
    assert line["cause"] == NOT_PROTECTED and line["objects"][0]["bucket"] == other
    assert "cordon bucket protect" in system.run("dead", "list").out

    assert system.run("bucket", "protect", other).code == 0
    assert system.run("dead", "replay", "--cause", NOT_PROTECTED).code == 0

    system.await_quarantine(other, "k")


# ---- what must go on ----

def test_the_document_follows_protect_and_unprotect(system):
    assert documents(system) is None
    first, second = system.protected_bucket(), system.protected_bucket()
    assert listed(system) == {first: ["events"], second: ["events"]}
    assert system.s3.get_bucket_versioning(Bucket=system_bucket(system))["Status"] == "Enabled"

    assert system.run("bucket", "unprotect", first).code == 0
    assert listed(system) == {second: ["events"]}


@pytest.mark.parametrize("document", ["missing", "stale", "nonsense", "newer"])
def test_a_protected_bucket_is_scanned_whatever_became_of_the_document(system, bucket, document):
    place = system_bucket(system)
    if document == "missing":
        forget_document(system)
    else:
        body = {"stale": '{"schema":"cordon.protected/1","accounts":{}}', "nonsense": "{",
                "newer": '{"schema":"cordon.protected/2"}'}[document]
        system.put(place, "protected.json", body.encode())
    agent = system.start_agent()
    for name in ("good", "bad"):
        system.put(bucket, name, samples.eicar() if name == "bad" else b"x")

    assert system.await_verdict(bucket, "good")["scan-result"] == "Clean"
    system.await_quarantine(bucket, "bad")
    system.await_idle()
    assert agent.metric("cordon_protected_looks_total", outcome="protected") == 1
    assert not any(system.counts(system.dead_letters).values())


def test_a_bucket_that_is_wired_by_hand_is_scanned(system, bucket):
    """As a template would do it, without any command; also when a message named it before."""
    by_hand, agent = system.new_bucket(), system.start_agent()
    system.put(by_hand, "forged", b"x")
    system.send_event({"Records": [system.s3_record(by_hand, "forged")]})
    system.dead_messages(1)
    topic = f"arn:aws:sns:{REGION}:{system.account}:cordon-events-{system.deployment}"
    system.s3.put_bucket_notification_configuration(Bucket=by_hand, NotificationConfiguration={
        "TopicConfigurations": [{"Id": "theirs", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]})
    system.put(by_hand, "bad", samples.eicar())

    system.await_quarantine(by_hand, "bad", 60)
    system.await_idle()
    assert not any(system.counts(system.dead_letters).values())
    assert agent.metric("cordon_protected_looks_total", outcome="unprotected") == 2  # The first came too soon.


@pytest.mark.only_on("devcloud", reason="it takes no order to fail")
def test_agents_work_while_the_system_bucket_is_away(request, tmp_path_factory, peer_name, tmp_path):
    """With what they have on disk, and for other buckets by looking."""
    log = tmp_path_factory.mktemp("peer") / "devcloud.log"
    bin_dir = pathlib.Path(request.config.getoption("--bin-dir"))
    with peers.running("devcloud", bin_dir, log) as url:
        system = System(peer="devcloud", endpoint=url, folder=tmp_path, bin_dir=bin_dir,
                        signatures=pathlib.Path(request.config.getoption("--signatures")), deployment="away")
        try:
            known, unlisted = system.protected_bucket(), system.protected_bucket()
            state = tmp_path / "state"
            system.start_agent("--state", state).terminate()
            for name in system.keys(system_bucket(system)):
                for version in system.s3.list_object_versions(Bucket=system_bucket(system), Prefix=name)["Versions"]:
                    system.s3.delete_object(Bucket=system_bucket(system), Key=name, VersionId=version["VersionId"])
            system.s3.delete_bucket(Bucket=system_bucket(system))
            agent = system.start_agent("--state", state)
            for bucket in (known, unlisted):
                system.put(bucket, "bad", samples.eicar())
                system.await_quarantine(bucket, "bad")
            assert agent.process.poll() is None
        finally:
            system.stop_all()


def test_forged_messages_cost_few_looks(system, bucket):
    other = system.new_bucket()
    for n in range(100):
        system.send_event({"Records": [system.s3_record(other, f"k{n}")]})
    agent = system.start_agent()

    taken = system.dead_messages(100, seconds=90)

    assert reasons(taken) == {f"{NOT_PROTECTED}: bucket {other} is not protected"}
    assert agent.metric("cordon_protected_looks_total", outcome="unprotected") <= 4
    system.put(bucket, "after", b"x")
    assert system.await_verdict(bucket, "after", seconds=30)["scan-result"] == "Clean"


def test_buckets_of_the_document_cost_no_look(system):
    """Many buckets, one document: nothing is asked of any of them."""
    buckets = [system.new_bucket() for _ in range(40)]
    assert system.run("bucket", "protect", *buckets, seconds=300).code == 0
    agent = system.start_agent()
    for bucket in buckets:
        system.put(bucket, "k", b"x")

    for bucket in buckets:
        system.await_verdict(bucket, "k")

    assert agent.metric("cordon_protected_looks_total") == 0
    assert agent.metric("cordon_protected_buckets") == len(buckets)


# ---- what people ask for ----

def test_scanning_a_bucket_that_is_not_protected_tags_only_unless_told(system, bucket):
    other = system.new_bucket()
    system.put(other, "a/bad", samples.eicar())
    system.put(other, "b/bad", samples.eicar())
    assert system.run("scan", "bucket", f"s3://{other}/a/").code == 0
    system.start_agent()

    assert system.await_verdict(other, "a/bad")["scan-result"] == "Infected"
    assert system.run("scan", "bucket", f"s3://{other}/b/", "--act").code == 0
    system.await_quarantine(other, "b/bad")
    assert system.exists(other, "a/bad")
    for own in (system.quarantine, system_bucket(system)):
        refused = system.run("scan", "bucket", f"s3://{own}", "--act")
        assert refused.code == 4 and "belongs to Cordon" in refused.err, refused


def test_no_route_leads_into_cordons_own_buckets(system, bucket):
    path = system.folder / "s.toml"
    for destination in (system.quarantine, system_bucket(system), "cordon-quarantine-other-111122223333-eu-west-1/x"):
        path.write_text(f'schema = 1\n[[buckets]]\nname = "{bucket}"\non.clean = [{{copy = "{destination}"}}]\n')
        refused = system.run("settings", "validate", path)
        assert refused.code == 2, refused
        assert "Cordon's own" in refused.err or "which is a quarantine" in refused.err, refused


@pytest.mark.only_on("devcloud", reason="it knows no other accounts")
def test_a_quarantine_of_another_account_has_to_be_named_as_one(system, bucket):
    other = Account(system)
    central = other.new_bucket()
    other.s3.put_bucket_policy(Bucket=central, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{central}", f"arn:aws:s3:::{central}/*"]}]}))
    path = system.folder / "s.toml"
    path.write_text(f'schema = 1\n[defaults]\nquarantine = "{central}"\n')
    assert system.run("settings", "apply", path).code == 0
    agent = system.start_agent()
    system.put(bucket, "first", samples.eicar())
    failed = system.await_results(bucket, "first")[0]
    assert failed["actions"][0]["status"] == "failed" and system.exists(bucket, "first"), failed

    path.write_text(f'schema = 1\n[defaults]\nquarantine = "{central}"\n[owners]\n{central} = "{MEMBER}"\n')
    assert system.run("settings", "apply", path).code == 0
    eventually(lambda: agent.log().count('"settings.in_force"') >= 2, 15, what="the settings in force")
    system.put(bucket, "second", samples.eicar())
    eventually(lambda: not system.exists(bucket, "second"), what="the move to the other account's quarantine")


def test_the_doctor_sees_what_is_missing_in_the_set(system, bucket):
    def findings():
        lines = system.run("doctor", "--no-engine", "--json").json_lines()
        return {(line["subject"], line["state"]) for line in lines if line["check"] == "protected set"}
    assert (bucket, "warning") not in findings()
    system.put(system_bucket(system), "protected.json", b'{"schema":"cordon.protected/1","accounts":{}}')
    assert (bucket, "warning") in findings()

    assert system.run("bucket", "protect", bucket).code == 0

    assert (bucket, "warning") not in findings()
    assert bucket in listed(system)
