"""Protecting buckets that have a life already: somebody's notifications, policies, EventBridge; and taking it back."""
import json

import pytest

from harness import samples
from harness.system import REGION

DELIVERS = pytest.mark.only_on("devcloud", reason="it knows no topic as the target of a rule")
CHECKS_OVERLAPS = pytest.mark.only_on("devcloud", reason="it does not compare entries")
KEEPS_THE_SWITCH = pytest.mark.only_on("devcloud", reason="EventBridgeConfiguration is not given back")


def configuration(system, bucket):
    found = system.s3.get_bucket_notification_configuration(Bucket=bucket)
    found.pop("ResponseMetadata")
    return found


def raw_configuration(system, bucket):
    """The document as it goes over the wire, for what must be kept byte for byte."""
    caught = []
    which, catch = "after-call.s3.GetBucketNotificationConfiguration", lambda http_response, **_: caught.append(http_response.content)
    system.s3.meta.events.register(which, catch)  # The client is that of all tests.
    configuration(system, bucket)
    system.s3.meta.events.unregister(which, catch)
    return caught[-1]


def their_topic(system, name="theirs"):
    sns = system.client("sns")
    arn = sns.create_topic(Name=f"{system.deployment}-{name}")["TopicArn"]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                                                 "Action": "sns:Publish", "Resource": arn}]}))
    return arn


def their_queue(system, name="theirs"):
    url = system.sqs.create_queue(QueueName=f"{system.deployment}-{name}")["QueueUrl"]
    arn = system.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    system.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                                                 "Action": "sqs:SendMessage", "Resource": arn}]})})
    return url, arn


def sends_to(system, bucket, arn, events=("s3:ObjectCreated:*",), name="theirs", more=(), **filters):
    section, field = {"sns": ("TopicConfigurations", "TopicArn"), "sqs": ("QueueConfigurations", "QueueArn"),
                      "lambda": ("LambdaFunctionConfigurations", "LambdaFunctionArn")}[arn.split(":")[2]]
    entry = {"Id": name, field: arn, "Events": list(events)}
    if filters:
        entry["Filter"] = {"Key": {"FilterRules": [{"Name": kind, "Value": text} for kind, text in filters.items()]}}
    system.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={section: [entry, *more]})


def way(done):
    """What leads to us now, as the command says."""
    steps = [s for s in done.json_lines()[0]["steps"] if s["what"] == "notification" and s["state"] != "removed"]
    return steps[0]


def take(system, url, count):
    bodies = []
    for _ in range(20):
        answer = system.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            system.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            if "s3:TestEvent" not in message["Body"]:
                bodies.append(json.loads(message["Body"]))
        if len(bodies) >= count:
            break
    return bodies


def test_a_topic_that_hears_of_everything_is_shared(system):
    mine, others = system.new_bucket(), system.new_bucket()
    topic = their_topic(system)
    for bucket in (mine, others):
        sends_to(system, bucket, topic)
    before = raw_configuration(system, mine)

    done = system.run("bucket", "protect", mine, "--json")

    assert done.code == 0, done
    assert way(done)["name"] == topic
    assert raw_configuration(system, mine) == before
    assert system.run("bucket", "status", mine).code == 0
    system.start_agent()
    system.put(others, "evil", samples.eicar())     # On the same topic, and none of our business.
    system.put(mine, "evil", samples.eicar())
    system.await_quarantine(mine, "evil")
    system.await_idle()
    assert system.tags(others, "evil") == {}

    assert system.run("bucket", "unprotect", mine).code == 0
    assert raw_configuration(system, mine) == before
    assert system.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert system.run("bucket", "status", mine).code == 5


@DELIVERS
@pytest.mark.parametrize("target, filters", [("queue", {}), ("queue", {"prefix": "in/", "suffix": ".bin"}),
                                             ("function", {}), ("topic", {"prefix": "in/"})])
