"""Least privilege: roles that have exactly what `cordon iam` prints do their work, and each right is needed for it.

The stand-in judges every request and keeps book: which statement, action and resource allowed something, and what was
denied. A policy lacks nothing when nothing was denied, and has nothing too much when every pair of statement and action,
and of statement and resource, was used, and no statement only repeats what others allow. Each statement of an agent is
then taken away once, and its scenario must fail.
"""
import contextlib
import fnmatch
import functools
import json
import pathlib
import sqlite3
import subprocess
import time
import urllib.parse
import urllib.request

import boto3
import peer as peers
import pytest

from harness import samples
from harness.people import Person, is_denied
from harness.system import REGION, eventually
from test_accounts import Account
from test_brake import brake as brake_report, bring, dilute, folder, upload_and_await_hold   # noqa: F401 (a fixture)
from test_gateway import Gateway

pytestmark = pytest.mark.only_on("devcloud", reason="policies of users and roles are not enforced")

# What no scenario here can use: a failed copy of more than 5 GiB leaves parts, which the agent clears away
# (src/aws/s3_copy_test.cc); keys of KMS are in test_routes.py; policies that demand TLS are not written over plain HTTP (src/aws/s3_admin_test.cc).
BEYOND = {"s3:AbortMultipartUpload", "kms:Decrypt", "kms:GenerateDataKey"}
# A copy that turns out wrong: src/agent/twin_test.cc.
TAKING_BACK = "TakeBackCopies"
# Of an agent that holds, below.
HOLDING = "RecordHeldObjects"
OVER_TLS = {("MakeQuarantine", "s3:PutBucketPolicy"), ("MakeSystemBucket", "s3:PutBucketPolicy")}
# As they are written in a header; an agent writes so many in a request of its own.
LONG_TAGS = {f"key{n}": "%2F" * 240 for n in range(7)}


@pytest.fixture(scope="module")
def endpoint(request, tmp_path_factory):
    """A stand-in that keeps book."""
    log = tmp_path_factory.mktemp("peer") / "devcloud.log"
    with peers.running("devcloud", pathlib.Path(request.config.getoption("--bin-dir")), log, ("--fault-control",)) as url:
        yield url


def ask(system, method, path, body=None):
    request = urllib.request.Request(system.endpoint + path, method=method,
                                     data=None if body is None else json.dumps(body).encode())
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return json.loads(answer.read() or b"{}")


def book(system, person):
    found = ask(system, "GET", "/_devcloud/access?principal=" + urllib.parse.quote(person.arn))
    return found.get(person.arn, {"used": [], "denied": {}})


def rights(policy):
    """Every pair of statement and action, and of statement and resource."""
    pairs = set()
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow" and set(statement) == {"Sid", "Effect", "Action", "Resource"}
        pairs |= {(statement["Sid"], text) for text in statement["Action"] + statement["Resource"]}
    return pairs


def used(system, person):
    return {(entry["sid"], text) for entry in book(system, person)["used"] for text in (entry["action"], entry["resource"])}


def unused(system, person, policy):
    return {pair for pair in rights(policy) - used(system, person)
            if pair[1] not in BEYOND and pair not in OVER_TLS and pair[0] not in (TAKING_BACK, HOLDING)}


def covered(statement, others):
    """Whether the others together allow all that this one does: then it could go, and nobody would notice."""
    def allows(other, action, resource):
        return action in other["Action"] and any(fnmatch.fnmatchcase(resource, pattern) for pattern in other["Resource"])
    return all(any(allows(other, action, resource) for other in others)
               for action in statement["Action"] for resource in statement["Resource"])


def printed(system, role, *more):
    done = system.run("iam", role, *more, "--json")
    assert done.code == 0, done
    policies = [line["policy"] for line in done.json_lines()]
    policy = policies[0] | {"Statement": [statement for one in policies for statement in one["Statement"]]}
    for statement in policy["Statement"]:
        assert not covered(statement, [other for other in policy["Statement"] if other is not statement]), statement
    return policy


def apply(system, document):
    path = system.folder / "settings.toml"
    path.write_text("schema = 1\n" + document, encoding="utf-8")
    done = system.run("settings", "apply", path)
    assert done.code == 0, done


