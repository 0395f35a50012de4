"""SQS as boto3 speaks it (the query protocol in Debian 12's version)."""
import hashlib
import json
import threading
import time

import pytest

from support.aws import refused


def test_a_queue_is_found_by_name(sqs, queue):
    name = queue.arn.rpartition(":")[2]

    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == queue.url
    assert queue.url in sqs.list_queues(QueueNamePrefix=name)["QueueUrls"]


def test_a_missing_queue_is_named(sqs, unique):
    with refused("AWS.SimpleQueueService.NonExistentQueue", status=400):
        sqs.get_queue_url(QueueName=unique())


def test_a_deleted_queue_is_gone(sqs, queue):
    sqs.delete_queue(QueueUrl=queue.url)

    with refused("AWS.SimpleQueueService.NonExistentQueue"):
        queue.send("lost")


def test_creation_is_idempotent_for_equal_attributes_only(sqs, unique):
    name = unique("queue")
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "40"})["QueueUrl"]

    assert sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "40"})["QueueUrl"] == url
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == url
    with refused("QueueAlreadyExists", status=400):
        sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "41"})
    sqs.delete_queue(QueueUrl=url)


def test_attributes_are_set_and_have_defaults(sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"MessageRetentionPeriod": "1209600",
                                                             "ReceiveMessageWaitTimeSeconds": "2"})

    got = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])["Attributes"]

    expected = {"VisibilityTimeout": "30", "MessageRetentionPeriod": "1209600", "ReceiveMessageWaitTimeSeconds": "2",
                "DelaySeconds": "0", "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0",
                "ApproximateNumberOfMessagesDelayed": "0", "QueueArn": queue.arn}
    assert expected.items() <= got.items()
    assert {"CreatedTimestamp", "LastModifiedTimestamp"} <= got.keys()


def test_setting_one_attribute_keeps_the_others(sqs, queue):
    queue.allow("sns.amazonaws.com")

    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "7"})

    kept = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])["Attributes"]
    assert "sns.amazonaws.com" in kept["Policy"] and kept["VisibilityTimeout"] == "7"


def test_an_unknown_attribute_is_refused(sqs, queue):
    with refused("InvalidAttributeName", status=400):
        sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"NoSuchAttribute": "1"})


def test_an_attribute_out_of_range_is_refused(sqs, queue):
    with refused("InvalidAttributeValue", status=400):
        sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "43201"})


def test_a_message_comes_back_as_it_was_sent(queue):
    body = 'text <&> "ü" 😀\n\ttail'
    sent = queue.send(body)

    got, = queue.receive(wait=2)

    digest = hashlib.md5(body.encode()).hexdigest()
    assert (got["Body"], got["MessageId"]) == (body, sent["MessageId"])
    assert got["MD5OfBody"] == sent["MD5OfMessageBody"] == digest
    assert got["Attributes"]["ApproximateReceiveCount"] == "1"
    assert abs(int(got["Attributes"]["SentTimestamp"]) / 1000 - time.time()) < 60
    assert int(got["Attributes"]["ApproximateFirstReceiveTimestamp"]) >= int(got["Attributes"]["SentTimestamp"])


def test_message_attributes_come_along(queue):
    attributes = {"reason": {"DataType": "String", "StringValue": "ü & co"},
                  "count": {"DataType": "Number", "StringValue": "7"},
                  "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    sent = queue.send("x", MessageAttributes=attributes)

    got, = queue.receive(wait=2)

    assert got["MessageAttributes"] == attributes
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


def test_a_received_message_is_hidden_until_its_time_is_over(make_queue):
    queue = make_queue(VisibilityTimeout=1)
    queue.send("x")
    first, = queue.receive(wait=2)

    assert queue.receive() == []
    again, = queue.receive(wait=5)

    assert again["MessageId"] == first["MessageId"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"


def test_visibility_can_be_given_up(sqs, queue):
    queue.send("x")
    first, = queue.receive(wait=2)
    assert queue.attribute("ApproximateNumberOfMessagesNotVisible") == "1"

    sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)

    again, = queue.receive(wait=2)
    assert again["MessageId"] == first["MessageId"]


def test_visibility_can_be_lengthened(sqs, make_queue):
    queue = make_queue(VisibilityTimeout=1)
    queue.send("x")
    first, = queue.receive(wait=2)

    sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=60)

    assert queue.receive(wait=2) == []


def test_a_deleted_message_does_not_return(make_queue):
    queue = make_queue(VisibilityTimeout=1)
    queue.send("x")
    got, = queue.receive(wait=2)
    queue.delete(got)

    assert queue.receive(wait=2) == []


def test_deleting_twice_is_no_error(queue):
    queue.send("x")
    got, = queue.receive(wait=2)
    queue.delete(got)
    queue.delete(got)


@pytest.mark.parametrize("call", [
    lambda sqs, url: sqs.delete_message(QueueUrl=url, ReceiptHandle="not-a-handle"),
    lambda sqs, url: sqs.change_message_visibility(QueueUrl=url, ReceiptHandle="not-a-handle", VisibilityTimeout=1),
], ids=["delete", "visibility"])
def test_a_made_up_receipt_is_refused(sqs, queue, call):
    with refused("ReceiptHandleIsInvalid"):
        call(sqs, queue.url)


def test_a_long_poll_ends_as_soon_as_a_message_is_there(queue):
    timer = threading.Timer(0.7, lambda: queue.send("late"))
    begin = time.monotonic()
    timer.start()

    got = queue.receive(wait=10)

    assert [message["Body"] for message in got] == ["late"]
    assert 0.4 < time.monotonic() - begin < 5
    timer.join()