def test_what_overlaps_and_cannot_be_shared_is_gone_around(system, target, filters):
    bucket = system.new_bucket(versioned=True)
    url = None
    if target == "queue":
        url, arn = their_queue(system)
    elif target == "topic":
        arn = their_topic(system)
    else:
        arn = f"arn:aws:lambda:{REGION}:{system.account}:function:theirs"
    sends_to(system, bucket, arn, **filters)
    before = raw_configuration(system, bucket)

    done = system.run("bucket", "protect", bucket, "--json")

    assert done.code == 0, done
    assert way(done)["name"].startswith("cordon-bucket-") and arn in way(done)["note"]
    assert "EventBridgeConfiguration" in configuration(system, bucket)
    assert system.run("bucket", "status", bucket).code == 0
    system.start_agent()
    system.put(bucket, "in/ü +evil.bin", samples.eicar())
    system.put(bucket, "out/good", samples.clean())
    system.await_quarantine(bucket, "in/ü +evil.bin")
    assert system.await_verdict(bucket, "out/good")["scan-result"] == "Clean"
    system.await_idle()
    assert system.results(bucket, "out/good")[0]["source"] == "eventbridge"
    if url:
        assert len(take(system, url, 1)) >= 1

    assert system.run("bucket", "unprotect", bucket).code == 0
    assert raw_configuration(system, bucket) == before
    assert system.client("events").list_rules(NamePrefix=f"cordon-bucket-{system.deployment}")["Rules"] == []


@KEEPS_THE_SWITCH
def test_eventbridge_that_was_on_stays_on(system):
    bucket = system.new_bucket()
    _, arn = their_queue(system)
    system.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
        "QueueConfigurations": [{"Id": "theirs", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}],
        "EventBridgeConfiguration": {}})
    before = raw_configuration(system, bucket)

    assert system.run("bucket", "protect", bucket).code == 0
    assert raw_configuration(system, bucket) == before
    assert system.run("bucket", "unprotect", bucket).code == 0

    assert raw_configuration(system, bucket) == before


@CHECKS_OVERLAPS
def test_what_does_not_overlap_needs_no_detour(system):
    bucket = system.new_bucket()
    _, arn = their_queue(system)
    sends_to(system, bucket, arn, events=["s3:ObjectRemoved:*", "s3:ObjectTagging:*"])

    done = system.run("bucket", "protect", bucket, "--json")

    assert way(done)["name"] == f"cordon-{system.deployment}"


def test_odd_entries_are_kept_byte_for_byte(system):
    bucket = system.new_bucket()
    _, arn = their_queue(system)
    odd = [{"Id": f"odd {i} <&>\"'", "QueueArn": arn, "Events": ["s3:ObjectRemoved:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": text}]}}}
           for i, text in enumerate(["a<&>b/", "grün & \"blau\"/", "  spaces  /", "plus+percent%20/"])]
    sends_to(system, bucket, arn, events=["s3:ObjectRemoved:*"], name="plain", more=odd, prefix="plain/")
    before = raw_configuration(system, bucket)

    assert system.run("bucket", "protect", bucket).code == 0
    during = configuration(system, bucket)
    assert system.run("bucket", "unprotect", bucket).code == 0

    assert raw_configuration(system, bucket) == before
    assert {e["Id"] for e in during["QueueConfigurations"]} == {"plain"} | {e["Id"] for e in odd}


@DELIVERS
def test_a_full_configuration_needs_no_room(system):
    bucket = system.new_bucket()
    _, arn = their_queue(system)
    more = [{"Id": f"n{i}", "QueueArn": arn, "Events": ["s3:ObjectRemoved:*"],
             "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": f"{1000 + i}/"}]}}} for i in range(99)]
    sends_to(system, bucket, arn, events=["s3:ObjectRemoved:*"], name="first", more=more, prefix="first/")
    before = raw_configuration(system, bucket)

    done = system.run("bucket", "protect", bucket, "--json")

    assert done.code == 0 and "100" in way(done)["note"], done
    system.start_agent()
    system.put(bucket, "k", samples.clean())
    assert system.await_verdict(bucket, "k")["scan-result"] == "Clean"
    assert system.run("bucket", "unprotect", bucket).code == 0
    assert raw_configuration(system, bucket) == before


