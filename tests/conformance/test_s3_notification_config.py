"""Notification configuration of a bucket: what S3 keeps and what it refuses."""
import json

import pytest

from support.aws import policy, refused


@pytest.fixture
def open_queue(queue):
    return queue.allow("s3.amazonaws.com")


@pytest.fixture
def open_topic(sns, topic):
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy",
                             AttributeValue=policy(topic, "sns:Publish", "s3.amazonaws.com"))
    return topic


def entry(arn, *events, prefix=None, suffix=None, name=None):
    service = arn.split(":")[2]
    field = {"sqs": "QueueArn", "sns": "TopicArn", "lambda": "LambdaFunctionArn"}[service]
    value = {field: arn, "Events": list(events) or ["s3:ObjectCreated:*"]}
    rules = [{"Name": kind, "Value": text} for kind, text in (("prefix", prefix), ("suffix", suffix)) if text]
    if rules:
        value["Filter"] = {"Key": {"FilterRules": rules}}
    if name:
        value["Id"] = name
    return value


def put(s3, bucket, *entries, **more):
    sections = {"QueueConfigurations": [e for e in entries if "QueueArn" in e],
                "TopicConfigurations": [e for e in entries if "TopicArn" in e],
                "LambdaFunctionConfigurations": [e for e in entries if "LambdaFunctionArn" in e]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={k: v for k, v in sections.items() if v} | more)


def get(s3, bucket):
    answer = s3.get_bucket_notification_configuration(Bucket=bucket)
    answer.pop("ResponseMetadata")
    return answer


def test_there_is_none_at_first(s3, bucket):
    assert get(s3, bucket) == {}


def test_what_is_put_is_got(s3, bucket, open_queue, open_topic):
    one = entry(open_queue.arn, "s3:ObjectCreated:Put", "s3:ObjectCreated:Copy", prefix="in/", name="one")
    two = entry(open_topic, "s3:ObjectRemoved:*", suffix=".pdf", name="two")
    put(s3, bucket, one, two)

    got = get(s3, bucket)

    queue_entry, topic_entry = got["QueueConfigurations"][0], got["TopicConfigurations"][0]
    for field in ("Id", "QueueArn"):
        assert queue_entry[field] == one[field]
    assert sorted(queue_entry["Events"]) == sorted(one["Events"])
    assert [(r["Name"].lower(), r["Value"]) for r in queue_entry["Filter"]["Key"]["FilterRules"]] == [("prefix", "in/")]
    assert (topic_entry["Id"], topic_entry["Events"]) == ("two", ["s3:ObjectRemoved:*"])
    assert [(r["Name"].lower(), r["Value"]) for r in topic_entry["Filter"]["Key"]["FilterRules"]] == [("suffix", ".pdf")]


def test_an_entry_without_a_name_gets_one(s3, bucket, open_queue):
    put(s3, bucket, entry(open_queue.arn))

    assert get(s3, bucket)["QueueConfigurations"][0]["Id"]


def test_put_replaces_all_and_nothing_removes_all(s3, bucket, open_queue, open_topic):
    put(s3, bucket, entry(open_queue.arn))
    put(s3, bucket, entry(open_topic))
    assert get(s3, bucket).keys() == {"TopicConfigurations"}

    put(s3, bucket)
    assert get(s3, bucket) == {}


def test_eventbridge_is_an_empty_element(s3, bucket):
    put(s3, bucket, EventBridgeConfiguration={})

    assert get(s3, bucket) == {"EventBridgeConfiguration": {}}


def test_several_targets_live_side_by_side(s3, bucket, open_queue, open_topic):
    put(s3, bucket, entry(open_queue.arn, prefix="a/"), entry(open_topic, prefix="b/"), EventBridgeConfiguration={})

    assert get(s3, bucket).keys() == {"QueueConfigurations", "TopicConfigurations", "EventBridgeConfiguration"}


OVERLAPS = {
    "same": (dict(), dict(), True),
    "prefix-in-prefix": (dict(prefix="a/"), dict(prefix="a/b/"), True),
    "prefix-and-none": (dict(prefix="a/"), dict(), True),
    "suffix-in-suffix": (dict(suffix=".pdf"), dict(suffix="x.pdf"), True),
    "prefix-against-suffix": (dict(prefix="a/"), dict(suffix=".pdf"), True),
    # The examples of S3's user guide that are not valid.
    "guide-root-prefix": (dict(), dict(prefix="images"), True),
    "guide-jpg-and-pg": (dict(suffix="jpg"), dict(suffix="pg"), True),
    "guide-prefix-and-suffix": (dict(prefix="images", suffix="jpg"), dict(suffix="jpg"), True),
    "disjoint-prefixes": (dict(prefix="a/"), dict(prefix="b/"), False),
    "disjoint-suffixes": (dict(suffix=".pdf"), dict(suffix=".png"), False),
    "same-prefix-disjoint-suffixes": (dict(prefix="a/", suffix=".pdf"), dict(prefix="a/", suffix=".png"), False),
}


