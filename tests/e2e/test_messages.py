"""Events that come twice, late, in the wrong order, in bundles, or from nowhere."""
import json
import os
import signal
import time

import pytest

from harness import samples
from harness.system import eventually


def test_the_same_event_three_times(system, bucket):
    put = system.put(bucket, "k", samples.clean())
    for _ in range(2):
        system.send_event({"Records": [system.s3_record(bucket, "k", etag=put["ETag"].strip('"'), size=1000)]})
    system.start_agent()

    assert system.await_verdict(bucket, "k")["scan-result"] == "Clean"
    system.await_idle()
    assert {result["result"] for result in system.results(bucket, "k")} == {"Clean"}
    assert not any(system.counts(system.dead_letters).values())


def test_an_infected_object_whose_event_is_repeated_after_the_move(system, bucket, agent):
    put = system.put(bucket, "k", samples.eicar())
    system.await_quarantine(bucket, "k")
    system.await_idle()
    system.send_event({"Records": [system.s3_record(bucket, "k", etag=put["ETag"].strip('"'))]})
    system.await_idle()

    versions = system.s3.list_object_versions(Bucket=system.quarantine, Prefix=f"{bucket}/k")["Versions"]
    assert len(versions) == 1
    assert {result["result"] for result in system.results(bucket, "k")} == {"Infected"}


def test_events_in_the_wrong_order(system, versioned):
    ids = {name: system.put(versioned, "k", body)["VersionId"]
           for name, body in (("bad", samples.eicar()), ("good", b"clean"))}
    system.sqs.purge_queue(QueueUrl=system.queue_url(system.event_queue))
    for name, sequencer in (("good", "0055AED6DCD9028200"), ("bad", "0055AED6DCD9028100")):
        system.send_event({"Records": [system.s3_record(versioned, "k", version=ids[name], sequencer=sequencer)]})
    system.start_agent()

    assert system.await_verdict(versioned, "k", ids["good"])["scan-result"] == "Clean"
    system.await_idle()
    assert not system.exists(versioned, "k", ids["bad"])
    assert system.exists(system.quarantine, f"{versioned}/k")
    assert system.body(versioned, "k") == b"clean"


def test_an_old_event_for_a_key_that_was_overwritten(system, bucket):
    old = system.put(bucket, "k", samples.eicar())["ETag"].strip('"')
    system.put(bucket, "k", b"clean now")
    system.sqs.purge_queue(QueueUrl=system.queue_url(system.event_queue))
    system.send_event({"Records": [system.s3_record(bucket, "k", etag=old)]})
    system.start_agent()

    system.await_idle()

    assert system.body(bucket, "k") == b"clean now"
    assert not system.exists(system.quarantine, f"{bucket}/k")
    assert system.results(bucket, "k") == [] or system.tags(bucket, "k").get("scan-result") != "Infected"


def test_several_records_in_one_message(system, bucket):
    etags = {f"k{n}": system.put(bucket, f"k{n}", body)["ETag"].strip('"')
             for n, body in enumerate((b"one", samples.eicar(), b"three"))}
    system.sqs.purge_queue(QueueUrl=system.queue_url(system.event_queue))
    system.send_event({"Records": [system.s3_record(bucket, key, etag=etag) for key, etag in etags.items()]})
    system.start_agent()

    system.await_quarantine(bucket, "k1")
    system.await_idle()
    assert [system.tags(bucket, key)["scan-result"] for key in ("k0", "k2")] == ["Clean", "Clean"]


def test_an_event_of_eventbridge(system, bucket):
    etag = system.put(bucket, "in/a b+ü", samples.eicar())["ETag"].strip('"')
    system.sqs.purge_queue(QueueUrl=system.queue_url(system.event_queue))
    system.send_event({"version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": "Object Created",
                       "source": "aws.s3", "account": system.account, "time": "2026-01-02T03:04:05Z", "region": "us-east-1",
                       "resources": [f"arn:aws:s3:::{bucket}"], "detail": {
                           "version": "0", "bucket": {"name": bucket}, "request-id": "N4N7GDK58NMKJ12R",
                           "object": {"key": "in/a b+ü", "size": 68, "etag": etag, "sequencer": "617f08299329d189"},
                           "requester": system.account, "source-ip-address": "192.0.2.1", "reason": "PutObject"}})
    system.start_agent()

    assert system.await_quarantine(bucket, "in/a b+ü")["scan-result"] == "Infected"
    assert system.await_results(bucket, "in/a b+ü")[0]["source"] == "eventbridge"