class Stage:
    """Two protected buckets with routes to two others, and an agent that has what `cordon iam agent` prints."""

    def __init__(self, system):
        self.system, self.number, self.theirs, self.told = system, 0, [], set()
        self.system_bucket, self.history = f"cordon-system-{system.deployment}-{system.account}", f"brake/{REGION}/history.json"
        self.staging, self.uploads = system.protected_bucket(), system.protected_bucket(versioned=True)
        self.by_bus, self.by_topic = occupied(system, system.new_bucket()), shared(system, system.new_bucket())
        assert system.run("bucket", "protect", self.by_bus, self.by_topic).code == 0
        self.jail = system.new_bucket(versioned=True)
        self.prod, self.lab = system.new_bucket(versioned=True), system.new_bucket()
        self.settings = f"""
[results]
eventbridge = true
[notifications]
enabled = true
verdicts = ["Clean", "Infected", "Unscannable"]
[[buckets]]
name = "{self.staging}"
quarantine = "{self.jail}"
on.clean = [{{move = "{self.prod}/incoming"}}]
on.unscannable = [{{copy = "{self.lab}"}}]
[[buckets]]
name = "{self.uploads}"
on.unscannable = [{{copy = "{self.lab}"}}]
"""
        apply(system, self.settings)
        self.policy = printed(system, "agent")
        self.role = Person(system, role=True, policy=self.policy)
        system.s3.delete_object(Bucket=f"cordon-system-{system.deployment}-{system.account}", Key="settings.json")
        self.gone_before()
        self.agent = system.start_agent(**self.role.keys)
        apply(system, self.settings)
        eventually(lambda: '"settings.in_force"' in self.agent.log(), 15, what="the settings in force")

    def key(self):
        self.number += 1
        return f"folder/k{self.number}"

    def gone_before(self):
        """Objects that are deleted before anybody scans them."""
        for bucket in (self.staging, self.by_bus, self.by_topic):
            self.system.put(bucket, "gone", b"x")
            self.system.s3.delete_object(Bucket=bucket, Key="gone")
        version = self.system.put(self.uploads, "gone", b"x")["VersionId"]
        self.system.s3.delete_object(Bucket=self.uploads, Key="gone", VersionId=version)

    # ---- scenarios: each does something and returns the question whether it had its effect ----

    def clean_stays(self):
        key = self.key()
        self.system.put(self.uploads, key, b"hello")
        return lambda: (self.system.tags(self.uploads, key) or {}).get("scan-result") == "Clean"

    def clean_is_promoted(self, tags=None):
        key = self.key()
        self.system.put(self.staging, key, b"hello", tags=tags)
        return lambda: not self.system.exists(self.staging, key) and self.system.exists(self.prod, f"incoming/{key}")

    def infected_is_quarantined(self, bucket=None, tags=None):
        bucket, key = bucket or self.uploads, self.key()
        self.system.put(bucket, key, samples.eicar(), tags=tags)
        place, quarantine = f"{bucket}/{key}", self.jail if bucket == self.staging else self.system.quarantine
        return lambda: not self.system.exists(bucket, key) and self.system.exists(quarantine, place)

    def unscannable_is_copied(self, bucket=None):
        key = self.key()
        self.system.put(bucket or self.uploads, key, samples.encrypted_zip())
        return lambda: self.system.exists(self.lab, key)

    def nonsense_is_dead(self):
        text = "nonsense " + self.key()
        self.system.send_event(text)

        def buried():
            taken = self.system.sqs.receive_message(QueueUrl=self.system.queue_url(self.system.dead_letters),
                                                    VisibilityTimeout=0, MaxNumberOfMessages=10)
            return any(message["Body"] == text for message in taken.get("Messages", []))
        return buried

    def what_is_gone_is_forgotten(self):
        key = self.key()
        self.system.send_event({"Records": [self.system.s3_record(self.staging, key)]})
        time.sleep(1)
        return lambda: not self.system.results(self.staging, key, delivered=False)

    def a_result_is_logged(self):
        key = self.key()
        self.system.put(self.uploads, key, b"hello")
        return lambda: bool(self.system.results(self.uploads, key, delivered=False))

    def a_result_is_published(self, destinations=("notifications", "eventbridge")):
        before = self.agent.log().count("object.done")
        self.system.put(self.uploads, self.key(), samples.eicar())   # Infected is published by all settings here
        return lambda: (self.agent.log().count("object.done") > before
                        and not any(self.agent.metric("cordon_outbox_results", destination=d) for d in destinations))

    def a_line_without_an_answer_is_looked_for(self):
        ask(self.system, "POST", "/_devcloud/faults",
            {"operation": "logs:PutLogEvents", "status": 500, "code": "InternalFailure", "after": True, "count": 1})
        self.system.put(self.uploads, self.key(), b"hello")
        return lambda: ("WriteResults", "logs:GetLogEvents") in used(self.system, self.role)

    def a_console_is_told(self):
        key = self.key()
        self.system.put(self.uploads, key, samples.eicar())
        url = self.system.queue_url(f"cordon-results-{self.system.deployment}")

        def told():
            for message in self.system.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                self.system.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                self.told.add(json.loads(message["Body"]).get("key"))
            return key in self.told
        return told

    def what_was_moved_is_looked_for(self):
        """Events of states that are gone, at whose places others lie, in their second delivery."""
        # Also in the region's own quarantine, where an earlier policy may have brought them: to be refused there is right.
        self.theirs.append(f"{self.system.quarantine}/{self.staging}/")
        gone = []
        for content, bucket, prefix in ((b"hello", self.prod, "incoming/"), (samples.eicar(), self.jail, f"{self.staging}/")):
            key = self.key()
            self.system.put(self.staging, key, content)
            eventually(lambda: self.system.exists(bucket, prefix + key), what="a move")
            gone.append({"Records": [self.system.s3_record(self.staging, key)]})
        self.system.await_idle()
        self.agent.kill()
        for event in gone:
            self.system.send_event(event)
        queue, taken = self.system.queue_url(self.system.event_queue), set()
        eventually(lambda: taken.update(message["MessageId"] for message in self.system.sqs.receive_message(
            QueueUrl=queue, VisibilityTimeout=0, MaxNumberOfMessages=10).get("Messages", [])) or len(taken) == len(gone),
            what="a first delivery")
        self.agent = self.system.start_agent(**self.role.keys)
        wanted = {(sid, "s3:ListBucketVersions") for sid in ("SeeThatQuarantineIsFree", "SeeThatDestinationsAreFree")}
        return lambda: wanted <= used(self.system, self.role)

    def new_settings_are_taken(self):
        before = self.agent.log().count('"settings.in_force"')
        apply(self.system, self.settings.replace('"Clean", ', '' if self.number % 2 else '"Clean", "Error", '))
        self.key()
        return lambda: self.agent.log().count('"settings.in_force"') > before

    def is_looked_at(self, bucket):
        """An object of a protected bucket that is not in the protected set."""
        looked = self.agent.log().count('"protected.in_force"')
        document = json.loads(self.system.body(self.system_bucket, "protected.json"))
        entries = document["accounts"][self.system.account][REGION]
        entries.pop(bucket, None)
        entries[f"another-{looked}"] = ["events"]
        self.system.put(self.system_bucket, "protected.json", json.dumps(document).encode())
        eventually(lambda: self.agent.log().count('"protected.in_force"') > looked, 15, what="the set in force")
        key = self.key()
        self.system.put(bucket, key, b"hello")
        return lambda: (self.system.tags(bucket, key) or {}).get("scan-result") == "Clean"

    def a_bucket_is_looked_at(self):
        return self.is_looked_at(self.uploads)

    def a_rule_is_looked_at(self):
        return self.is_looked_at(self.by_bus)

    def a_shared_topic_is_looked_at(self):
        return self.is_looked_at(self.by_topic)

    def a_new_set_is_taken(self):
        looked = self.agent.log().count('"protected.in_force"')
        document = json.loads(self.system.body(self.system_bucket, "protected.json"))
        document["accounts"][self.system.account][REGION][f"another-{looked}"] = ["events"]
        self.system.put(self.system_bucket, "protected.json", json.dumps(document).encode())
        return lambda: self.agent.log().count('"protected.in_force"') > looked

    def another_accounts_bucket_is_known(self):
        theirs = Account(self.system).new_bucket()
        self.theirs.append(theirs)   # to be refused there is right
        body = json.dumps({"Records": [self.system.s3_record(theirs, self.key())]})
        self.system.send_event(body)

        def buried():
            taken = self.system.sqs.receive_message(QueueUrl=self.system.queue_url(self.system.dead_letters),
                                                    VisibilityTimeout=0, MaxNumberOfMessages=10)
            return any(message["Body"] == body for message in taken.get("Messages", []))
        return buried

    def what_was_allowed_once_stays(self):
        key = self.key()
        self.system.put(self.uploads, key, samples.eicar())
        eventually(lambda: self.system.exists(self.system.quarantine, f"{self.uploads}/{key}"), what="quarantine")
        entry, = [entry for entry in self.system.run("quarantine", "list", "--json").json_lines() if entry["key"] == key]
        assert self.system.run("quarantine", "restore", entry["id"], "--allow", "once").code == 0
        return lambda: self.system.exists(self.uploads, key)

    def a_slow_object_stays_claimed(self):
        ask(self.system, "POST", "/_devcloud/faults", {"operation": "s3:GetObject", "latency_ms": 3500, "count": 4})   # the agent's documents are read as well
        return self.clean_stays()