@pytest.mark.parametrize("one, other, overlap", OVERLAPS.values(), ids=OVERLAPS.keys())
def test_entries_for_the_same_events_may_not_overlap(s3, bucket, open_queue, open_topic, one, other, overlap):
    entries = entry(open_queue.arn, **one), entry(open_topic, "s3:ObjectCreated:Put", **other)

    if overlap:
        with refused("InvalidArgument", status=400) as caught:
            put(s3, bucket, *entries)
        assert "overlap" in caught.value.response["Error"]["Message"].lower()
        assert get(s3, bucket) == {}
    else:
        put(s3, bucket, *entries)


def test_different_events_do_not_overlap(s3, bucket, open_queue, open_topic):
    put(s3, bucket, entry(open_queue.arn, "s3:ObjectCreated:Put"), entry(open_topic, "s3:ObjectCreated:Copy"),
        entry(open_queue.arn, "s3:ObjectRemoved:*"))


def test_eventbridge_overlaps_with_nothing(s3, bucket, open_queue):
    put(s3, bucket, entry(open_queue.arn), EventBridgeConfiguration={})


def test_a_target_that_is_not_there_is_refused(s3, bucket, open_queue, open_topic):
    for arn in (open_queue.arn + "-missing", open_topic + "-missing"):
        with refused("InvalidArgument", status=400):
            put(s3, bucket, entry(arn))
    assert get(s3, bucket) == {}


def test_a_target_that_does_not_allow_s3_is_refused(s3, bucket, queue, topic):
    for arn in (queue.arn, topic):
        with refused("InvalidArgument", status=400) as caught:
            put(s3, bucket, entry(arn))
        assert "Unable to validate the following destination configurations" in caught.value.response["Error"]["Message"]


def test_a_target_that_allows_another_account_only_is_refused(s3, bucket, queue):
    queue.allow("s3.amazonaws.com", StringEquals={"aws:SourceAccount": "999999999999"})

    with refused("InvalidArgument", status=400):
        put(s3, bucket, entry(queue.arn))


def test_a_target_that_allows_this_account_and_bucket_is_taken(s3, bucket, queue, account):
    queue.allow("s3.amazonaws.com", StringEquals={"aws:SourceAccount": account},
                ArnLike={"aws:SourceArn": f"arn:aws:s3:*:*:{bucket}"})

    put(s3, bucket, entry(queue.arn))


def test_an_unknown_event_is_refused(s3, bucket, open_queue):
    with refused("InvalidArgument", "MalformedXML", status=400):
        put(s3, bucket, entry(open_queue.arn, "s3:NoSuchEvent"))


def test_two_entries_may_not_share_a_name(s3, bucket, open_queue):
    with refused("InvalidArgument", status=400):
        put(s3, bucket, entry(open_queue.arn, prefix="a/", name="same"), entry(open_queue.arn, prefix="b/", name="same"))


def test_a_hundred_entries_fit_and_no_more(s3, bucket, open_queue):
    entries = [entry(open_queue.arn, prefix=f"{1000 + n}/") for n in range(101)]

    with refused("InvalidArgument", status=400):
        put(s3, bucket, *entries)
    put(s3, bucket, *entries[:100])

    assert len(get(s3, bucket)["QueueConfigurations"]) == 100


def test_a_target_is_told_that_it_was_connected(s3, bucket, open_queue):
    put(s3, bucket, entry(open_queue.arn))

    message, = open_queue.take_json(1)

    assert (message["Service"], message["Event"], message["Bucket"]) == ("Amazon S3", "s3:TestEvent", bucket)
    assert message["Time"].endswith("Z") and message["RequestId"] and message["HostId"]


def test_a_topic_is_told_that_it_was_connected(s3, sns, bucket, open_topic, make_queue):
    queue = make_queue().allow("sns.amazonaws.com")
    sns.subscribe(TopicArn=open_topic, Protocol="sqs", Endpoint=queue.arn)
    put(s3, bucket, entry(open_topic))

    envelope, = queue.take_json(1)

    assert envelope["Subject"] == "Amazon S3 Notification"
    assert json.loads(envelope["Message"])["Event"] == "s3:TestEvent"
