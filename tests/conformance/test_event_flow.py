"""From a write in S3 to a message in a queue: each way, and each field as AWS writes it."""
import dataclasses
import json
import re
import urllib.parse

import pytest

from support.aws import MIB, etag, policy

KEYS = {"plain": "in/plain-1_2.txt", "space-plus": "a b+c", "percent": "100%", "escape": "x%2Fy", "slashes": "d//e",
        "dots": "x/../y", "umlaut": "ü/Ä", "emoji": "😀", "query": "a&b=c;d", "tab": "t\tab", "signs": "(1)~*'!"}


@dataclasses.dataclass
class Source:
    """A bucket whose events arrive in a queue; forgets the test event of its creation."""
    bucket: str
    queue: object
    unwrap: object

    def records(self, count):
        found = []
        for message in self.queue.take_json(count):
            found += self.unwrap(message)["Records"]
        assert len(found) == count
        return found

    def record(self):
        record, = self.records(1)
        return record


def connect(s3, bucket, queue, **configuration):
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
    # The test event comes first; a server that does not send it costs this second.
    for message in queue.receive(wait=1):
        assert "s3:TestEvent" in message["Body"]
        queue.delete(message)


ALL = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]


@pytest.fixture
def direct(s3, make_bucket, queue):
    def make(versioned=False, events=ALL):
        bucket = make_bucket(versioned=versioned)
        queue.allow("s3.amazonaws.com")
        connect(s3, bucket, queue, QueueConfigurations=[{"Id": "mine", "QueueArn": queue.arn, "Events": events}])
        return Source(bucket, queue, lambda message: message)
    return make


@pytest.fixture
def source(direct):
    return direct()


def decoded(record):
    return urllib.parse.unquote_plus(record["s3"]["object"]["key"])


def test_a_record_has_every_field(s3, source, account):
    answer = s3.put_object(Bucket=source.bucket, Key="in/a.txt", Body=b"12345")

    record = source.record()

    assert re.fullmatch(r"2\.\d+", record["eventVersion"])
    assert (record["eventSource"], record["awsRegion"]) == ("aws:s3", "us-east-1")
    assert record["eventName"] == "ObjectCreated:Put"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["eventTime"])
    assert record["userIdentity"]["principalId"]
    assert record["requestParameters"]["sourceIPAddress"]
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert record["responseElements"]["x-amz-request-id"] == headers["x-amz-request-id"]
    assert record["responseElements"]["x-amz-id-2"]
    s3_part = record["s3"]
    assert (s3_part["s3SchemaVersion"], s3_part["configurationId"]) == ("1.0", "mine")
    assert (s3_part["bucket"]["name"], s3_part["bucket"]["arn"]) == (source.bucket, f"arn:aws:s3:::{source.bucket}")
    assert s3_part["bucket"]["ownerIdentity"]["principalId"]
    assert (s3_part["object"]["key"], s3_part["object"]["size"]) == ("in/a.txt", 5)
    assert s3_part["object"]["eTag"] == etag(b"12345").strip('"')


def test_an_unversioned_object_has_no_version(s3, source):
    s3.put_object(Bucket=source.bucket, Key="k", Body=b"")

    assert "versionId" not in source.record()["s3"]["object"]


def test_a_versioned_object_has_its_version(s3, direct):
    source = direct(versioned=True)
    version = s3.put_object(Bucket=source.bucket, Key="k", Body=b"")["VersionId"]

    assert source.record()["s3"]["object"]["versionId"] == version


def test_the_sequencer_grows_with_each_write_of_a_key(s3, source):
    for body in (b"1", b"22", b"333"):
        s3.put_object(Bucket=source.bucket, Key="k", Body=body)

    records = sorted(source.records(3), key=lambda record: record["s3"]["object"]["size"])

    sequencers = [record["s3"]["object"]["sequencer"] for record in records]
    assert all(re.fullmatch(r"[0-9A-Fa-f]+", value) for value in sequencers)
    width = max(map(len, sequencers))
    padded = [value.ljust(width, "0") for value in sequencers]
    assert padded == sorted(padded) and len(set(padded)) == 3


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_keys_are_encoded_as_a_form(s3, source, key):
    s3.put_object(Bucket=source.bucket, Key=key, Body=b"x")

    raw = source.record()["s3"]["object"]["key"]

    assert urllib.parse.unquote_plus(raw) == key
    assert re.fullmatch(r"[A-Za-z0-9\-._*+/%]+", raw), raw
    assert raw.count("/") == key.count("/") and (" " not in key or "+" in raw)


