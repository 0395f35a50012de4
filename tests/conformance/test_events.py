"""EventBridge: rules on the default bus, patterns, and targets."""
import json
import re

import pytest

from support.aws import ignoring_absence, policy, refused


@pytest.fixture
def make_rule(events, unique):
    made = []

    def make(pattern, **options):
        name = unique("rule")
        arn = events.put_rule(Name=name, EventPattern=json.dumps(pattern), **options)["RuleArn"]
        made.append(name)
        return name, arn

    yield make
    for name in made:
        with ignoring_absence():
            ids = [target["Id"] for target in events.list_targets_by_rule(Rule=name)["Targets"]]
            if ids:
                events.remove_targets(Rule=name, Ids=ids)
            events.delete_rule(Name=name)


@pytest.fixture
def routed(events, make_rule, queue):
    """Makes a rule that feeds the queue."""
    def make(pattern, **options):
        name, arn = make_rule(pattern, **options)
        queue.allow("events.amazonaws.com", ArnEquals={"aws:SourceArn": arn})
        answer = events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue.arn}])
        assert answer["FailedEntryCount"] == 0
        return name
    return make


def put(events, source, detail, kind="File Upload"):
    answer = events.put_events(Entries=[{"Source": source, "DetailType": kind, "Detail": json.dumps(detail),
                                         "Resources": ["arn:aws:s3:::uploads"]}])
    assert answer["FailedEntryCount"] == 0
    return answer["Entries"][0]["EventId"]


def test_a_rule_is_described_and_listed(events, make_rule, account):
    pattern = {"source": ["aws.storagegateway"]}
    name, arn = make_rule(pattern, Description="for gateways")

    got = events.describe_rule(Name=name)

    assert arn == got["Arn"] == f"arn:aws:events:us-east-1:{account}:rule/{name}"
    assert (got["State"], got["Description"], json.loads(got["EventPattern"])) == ("ENABLED", "for gateways", pattern)
    assert [rule["Name"] for rule in events.list_rules(NamePrefix=name)["Rules"]] == [name]


def test_putting_a_rule_again_changes_it(events, make_rule):
    name, _ = make_rule({"source": ["a"]})
    events.put_rule(Name=name, EventPattern='{"source":["b"]}')

    assert json.loads(events.describe_rule(Name=name)["EventPattern"]) == {"source": ["b"]}


@pytest.mark.parametrize("text", ["no json", '{"source":"not a list"}'], ids=["no-json", "no-list"])
def test_a_bad_pattern_is_refused(events, unique, text):
    name = unique("rule")

    with refused("InvalidEventPatternException", status=400):
        events.put_rule(Name=name, EventPattern=text)
        events.delete_rule(Name=name)   # one that was taken must not disturb the other tests


def test_a_missing_rule_is_not_found(events, unique, queue):
    for call in (lambda: events.describe_rule(Name=unique()),
                 lambda: events.put_targets(Rule=unique(), Targets=[{"Id": "q", "Arn": queue.arn}])):
        with refused("ResourceNotFoundException", status=400):
            call()


