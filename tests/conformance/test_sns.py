"""SNS: topics, subscriptions of queues, publishing and filtering."""
import json
import re

import pytest

from support.aws import policy, refused


@pytest.fixture
def subscribe(sns, topic, make_queue):
    """Subscribes a new queue to the topic and returns it."""
    def make(**attributes):
        queue = make_queue().allow("sns.amazonaws.com", ArnEquals={"aws:SourceArn": topic})
        queue_attributes = {name: value if isinstance(value, str) else json.dumps(value)
                            for name, value in attributes.items()}
        arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=queue_attributes,
                            ReturnSubscriptionArn=True)["SubscriptionArn"]
        return queue, arn
    return make


def text(value):
    return {"DataType": "String", "StringValue": value}


def test_creating_a_topic_again_finds_it(sns, topic, account):
    name = topic.rpartition(":")[2]

    assert topic == f"arn:aws:sns:us-east-1:{account}:{name}"
    assert sns.create_topic(Name=name)["TopicArn"] == topic


def test_topics_are_listed(sns, topic):
    arns = [entry["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for entry in page["Topics"]]

    assert topic in arns


def test_attributes(sns, topic, account):
    text_of_policy = policy(topic, "sns:Publish", "s3.amazonaws.com", StringEquals={"aws:SourceAccount": account})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="shown")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=text_of_policy)

    got = sns.get_topic_attributes(TopicArn=topic)["Attributes"]

    assert (got["TopicArn"], got["Owner"], got["DisplayName"]) == (topic, account, "shown")
    assert json.loads(got["Policy"]) == json.loads(text_of_policy)


def test_a_new_topic_has_a_policy_for_its_owner(sns, topic):
    statement, = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])["Statement"]

    assert statement["Effect"] == "Allow" and statement["Resource"] == topic


def test_a_missing_topic_is_not_found(sns, topic):
    for call in (lambda: sns.publish(TopicArn=topic + "x", Message="lost"),
                 lambda: sns.get_topic_attributes(TopicArn=topic + "x")):
        with refused("NotFound", status=404):
            call()


def test_deleting_a_topic_twice_is_no_error(sns, topic):
    sns.delete_topic(TopicArn=topic)
    sns.delete_topic(TopicArn=topic)


def test_a_bad_topic_name_is_refused(sns):
    with refused("InvalidParameter", status=400):
        sns.create_topic(Name="no spaces!")


def test_tags(sns, topic):
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "ü"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["a"])

    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "ü"}]


def test_a_message_arrives_in_an_envelope(sns, topic, subscribe):
    queue, _ = subscribe()
    sent = sns.publish(TopicArn=topic, Subject="about", Message='{"a":"ü 😀"}',
                       MessageAttributes={"bucket": text("uploads")})

    envelope, = queue.take_json(1)

    assert (envelope["Type"], envelope["MessageId"], envelope["TopicArn"]) == ("Notification", sent["MessageId"], topic)
    assert (envelope["Subject"], envelope["Message"]) == ("about", '{"a":"ü 😀"}')
    assert envelope["MessageAttributes"] == {"bucket": {"Type": "String", "Value": "uploads"}}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", envelope["Timestamp"])
    assert envelope["SignatureVersion"] in ("1", "2") and envelope["Signature"]
    assert envelope["SigningCertURL"] and "Action=Unsubscribe" in envelope["UnsubscribeURL"]


def test_subject_and_attributes_are_left_out_when_there_are_none(sns, topic, subscribe):
    queue, _ = subscribe()
    sns.publish(TopicArn=topic, Message="plain")

    envelope, = queue.take_json(1)

    assert "Subject" not in envelope and "MessageAttributes" not in envelope


def test_raw_delivery_has_no_envelope(sns, topic, subscribe):
    queue, _ = subscribe(RawMessageDelivery="true")
    sns.publish(TopicArn=topic, Message="as it is", MessageAttributes={"bucket": text("uploads")})

    message, = queue.take(1)

    assert message["Body"] == "as it is"
    assert message["MessageAttributes"]["bucket"]["StringValue"] == "uploads"


def test_raw_delivery_can_be_switched_later(sns, topic, subscribe):
    queue, arn = subscribe()
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="true")
    sns.publish(TopicArn=topic, Message="raw")

    assert queue.take(1)[0]["Body"] == "raw"
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["RawMessageDelivery"] == "true"


def test_every_subscriber_gets_its_copy(sns, topic, subscribe):
    queues = [subscribe(RawMessageDelivery="true")[0] for _ in range(3)]
    sns.publish(TopicArn=topic, Message="to all")

    assert [queue.take(1)[0]["Body"] for queue in queues] == ["to all"] * 3