def test_a_copy_says_so(s3, source, make_bucket):
    elsewhere = make_bucket()
    s3.put_object(Bucket=elsewhere, Key="original", Body=b"abc")
    s3.copy_object(Bucket=source.bucket, Key="copy", CopySource={"Bucket": elsewhere, "Key": "original"})

    record = source.record()

    assert (record["eventName"], decoded(record), record["s3"]["object"]["size"]) == ("ObjectCreated:Copy", "copy", 3)


def test_a_multipart_upload_is_one_event(s3, source):
    where = dict(Bucket=source.bucket, Key="big")
    upload = s3.create_multipart_upload(**where)["UploadId"]
    parts = [{"PartNumber": n, "ETag": s3.upload_part(**where, UploadId=upload, PartNumber=n, Body=body)["ETag"]}
             for n, body in ((1, b"1" * (5 * MIB)), (2, b"2"))]
    answer = s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})

    record = source.record()

    assert record["eventName"] == "ObjectCreated:CompleteMultipartUpload"
    assert record["s3"]["object"]["size"] == 5 * MIB + 1
    assert record["s3"]["object"]["eTag"] == answer["ETag"].strip('"')


def test_an_aborted_upload_is_no_event(s3, source):
    where = dict(Bucket=source.bucket, Key="big")
    upload = s3.create_multipart_upload(**where)["UploadId"]
    s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(**where, UploadId=upload)
    s3.put_object(Bucket=source.bucket, Key="after", Body=b"")

    assert decoded(source.record()) == "after"


def test_reading_and_tagging_are_no_events(s3, source):
    s3.put_object(Bucket=source.bucket, Key="k", Body=b"")
    s3.get_object(Bucket=source.bucket, Key="k")
    s3.put_object_tagging(Bucket=source.bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})

    assert source.record()["eventName"] == "ObjectCreated:Put"


def test_a_delete_without_versions(s3, source):
    s3.put_object(Bucket=source.bucket, Key="a b", Body=b"x")
    source.record()
    s3.delete_object(Bucket=source.bucket, Key="a b")

    record = source.record()

    assert (record["eventName"], decoded(record)) == ("ObjectRemoved:Delete", "a b")
    assert "size" not in record["s3"]["object"] and record["s3"]["object"]["sequencer"]


def test_deletes_with_versions(s3, direct):
    source = direct(versioned=True, events=["s3:ObjectRemoved:*"])
    version = s3.put_object(Bucket=source.bucket, Key="k", Body=b"x")["VersionId"]
    marker = s3.delete_object(Bucket=source.bucket, Key="k")["VersionId"]
    first = source.record()
    s3.delete_object(Bucket=source.bucket, Key="k", VersionId=version)
    second = source.record()

    assert (first["eventName"], first["s3"]["object"]["versionId"]) == ("ObjectRemoved:DeleteMarkerCreated", marker)
    assert (second["eventName"], second["s3"]["object"]["versionId"]) == ("ObjectRemoved:Delete", version)


def test_a_batch_delete_is_one_event_per_key(s3, direct):
    source = direct(events=["s3:ObjectRemoved:Delete"])
    for key in "abc":
        s3.put_object(Bucket=source.bucket, Key=key, Body=b"")
    s3.delete_objects(Bucket=source.bucket, Delete={"Objects": [{"Key": key} for key in "abc"]})

    assert sorted(map(decoded, source.records(3))) == ["a", "b", "c"]


def test_only_the_events_asked_for_arrive(s3, direct):
    source = direct(events=["s3:ObjectCreated:Copy"])
    s3.put_object(Bucket=source.bucket, Key="k", Body=b"")
    s3.copy_object(Bucket=source.bucket, Key="copy", CopySource={"Bucket": source.bucket, "Key": "k"})

    assert source.record()["eventName"] == "ObjectCreated:Copy"