def test_policies_of_topic_and_queue_are_merged(system):
    bucket = system.protected_bucket()
    sns, events = system.client("sns"), system.queue_url(system.event_queue)
    topic = f"arn:aws:sns:{REGION}:{system.account}:cordon-events-{system.deployment}"
    queue = system.sqs.get_queue_attributes(QueueUrl=events, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def theirs(action, resource):
        return {"Sid": "Partner", "Effect": "Allow", "Principal": {"Service": "budgets.amazonaws.com"},
                "Action": action, "Resource": resource}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(
        {"Version": "2008-10-17", "Id": "x", "Statement": [theirs("sns:Publish", topic)]}))
    system.sqs.set_queue_attributes(QueueUrl=events, Attributes={"Policy": json.dumps(
        {"Version": "2012-10-17", "Statement": [theirs("sqs:SendMessage", queue)]})})
    assert system.run("bucket", "status", bucket).code == 5

    assert system.run("bucket", "protect", bucket).code == 0

    assert system.run("bucket", "status", bucket).code == 0
    policies = [sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"],
                system.sqs.get_queue_attributes(QueueUrl=events, AttributeNames=["Policy"])["Attributes"]["Policy"]]
    for policy in map(json.loads, policies):
        sids = {statement["Sid"] for statement in policy["Statement"]}
        assert "Partner" in sids and len(sids) > 1
    assert json.loads(policies[0])["Version"] == "2008-10-17"


def test_encryption_that_somebody_chose_stays(system):
    bucket = system.protected_bucket()
    sns, events = system.client("sns"), system.queue_url(system.event_queue)
    topic = f"arn:aws:sns:{REGION}:{system.account}:cordon-events-{system.deployment}"
    key = f"arn:aws:kms:{REGION}:{system.account}:key/11111111-2222-3333-4444-555555555555"
    sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    system.sqs.set_queue_attributes(QueueUrl=events, Attributes={"KmsMasterKeyId": key})

    assert system.run("bucket", "protect", bucket, system.new_bucket()).code == 0

    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"] == key
    kept = system.sqs.get_queue_attributes(QueueUrl=events, AttributeNames=["KmsMasterKeyId"])["Attributes"]
    assert kept["KmsMasterKeyId"] == key


@pytest.mark.parametrize("damage", ["subscription", "queue", "entry", "topic"])
def test_drift_is_shown_and_repaired(system, damage):
    bucket = system.protected_bucket()
    sns = system.client("sns")
    topic = f"arn:aws:sns:{REGION}:{system.account}:cordon-events-{system.deployment}"
    if damage == "subscription":
        for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
            sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    elif damage == "queue":
        system.sqs.set_queue_attributes(QueueUrl=system.queue_url(system.event_queue), Attributes={"Policy": ""})
    elif damage == "entry":
        system.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    else:
        sns.delete_topic(TopicArn=topic)
    shown = system.run("bucket", "status", bucket, "--json")
    assert shown.code == 5 and any(s["state"] == "missing" for s in shown.json_lines()[0]["steps"])

    assert system.run("bucket", "protect", bucket).code == 0

    assert system.run("bucket", "status", bucket).code == 0
    system.start_agent()
    system.put(bucket, "k", samples.clean())
    assert system.await_verdict(bucket, "k")["scan-result"] == "Clean"


def test_a_dry_run_says_what_would_change_and_changes_nothing(system):
    bucket = system.new_bucket()
    said = system.run("bucket", "protect", bucket, "--dry-run", "--json")
    assert said.code == 0, said
    report, = said.json_lines()
    states = {step["what"]: step["state"] for step in report["steps"]}
    assert report["dryRun"] and states["topic"] == states["queue"] == states["notification"] == "created"
    assert configuration(system, bucket) == {}
    assert system.run("bucket", "status", bucket).code == 5
    topics = [t["TopicArn"] for t in system.client("sns").list_topics()["Topics"]]
    assert not any(arn.endswith(f"cordon-events-{system.deployment}") for arn in topics)

    assert "would be created" in system.run("bucket", "protect", bucket, "--dry-run").out
    assert system.run("bucket", "protect", bucket).code == 0
    said = system.run("bucket", "unprotect", bucket, "--dry-run")
    assert said.code == 0 and "would be removed" in said.out
    assert system.run("bucket", "status", bucket).code == 0
