"""Protecting buckets: what is created, what is kept, what is taken back."""
import json

import pytest
from botocore.exceptions import ClientError

from harness import samples
from harness.system import REGION


def test_everything_has_its_contractual_name(system):
    bucket = system.protected_bucket()

    sns, events = system.client("sns"), system.queue_url(system.event_queue)
    topic = f"arn:aws:sns:{REGION}:{system.account}:cordon-events-{system.deployment}"
    attributes = system.sqs.get_queue_attributes(QueueUrl=events, AttributeNames=["All"])["Attributes"]
    dead = system.sqs.get_queue_attributes(QueueUrl=system.queue_url(system.dead_letters),
                                           AttributeNames=["All"])["Attributes"]
    redrive = json.loads(attributes["RedrivePolicy"])
    assert "s3.amazonaws.com" in sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    subscription, = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("sqs", attributes["QueueArn"])
    assert (redrive["deadLetterTargetArn"], int(redrive["maxReceiveCount"])) == (dead["QueueArn"], 5)
    assert attributes["MessageRetentionPeriod"] == dead["MessageRetentionPeriod"] == "1209600"
    configuration = system.s3.get_bucket_notification_configuration(Bucket=bucket)
    entry, = configuration["TopicConfigurations"]
    assert (entry["TopicArn"], entry["Events"]) == (topic, ["s3:ObjectCreated:*"])
    assert system.s3.get_bucket_versioning(Bucket=system.quarantine)["Status"] == "Enabled"
    shut = system.s3.get_public_access_block(Bucket=system.quarantine)["PublicAccessBlockConfiguration"]
    assert all(shut.values()) and len(shut) == 4
    # The TLS-only policy is left out here: the peers speak plain HTTP, which it would forbid to everybody.
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        system.s3.get_bucket_policy(Bucket=system.quarantine)


def test_the_event_queue_has_its_visibility(system):
    name = system.new_bucket()
    assert system.run("bucket", "protect", name).code == 0

    got = system.sqs.get_queue_attributes(QueueUrl=system.queue_url(system.event_queue), AttributeNames=["All"])

    assert got["Attributes"]["VisibilityTimeout"] == "120"


def test_protecting_twice_changes_nothing(system):
    bucket = system.protected_bucket()
    before = system.s3.get_bucket_notification_configuration(Bucket=bucket)["TopicConfigurations"]

    assert system.run("bucket", "protect", bucket).code == 0

    assert system.s3.get_bucket_notification_configuration(Bucket=bucket)["TopicConfigurations"] == before


def test_status_before_between_and_after(system):
    bucket = system.new_bucket()
    assert system.run("bucket", "status", bucket).code == 5
    assert system.run("bucket", "protect", bucket).code == 0
    assert system.run("bucket", "status", bucket).code == 0
    assert system.run("bucket", "unprotect", bucket).code == 0
    assert system.run("bucket", "status", bucket).code == 5


def test_what_somebody_changed_on_the_way_of_events_is_seen_and_repaired(system, bucket):
    nobody = {"nobody": ["sets this"]}

    def attributes(queue, **values):
        system.sqs.set_queue_attributes(QueueUrl=system.queue_url(queue), Attributes=values)

    for change in (
            lambda: system.filter_events(nobody),
            lambda: attributes(system.event_queue, MessageRetentionPeriod="3600"),
            lambda: attributes(system.dead_letters, MessageRetentionPeriod="3600")):
        change()
        assert system.run("bucket", "status", bucket).code == 5
        assert system.run("doctor", "--signatures", system.signatures).code == 4
        assert system.run("bucket", "protect", bucket).code == 0
        assert system.run("bucket", "status", bucket).code == 0
    subscription = system.filter_events(nobody)
    assert system.run("bucket", "protect", bucket).code == 0
    left = system.client("sns").get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert json.loads(left.get("FilterPolicy") or "{}") == {}


def test_list_tells_which_buckets_are_protected(system):
    inside, outside = system.protected_bucket(), system.new_bucket()

    found = {entry["bucket"]: entry["protected"] for entry in system.run("bucket", "list", "--json").json_lines()}

    assert (found[inside], found[outside]) == (True, False)


def test_existing_notifications_survive(system):
    bucket = system.new_bucket()
    url = system.sqs.create_queue(QueueName=f"{system.deployment}-other")["QueueUrl"]
    arn = system.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    system.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                                                 "Action": "sqs:SendMessage", "Resource": arn}]})})
    theirs = {"Id": "theirs", "QueueArn": arn, "Events": ["s3:ObjectRemoved:*"],
              "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".pdf"}]}}}
    system.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [theirs]})
    before = system.s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]

    assert system.run("bucket", "protect", bucket).code == 0
    during = system.s3.get_bucket_notification_configuration(Bucket=bucket)
    assert system.run("bucket", "unprotect", bucket).code == 0
    after = system.s3.get_bucket_notification_configuration(Bucket=bucket)

    assert during["QueueConfigurations"] == after["QueueConfigurations"] == before
    assert len(during["TopicConfigurations"]) == 1 and "TopicConfigurations" not in after


def test_an_unprotected_bucket_is_left_alone(system):
    system.protected_bucket()
    outside = system.new_bucket()
    system.start_agent()
    system.put(outside, "evil", samples.eicar())
    inside = system.protected_bucket()
    system.put(inside, "evil", samples.eicar())

    system.await_quarantine(inside, "evil")
    system.await_idle()

    assert system.tags(outside, "evil") == {}


def test_several_buckets_at_once(system):
    names = [system.new_bucket() for _ in range(3)]
    done = system.run("bucket", "protect", *names)
    assert done.code == 0, done
    system.start_agent()
    for name in names:
        system.put(name, "k", samples.clean())

    for name in names:
        assert system.await_verdict(name, "k")["scan-result"] == "Clean"


def test_a_quarantine_that_somebody_opened_is_seen_and_closed_again(system, bucket):
    def opened():
        system.s3.delete_public_access_block(Bucket=system.quarantine)

    def unversioned():
        system.s3.put_bucket_versioning(Bucket=system.quarantine, VersioningConfiguration={"Status": "Suspended"})

    for change in (opened, unversioned):
        change()
        assert system.run("bucket", "status", bucket).code == 5
        assert system.run("doctor", "--no-engine").code == 4
        repaired = system.run("bucket", "protect", bucket, "--json")
        steps = {step["what"]: step["state"] for step in repaired.json_lines()[0]["steps"]}
        assert (steps["quarantine bucket"], steps["topic"]) == ("changed", "present"), repaired
        assert system.run("bucket", "status", bucket).code == 0


def test_what_was_protected_is_remembered(system, bucket):
    system.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})

    status, doctor = system.run("bucket", "status", bucket), system.run("doctor", "--no-engine")

    assert status.code == 5 and "somebody took this away" in status.out, status
    assert doctor.code == 4 and "not scanned" in doctor.out, doctor
    assert system.run("bucket", "protect", bucket).code == 0
    assert system.run("bucket", "status", bucket).code == 0
    assert "not scanned" not in system.run("doctor", "--no-engine").out
