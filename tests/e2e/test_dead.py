"""Dead letters: what they say, and what one can do with them."""
import json

import pytest

from harness import samples
from harness.system import eventually


@pytest.fixture
def letters(system, bucket):
    """Two messages that nobody understands, one that agents gave up on, one that the queue moved without a word."""
    agent = system.start_agent()
    system.send_event("no json")
    system.send_event({"detail-type": "x", "source": "aws.ec2", "detail": {}})
    eventually(lambda: system.counts(system.dead_letters)["Visible"] == 2, what="two dead letters")
    agent.terminate()
    system.put(bucket, "good", samples.clean())
    system.sqs.purge_queue(QueueUrl=system.queue_url(system.event_queue))
    record = {"Records": [system.s3_record(bucket, "good")]}
    url = system.queue_url(system.dead_letters)
    etag = system.head(bucket, "good")["ETag"].strip('"')
    record["Records"][0]["s3"]["object"]["eTag"] = etag
    system.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(record), MessageAttributes={
        "cordon-reason": {"DataType": "String", "StringValue": "given up after 5 deliveries: timeout: GetObject: away"}})
    system.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(record))
    return system


def listed(system):
    done = system.run("dead", "list", "--json")
    assert done.code == 0, done
    return done.json_lines()


def test_they_are_listed_by_cause_and_stay(letters, bucket):
    for _ in range(2):
        found = listed(letters)
        assert sorted(line["cause"] for line in found) == ["malformed", "malformed", "unavailable", "unexplained"]
    assert [o["key"] for line in found if line["cause"] == "unavailable" for o in line["objects"]] == ["good"]
    text = letters.run("dead", "list").out
    assert text.index("malformed: 2") < text.index("unavailable: 1") < text.index("unexplained: 1")

    one = next(line for line in found if line["cause"] == "unavailable")
    shown = letters.run("dead", "show", one["id"])
    assert shown.code == 0 and "GetObject: away" in shown.out and '"Records"' in shown.out


def test_replayed_letters_are_handled(letters, bucket):
    done = letters.run("dead", "replay", "--cause", "unavailable", "--json")
    assert done.code == 0 and done.json_lines() == [{"schema": "cordon.dead-letters-settled/1", "replayed": 1, "missing": []}], done

    letters.start_agent()

    assert letters.await_verdict(bucket, "good")["scan-result"] == "Clean"
    assert sorted(line["cause"] for line in listed(letters)) == ["malformed", "malformed", "unexplained"]


def test_what_a_sweep_asked_for_goes_back_to_the_sweep_queue(system, bucket):
    system.sqs.purge_queue(QueueUrl=system.queue_url(system.event_queue))
    request = {"schema": "cordon.scan-request/1", "bucket": bucket, "object": {"key": "lost"}}
    sweeps, dead = f"cordon-sweep-{system.deployment}", system.queue_url(system.dead_letters)
    system.sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(request), MessageAttributes={   # as agents put it there
        "cordon-queue": {"DataType": "String", "StringValue": sweeps}})
    assert [(one["queue"], one["objects"][0]["key"]) for one in listed(system)] == [("sweep", "lost")]

    done = system.run("dead", "replay", "--all")

    assert done.code == 0, done
    assert system.counts(sweeps)["Visible"] == 1
    assert system.counts(system.event_queue)["Visible"] == system.counts(system.dead_letters)["Visible"] == 0

    # What only looks like a scan request is an event: more is done with what comes from the sweep queue.
    system.sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(request | {"act": True}))
    assert [one["queue"] for one in listed(system)] == ["events"]
    assert system.run("dead", "replay", "--all").code == 0
    assert system.counts(sweeps)["Visible"] == system.counts(system.event_queue)["Visible"] == 1


def test_dropped_letters_are_gone(letters):
    one = next(line["id"] for line in listed(letters) if line["cause"] == "unexplained")
    assert letters.run("dead", "drop", one).code == 0
    assert letters.run("dead", "drop", one).code == 5
    assert letters.run("dead", "drop").code == 2
    assert letters.run("dead", "drop", "--cause", "malformed").code == 0

    assert [line["cause"] for line in listed(letters)] == ["unavailable"]
    assert letters.run("dead", "drop", "--all").code == 0
    assert listed(letters) == [] and "no dead letters" in letters.run("dead", "list").out


@pytest.mark.parametrize("versioned", [False, True], ids=["unversioned", "versioned"])
def test_what_was_deleted_before_its_scan_is_no_dead_letter(system, versioned):
    bucket = system.protected_bucket(versioned)
    for number in range(5):
        made = system.put(bucket, f"k{number}", samples.clean())
        pinned = {"VersionId": made["VersionId"]} if versioned and number % 2 else {}
        system.s3.delete_object(Bucket=bucket, Key=f"k{number}", **pinned)

    system.start_agent()

    system.await_idle()
    assert listed(system) == []
