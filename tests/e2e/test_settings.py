"""Settings: handed in, kept, taken over by running agents, and what they make the agents do."""
import json
import time

import pytest

from harness import samples
from harness.system import eventually

IN_FORCE_SECONDS = 10   # the promise; agents look every 5 s


def apply(system, document, *more):
    path = system.folder / "settings.toml"
    path.write_text("schema = 1\n" + document, encoding="utf-8")
    return system.run("settings", "apply", path, *more)


def applied(system, document):
    done = apply(system, document)
    assert done.code == 0, done
    return done


def system_bucket(system):
    return f"cordon-system-{system.deployment}-{system.account}"


def count(agent, event):
    return agent.log().count(f'"{event}"')


def await_taken(agent, before):
    """Waits until the agent has put one more document in force."""
    eventually(lambda: count(agent, "settings.in_force") > before, IN_FORCE_SECONDS, what="the new settings in force")


# ---- the command ----

def test_a_document_is_checked_without_asking_anybody(system):
    path = system.folder / "wrong.toml"
    path.write_text('schema = 1\n\n[defaults]\nskip_scaned = "never"\non.infected = ["qaurantine"]\n')

    refused = system.run("settings", "validate", path, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    as_json, = system.run("settings", "validate", "--json", path).json_lines()
    path.write_text('schema = 1\n[defaults]\non.infected = ["delete"]\n')
    accepted = system.run("settings", "validate", path, AWS_ENDPOINT_URL="http://127.0.0.1:1")

    assert refused.code == 2
    assert f'{path}:4: defaults.skip_scaned: there is no such key here; did you mean "skip_scanned"?' in refused.err
    assert f'{path}:5: defaults.on.infected[0]: ' in refused.err and 'did you mean "quarantine"?' in refused.err
    assert [problem["line"] for problem in as_json["problems"]] == [4, 5] and as_json["valid"] is False
    assert as_json["problems"][0]["didYouMean"] == "skip_scanned"
    assert accepted.code == 0 and "valid" in accepted.out
    assert system.run("settings", "validate", system.folder / "missing.toml").code == 5


def test_the_schema_is_json_schema(system):
    done = system.run("settings", "schema", AWS_ENDPOINT_URL="http://127.0.0.1:1")

    schema = json.loads(done.out)
    assert done.code == 0
    assert schema["$schema"].startswith("https://json-schema.org/") and schema["required"] == ["schema"]
    assert set(schema["properties"]) == {"schema", "tags", "results", "notifications", "defaults", "regions", "buckets",
                                         "engine", "allow", "accounts", "owners", "sweep", "brake"}


def test_apply_get_and_apply_again(system):
    assert system.run("settings", "get").code == 5

    first, = applied(system, '[defaults]\non.infected = ["delete"]\n') and system.run("settings", "get", "--json").json_lines()
    kept = system.folder / "kept.json"
    kept.write_text(system.run("settings", "get").out)
    again, = system.run("settings", "apply", "--json", kept).json_lines()

    assert first["settings"]["defaults"]["on"]["infected"] == ["delete"]
    assert first["settings"]["defaults"]["on"]["clean"] == ["keep"]
    assert again["changed"] is False and again["eTag"] == first["eTag"]
    stored = json.loads(system.body(system_bucket(system), "settings.json"))
    assert stored == first["settings"]


def test_the_system_bucket_is_private_and_keeps_its_history(system):
    applied(system, "tags.enabled = false\n")
    applied(system, "tags.enabled = true\n")

    name = system_bucket(system)
    shut = system.s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert all(shut.values()) and len(shut) == 4
    assert system.s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    versions = system.s3.list_object_versions(Bucket=name, Prefix="settings.json")["Versions"]
    assert len(versions) == 2
    assert system.run("bucket", "protect", name).code == 4


def test_a_second_writer_is_told_of_the_first(system):
    applied(system, "")
    mine, = system.run("settings", "get", "--json").json_lines()
    applied(system, "tags.enabled = false\n")

    late = apply(system, '[defaults]\non.infected = ["keep"]\n', "--if-match", mine["eTag"])
    as_json = apply(system, '[defaults]\non.infected = ["keep"]\n', "--if-match", mine["eTag"], "--json")

    assert late.code == 4 and "changed by somebody else" in late.err and "settings get" in late.err
    assert as_json.code == 4 and as_json.json_lines()[0]["conflict"] is True
    now, = system.run("settings", "get", "--json").json_lines()
    assert now["settings"]["tags"]["enabled"] is False
    assert now["settings"]["defaults"]["on"]["infected"] == ["quarantine"]


# ---- agents follow ----

def test_a_changed_route_takes_effect_without_a_restart(system, bucket, agent):
    system.put(bucket, "before", samples.eicar())
    system.await_quarantine(bucket, "before")

    applied(system, '[defaults]\non.infected = ["delete"]\n')
    begin, number, deleted = time.monotonic(), 0, None
    while deleted is None:
        key = f"evil-{number}"
        system.put(bucket, key, samples.eicar())
        eventually(lambda: not system.exists(bucket, key), what=f"an end of {key}")
        if not system.exists(system.quarantine, f"{bucket}/{key}"):
            deleted = time.monotonic() - begin
        number += 1
        assert time.monotonic() - begin < IN_FORCE_SECONDS + 5

    assert deleted < IN_FORCE_SECONDS
    assert agent.process.poll() is None and count(agent, "agent.started") >= 1
    assert system.await_results(bucket, key)[-1]["actions"][0]["kind"] == "delete"


def test_an_invalid_document_leaves_the_last_good_one_in_force(system, bucket):
    applied(system, '[defaults]\non.infected = ["delete"]\n')
    agent = system.start_agent()

    system.s3.put_object(Bucket=system_bucket(system), Key="settings.json",
                         Body=b'{\n  "schema": 1,\n  "defaults": {"on": {"infected": ["keeep"]}}\n}')
    eventually(lambda: agent.metric("cordon_settings_troubled") == 1, IN_FORCE_SECONDS, what="a refusal")
    system.put(bucket, "evil", samples.eicar())
    eventually(lambda: not system.exists(bucket, "evil"), what="deletion")

    refusal, = [line for line in agent.log().splitlines() if '"settings.refused"' in line]
    assert ":3: defaults.on.infected[0]: " in refusal and "keep" in refusal
    assert not system.exists(system.quarantine, f"{bucket}/evil")

    assert apply(system, '[defaults]\non.infected = ["keep"]\n').code == 0   # over what nobody can read
    eventually(lambda: agent.metric("cordon_settings_troubled") == 0, IN_FORCE_SECONDS, what="good settings")
    system.put(bucket, "kept", samples.eicar())
    assert system.await_verdict(bucket, "kept")["scan-result"] == "Infected"


def test_an_agent_starts_with_its_cache_when_the_document_is_gone(system, bucket):
    applied(system, '[defaults]\non.infected = ["delete"]\n')
    state = system.folder / "state"
    assert system.start_agent("--state", state).terminate() == 0
    system.s3.delete_object(Bucket=system_bucket(system), Key="settings.json")

    agent = system.start_agent("--state", state)
    system.put(bucket, "evil", samples.eicar())
    eventually(lambda: not system.exists(bucket, "evil"), what="deletion")

    assert count(agent, "settings.from_cache") == 1 and count(agent, "settings.gone") == 1
    assert not system.exists(system.quarantine, f"{bucket}/evil")


@pytest.mark.only_on("devcloud", reason="enforces no bucket policies")
def test_settings_that_cannot_be_read_stay_in_force(system, bucket):
    applied(system, '[defaults]\non.infected = ["delete"]\n')
    state = system.folder / "state"
    agent = system.start_agent("--state", state)
    system.s3.put_bucket_policy(Bucket=system_bucket(system), Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{system_bucket(system)}/*"}]}))
    eventually(lambda: agent.metric("cordon_settings_troubled") == 1, IN_FORCE_SECONDS, what="an outage")
    system.put(bucket, "evil", samples.eicar())
    eventually(lambda: not system.exists(bucket, "evil"), what="deletion")

    assert agent.terminate() == 0
    starting = system.start_agent("--state", state)
    unknowing = system.launch_agent("--state", system.folder / "empty")
    system.put(bucket, "again", samples.eicar())
    eventually(lambda: not system.exists(bucket, "again"), what="deletion")
    eventually(lambda: count(unknowing, "settings.away") == 1, what="a complaint")
    assert system.keys(system.quarantine) == []
    assert count(starting, "settings.from_cache") == 1 and unknowing.get("/readyz")[0] == 0

    system.s3.delete_bucket_policy(Bucket=system_bucket(system))
    unknowing.await_ready()


def test_a_damaged_cache_is_ignored_aloud(system, bucket):
    applied(system, '[defaults]\non.infected = ["keep"]\n')
    state = system.folder / "state"
    assert system.start_agent("--state", state).terminate() == 0
    cache, = state.glob("settings-*")
    cache.write_bytes(cache.read_bytes().replace(b'"keep"', b'"kept"', 1))

    agent = system.start_agent("--state", state)
    system.put(bucket, "evil", samples.eicar())

    assert system.await_verdict(bucket, "evil")["scan-result"] == "Infected"
    ignored, = [line for line in agent.log().splitlines() if '"settings.cache_ignored"' in line]
    assert "damaged" in ignored
    assert b'"kept"' not in cache.read_bytes()


def test_an_agent_takes_nothing_until_it_knows_the_settings(system, bucket):
    # A first document that nobody can read: what its owner wants is not known.
    applied(system, "")
    system.s3.put_object(Bucket=system_bucket(system), Key="settings.json", Body=b"{}")
    system.put(bucket, "evil", samples.eicar())
    agent = system.launch_agent()
    eventually(lambda: count(agent, "settings.refused") == 1, what="a refusal")
    assert system.tags(bucket, "evil") == {}

    applied(system, '[defaults]\non.infected = ["keep"]\n')

    agent.await_ready()
    assert system.await_verdict(bucket, "evil")["scan-result"] == "Infected"


# ---- what settings can say ----

def test_tags_are_renamed_and_left_out(system, bucket):
    applied(system, '[tags]\nkeys = { result = "av-verdict", virus = "av virus" }\nexclude = ["date-scanned"]\n'
                    '[defaults]\non.infected = ["keep"]\n')
    agent = system.start_agent()
    system.put(bucket, "evil", samples.eicar(), tags={"scan-result": "mine", "date-scanned": "mine"})
    system.put(bucket, "fine", samples.clean())

    tags = eventually(lambda: (lambda t: t if t and "av-verdict" in t else None)(system.tags(bucket, "evil")),
                      what="a renamed verdict")
    tags.pop("uploaded-by", None)
    assert tags.pop("av virus")
    assert tags == {"av-verdict": "Infected", "scan-result": "mine", "date-scanned": "mine"}
    eventually(lambda: system.tags(bucket, "fine") == {"av-verdict": "Clean"}, what="one tag alone")

    before = count(agent, "settings.in_force")
    applied(system, "tags.enabled = false\n")
    await_taken(agent, before)
    system.put(bucket, "untagged", samples.clean())
    assert system.await_results(bucket, "untagged")[0]["tagging"] == "off"
    assert system.tags(bucket, "untagged") == {}


def test_only_what_is_included_is_scanned(system, bucket):
    applied(system, f'[[buckets]]\nname = "{bucket}"\ninclude = ["in/**"]\n'
                    f'[[buckets]]\nname = "{bucket}"\nprefix = "in/tmp/"\nexclude = ["**"]\n')
    system.start_agent()
    for key in ("out", "in/tmp/a", "in/a", "in/deep/b"):
        system.put(bucket, key, samples.clean())
    for key in ("in/a", "in/deep/b"):
        assert system.await_verdict(bucket, key)["scan-result"] == "Clean"
    system.await_idle()

    assert system.tags(bucket, "out") == {} == system.tags(bucket, "in/tmp/a")


def test_result_lines_can_be_switched_off(system, bucket):
    applied(system, "results.cloudwatch = false\n")
    agent = system.start_agent()
    system.put(bucket, "quiet", samples.clean())
    system.await_verdict(bucket, "quiet")
    system.await_idle()
    assert system.results(bucket) == []

    before = count(agent, "settings.in_force")
    applied(system, "results.cloudwatch = true\n")
    await_taken(agent, before)
    system.put(bucket, "told", samples.clean())
    assert system.await_results(bucket, "told")


def test_the_engine_is_started_as_the_settings_say(system, bucket):
    applied(system, '[engine]\nencrypted = "infected"\nrecycle_after = 1\nmax_scan_seconds = 30\n'
                    "detect_broken = false\ndetect_macros = true\nopaque = \"unscannable\"\n")
    agent = system.start_agent()
    arguments = [open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0") for pid in agent.engine_processes()]
    system.put(bucket, "locked.zip", samples.encrypted_zip(b"harmless"))

    tags = system.await_quarantine(bucket, "locked.zip")

    assert tags["scan-result"] == "Infected"
    assert {b"--encrypted-is-infected", b"--ignore-broken", b"--detect-macros", b"--opaque-is-unscannable"} <= set(arguments[0])


def test_what_nothing_opens_may_be_clean_if_the_settings_say_so(system, bucket):
    applied(system, '[engine]\nunopened.disk-image = "clean"\n')
    agent = system.start_agent()
    arguments = [open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0") for pid in agent.engine_processes()]
    system.put(bucket, "image", b"hsqs" + bytes(2000) + samples.clean(2000))
    system.put(bucket, "store", b"!BDN" + bytes(2000) + samples.clean(2000))

    assert system.await_verdict(bucket, "image")["scan-result"] == "Clean"
    assert system.await_verdict(bucket, "store")["message"].startswith("unsupported: ")
    assert "(unopened.disk-image)" in system.await_results(bucket, "image")[0]["message"]
    at = arguments[0].index(b"--may-stay-unopened")
    assert arguments[0][at + 1] == b"disk-image"


@pytest.mark.parametrize("versions", [False, True], ids=["unversioned", "versioned"])
def test_a_managed_two_bucket_system(system, versions):
    staging, production = system.protected_bucket(versioned=versions), system.new_bucket(versioned=versions)
    applied(system, f'[[buckets]]\nname = "{staging}"\non.clean = [{{ move = "{production}/incoming" }}]\n{system.promotes}')
    system.start_agent()
    clean = samples.clean(5000)
    system.put(staging, "a b/ü.bin", clean, tags={"owner": "x"}, Metadata={"kept": "yes"}, ContentType="text/x-test")
    system.put(staging, "evil", samples.eicar())
    system.put(staging, "locked.zip", samples.encrypted_zip())

    eventually(lambda: system.exists(production, "incoming/a b/ü.bin") and not system.exists(staging, "a b/ü.bin"),
               what="promotion")
    system.await_quarantine(staging, "evil")
    assert system.await_verdict(staging, "locked.zip")["scan-result"] == "Unscannable"
    system.await_idle()

    there = system.head(production, "incoming/a b/ü.bin")
    assert system.body(production, "incoming/a b/ü.bin") == clean
    assert there["Metadata"]["kept"] == "yes" and there["ContentType"] == "text/x-test"
    tags = system.tags(production, "incoming/a b/ü.bin")
    assert (tags["scan-result"], tags["owner"]) == ("Clean", "x")
    assert system.keys(production) == ["incoming/a b/ü.bin"]
    assert system.keys(staging) == ["locked.zip"]


def test_destinations_are_looked_at_before_they_are_needed(system):
    tidy, untidy = system.new_bucket(), system.new_bucket()
    system.s3.put_bucket_lifecycle_configuration(Bucket=tidy, LifecycleConfiguration={"Rules": [
        {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]})

    done = apply(system, f"""[defaults]
on.clean = [{{ move = "{tidy}" }}, {{ copy = "{untidy}" }}, {{ copy = "e2e-no-such-bucket" }}]
""", "--json")

    steps = {step["name"]: step for step in done.json_lines()[0]["steps"] if step["what"] == "destination"}
    assert (done.code, steps[tidy]["note"]) == (0, None)
    assert "AbortIncompleteMultipartUpload" in steps[untidy]["note"]
    assert steps["e2e-no-such-bucket"]["state"] == "missing"


def test_a_region_and_a_prefix_have_their_own_routes(system, bucket):
    production = system.new_bucket()
    applied(system, f"""
[defaults]
{system.promotes}[regions.us-east-1]
on.clean = [{{ move = "{production}" }}]
[regions.eu-north-1]
on.clean = ["delete"]
[[buckets]]
name = "{bucket}"
prefix = "stay/"
on.clean = ["keep"]
""")
    system.start_agent()
    system.put(bucket, "go", samples.clean())
    system.put(bucket, "stay/here", samples.clean())

    eventually(lambda: system.exists(production, "go") and not system.exists(bucket, "go"), what="a move")
    assert system.await_verdict(bucket, "stay/here")["scan-result"] == "Clean"
    system.await_idle()
    assert system.keys(bucket) == ["stay/here"]


# ---- notifications ----

class Subscriber:
    """A queue that is subscribed to the notification topic, with a filter policy or without."""

    def __init__(self, system, name, filter_policy=None):
        self.sqs = system.sqs
        self.url = system.sqs.create_queue(QueueName=f"{system.deployment}-{name}")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                                                     "Action": "sqs:SendMessage", "Resource": arn}]})})
        attributes = {"FilterPolicy": json.dumps(filter_policy)} if filter_policy else {}
        system.client("sns").subscribe(TopicArn=topic(system), Protocol="sqs", Endpoint=arn, Attributes=attributes)
        self.envelopes = []

    def take(self):
        answer = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            self.envelopes.append(json.loads(message["Body"]))
        return self.keys()

    def keys(self):
        return {json.loads(envelope["Message"])["key"] for envelope in self.envelopes}

    def await_keys(self, *keys, seconds=60):
        eventually(lambda: set(keys) <= self.take(), seconds, what=f"notifications of {keys}")


# ---- events ----

def test_a_rule_picks_results_from_the_event_bus(system, bucket):
    applied(system, "results.eventbridge = true\n")
    url = system.sqs.create_queue(QueueName=f"{system.deployment}-events-of-scans")["QueueUrl"]
    arn = system.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    system.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                                                 "Action": "sqs:SendMessage", "Resource": arn}]})})
    events, rule = system.client("events"), f"scans-{system.deployment}"
    events.put_rule(Name=rule, EventPattern=json.dumps({
        "source": ["cordon.scan"],
        "detail": {"result": ["Infected", "Suspicious"], "bucket": [bucket], "skipped": [False]}}))
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
    try:
        system.start_agent()
        system.put(bucket, "fine", samples.clean())
        system.put(bucket, "evil ü", samples.eicar())
        system.await_idle()

        messages = []
        eventually(lambda: messages.extend(system.sqs.receive_message(
            QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10).get("Messages", [])) or messages, what="an event")
        event, = [json.loads(message["Body"]) for message in messages]
        assert (event["source"], event["detail-type"]) == ("cordon.scan", "Cordon Scan Result")
        line, = system.results(bucket, "evil ü")
        assert event["detail"] == line
    finally:
        events.remove_targets(Rule=rule, Ids=["queue"])
        events.delete_rule(Name=rule)


def topic(system):
    return f"arn:aws:sns:us-east-1:{system.account}:cordon-notifications-{system.deployment}"


def notifying(system, more=""):
    applied(system, "[notifications]\nenabled = true\n" + more)


def test_notifications_reach_the_subscribers_that_want_them(system, bucket):
    notifying(system)
    everything = Subscriber(system, "everything")
    infected = Subscriber(system, "infected", {"notificationType": ["scanResult"], "scanResult": ["Infected"],
                                               "bucket": [bucket], "account": [system.account]})
    elsewhere = Subscriber(system, "elsewhere", {"bucket": ["another"]})
    system.start_agent()
    system.put(bucket, "evil ü", samples.eicar())
    system.put(bucket, "locked.zip", samples.encrypted_zip())
    system.put(bucket, "fine", samples.clean())
    system.await_idle()

    everything.await_keys("evil ü", "locked.zip")
    infected.await_keys("evil ü")
    for subscriber in (everything, infected, elsewhere):
        subscriber.take()

    assert everything.keys() == {"evil ü", "locked.zip"}   # nobody asked for clean ones
    assert infected.keys() == {"evil ü"} and elsewhere.keys() == set()
    envelope = infected.envelopes[0]
    assert {name: (value["Type"], value["Value"]) for name, value in envelope["MessageAttributes"].items()} == {
        "notificationType": ("String", "scanResult"), "scanResult": ("String", "Infected"),
        "bucket": ("String", bucket), "account": ("String", system.account)}
    body = json.loads(envelope["Message"])
    assert (body["schema"], body["result"], body["scanResult"]) == ("cordon.scan-result/1", "Infected", "Infected")
    assert body["bucketName"] == body["bucket"] == bucket and body["dateScanned"] == body["scannedAt"]
    assert body["actions"][0]["kind"] == "move" and body["virusNames"]
    line, = system.results(bucket, "evil ü")
    assert line["id"] == body["id"]


def test_the_verdicts_that_are_published_are_the_settings(system, bucket):
    notifying(system, 'verdicts = ["Clean"]\n')
    subscriber = Subscriber(system, "clean")
    agent = system.start_agent()
    system.put(bucket, "evil", samples.eicar())
    system.put(bucket, "fine", samples.clean())
    subscriber.await_keys("fine")

    before = count(agent, "settings.in_force")
    applied(system, "notifications.enabled = false\n")
    await_taken(agent, before)
    system.put(bucket, "unsaid", samples.clean())
    system.await_verdict(bucket, "unsaid")
    system.await_idle()
    assert subscriber.take() == {"fine"}


@pytest.mark.parametrize("step", ["report", "acknowledge"])
def test_a_crash_loses_no_notification(system, bucket, step):
    notifying(system)
    subscriber = Subscriber(system, "crash")
    once = system.folder / "crashed"
    first = system.start_agent()
    system.await_idle()     # S3's test event is acknowledged too, and is not meant here
    first.terminate()
    for _ in range(2):
        system.start_agent(CORDON_TEST_CRASH_AT=step, CORDON_TEST_CRASH_ONCE_FILE=once)
    system.put(bucket, "evil", samples.eicar())

    subscriber.await_keys("evil")
    system.await_idle()

    assert once.exists()
    assert not system.exists(bucket, "evil") and system.exists(system.quarantine, f"{bucket}/evil")


def test_what_the_topic_does_not_take_is_published_later(system, bucket):
    notifying(system)
    sns = system.client("sns")
    sns.delete_topic(TopicArn=topic(system))
    agent = system.start_agent()
    system.put(bucket, "evil", samples.eicar())
    eventually(lambda: agent.metric("cordon_results_failed_total", destination="notifications") >= 1, what="a failed report")
    system.await_idle()   # The object does not wait for it.
    assert system.await_quarantine(bucket, "evil")["scan-result"] == "Infected"

    agent.terminate()     # or it would publish to the new topic before anybody has subscribed
    notifying(system, 'verdicts = ["Infected"]\n')   # makes the topic again
    subscriber = Subscriber(system, "late")
    system.start_agent()

    subscriber.await_keys("evil", seconds=90)
    system.await_idle()


def test_a_missing_document_is_no_error(system, bucket, agent):
    assert system.keys(system_bucket(system)) == ["protected.json"]
    system.put(bucket, "evil", samples.eicar())
    system.await_quarantine(bucket, "evil")

    assert count(agent, "settings.none") == 1
    assert agent.metric("cordon_settings_troubled") == 0