def test_targets_are_listed_and_removed(events, routed, queue):
    name = routed({"source": ["a"]})

    assert events.list_targets_by_rule(Rule=name)["Targets"] == [{"Id": "queue", "Arn": queue.arn}]
    assert events.remove_targets(Rule=name, Ids=["queue"])["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule=name)["Targets"] == []


def test_a_rule_with_targets_cannot_be_deleted(events, routed):
    name = routed({"source": ["a"]})

    with refused("ValidationException", status=400):
        events.delete_rule(Name=name)


def test_deleting_a_missing_rule_is_no_error(events, unique):
    events.delete_rule(Name=unique())


def test_an_event_reaches_a_queue(events, routed, queue, unique, account):
    source = unique("source")
    routed({"source": [source]})
    sent = put(events, source, {"a": {"b": "ü 😀"}})

    got, = queue.take_json(1)

    assert (got["id"], got["version"], got["source"], got["detail-type"]) == (sent, "0", source, "File Upload")
    assert (got["account"], got["region"]) == (account, "us-east-1")
    assert (got["resources"], got["detail"]) == (["arn:aws:s3:::uploads"], {"a": {"b": "ü 😀"}})
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", got["time"])


def test_an_event_reaches_a_queue_through_a_topic(events, sns, make_rule, topic, queue, unique):
    source = unique("source")
    name, arn = make_rule({"source": [source]})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(
        topic, "sns:Publish", "events.amazonaws.com", ArnEquals={"aws:SourceArn": arn}))
    queue.allow("sns.amazonaws.com", ArnEquals={"aws:SourceArn": topic})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    events.put_targets(Rule=name, Targets=[{"Id": "topic", "Arn": topic}])
    put(events, source, {"a": 1})

    envelope, = queue.take_json(1)

    assert envelope["TopicArn"] == topic
    assert json.loads(envelope["Message"])["detail"] == {"a": 1}


DETAIL = {"bucket": {"name": "uploads"}, "object": {"key": "in/a.pdf", "size": 12}, "kinds": ["x", "y"]}
PATTERNS = {
    "nested": ({"bucket": {"name": ["uploads"]}}, True),
    "nested-other": ({"bucket": {"name": ["downloads"]}}, False),
    "two-fields": ({"bucket": {"name": ["uploads"]}, "object": {"size": [13]}}, False),
    "number": ({"object": {"size": [12]}}, True),
    "numeric": ({"object": {"size": [{"numeric": [">", 10, "<", 20]}]}}, True),
    "numeric-other": ({"object": {"size": [{"numeric": [">", 12]}]}}, False),
    "prefix": ({"object": {"key": [{"prefix": "in/"}]}}, True),
    "prefix-other": ({"object": {"key": [{"prefix": "out/"}]}}, False),
    "suffix": ({"object": {"key": [{"suffix": ".pdf"}]}}, True),
    "suffix-other": ({"object": {"key": [{"suffix": ".png"}]}}, False),
    "anything-but": ({"bucket": {"name": [{"anything-but": ["downloads"]}]}}, True),
    "nothing-but": ({"bucket": {"name": [{"anything-but": "uploads"}]}}, False),
    "exists": ({"object": {"key": [{"exists": True}]}}, True),
    "absent": ({"object": {"version-id": [{"exists": False}]}}, True),
    "in-list": ({"kinds": ["y"]}, True),
}


@pytest.mark.parametrize("pattern, matches", PATTERNS.values(), ids=PATTERNS.keys())
def test_a_pattern_on_the_detail(events, routed, queue, unique, pattern, matches):
    source = unique("source")
    routed({"source": [source], "detail": pattern})
    put(events, source, DETAIL)

    assert len(queue.receive(wait=1)) == matches


def test_a_disabled_rule_is_silent(events, routed, queue, unique):
    source = unique("source")
    name = routed({"source": [source]})
    events.disable_rule(Name=name)
    put(events, source, {"n": 1})
    assert queue.receive(wait=1) == []

    events.enable_rule(Name=name)
    put(events, source, {"n": 2})
    assert [event["detail"] for event in queue.take_json(1)] == [{"n": 2}]


def test_a_queue_that_does_not_allow_the_rule_gets_nothing(events, make_rule, queue, unique):
    source = unique("source")
    name, _ = make_rule({"source": [source]})
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue.arn}])
    put(events, source, {})

    assert queue.receive(wait=1) == []


def test_a_bad_entry_fails_alone(events, routed, queue, unique):
    source = unique("source")
    routed({"source": [source]})

    answer = events.put_events(Entries=[
        {"Source": source, "DetailType": "t", "Detail": "no json"},
        {"Source": source, "DetailType": "t", "Detail": "{}"}])

    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "MalformedDetail" and answer["Entries"][1]["EventId"]
    queue.take(1)
