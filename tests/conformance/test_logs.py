"""CloudWatch Logs: groups, streams, events."""
import time

import pytest

from support.aws import eventually, refused


def now():
    return int(time.time() * 1000)


@pytest.fixture
def group(logs, unique):
    name = "/conformance/" + unique("group")
    logs.create_log_group(logGroupName=name)
    yield name
    logs.delete_log_group(logGroupName=name)


@pytest.fixture
def stream(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="agent/1")
    return dict(logGroupName=group, logStreamName="agent/1")


def put(logs, stream, *messages, when=None):
    start = when or now() - 1000
    return logs.put_log_events(**stream, logEvents=[
        {"timestamp": start + n, "message": message} for n, message in enumerate(messages)])


def messages(answer):
    return [event["message"] for event in answer["events"]]


def test_a_group_is_listed_by_prefix(logs, group):
    found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]

    assert [entry["logGroupName"] for entry in found] == [group]
    assert f":log-group:{group}" in found[0]["arn"] and found[0]["creationTime"] <= now() + 1000


def test_a_group_exists_once(logs, group):
    with refused("ResourceAlreadyExistsException", status=400):
        logs.create_log_group(logGroupName=group)


def test_a_stream_exists_once(logs, stream):
    with refused("ResourceAlreadyExistsException", status=400):
        logs.create_log_stream(**stream)


def test_a_stream_is_listed(logs, stream):
    found = logs.describe_log_streams(logGroupName=stream["logGroupName"], logStreamNamePrefix="agent")["logStreams"]

    assert [entry["logStreamName"] for entry in found] == ["agent/1"]


def test_retention_is_kept(logs, group):
    logs.put_retention_policy(logGroupName=group, retentionInDays=30)

    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 30


def test_events_come_back_in_order_with_their_times(logs, stream):
    start = now() - 5000
    put(logs, stream, "one", '{"two":"ü 😀"}', "three", when=start)

    got = eventually(lambda: logs.get_log_events(**stream, startFromHead=True)["events"])

    assert [(event["message"], event["timestamp"]) for event in got] == [
        ("one", start), ('{"two":"ü 😀"}', start + 1), ("three", start + 2)]
    assert all(event["ingestionTime"] >= start for event in got)


def test_no_sequence_token_is_needed(logs, stream):
    put(logs, stream, "one")
    put(logs, stream, "two")

    assert eventually(lambda: messages(logs.get_log_events(**stream, startFromHead=True)) == ["one", "two"])


def test_events_are_selected_by_time(logs, stream):
    start = now() - 60000
    put(logs, stream, *"abcd", when=start)

    got = logs.get_log_events(**stream, startTime=start + 1, endTime=start + 3, startFromHead=True)

    assert messages(got) == ["b", "c"]


def test_events_are_read_page_by_page_until_the_token_stays(logs, stream):
    put(logs, stream, *[f"line {n}" for n in range(25)])
    read, token = [], None
    for _ in range(10):
        page = logs.get_log_events(**stream, startFromHead=True, limit=10, **({"nextToken": token} if token else {}))
        read += messages(page)
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]

    assert read == [f"line {n}" for n in range(25)]


def test_filter_searches_the_whole_group(logs, stream):
    group = stream["logGroupName"]
    logs.create_log_stream(logGroupName=group, logStreamName="agent/2")
    put(logs, stream, "result Infected a", "result Clean b")
    put(logs, dict(stream, logStreamName="agent/2"), "result Infected c")

    found = eventually(lambda: [event for event in logs.filter_log_events(
        logGroupName=group, filterPattern="Infected")["events"]])

    assert sorted((e["logStreamName"], e["message"]) for e in found) == [
        ("agent/1", "result Infected a"), ("agent/2", "result Infected c")]
    assert len(logs.filter_log_events(logGroupName=group)["events"]) == 3


def test_a_missing_group_or_stream_is_named(logs, group, unique):
    for where in (dict(logGroupName=unique(), logStreamName="s"), dict(logGroupName=group, logStreamName="none")):
        with refused("ResourceNotFoundException", status=400):
            put(logs, where, "lost")
        with refused("ResourceNotFoundException", status=400):
            logs.get_log_events(**where)


def test_events_of_one_call_must_be_in_order(logs, stream):
    with refused("InvalidParameterException", status=400):
        logs.put_log_events(**stream, logEvents=[{"timestamp": now(), "message": "late"},
                                                 {"timestamp": now() - 5000, "message": "early"}])


def test_events_that_are_too_old_are_reported(logs, stream):
    answer = put(logs, stream, "ancient", when=now() - 15 * 24 * 3600 * 1000)

    assert answer["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] == 1


def test_a_deleted_stream_is_gone(logs, stream):
    logs.delete_log_stream(**stream)

    with refused("ResourceNotFoundException"):
        put(logs, stream, "lost")