def test_an_agent_with_the_printed_policy_lacks_nothing_and_each_right_is_needed(system):
    stage = Stage(system)
    goals = [stage.clean_stays(), stage.clean_is_promoted(), stage.clean_is_promoted(LONG_TAGS),
             stage.infected_is_quarantined(), stage.infected_is_quarantined(stage.staging),
             stage.infected_is_quarantined(stage.by_bus), stage.infected_is_quarantined(stage.by_topic),
             stage.infected_is_quarantined(stage.uploads, LONG_TAGS), stage.unscannable_is_copied(),
             stage.unscannable_is_copied(stage.staging),
             stage.nonsense_is_dead(), stage.a_result_is_logged(), stage.a_console_is_told(),
             stage.what_is_gone_is_forgotten(), stage.what_was_moved_is_looked_for()]
    for goal in goals:
        eventually(goal, 30, what="the scenario")
    for looked_at in (stage.a_bucket_is_looked_at, stage.a_rule_is_looked_at, stage.a_shared_topic_is_looked_at,
                      stage.another_accounts_bucket_is_known):
        eventually(looked_at(), 30, what=looked_at.__name__)
    eventually(stage.a_slow_object_stays_claimed(), 30, what="the slow object")
    eventually(stage.a_line_without_an_answer_is_looked_for(), 30, what="a look for a line")
    system.await_idle()

    eventually(lambda: system.exists(stage.system_bucket, stage.history), 30, what="the history of the brake")
    assert [what for what in book(system, stage.role)["denied"] if not any(name in what for name in stage.theirs)] == []
    assert unused(system, stage.role, stage.policy) == set()

    # ---- each statement is taken away once ----
    scenarios = {
        "TakeEvents": stage.clean_stays, "SendDeadLetters": stage.nonsense_is_dead, "ReadObjects": stage.clean_stays,
        "TagObjects": stage.clean_stays, "SeeThatObjectsAreGone": stage.what_is_gone_is_forgotten,
        "RemoveObjects": stage.infected_is_quarantined, "Quarantine": stage.infected_is_quarantined,
        "Destinations": stage.clean_is_promoted, "SeeThatDestinationsAreFree": stage.clean_is_promoted,
        "ReadAllowMarks": stage.what_was_allowed_once_stays, "SeeThatQuarantineIsFree": stage.infected_is_quarantined,
        "ReadSettings": stage.new_settings_are_taken,
        "ReadProtectedSet": stage.a_new_set_is_taken, "SeeNotifications": stage.a_bucket_is_looked_at,
        "SeeBucketRules": stage.a_rule_is_looked_at, "SeeSharedTopics": stage.a_shared_topic_is_looked_at,
        "SeeSubscriptions": stage.a_shared_topic_is_looked_at,
        "FindBuckets": stage.another_accounts_bucket_is_known,
        "WriteResults": stage.a_result_is_logged, "TellConsole": stage.a_console_is_told,
        "Notify": functools.partial(stage.a_result_is_published, ["notifications"]),
        "PutEvents": functools.partial(stage.a_result_is_published, ["eventbridge"]),
    }
    assert set(scenarios) | {"SeeThatThereAreNoSettings", "ReadDecisions", "KeepBrake", HOLDING, "TryStore", TAKING_BACK} == {
        statement["Sid"] for statement in stage.policy["Statement"]}
    for sid, scenario in scenarios.items():
        without_one(stage, sid, scenario)
    an_agent_tries_the_store(stage)
    an_agent_starts_without_settings(stage)
    an_agent_tells_the_others_what_it_found(stage)