def test_a_long_poll_that_finds_nothing_waits_its_time(queue):
    begin = time.monotonic()

    assert queue.receive(wait=1) == []
    assert 0.8 < time.monotonic() - begin < 4


def test_a_short_poll_does_not_wait(queue):
    begin = time.monotonic()

    assert queue.receive() == []
    assert time.monotonic() - begin < 1


def test_the_queue_may_set_the_wait(make_queue, sqs):
    queue = make_queue(ReceiveMessageWaitTimeSeconds=1)
    begin = time.monotonic()

    assert sqs.receive_message(QueueUrl=queue.url).get("Messages", []) == []
    assert time.monotonic() - begin > 0.8


def test_a_delayed_message_is_not_there_yet(queue):
    queue.send("x", DelaySeconds=1)

    assert queue.receive() == []
    assert queue.attribute("ApproximateNumberOfMessagesDelayed") == "1"
    assert len(queue.receive(wait=5)) == 1


def test_at_most_ten_messages_are_received(sqs, queue):
    for count in (0, 11):
        with refused("InvalidParameterValue", "ReadCountOutOfRange", status=400):
            queue.receive(count=count)


def test_batches_send_hide_and_delete(sqs, queue):
    sent = sqs.send_message_batch(QueueUrl=queue.url, Entries=[
        {"Id": f"e{n}", "MessageBody": f"body {n}"} for n in range(10)])
    assert [entry["Id"] for entry in sent["Successful"]] == [f"e{n}" for n in range(10)]

    got = []
    while len(got) < 10:
        more = queue.receive(wait=2)
        assert more
        got += more
    assert sorted(m["Body"] for m in got) == [f"body {n}" for n in range(10)]

    hidden = sqs.change_message_visibility_batch(QueueUrl=queue.url, Entries=[
        {"Id": f"v{n}", "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 60} for n, m in enumerate(got)])
    deleted = sqs.delete_message_batch(QueueUrl=queue.url, Entries=[
        {"Id": f"d{n}", "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(got)])

    assert len(hidden["Successful"]) == len(deleted["Successful"]) == 10
    assert queue.attribute("ApproximateNumberOfMessagesNotVisible") == "0"


def test_a_batch_fails_entry_by_entry(sqs, queue):
    queue.send("x")
    got, = queue.receive(wait=2)

    answer = sqs.delete_message_batch(QueueUrl=queue.url, Entries=[
        {"Id": "good", "ReceiptHandle": got["ReceiptHandle"]}, {"Id": "bad", "ReceiptHandle": "not-a-handle"}])

    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    assert [(e["Id"], e["Code"], e["SenderFault"]) for e in answer["Failed"]] == [("bad", "ReceiptHandleIsInvalid", True)]


def test_batches_have_rules(sqs, queue):
    entry = {"Id": "a", "MessageBody": "x"}
    for entries, code in (([], "EmptyBatchRequest"), ([entry, entry], "BatchEntryIdsNotDistinct"),
                          ([{"Id": f"{n}", "MessageBody": "x"} for n in range(11)], "TooManyEntriesInBatchRequest")):
        with refused(f"AWS.SimpleQueueService.{code}", status=400):
            sqs.send_message_batch(QueueUrl=queue.url, Entries=entries)


def test_a_message_that_is_too_long_is_refused(make_queue):
    queue = make_queue(MaximumMessageSize=1024)
    queue.send("x" * 1024)

    with refused("InvalidParameterValue", status=400):
        queue.send("x" * 1025)


def test_characters_that_xml_cannot_hold_are_refused(queue):
    with refused("InvalidMessageContents", status=400):
        queue.send("bell \x07")


def test_after_enough_receives_a_message_goes_to_the_dead_letters(make_queue):
    dead = make_queue()
    queue = make_queue(VisibilityTimeout=0, RedrivePolicy=json.dumps(
        {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2}))
    sent = queue.send("poison", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}})

    for count in ("1", "2"):
        got, = queue.receive(wait=2)
        assert got["Attributes"]["ApproximateReceiveCount"] == count
    assert queue.receive(wait=1) == []

    got, = dead.receive(wait=2)
    assert (got["Body"], got["MessageId"]) == ("poison", sent["MessageId"])
    assert got["MessageAttributes"]["a"]["StringValue"] == "b"
    assert json.loads(queue.attribute("RedrivePolicy"))["deadLetterTargetArn"] == dead.arn


def test_a_redrive_policy_needs_an_existing_queue(sqs, queue):
    with refused("InvalidParameterValue", "AWS.SimpleQueueService.NonExistentQueue", status=400):
        sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"RedrivePolicy": json.dumps(
            {"deadLetterTargetArn": queue.arn + "-missing", "maxReceiveCount": 2})})


def test_purge_empties_a_queue(sqs, queue):
    queue.send("visible")
    queue.send("hidden")
    queue.receive(count=1, wait=1)

    sqs.purge_queue(QueueUrl=queue.url)

    assert queue.receive(wait=1) == []
    assert queue.attribute("ApproximateNumberOfMessagesNotVisible") == "0"


def test_tags_of_a_queue(sqs, queue):
    sqs.tag_queue(QueueUrl=queue.url, Tags={"a": "1", "b": "ü"})
    sqs.untag_queue(QueueUrl=queue.url, TagKeys=["a"])

    assert sqs.list_queue_tags(QueueUrl=queue.url)["Tags"] == {"b": "ü"}