RESULT = {"scanResult": text("Infected"), "bucket": text("uploads")}
FILTERS = {
    "exact": ({"scanResult": ["Infected"]}, True),
    "one-of": ({"scanResult": ["Error", "Infected"]}, True),
    "other": ({"scanResult": ["Clean"]}, False),
    "and": ({"scanResult": ["Infected"], "bucket": ["other"]}, False),
    "and-both": ({"scanResult": ["Infected"], "bucket": ["uploads"]}, True),
    "prefix": ({"bucket": [{"prefix": "up"}]}, True),
    "no-prefix": ({"bucket": [{"prefix": "down"}]}, False),
    "anything-but": ({"scanResult": [{"anything-but": ["Clean"]}]}, True),
    "nothing-but": ({"scanResult": [{"anything-but": ["Infected"]}]}, False),
    "exists": ({"bucket": [{"exists": True}]}, True),
    "absent": ({"missing": [{"exists": False}]}, True),
    "missing": ({"missing": ["x"]}, False),
}


@pytest.mark.parametrize("filter_policy, passes", FILTERS.values(), ids=FILTERS.keys())
def test_a_filter_on_attributes(sns, topic, subscribe, filter_policy, passes):
    queue, _ = subscribe(FilterPolicy=filter_policy, RawMessageDelivery="true")
    control, _ = subscribe(RawMessageDelivery="true")
    sns.publish(TopicArn=topic, Message="result", MessageAttributes=RESULT)

    control.take(1)
    assert [message["Body"] for message in queue.receive(wait=1 if passes else 0)] == ["result"] * passes


def test_a_numeric_filter(sns, topic, subscribe):
    queue, _ = subscribe(FilterPolicy={"size": [{"numeric": [">", 10, "<=", 20]}]}, RawMessageDelivery="true")
    for size in ("10", "11", "20", "21"):
        sns.publish(TopicArn=topic, Message=size, MessageAttributes={"size": {"DataType": "Number", "StringValue": size}})

    assert sorted(message["Body"] for message in queue.take(2)) == ["11", "20"]


def test_a_filter_on_the_body(sns, topic, subscribe):
    queue, _ = subscribe(FilterPolicyScope="MessageBody", FilterPolicy={"detail": {"key": [{"prefix": "in/"}]}},
                         RawMessageDelivery="true")
    for key in ("in/a", "out/a"):
        sns.publish(TopicArn=topic, Message=json.dumps({"detail": {"key": key}}))
    sns.publish(TopicArn=topic, Message="no json")

    assert [json.loads(m["Body"])["detail"]["key"] for m in queue.take(1)] == ["in/a"]


def test_a_filter_on_the_body_looks_into_lists(sns, topic, subscribe):
    queue, _ = subscribe(FilterPolicyScope="MessageBody", RawMessageDelivery="true",
                         FilterPolicy={"Records": {"s3": {"bucket": {"name": ["one", "two"]}}}})
    for name in ("one", "three", "two"):
        sns.publish(TopicArn=topic, Message=json.dumps({"Records": [{"s3": {"bucket": {"name": name}}}]}))
    sns.publish(TopicArn=topic, Message=json.dumps({"Event": "s3:TestEvent", "Bucket": "one"}))

    names = sorted(json.loads(m["Body"])["Records"][0]["s3"]["bucket"]["name"] for m in queue.take(2))

    assert names == ["one", "two"]


def test_a_bad_filter_is_refused(sns, topic, subscribe):
    with refused("InvalidParameter", status=400):
        subscribe(FilterPolicy="no json")


def test_subscribing_again_finds_the_subscription(sns, topic, subscribe):
    queue, arn = subscribe()

    assert sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)["SubscriptionArn"] == arn
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [(s["SubscriptionArn"], s["Protocol"], s["Endpoint"], s["TopicArn"]) for s in listed] == [
        (arn, "sqs", queue.arn, topic)]


def test_who_has_unsubscribed_gets_nothing(sns, topic, subscribe):
    gone, arn = subscribe(RawMessageDelivery="true")
    control, _ = subscribe(RawMessageDelivery="true")
    sns.unsubscribe(SubscriptionArn=arn)
    sns.publish(TopicArn=topic, Message="x")

    control.take(1)
    assert gone.receive() == []
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1


def test_a_queue_that_does_not_allow_the_topic_gets_nothing(sns, topic, make_queue, subscribe):
    closed = make_queue()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=closed.arn)
    control, _ = subscribe()
    sns.publish(TopicArn=topic, Message="x")

    control.take(1)
    assert closed.receive() == []


def test_a_batch_is_published_entry_by_entry(sns, topic, subscribe):
    queue, _ = subscribe(RawMessageDelivery="true")

    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
        {"Id": "a", "Message": "one"}, {"Id": "b", "Message": "two"}])

    assert sorted(entry["Id"] for entry in answer["Successful"]) == ["a", "b"]
    assert sorted(message["Body"] for message in queue.take(2)) == ["one", "two"]


def test_an_empty_message_is_refused(sns, topic):
    with refused("InvalidParameter", status=400):
        sns.publish(TopicArn=topic, Message="")


def test_a_message_that_is_too_long_is_refused(sns, topic):
    with refused("InvalidParameter", status=400):
        sns.publish(TopicArn=topic, Message="x" * (256 * 1024 + 1))
