"""SQS over the JSON protocol: every action an agent or the provisioning of a queue needs."""
import hashlib
import json
import time

import pytest

ABSENT = ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400)


@pytest.fixture
def url(json_sqs, unique):
    url = json_sqs("CreateQueue", QueueName=unique("queue"), Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    yield url
    json_sqs.raw("DeleteQueue", {"QueueUrl": url})


def receive(json_sqs, url, wait=2, **options):
    return json_sqs("ReceiveMessage", QueueUrl=url, WaitTimeSeconds=wait, MaxNumberOfMessages=10,
                    AttributeNames=["All"], MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"],
                    **options).get("Messages", [])


def test_answers_are_json(json_sqs):
    answer = json_sqs.raw("ListQueues", {})

    assert answer.headers["content-type"] == "application/x-amz-json-1.0"
    assert answer.headers["x-amzn-requestid"]


def test_create_and_find(json_sqs, url):
    name = url.rpartition("/")[2]

    assert json_sqs("GetQueueUrl", QueueName=name)["QueueUrl"] == url
    assert url in json_sqs("ListQueues", QueueNamePrefix=name)["QueueUrls"]


def test_creating_with_other_attributes_is_refused(json_sqs, url):
    name, query_name, status = json_sqs.refused("CreateQueue", QueueName=url.rpartition("/")[2],
                                                Attributes={"VisibilityTimeout": "31"})

    assert (name, query_name, status) == ("QueueNameExists", "QueueAlreadyExists", 400)


def test_a_missing_queue_has_both_names(json_sqs, url, unique):
    missing = url.rpartition("/")[0] + "/" + unique()

    assert json_sqs.refused("GetQueueUrl", QueueName=unique()) == ABSENT
    assert json_sqs.refused("SendMessage", QueueUrl=missing, MessageBody="x") == ABSENT
    assert json_sqs.refused("ReceiveMessage", QueueUrl=missing) == ABSENT


def test_attributes(json_sqs, url):
    json_sqs("SetQueueAttributes", QueueUrl=url, Attributes={"MessageRetentionPeriod": "1209600"})

    some = json_sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["MessageRetentionPeriod"])["Attributes"]
    everything = json_sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]

    assert some == {"MessageRetentionPeriod": "1209600"}
    assert everything["QueueArn"].endswith(url.rpartition("/")[2]) and everything["VisibilityTimeout"] == "30"


def test_send_and_receive(json_sqs, url):
    body = 'ü 😀 "quoted" \\ <&>\n'
    attributes = {"cordon-reason": {"DataType": "String", "StringValue": "why"}}
    sent = json_sqs("SendMessage", QueueUrl=url, MessageBody=body, MessageAttributes=attributes)

    got, = receive(json_sqs, url)

    assert (got["Body"], got["MessageId"]) == (body, sent["MessageId"])
    assert got["MD5OfBody"] == sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    assert got["MessageAttributes"] == attributes
    assert got["Attributes"]["ApproximateReceiveCount"] == "1"


def test_system_attributes_can_be_asked_for_by_their_newer_name(json_sqs, url):
    json_sqs("SendMessage", QueueUrl=url, MessageBody="x")

    got, = json_sqs("ReceiveMessage", QueueUrl=url, WaitTimeSeconds=2,
                    MessageSystemAttributeNames=["ApproximateReceiveCount"])["Messages"]

    assert got["Attributes"] == {"ApproximateReceiveCount": "1"}


def test_a_long_poll_that_finds_nothing(json_sqs, url):
    begin = time.monotonic()

    assert receive(json_sqs, url, wait=1) == []
    assert 0.8 < time.monotonic() - begin < 4


def test_visibility(json_sqs, url):
    json_sqs("SendMessage", QueueUrl=url, MessageBody="x")
    got, = receive(json_sqs, url)
    assert receive(json_sqs, url, wait=0) == []

    json_sqs("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=0)

    assert receive(json_sqs, url)[0]["Attributes"]["ApproximateReceiveCount"] == "2"


def test_visibility_of_a_message_that_is_not_held(json_sqs, url):
    json_sqs("SendMessage", QueueUrl=url, MessageBody="x")
    got, = receive(json_sqs, url)
    json_sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])

    name, _, status = json_sqs.refused("ChangeMessageVisibility", QueueUrl=url,
                                       ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=5)

    assert status == 400 and name in ("MessageNotInflight", "InvalidParameterValue", "ReceiptHandleIsInvalid")