def an_agent_tells_the_others_what_it_found(stage):
    """Only an agent that starts writes it at once."""
    system, sid = stage.system, "KeepBrake"
    system.s3.delete_object(Bucket=stage.system_bucket, Key=stage.history)
    ask(system, "DELETE", "/_devcloud/access")
    stage.role.may([statement for statement in stage.policy["Statement"] if statement["Sid"] != sid])
    forbidden = system.start_agent(**stage.role.keys)
    eventually(lambda: any("/brake/" in what for what in book(system, stage.role)["denied"]), 30, what=f"a denial without {sid}")
    time.sleep(0.5)
    assert not system.exists(stage.system_bucket, stage.history), f"{sid} is not needed"
    forbidden.kill()
    stage.role.may(stage.policy)
    system.start_agent(**stage.role.keys)
    eventually(lambda: system.exists(stage.system_bucket, stage.history), 30, what="the history of the brake")


def an_agent_tries_the_store(stage):
    """Once, before it first moves a clean object without a version."""
    system, sid = stage.system, "TryStore"
    stage.agent.kill()
    ask(system, "DELETE", "/_devcloud/access")
    stage.role.may([statement for statement in stage.policy["Statement"] if statement["Sid"] != sid])
    stage.agent = system.start_agent(**stage.role.keys)
    promoted = stage.clean_is_promoted()
    eventually(lambda: any("/.cordon/probe/" in what for what in book(system, stage.role)["denied"]), 30, what=f"a denial without {sid}")
    system.await_idle()
    assert not promoted(), f"{sid} is not needed"
    stage.role.may(stage.policy)
    eventually(stage.clean_is_promoted(), 30, what="a promotion with it")


def an_agent_starts_without_settings(stage):
    """The right that only the first start takes: to see that there is no document."""
    system, sid = stage.system, "SeeThatThereAreNoSettings"
    system.s3.delete_object(Bucket=f"cordon-system-{system.deployment}-{system.account}", Key="settings.json")
    ask(system, "DELETE", "/_devcloud/access")
    stage.role.may([statement for statement in stage.policy["Statement"] if statement["Sid"] != sid])
    fresh = system.launch_agent(**stage.role.keys)
    eventually(lambda: book(system, stage.role)["denied"], 30, what=f"a denial without {sid}")
    time.sleep(0.5)
    assert fresh.get("/readyz")[0] != 200
    fresh.kill()
    stage.role.may(stage.policy)
    system.start_agent(**stage.role.keys)


def without_one(stage, sid, scenario):
    system, whole = stage.system, stage.policy["Statement"]
    taken = next(statement for statement in whole if statement["Sid"] == sid)
    ask(system, "DELETE", "/_devcloud/access")
    stage.role.may([statement for statement in whole if statement["Sid"] != sid])

    def await_denied(actions):
        eventually(lambda: any(name.split()[0] in actions for name in book(system, stage.role)["denied"]), 30,
                   what=f"a denial without {sid}")
    if sid == "TakeEvents":   # A long poll that was allowed still takes what comes.
        scenario()
        await_denied(["sqs:ReceiveMessage"])
    goal = scenario()
    await_denied(taken["Action"])
    time.sleep(0.5)
    reached = goal()
    stage.role.may(stage.policy)
    assert not reached, f"{sid} is not needed by {scenario}"


# ---- commands ----

class Operator:
    """Somebody who runs commands with exactly a printed policy."""

    def __init__(self, system, policy):
        self.system, self.policy, self.person = system, policy, Person(system, policy=policy)

    def run(self, *arguments, code=0):
        done = self.system.run(*arguments, **self.person.keys)
        assert done.code == code, done
        return done

    def denied(self, *ours):
        """What was denied on the resources of this test; others' buckets may well be forbidden."""
        return [what for what in book(self.system, self.person)["denied"] if any(name in what for name in ours)]


def occupied(system, bucket):
    """A bucket that tells somebody else of every object already, so that its events come to us by the event bus."""
    url = system.sqs.create_queue(QueueName=f"{system.deployment}-theirs")["QueueUrl"]
    arn = system.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    system.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                                                 "Action": "sqs:SendMessage", "Resource": arn}]})})
    system.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
        "QueueConfigurations": [{"Id": "theirs", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
    return bucket


def shared(system, bucket):
    """A bucket that tells a topic of every object already, where our queue listens as well."""
    sns = system.client("sns")
    topic = sns.create_topic(Name=f"{system.deployment}-shared")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                                                "Action": "sns:Publish", "Resource": topic}]}))
    system.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
        "TopicConfigurations": [{"Id": "theirs", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]})
    return bucket


def test_protecting_takes_exactly_the_printed_policy(system):
    plain, versioned = occupied(system, system.new_bucket()), system.new_bucket(versioned=True)
    policy = printed(system, "operator", "--bucket", plain, "--bucket", versioned)
    operator = Operator(system, policy)
    gatekeeper = f"arn:aws:iam::{system.account}:role/agent"

    operator.run("bucket", "protect", plain, versioned)
    system.filter_events({"nobody": ["sets this"]})
    for queue in (system.event_queue, f"cordon-results-{system.deployment}"):   # only what differs is written
        system.sqs.set_queue_attributes(QueueUrl=system.queue_url(queue), Attributes={"MessageRetentionPeriod": "3600"})
    operator.run("bucket", "protect", plain, "--quarantine-expire-days", "30")
    operator.run("bucket", "status", plain, versioned)
    for bucket in (plain, versioned):
        operator.run("bucket", "gate", bucket, "--allow-role", gatekeeper)
        operator.run("bucket", "gate", bucket, "--remove")
    apply(system, "")
    operator.run("bucket", "gate", plain, "--allow-role", gatekeeper)
    operator.run("bucket", "unprotect", plain, versioned)

    assert operator.denied(plain, versioned, system.deployment) == []
    assert versioned in operator.run("bucket", "list").out   # asks about the buckets of others as well
    assert unused(system, operator.person, policy) == set()