def test_prefix_and_suffix_choose_keys(s3, bucket, queue):
    queue.allow("s3.amazonaws.com")
    connect(s3, bucket, queue, QueueConfigurations=[{
        "QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [
            {"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".pdf"}]}}}])
    for key in ("in/a.pdf", "in/a.png", "out/a.pdf"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")

    assert [decoded(r) for r in Source(bucket, queue, lambda m: m).records(1)] == ["in/a.pdf"]


def test_a_removed_configuration_is_silent(s3, source):
    s3.put_bucket_notification_configuration(Bucket=source.bucket, NotificationConfiguration={})
    s3.put_object(Bucket=source.bucket, Key="k", Body=b"")

    assert source.queue.receive(wait=1) == []


# ---- through a topic ----

@pytest.fixture
def through_topic(s3, sns, bucket, topic, queue, account):
    def make(raw):
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(
            topic, "sns:Publish", "s3.amazonaws.com", StringEquals={"aws:SourceAccount": account}))
        queue.allow("sns.amazonaws.com", ArnEquals={"aws:SourceArn": topic})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn,
                      Attributes={"RawMessageDelivery": "true" if raw else "false"})
        connect(s3, bucket, queue, TopicConfigurations=[{"Id": "t", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}])
        return Source(bucket, queue, (lambda m: m) if raw else (lambda m: json.loads(m["Message"])))
    return make


@pytest.mark.parametrize("raw", [False, True], ids=["envelope", "raw"])
def test_an_event_comes_through_a_topic(s3, through_topic, raw):
    source = through_topic(raw)
    s3.put_object(Bucket=source.bucket, Key="in/a.txt", Body=b"12345")

    record = source.record()

    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Put", "in/a.txt")
    assert record["s3"]["configurationId"] == "t"


def test_the_envelope_says_what_it_holds(s3, through_topic, topic):
    source = through_topic(raw=False)
    s3.put_object(Bucket=source.bucket, Key="k", Body=b"")

    envelope, = source.queue.take_json(1)

    assert (envelope["Type"], envelope["TopicArn"], envelope["Subject"]) == (
        "Notification", topic, "Amazon S3 Notification")


# ---- through EventBridge ----

@pytest.fixture
def through_rule(s3, events, make_bucket, queue, unique):
    name = unique("rule")

    def make(versioned=False):
        bucket = make_bucket(versioned=versioned)
        rule = events.put_rule(Name=name, EventPattern=json.dumps(
            {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}))["RuleArn"]
        queue.allow("events.amazonaws.com", ArnEquals={"aws:SourceArn": rule})
        events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue.arn}])
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
        return Source(bucket, queue, lambda m: m)

    yield make
    events.remove_targets(Rule=name, Ids=["q"])
    events.delete_rule(Name=name)


def test_an_event_comes_through_eventbridge(s3, through_rule, account):
    source = through_rule()
    s3.put_object(Bucket=source.bucket, Key="in/a b+ü.txt", Body=b"12345")

    event, = source.queue.take_json(1)

    assert (event["source"], event["detail-type"], event["account"]) == ("aws.s3", "Object Created", account)
    assert (event["region"], event["resources"]) == ("us-east-1", [f"arn:aws:s3:::{source.bucket}"])
    detail = event["detail"]
    assert (detail["bucket"]["name"], detail["reason"]) == (source.bucket, "PutObject")
    assert (detail["object"]["key"], detail["object"]["size"]) == ("in/a b+ü.txt", 5)
    assert detail["object"]["etag"] == etag(b"12345").strip('"')
    assert detail["object"]["sequencer"] and "version-id" not in detail["object"]
    assert detail["request-id"] and detail["requester"] and detail["source-ip-address"]


def test_an_event_of_a_version_comes_through_eventbridge(s3, through_rule):
    source = through_rule(versioned=True)
    version = s3.put_object(Bucket=source.bucket, Key="k", Body=b"")["VersionId"]

    event, = source.queue.take_json(1)

    assert event["detail"]["object"]["version-id"] == version


def test_copies_and_deletes_come_through_eventbridge(s3, through_rule):
    source = through_rule()
    s3.put_object(Bucket=source.bucket, Key="k", Body=b"x")
    source.queue.take(1)
    s3.copy_object(Bucket=source.bucket, Key="copy", CopySource={"Bucket": source.bucket, "Key": "k"})
    copied, = source.queue.take_json(1)
    s3.delete_object(Bucket=source.bucket, Key="k")
    deleted, = source.queue.take_json(1)

    assert (copied["detail-type"], copied["detail"]["reason"]) == ("Object Created", "CopyObject")
    assert (deleted["detail-type"], deleted["detail"]["reason"]) == ("Object Deleted", "DeleteObject")
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"
