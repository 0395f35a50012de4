"""The whole way of an object in partitions other than `aws`: every ARN and every principal is of the partition of the region."""
import json
import re

import boto3
import pytest
from botocore.exceptions import ClientError

from harness import samples
from harness.people import Person
from harness.system import eventually

PARTITIONS = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}
foreign = pytest.mark.parametrize("system", PARTITIONS, indirect=True)
SETTINGS = "schema = 1\n[notifications]\nenabled = true\n"


def arns_in(text):
    return set(re.findall(r'arn:[^"\\\s]+', text))


def partition_of(system):
    return PARTITIONS[system.region]


def assert_all_are_of(system, text):
    """ARNs, and no service is named otherwise than AWS does everywhere."""
    found = arns_in(text)
    assert found and {arn.split(":")[1] for arn in found} == {partition_of(system)}, found
    assert set(re.findall(r'"([a-z0-9]+\.amazonaws[.a-z]*)"', text)) <= {"s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com"}


def listener_of(system):
    """A queue that hears what is published to the notification topic."""
    sns = system.client("sns")
    topic = sns.create_topic(Name=f"cordon-notifications-{system.deployment}")["TopicArn"]
    url = system.sqs.create_queue(QueueName=f"listener-{system.deployment}")["QueueUrl"]
    arn = system.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    system.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return url


def printed_policy(system, role, *more):
    done = system.run("iam", role, *more)
    assert done.code == 0, done
    return done.out


@foreign
def test_an_object_goes_its_way(system):
    listener = listener_of(system)
    settings = system.folder / "settings.toml"
    settings.write_text(SETTINGS)
    bucket = system.new_bucket()

    rehearsed = system.run("bucket", "protect", bucket, "--dry-run", "--json")
    done = system.run("bucket", "protect", bucket, "--json")
    assert done.code == rehearsed.code == 0, (done, rehearsed)
    assert_all_are_of(system, rehearsed.out)
    assert_all_are_of(system, done.out)
    assert system.run("settings", "apply", settings).code == 0
    queue = system.sqs.get_queue_attributes(QueueUrl=system.queue_url(system.event_queue), AttributeNames=["All"])["Attributes"]
    entry, = system.s3.get_bucket_notification_configuration(Bucket=bucket)["TopicConfigurations"]
    topic = system.client("sns").get_topic_attributes(TopicArn=entry["TopicArn"])["Attributes"]
    assert_all_are_of(system, "\n".join([queue["Policy"], queue["QueueArn"], entry["TopicArn"], topic["Policy"]]))
    assert f"arn:{partition_of(system)}:iam::{system.account}:root" in topic["Policy"]

    agent = system.start_agent()
    system.put(bucket, "good", samples.clean())
    system.put(bucket, "bad", samples.eicar())
    assert system.await_verdict(bucket, "good")["scan-result"] == "Clean"
    assert system.await_quarantine(bucket, "bad")["scan-result"] == "Infected"
    told = eventually(lambda: system.sqs.receive_message(QueueUrl=listener, WaitTimeSeconds=1).get("Messages"), what="the notification")
    assert json.loads(told[0]["Body"])["key"] == "bad"
    assert json.loads(told[0]["Body"])["region"] == system.region

    assert system.run("bucket", "status", bucket).code == 0
    found = system.run("doctor", "--signatures", system.signatures, "--no-engine", "--json")
    assert found.code == 0 and not any(line["state"] == "failed" for line in found.json_lines()), found
    agent.terminate()
    assert system.run("bucket", "unprotect", bucket, "--remove-unused", "--discard-messages").code == 0
    assert "TopicConfigurations" not in system.s3.get_bucket_notification_configuration(Bucket=bucket)


@foreign
def test_printed_policies_are_of_the_partition(system):
    for role in ("agent", "operator", "console"):
        printed = system.run("iam", role, "--account", "111122223333", "--bucket", "uploads", AWS_ENDPOINT_URL="http://127.0.0.1:1")
        assert printed.code == 0, printed
        assert_all_are_of(system, printed.out)


@foreign
@pytest.mark.only_on("devcloud", reason="policies are not judged")
def test_printed_policies_are_enough_there(system):
    bucket = system.new_bucket()
    operator = Person(system, role=True, policy=json.loads(printed_policy(system, "operator", "--bucket", bucket)))
    done = system.run("bucket", "protect", bucket, **operator.keys)
    assert done.code == 0, done
    robot = Person(system, role=True, policy=json.loads(printed_policy(system, "agent")))
    assert robot.arn.split(":")[1] == partition_of(system)

    system.start_agent(**robot.keys)
    system.put(bucket, "good", samples.clean())
    system.put(bucket, "bad", samples.eicar())

    assert system.await_verdict(bucket, "good")["scan-result"] == "Clean"
    assert system.await_quarantine(bucket, "bad")["scan-result"] == "Infected"


@foreign
def test_names_of_another_partition_are_refused(system):
    bucket = system.new_bucket()
    role = f"arn:aws:iam::{system.account}:role/agent"
    share = f"arn:aws:storagegateway:{system.region}:{system.account}:share/share-1A2B3C4D"

    gate = system.run("bucket", "gate", bucket, "--allow-role", role)
    link = system.run("gateway", "link", "--file-share-arn", share)
    member = system.run("bucket", "protect", bucket, "--role-arn", "arn:aws:iam::444455556666:role/cordon")

    assert gate.code == 4 and f"arn:{partition_of(system)}:iam::ACCOUNT:role/NAME" in gate.err, gate
    assert link.code == 2 and f"a region of partition {partition_of(system)}" in link.err, link
    assert member.code == 4 and "is of partition aws" in member.err, member


@pytest.mark.only_on("devcloud", reason="keys are not checked")
@foreign
def test_a_key_of_one_partition_is_unknown_in_another(system):
    robot = Person(system, role=True)
    abroad = boto3.client("sts", endpoint_url=system.endpoint, region_name="eu-west-1", aws_access_key_id=robot.keys["AWS_ACCESS_KEY_ID"],
                          aws_secret_access_key=robot.keys["AWS_SECRET_ACCESS_KEY"], aws_session_token=robot.keys["AWS_SESSION_TOKEN"])

    assert robot.client("sts").get_caller_identity()["Arn"].startswith(f"arn:{partition_of(system)}:sts::")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        abroad.get_caller_identity()
    assert system.run("doctor", "--no-engine", AWS_REGION="eu-west-1", **robot.keys).code == 4