def added_by(system, policy, bucket):
    """The statements that features of `cordon iam operator` add."""
    base = printed(system, "operator", "--bucket", bucket)["Statement"]
    return {one["Sid"] for one in policy["Statement"]} - {one["Sid"] for one in base}


def gateway_rule(system):
    name = f"cordon-gateway-{system.deployment}"
    system.client("events").put_rule(Name=name, EventPattern='{"source": ["nobody"]}')
    return name


def test_watching_takes_exactly_the_printed_policy(system):
    known, fresh, tag = system.protected_bucket(), occupied(system, system.new_bucket()), f"cordon-{system.deployment}"
    policy = printed(system, "operator", "--bucket", known, "--watch")
    operator = Operator(system, policy)
    gateway_rule(system)
    apply(system, "")

    for value in ("yes", "no"):
        system.s3.put_bucket_tagging(Bucket=fresh, Tagging={"TagSet": [{"Key": tag, "Value": value}]})
        operator.run("bucket", "watch", "--tag", f"{tag}=yes", "--once", "--unprotect")
        assert system.run("bucket", "status", fresh).code == (0 if value == "yes" else 5)

    assert system.run("bucket", "status", known).code == 5   # it has no tag: the tag decides alone
    assert operator.denied(fresh, system.deployment) == []
    assert {one for one in unused(system, operator.person, policy) if one[0] in added_by(system, policy, known)} == set()