def test_a_visibility_beyond_twelve_hours_is_refused(json_sqs, url):
    json_sqs("SendMessage", QueueUrl=url, MessageBody="x")
    got, = receive(json_sqs, url)

    name, _, status = json_sqs.refused("ChangeMessageVisibility", QueueUrl=url,
                                       ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=43201)

    assert (name, status) == ("InvalidParameterValue", 400)


def test_delete(json_sqs, url):
    json_sqs("SendMessage", QueueUrl=url, MessageBody="x")
    got, = receive(json_sqs, url)
    json_sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])

    counts = json_sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=[
        "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"])["Attributes"]
    assert set(counts.values()) == {"0"}


def test_a_made_up_receipt(json_sqs, url):
    for action, more in (("DeleteMessage", {}), ("ChangeMessageVisibility", {"VisibilityTimeout": 1})):
        name, _, status = json_sqs.refused(action, QueueUrl=url, ReceiptHandle="not-a-handle", **more)
        assert name == "ReceiptHandleIsInvalid" and 400 <= status < 500


def test_batches(json_sqs, url):
    sent = json_sqs("SendMessageBatch", QueueUrl=url, Entries=[
        {"Id": f"e{n}", "MessageBody": f"body {n}"} for n in range(3)])
    got = []
    while len(got) < 3:
        more = receive(json_sqs, url)
        assert more
        got += more

    answer = json_sqs("DeleteMessageBatch", QueueUrl=url, Entries=[
        {"Id": f"d{n}", "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(got)] + [
        {"Id": "bad", "ReceiptHandle": "not-a-handle"}])

    assert len(sent["Successful"]) == 3
    assert sorted(entry["Id"] for entry in answer["Successful"]) == ["d0", "d1", "d2"]
    assert [(e["Id"], e["Code"], e["SenderFault"]) for e in answer["Failed"]] == [("bad", "ReceiptHandleIsInvalid", True)]


def test_dead_letters(json_sqs, url, unique):
    dead = json_sqs("CreateQueue", QueueName=unique("dead"))["QueueUrl"]
    arn = json_sqs("GetQueueAttributes", QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    json_sqs("SetQueueAttributes", QueueUrl=url, Attributes={
        "VisibilityTimeout": "0", "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})})
    json_sqs("SendMessage", QueueUrl=url, MessageBody="poison")

    assert len(receive(json_sqs, url)) == 1
    assert receive(json_sqs, url, wait=1) == []
    assert [message["Body"] for message in receive(json_sqs, dead)] == ["poison"]
    json_sqs("DeleteQueue", QueueUrl=dead)


def test_tags(json_sqs, url):
    json_sqs("TagQueue", QueueUrl=url, Tags={"a": "1", "b": "2"})
    json_sqs("UntagQueue", QueueUrl=url, TagKeys=["a"])

    assert json_sqs("ListQueueTags", QueueUrl=url)["Tags"] == {"b": "2"}


def test_purge(json_sqs, url):
    json_sqs("SendMessage", QueueUrl=url, MessageBody="x")
    json_sqs("PurgeQueue", QueueUrl=url)

    assert receive(json_sqs, url, wait=1) == []


def test_both_protocols_see_the_same_queue(json_sqs, sqs, url):
    json_sqs("SendMessage", QueueUrl=url, MessageBody="by json")

    got, = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"]

    assert got["Body"] == "by json"
    json_sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])


def test_an_unknown_action_is_refused(json_sqs):
    name, _, status = json_sqs.refused("NoSuchAction")

    assert (name, status) in (("UnknownOperationException", 404), ("UnknownOperationException", 400),
                              ("InvalidAction", 400))


def test_a_body_that_is_no_json_is_refused(json_sqs, target):
    from support import aws
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues"}
    signed = aws.sign(target.endpoint, "POST", "/", headers, b"{no json", service="sqs")

    answer = aws.send(target.endpoint, "POST", "/", signed, b"{no json")

    assert answer.status == 400
    assert json.loads(answer.body)["__type"].rpartition("#")[2] == "SerializationException"


def test_a_missing_parameter_is_refused(json_sqs, url):
    name, _, status = json_sqs.refused("SendMessage", QueueUrl=url)

    assert (name, status) == ("MissingParameter", 400)