def test_messages_that_need_no_work_are_acknowledged(system, bucket, agent):
    system.send_event({"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-01-02T03:04:05.678Z",
                       "Bucket": bucket, "RequestId": "r", "HostId": "h"})
    system.send_event({"Records": [system.s3_record(bucket, "gone", name="ObjectRemoved:Delete")]})

    system.await_idle()

    assert not any(system.counts(system.dead_letters).values()) and system.results() == []


UNKNOWN = {"text": "hello", "other-json": '{"foo": 1}', "empty-object": "{}", "list": "[]", "cut": '{"Records": [{"event',
           "no-bucket": '{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{}}]}',
           "deep": "[" * 5000 + "]" * 5000}


@pytest.mark.parametrize("text", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_message_goes_to_the_dead_letters_with_its_reason(system, bucket, agent, text):
    system.send_event(text)

    message, = system.dead_messages(1)

    assert message["Body"] == text
    assert message["MessageAttributes"]["cordon-reason"]["StringValue"]
    system.await_idle()
    assert agent.process.poll() is None


def test_one_bad_record_loses_none_of_the_others(system, bucket, agent):
    etag = system.put(bucket, "good", b"x")["ETag"].strip('"')
    system.await_idle()
    system.s3.delete_object_tagging(Bucket=bucket, Key="good")
    bad = {"eventSource": "aws:s3", "eventVersion": "2.1"}
    system.send_event({"Records": [bad, system.s3_record(bucket, "good", etag=etag)]})

    letter, = system.dead_messages(1)
    assert json.loads(letter["Body"]) == {"Records": [bad]}
    assert letter["MessageAttributes"]["cordon-reason"]["StringValue"].startswith("not understood: Records[0]: ")
    assert system.await_verdict(bucket, "good")["scan-result"] == "Clean"
    system.await_idle()


def test_what_a_record_need_not_say_may_be_anything(system, bucket):
    etag = system.put(bucket, "k", samples.eicar())["ETag"].strip('"')
    system.sqs.purge_queue(QueueUrl=system.queue_url(system.event_queue))
    record = system.s3_record(bucket, "k", etag=etag)
    record["s3"]["object"] |= {"sequencer": 7, "size": "many", "versionId": ["x"], "eTag": None}
    record["userIdentity"] = "nobody"
    system.send_event("\ufeff" + json.dumps({"Records": [record]}))   # a byte order mark before it
    system.start_agent()

    system.await_quarantine(bucket, "k")
    system.await_idle()
    assert not any(system.counts(system.dead_letters).values())


def test_many_bad_messages_are_told_of_a_few_times_and_counted_all(system, bucket, agent):
    for _ in range(30):
        system.send_event("hello")

    eventually(lambda: system.counts(system.dead_letters)["Visible"] == 30, what="the dead letters")
    assert agent.log().count('"event":"message.dead_lettered"') == 10
    # It is counted when the queue has answered.
    eventually(lambda: agent.metric("cordon_messages_dead_lettered_total") == 30, 10, what="the count")
    agent.terminate()
    assert '"event":"log.left_out","of":"message.dead_lettered","count":20,"seconds":60' in agent.log()


# ---- characters that queues refuse ----

FORBIDDEN = "a\ufffe\uffff\u2028\u202e\u009b😀.txt"


@pytest.mark.only_on("devcloud", reason="its XML and events do not hold such a key")
def test_a_key_that_queues_refuse_is_scanned_told_of_and_swept(system):
    topic = system.client("sns").create_topic(Name=f"cordon-notifications-{system.deployment}")["TopicArn"]
    listener = system.sqs.create_queue(QueueName=f"listener-{system.deployment}")["QueueUrl"]
    arn = system.sqs.get_queue_attributes(QueueUrl=listener, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    system.sqs.set_queue_attributes(QueueUrl=listener, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]})})
    system.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    settings = system.folder / "settings.toml"
    settings.write_text('schema = 1\n[notifications]\nenabled = true\n')
    bucket = system.new_bucket()
    for n in range(12):
        system.put(bucket, f"{n:02}{FORBIDDEN}", samples.eicar() if n == 3 else samples.clean())
    assert system.run("bucket", "protect", bucket).code == 0
    assert system.run("settings", "apply", settings).code == 0

    swept = system.run("sweep", "--bucket", bucket, "--grace", "0s", "--json")

    assert swept.code == 0, swept
    report, = swept.json_lines()
    assert (report["enqueued"], report["refused"]) == (12, 0) and report["finished"]
    system.start_agent()
    system.await_quarantine(bucket, "03" + FORBIDDEN)
    for n in (0, 11):
        assert system.await_verdict(bucket, f"{n:02}{FORBIDDEN}")["scan-result"] == "Clean"
    told = eventually(lambda: system.sqs.receive_message(QueueUrl=listener, WaitTimeSeconds=1,
                                                         MessageAttributeNames=["All"]).get("Messages"), what="the notification")
    assert told[0]["Body"].isascii() and json.loads(told[0]["Body"])["key"] == "03" + FORBIDDEN
    listed = system.run("quarantine", "list").out
    assert not set(listed) & set("\u2028\u202e\u009b")
    answer = system.run("verdict", f"s3://{bucket}/03{FORBIDDEN}", "--json")
    assert answer.code == 1 and answer.json_lines()[0]["key"] == "03" + FORBIDDEN
    assert not any(system.counts(system.dead_letters).values())