def test_the_other_commands_take_exactly_the_printed_policy(system):
    """Dead letters, regions and the doctor; file shares are in test_gateway.py."""
    known = occupied(system, system.new_bucket())
    assert system.run("bucket", "protect", known).code == 0
    policy = printed(system, "operator", "--bucket", known, "--regions", "--dead", "--doctor")
    operator = Operator(system, policy)
    apply(system, "")
    agent = system.start_agent()
    for text in ("nonsense", "more nonsense"):
        system.send_event(text)
    eventually(lambda: system.counts(system.dead_letters)["Visible"] == 2, what="two dead letters")
    agent.terminate()
    request = {"schema": "cordon.scan-request/1", "bucket": known, "object": {"key": "k"}}
    system.sqs.send_message(QueueUrl=system.queue_url(system.dead_letters), MessageBody=json.dumps(request), MessageAttributes={
        "cordon-queue": {"DataType": "String", "StringValue": f"cordon-sweep-{system.deployment}"}})

    listed = operator.run("dead", "list", "--json").json_lines()
    operator.run("dead", "replay", "--all")
    operator.run("bucket", "regions")
    system.run("doctor", **operator.person.keys)
    operator.run("bucket", "unprotect", known)
    url = system.queue_url(f"{system.deployment}-theirs")
    arn = system.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    other = system.new_bucket()
    system.s3.put_bucket_notification_configuration(Bucket=other, NotificationConfiguration={
        "QueueConfigurations": [{"Id": "theirs", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
    assert system.run("bucket", "protect", other).code == 0
    operator.run("bucket", "remove-region", REGION)   # in use
    assert system.run("bucket", "unprotect", other).code == 0
    linked = gateway_rule(system)
    operator.run("bucket", "remove-region", REGION)   # in use still
    system.client("events").delete_rule(Name=linked)
    operator.run("bucket", "remove-region", REGION, "--discard-messages")

    assert listed
    assert operator.denied(known, system.deployment) == []
    assert {one for one in unused(system, operator.person, policy) if one[0] in added_by(system, policy, known)} == set()


def remove_system_bucket(system):
    name = f"cordon-system-{system.deployment}-{system.account}"
    for kind in ("Versions", "DeleteMarkers"):
        for one in system.s3.list_object_versions(Bucket=name).get(kind, []):
            system.s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
    system.s3.delete_bucket(Bucket=name)


def a_console_takes_results(operator):
    """It keeps one, sets another message aside, and gives back what it could not keep."""
    system = operator.system
    database = system.folder / "console.db"
    queue, dead = (system.queue_url(f"cordon-results-{name}{system.deployment}") for name in ("", "dead-"))

    def count(url, kind):
        return int(system.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"][kind])
    console = system.launch("console", "--listen", "127.0.0.1:0", "--database", f"sqlite:{database}", **operator.person.keys)
    system.sqs.send_message(QueueUrl=queue, MessageBody="no result")
    eventually(lambda: count(dead, "ApproximateNumberOfMessages") == 1, 30, what="a dead letter")
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        system.sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({
            "schema": "cordon.scan-result/1", "id": "01JD", "deployment": "main", "agent": "a", "source": "cli", "bucket": "b",
            "key": "k", "scannedAt": "2026-11-30T12:00:00.000Z", "result": "Clean", "virusNames": [], "skipped": False,
            "bytesScanned": 0, "millis": {"queued": 0, "fetch": 0, "scan": 0, "act": 0}, "attempt": 1, "tagging": "off",
            "actions": []}))
        eventually(lambda: count(queue, "ApproximateNumberOfMessagesNotVisible") >= 1, 30, what="a message that is held")
        time.sleep(1)   # The queue counts it when it answers; now the console has the answer, too.
        console.terminate()
        assert console.wait(30) == 0
    # A receive that is being given up may get what was given back: then it is hidden until that claim ends.
    assert count(queue, "ApproximateNumberOfMessages") + count(queue, "ApproximateNumberOfMessagesNotVisible") >= 1


def test_the_jobs_of_a_console_take_exactly_the_printed_policy(system):
    bucket, plain = system.protected_bucket(versioned=True), occupied(system, system.new_bucket())
    assert system.run("bucket", "protect", plain).code == 0
    remove_system_bucket(system)   # whoever comes first makes it
    settings = system.folder / "console.toml"
    settings.write_text('schema = 1\n[notifications]\nenabled = true\n[defaults]\n'
                        f'on.suspicious = [{{copy = "{system.new_bucket()}"}}]\n')
    policy = printed(system, "console", "--settings", settings)
    operator = Operator(system, policy)

    operator.run("settings", "get", code=5)
    operator.run("settings", "apply", settings)
    operator.run("settings", "get")
    system.s3.delete_object(Bucket=f"cordon-system-{system.deployment}-{system.account}", Key="settings.json")
    operator.run("settings", "get", code=5)
    operator.run("settings", "apply", settings)
    agent = system.start_agent()
    for name in ("once", "always", "drop", "long"):
        system.put(bucket, name, samples.eicar(), tags=LONG_TAGS if name == "long" else None)
        system.await_quarantine(bucket, name)
        system.put(plain, name, samples.eicar())
        system.await_quarantine(plain, name)
    system.put(bucket, "fine", b"hello")
    system.put(plain, "fine", b"hello")
    system.await_verdict(bucket, "fine")
    system.await_verdict(plain, "fine")
    ids = {(entry["bucket"], entry["key"]): entry["id"]
           for entry in operator.run("quarantine", "list", "--json").json_lines()}
    for place in (bucket, plain):
        operator.run("quarantine", "restore", ids[place, "once"], "--allow", "once")
        operator.run("quarantine", "restore", ids[place, "always"], "--allow", "always")
        operator.run("quarantine", "delete", ids[place, "drop"])
        operator.run("verdict", f"s3://{place}/fine")
    operator.run("quarantine", "restore", ids[bucket, "long"], "--allow", "once")
    version = system.head(bucket, "fine")["VersionId"]
    operator.run("verdict", f"s3://{bucket}/fine", "--version-id", version)
    operator.run("verdict", f"s3://{plain}/gone", code=5)
    for place in (bucket, plain):   # only then is there a rule to look at
        present = system.s3.get_bucket_notification_configuration(Bucket=place)
        present.pop("ResponseMetadata")
        system.s3.put_bucket_notification_configuration(
            Bucket=place, NotificationConfiguration=present | {"EventBridgeConfiguration": {}})
    operator.run("bucket", "status", bucket, plain)
    agent.terminate()
    a_console_takes_results(operator)

    assert operator.denied(bucket, plain, system.deployment) == []
    assert unused(system, operator.person, policy) == set()


class MemberRole:
    """A role in another account; its session is the deployment's."""

    def __init__(self, arn):
        self.arn = arn


def test_a_members_role_takes_exactly_the_printed_policy(system):
    member = Account(system)
    theirs, plain, lab = member.new_bucket(), member.new_bucket(versioned=False), system.new_bucket(versioned=True)
    apply(system, "".join(f'[[buckets]]\nname = "{bucket}"\non.unscannable = [{{copy = "{lab}/odd"}}]\n'
                          for bucket in (theirs, plain)))
    role = member.role_for(theirs, "contract-4")
    flags = ("--sweep", "--gate", "--restore", "--bucket", plain)
    policy = json.loads(member.may(role, theirs, *flags))
    system.s3.put_bucket_policy(Bucket=lab, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": role}, "Resource": f"arn:aws:s3:::{lab}/*",
        "Action": ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"]}]}))
    member.s3.put_object(Bucket=plain, Key="old", Body=b"older")
    known = ("--role-arn", role, "--external-id", "contract-4")
    assert system.run("bucket", "protect", theirs, plain, *known).code == 0
    assert system.run("sweep", "--grace", "0s").code == 0
    of_agents = printed(system, "agent", "--bucket", system.new_bucket())
    agents = Person(system, role=True, policy=of_agents)
    agent = system.start_agent(**agents.keys)
    eventually(lambda: member.tag(plain, "old") == "Clean", what="the verdict of a sweep")
    long = "&".join(f"{key}={value}" for key, value in LONG_TAGS.items())
    for bucket in (theirs, plain):
        member.s3.put_object(Bucket=bucket, Key="bad", Body=samples.eicar())
        member.s3.put_object(Bucket=bucket, Key="long", Body=samples.eicar(), Tagging=long)
        member.s3.put_object(Bucket=bucket, Key="odd", Body=samples.encrypted_zip())
    member.s3.put_object(Bucket=theirs, Key="odder", Body=samples.encrypted_zip(), Tagging=long)
    places = [(bucket, key) for bucket in (theirs, plain) for key in ("bad", "long")]
    for bucket, key in places:
        eventually(lambda place=f"{bucket}/{key}": system.exists(system.quarantine, place), what="quarantine")
    for key in ("odd", "odder"):
        eventually(lambda place=f"odd/{key}": system.exists(lab, place), what="the destination")
    system.await_idle()
    agent.terminate()
    assert book(system, agents)["denied"] == {}
    looks = {pair for pair in rights(of_agents) - used(system, agents) if pair[0] in ("VerifyMembersCopies", "TakeOnRoles")}
    assert looks == set()

    ids = {(entry["bucket"], entry["key"]): entry["id"]
           for entry in system.run("quarantine", "list", "--json").json_lines()}
    for place in places:
        assert system.run("quarantine", "restore", ids[place], "--allow", "once").code == 0
    gate = f"arn:aws:iam::{system.account}:role/agent"
    for bucket in (theirs, plain):
        assert system.run("bucket", "gate", bucket, "--allow-role", gate, "--allow-role", role).code == 0
        assert system.run("bucket", "gate", bucket, "--remove").code == 0
    assert "InfectedAllowed" in system.run("verdict", f"s3://{theirs}/bad").out
    assert system.run("bucket", "unprotect", theirs, plain).code == 0

    assert book(system, MemberRole(role))["denied"] == {}
    assert unused(system, MemberRole(role), policy) == set()


# ---- the command ----

def test_a_policy_is_for_what_is_configured(system):
    def actions(*more):
        done = system.run("iam", "agent", "--account", "111122223333", "--bucket", "uploads", *more, AWS_ENDPOINT_URL="http://127.0.0.1:1")
        assert done.code == 0, done
        return {statement["Sid"]: statement for statement in json.loads(done.out)["Statement"]}
    settings = system.folder / "s.toml"
    settings.write_text("""schema = 1
[results]
cloudwatch = false
[defaults]
on.infected = ["keep"]
[[buckets]]
name = "uploads"
prefix = "in/"
on.clean = [{copy = "production/clean"}]
""")

    usual, changed = actions(), actions("--settings", settings, "--kms-key", "arn:aws:kms:us-east-1:1:key/k")

    assert {"Quarantine", "RemoveObjects", "WriteResults"} <= set(usual) and "Notify" not in usual
    assert not {"Quarantine", "RemoveObjects", "WriteResults", "Notify"} & set(changed)
    assert changed["Destinations"]["Resource"] == ["arn:aws:s3:::production/clean/*"]
    assert changed["UseKeys"]["Resource"] == ["arn:aws:kms:us-east-1:1:key/k"]
    assert usual["ReadObjects"]["Resource"] == ["arn:aws:s3:::uploads/*"]


def test_what_is_not_known_is_asked_for(system):
    nothing = system.run("iam", "agent")
    offline = system.run("iam", "agent", "--account", "111122223333")
    short = system.run("iam", "agent", "--account", "1", "--bucket", "b")

    assert nothing.code == 5 and "--bucket" in nothing.err
    assert offline.code == 4 and "--bucket" in offline.err
    assert short.code == 4 and "12 digits" in short.err
    assert "| `s3:GetObject`" in system.run("iam", "agent", "--account", "111122223333", "--bucket", "b", "--table").out


# ---- users of the stand-in that come from a file ----

def test_the_stand_in_takes_users_from_a_file(request, tmp_path, peer_name):
    users, bin_dir = tmp_path / "users.json", pathlib.Path(request.config.getoption("--bin-dir"))
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    users.write_text(json.dumps({"identities": [
        {"arn": "arn:aws:iam::000000000000:user/alice", "accessKey": "alice", "secret": "alice-secret",
         "policy": {"Version": "2012-10-17", "Statement": [statement]}}]}))

    with peers.running("devcloud", bin_dir, tmp_path / "devcloud.log", ("--identities", str(users))) as url:
        session = boto3.session.Session(aws_access_key_id="alice", aws_secret_access_key="alice-secret", region_name=REGION)
        s3, sts = (session.client(name, endpoint_url=url) for name in ("s3", "sts"))
        assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/alice"
        assert s3.list_buckets()["Buckets"] == []
        assert is_denied(lambda: s3.create_bucket(Bucket="a-bucket-of-alice"))

    users.write_text('{"identities": [{"arn": "alice"}]}')
    refused = subprocess.run([bin_dir / "cordon", "devcloud", "--listen", "127.0.0.1:0", "--identities", users],
                             capture_output=True, text=True, timeout=30, check=False)
    assert refused.returncode == 4 and "identity 1" in refused.stderr


def test_deciding_about_signatures_takes_exactly_the_printed_policy(system):
    bucket = system.protected_bucket()
    apply(system, "")
    policy = printed(system, "operator", "--bucket", bucket, "--brake")
    operator = Operator(system, policy)
    place, folder_ = f"cordon-system-{system.deployment}-{system.account}", f"brake/{REGION}/"
    pull = {"set": "1", "names": ["New"], "since": "2027-01-31T12:00:00Z"}
    # As agents tell it, and as they did when there was one document.
    told = {"confirm": ("pulled.json", {"schema": "cordon.brake-pull/1"} | pull),
            "reject": ("state.json", {"schema": "cordon.brake/1", "state": "holding"} | pull)}

    for command, (name, document) in told.items():
        system.s3.put_object(Bucket=place, Key=folder_ + name, Body=json.dumps(document))
        system.s3.put_object(Bucket=place, Key=folder_ + "held/x.json", Body=json.dumps(
            {"schema": "cordon.held-object/1", "bucket": bucket, "key": "k", "eTag": "e", "heldAt": "2027-01-31T12:00:00Z"}))
        operator.run("signatures", "brake", code=5)
        decided, = operator.run("signatures", command, "--json").json_lines()
        assert decided["asked"] == 1 and decided["set"] == "1" and decided["names"] == ["New"]
        assert decided["ignored"] == (["New"] if command == "reject" else [])
        operator.run("signatures", "brake")

    assert operator.denied(bucket, system.deployment) == []
    assert {one for one in unused(system, operator.person, policy) if one[0] in added_by(system, policy, bucket)} == set()
    mine = operator.person.client("s3")
    assert is_denied(lambda: mine.put_object(Bucket=place, Key=folder_ + "pulled.json", Body=b"{}"))


def test_an_agents_role_holds_and_decides_nothing(system, folder):   # noqa: F811
    """What agents tell and what people decide are two documents; the role writes the first alone."""
    bucket, place, brake = system.protected_bucket(), f"cordon-system-{system.deployment}-{system.account}", f"brake/{REGION}/"
    apply(system, "[brake]\ninfected_min = 3\nshare = 1\n")
    policy = printed(system, "agent")
    role = Person(system, role=True, policy=policy)
    thief = role.client("s3")
    agent = system.start_agent(signatures=folder, **role.keys)
    dilute(system, bucket, "a")
    bring(folder, agent, "Held")
    held = upload_and_await_hold(system, bucket, "Held")
    assert book(system, role)["denied"] == {}
    assert {pair for pair in rights(policy) - used(system, role) if pair[0] in ("ReadDecisions", "KeepBrake", HOLDING)} == set()

    for key in (brake + "state.json", "settings.json", "protected.json"):
        assert is_denied(lambda k=key: thief.put_object(Bucket=place, Key=k, Body=b"{}")), key
    record = next(key for key in system.keys(place) if key.startswith(brake + "held/"))
    for key in (record, brake + "state.json", brake + "pulled.json"):
        assert is_denied(lambda k=key: thief.delete_object(Bucket=place, Key=k)), key
    # What it may write releases nothing and rejects nothing.
    told = system.body(place, brake + "pulled.json")
    set_ = json.loads(told)["set"]
    forged = {"schema": "cordon.brake/1", "state": "rejected", "set": set_, "ignored": ["Test.Brake.Held.UNOFFICIAL"], "rejectedSets": [set_]}
    for document in (forged, forged | {"schema": "cordon.brake-pull/1"}):
        thief.put_object(Bucket=place, Key=brake + "pulled.json", Body=json.dumps(document))
        time.sleep(6)   # The agent has looked.
        assert agent.metric("cordon_brake_holding") == 1 and agent.metric("cordon_signatures_ignored") == 0
    system.put(bucket, "one more", b"what only the signature Held knows: 7c2e90")
    assert system.await_verdict(bucket, "one more")["scan-result"] == "Infected" and system.exists(bucket, "one more")

    # A person decides: about what the thief wrote, and then about what the agent tells anew.
    assert system.run("signatures", "confirm").code == 0
    eventually(lambda: system.body(place, brake + "pulled.json") == told, 20, what="the pull as it was")
    assert agent.metric("cordon_brake_holding") == 1
    # What was asked for by the first decision is held again.
    eventually(lambda: brake_report(system)[1]["held"] == len(held) + 1, 60, what="the records")
    assert system.run("signatures", "confirm").code == 0
    for key in held:
        system.await_quarantine(bucket, key)
    assert system.run("signatures", "brake").code == 0


def test_sweeping_takes_what_the_agent_has_with_a_schedule(system):
    plain, versioned = occupied(system, system.new_bucket()), system.new_bucket(versioned=True)
    for bucket in (plain, versioned):
        system.put(bucket, "old", b"hello")
        assert system.run("bucket", "protect", bucket).code == 0
    settings = system.folder / "sweep.toml"
    settings.write_text('schema = 1\n[sweep]\nevery = "24h"\n')
    apply(system, '[sweep]\nevery = "24h"\n')
    policy = printed(system, "agent", "--settings", settings, "--bucket", plain, "--bucket", versioned)
    operator = Operator(system, policy)

    for _ in range(2):   # Without a checkpoint, and with one.
        done = operator.run("sweep", "--grace", "0s", "--json")
        assert {plain: 1, versioned: 1}.items() <= {r["bucket"]: r["enqueued"] for r in done.json_lines()}.items()
    operator.run("sweep", "status")

    # Looking for protected buckets, one may be refused those of others, and Cordon's own.
    mine = (plain, versioned, f"cordon-sweep-{system.deployment}", f"cordon-events-{system.deployment}", "/sweeps/")
    assert operator.denied(*mine) == []
    ours = {"SeeNotifications", "SeeQuarantine", "SeeTopic", "SeeBucketRules", "FindBuckets", "ListObjects", "AskForScans",
            "KeepCheckpoints"}
    assert {pair for pair in unused(system, operator.person, policy) if pair[0] in ours} == set()

    role = Person(system, role=True, policy=policy)
    agent = system.start_agent(**role.keys)
    for bucket in (plain, versioned):
        assert system.await_verdict(bucket, "old")["scan-result"] == "Clean"
        # The schedule has its turn tomorrow, and says what the last sweep found.
        line = f'cordon_oldest_unscanned_seconds{{bucket="{bucket}"}}'
        eventually(lambda: line in agent.get("/metrics")[1], 15, what="the metric")
    assert [what for what in book(system, role)["denied"] if any(name in what for name in mine)] == []


def test_an_agent_of_file_shares_needs_three_statements_more(system):
    gateway, bucket = Gateway(system), system.new_bucket()
    shares = {kind: gateway.share(bucket, f"{kind}/", kind) for kind in ("nfs", "smb")}
    for arn in shares.values():
        assert gateway.link(arn).code == 0
    policy = printed(system, "agent", "--gateway", "--bucket", bucket)
    system.s3.delete_object(Bucket=f"cordon-system-{system.deployment}-{system.account}", Key="protected.json")   # so it is looked for
    role = Person(system, role=True, policy=policy)
    agent = system.start_agent(**role.keys)

    for kind, arn in shares.items():
        system.put(bucket, f"{kind}/evil", samples.eicar())
        gateway.announce(arn, "evil")
        system.await_quarantine(bucket, f"{kind}/evil")

    eventually(lambda: agent.metric("cordon_gateway_refreshes_total", outcome="done") == 2, 20, what="the refreshes")
    assert book(system, role)["denied"] == {}
    with_shares = {pair for pair in rights(policy) if pair[0] in ("SeeFileShares", "RefreshFileShares", "SeeGatewayRule")}
    assert with_shares and not with_shares & unused(system, role, policy)
    assert not any("storagegateway" in text for _, text in rights(printed(system, "agent", "--bucket", bucket)))