# ---- objects that are gone or have changed ----

def test_an_object_that_was_deleted_before_the_scan(system, bucket):
    system.put(bucket, "gone", samples.eicar())
    system.s3.delete_object(Bucket=bucket, Key="gone")
    system.put(bucket, "after", samples.clean())
    agent = system.start_agent()

    assert system.await_verdict(bucket, "after")["scan-result"] == "Clean"
    system.await_idle()
    assert not any(system.counts(system.dead_letters).values())
    assert not system.exists(system.quarantine, f"{bucket}/gone")
    assert [r["result"] for r in system.results(bucket, "gone") if r["result"] == "Error"] == []
    assert agent.process.poll() is None


def test_a_version_under_a_delete_marker_is_still_scanned(system, versioned):
    version = system.put(versioned, "k", b"clean")["VersionId"]
    system.s3.delete_object(Bucket=versioned, Key="k")
    system.start_agent()

    system.await_idle()
    if system.peer != "moto":   # its events name no version, so there the key is just gone
        assert system.tags(versioned, "k", version)["scan-result"] == "Clean"
    assert not any(system.counts(system.dead_letters).values())


@pytest.mark.parametrize("first, second", [("clean", "infected"), ("infected", "clean")])
def test_an_object_that_is_overwritten_during_the_scan(system, bucket, agent, first, second):
    bodies = {"clean": b"harmless", "infected": samples.eicar()}
    # The agent goes on, its engine stands still: it holds the first content when the second arrives.
    engine = agent.engine_processes()
    for pid in engine:
        os.kill(pid, signal.SIGSTOP)
    system.put(bucket, "k", bodies[first])
    system.await_held()
    time.sleep(1)   # from receipt to the engine takes milliseconds
    system.put(bucket, "k", bodies[second])
    for pid in engine:
        os.kill(pid, signal.SIGCONT)

    if second == "infected":
        assert system.await_quarantine(bucket, "k")["scan-result"] == "Infected"
        assert system.body(system.quarantine, f"{bucket}/k") == bodies["infected"]
    else:
        eventually(lambda: (system.tags(bucket, "k") or {}).get("scan-result") == "Clean", what="the second verdict")
        assert system.body(bucket, "k") == bodies["clean"]
    system.await_idle()
    assert (system.tags(bucket, "k") or {"scan-result": "Clean"})["scan-result"] == "Clean"
