"""The function, as its deployer relies on it."""
import importlib
import json
import os
import pathlib
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

import router
from router import Place, Rule

MIB = 1 << 20
REGION = "eu-west-1"


@pytest.fixture(params=[True, False], ids=["versions", "no-versions"])
def staging(cloud, request):
    return cloud.bucket(versioned=request.param)


@pytest.fixture
def production(cloud):
    return cloud.bucket()


def failing(cloud, monkeypatch, operation, times=1, code="InternalError", status=500):
    """The operation fails so many times on its way."""
    left = [times]
    original = cloud.s3._make_api_call

    def call(name, arguments):
        if name == operation and left[0]:
            left[0] -= 1
            raise ClientError({"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}, name)
        return original(name, arguments)
    monkeypatch.setattr(cloud.s3, "_make_api_call", call)
    return left


# ---- what is moved, and how ----

def test_a_clean_object_is_moved_with_all_that_belongs_to_it(cloud, staging, production):
    result = cloud.put(staging, "in/ü b.txt", b"text", ContentType="text/x-test", CacheControl="no-store",
                       Metadata={"color": "blue"}, StorageClass="STANDARD_IA", tags={"owner": "me", "x": "a+b c"})

    cloud.route([Rule(staging, [Place(production, "docs/", strip="in/")])], result)

    head = cloud.s3.head_object(Bucket=production, Key="docs/ü b.txt")
    assert cloud.body(production, "docs/ü b.txt") == b"text"
    assert (head["ContentType"], head["CacheControl"], head["StorageClass"]) == ("text/x-test", "no-store", "STANDARD_IA")
    assert head["Metadata"]["color"] == "blue"
    assert cloud.tags(production, "docs/ü b.txt") == cloud_tags(result) | {"x": "a b c"}
    assert cloud.versions(staging) == ([], 0)


def cloud_tags(result):
    return {"owner": "me", "scan-result": result["result"]}


def test_only_the_scanned_version_goes(cloud, production):
    staging = cloud.bucket()
    older = cloud.put(staging, "k", b"older")
    newer = cloud.put(staging, "k", b"newer")

    cloud.route([Rule(staging, [Place(production)])], older)

    assert cloud.body(production, "k") == b"older"
    assert cloud.versions(staging) == ([("k", newer["versionId"])], 0)


def test_what_was_replaced_meanwhile_stays(cloud, production):
    staging = cloud.bucket(versioned=False)
    result = cloud.put(staging, "k", b"scanned")
    cloud.put(staging, "k", b"swapped", verdict=None)

    cloud.route([Rule(staging, [Place(production)])], result)

    assert cloud.keys(production) == [] and cloud.body(staging, "k") == b"swapped"


def test_what_is_replaced_between_copy_and_delete_stays(cloud, production, monkeypatch):
    staging = cloud.bucket(versioned=False)
    result = cloud.put(staging, "k", b"scanned")
    delete = router.Source.delete
    monkeypatch.setattr(router.Source, "delete",
                        lambda source: (cloud.put(staging, "k", b"swapped", verdict=None), delete(source)))

    cloud.route([Rule(staging, [Place(production)])], result)

    assert cloud.body(production, "k") == b"scanned" and cloud.body(staging, "k") == b"swapped"


class Intruder:
    """Once, at one moment of the router's calls, puts his object where a copy was just made."""

    def __init__(self, cloud, bucket, body, **options):
        self.cloud, self.bucket, self.body, self.options, self.is_done = cloud, bucket, body, options, False
        self.own = boto3.client("s3", region_name=REGION, endpoint_url=cloud.endpoint)

    def comes(self, event):
        def act(**_):
            if not self.is_done and "Contents" in self.own.list_objects_v2(Bucket=self.bucket):
                self.is_done = True
                there = self.own.head_object(Bucket=self.bucket, Key="k")
                self.own.put_object(Bucket=self.bucket, Key="k", Body=self.body, Metadata=there["Metadata"], **self.options)
        self.cloud.s3.meta.events.register(event, act)
        return lambda: self.cloud.s3.meta.events.unregister(event, act)


@pytest.mark.parametrize("event", ["before-call.s3.GetObjectTagging", "before-call.s3.PutObjectTagging",
                                   "after-call.s3.PutObjectTagging"])
@pytest.mark.parametrize("tags", ["", "mine=1"])
def test_tags_of_a_verdict_stay_on_nothing_that_replaced_the_copy(cloud, event, tags):
    staging, production = cloud.bucket(versioned=False), cloud.bucket(versioned=False)
    result = cloud.put(staging, "k", b"scanned")
    intruder = Intruder(cloud, production, b"another", **({"Tagging": tags} if tags else {}))

    leave = intruder.comes(event)
    try:
        with pytest.raises(router.RoutingFailed, match="replaced"):
            cloud.route([Rule(staging, [Place(production)])], result)
    finally:
        leave()

    assert intruder.is_done and cloud.body(production, "k") == b"another"
    there = cloud.s3.get_object_tagging(Bucket=production, Key="k")["TagSet"]
    if event.startswith("before-call.s3.PutObjectTagging"):   # his own were overwritten by ours, which S3 has no condition for
        assert there == []
    else:
        assert there == ([{"Key": "mine", "Value": "1"}] if tags else [])
    assert cloud.body(staging, "k") == b"scanned", "the source stays"


def test_a_later_verdict_wins(cloud, staging, production):
    result = cloud.put(staging, "k", verdict="Infected") | {"result": "Clean"}

    cloud.route([Rule(staging, [Place(production)])], result)

    assert cloud.keys(production) == [] and cloud.keys(staging) == ["k"]


@pytest.mark.parametrize("told", ["Clean", "InfectedAllowed"])
def test_an_absent_verdict_lets_nothing_pass(cloud, staging, production, told):
    result = cloud.put(staging, "k", verdict=None) | {"result": told}
    rules = [Rule(staging, [Place(production)], results={"Clean", "InfectedAllowed"})]

    if result["versionId"]:
        with pytest.raises(router.RoutingFailed, match="no verdict among its tags"):
            cloud.route(rules, result)
    else:   # the same content came again, and its own result is still to come
        cloud.route(rules, result)

    assert cloud.keys(production) == [] and cloud.keys(staging) == ["k"]


def test_what_is_not_clean_needs_no_tag_to_be_put_aside(cloud, staging, production):
    rules = [Rule(staging, [Place(production)], results={"Unscannable"})]

    cloud.route(rules, cloud.put(staging, "k", verdict=None) | {"result": "Unscannable"})

    assert cloud.keys(production) == ["k"]


# ---- what an ETag does not tell ----

def twin(cloud, monkeypatch, etag_of_the_first, second):
    """From now on the store gives these bytes the ETag of the first."""
    own = '"' + router.hashlib.md5(second).hexdigest() + '"'
    original = cloud.s3._make_api_call

    def call(name, arguments):
        arguments = dict(arguments)
        for condition in ("CopySourceIfMatch", "IfMatch"):
            if arguments.get(condition) == f'"{etag_of_the_first}"':
                del arguments[condition]
        answer = original(name, arguments)
        for part in (answer, answer.get("CopyObjectResult", {})):
            if part.get("ETag") == own:
                part["ETag"] = f'"{etag_of_the_first}"'
        for checksum in router.CHECKSUMS:
            answer.pop(checksum, None)
        return answer
    monkeypatch.setattr(cloud.s3, "_make_api_call", call)


def test_another_content_with_the_same_etag_gets_no_verdict_and_no_place(cloud, production, monkeypatch):
    staging = cloud.bucket(versioned=False)
    result = cloud.put(staging, "k", b"scanned")
    twin(cloud, monkeypatch, result["eTag"], b"swapped")
    copy_to = router.copy_to

    def swapped(*arguments):
        cloud.put(staging, "k", b"swapped", verdict=None)
        return copy_to(*arguments)
    monkeypatch.setattr(router, "copy_to", swapped)
    written = []
    original = cloud.s3._make_api_call
    monkeypatch.setattr(cloud.s3, "_make_api_call", lambda name, arguments: (
        written.append(arguments.get("Tagging")) if arguments.get("Bucket") == production else None,
        original(name, arguments))[1])

    try:
        cloud.route([Rule(staging, [Place(production)])], result)
    except router.RoutingFailed:
        pass   # as long as both have the same second

    assert cloud.keys(production) == [] and cloud.body(staging, "k") == b"swapped"
    assert not any("scan-result" in str(tagging) for tagging in written if tagging), "nobody could take it for clean"


def test_an_object_that_came_after_the_copy_is_not_deleted_for_its_etag(cloud, production, monkeypatch):
    staging = cloud.bucket(versioned=False)
    result = cloud.put(staging, "k", b"scanned")
    twin(cloud, monkeypatch, result["eTag"], b"longer than what was scanned")
    delete = router.Source.delete
    monkeypatch.setattr(router.Source, "delete", lambda source: (
        cloud.put(staging, "k", b"longer than what was scanned", verdict=None), delete(source)))

    cloud.route([Rule(staging, [Place(production)])], result)

    assert cloud.body(staging, "k") == b"longer than what was scanned" and cloud.body(production, "k") == b"scanned"


def test_without_versions_and_sha256_nothing_is_copied(cloud, production):
    staging = cloud.bucket(versioned=False)

    with pytest.raises(router.RoutingFailed, match="which content was scanned"):
        cloud.route([Rule(staging, [Place(production)])], cloud.put(staging, "k") | {"sha256": None})

    assert cloud.keys(production) == []


def test_a_copy_that_lost_its_tags_gets_them(cloud, staging, production, monkeypatch):
    original = cloud.s3._make_api_call
    monkeypatch.setattr(cloud.s3, "_make_api_call", lambda name, arguments: original(
        name, {k: v for k, v in arguments.items() if name != "CopyObject" or k != "Tagging"}))

    result = cloud.put(staging, "k")
    cloud.route([Rule(staging, [Place(production)])], result)

    assert cloud.tags(production, "k") == cloud_tags(result)


def test_a_deletion_that_did_not_happen_is_told(cloud, staging, production, monkeypatch):
    original = cloud.s3._make_api_call
    monkeypatch.setattr(cloud.s3, "_make_api_call", lambda name, arguments: (
        {} if name == "DeleteObject" else original(name, arguments)))

    with pytest.raises(router.RoutingFailed, match="it is there"):
        cloud.route([Rule(staging, [Place(production)])], cloud.put(staging, "k"))


@pytest.mark.parametrize("move", [True, False])
def test_several_places_get_a_copy_each(cloud, staging, production, move):
    archive = cloud.bucket()

    cloud.route([Rule(staging, [Place(production), Place(archive, "all/")], move=move)], cloud.put(staging, "k"))

    assert (cloud.keys(production), cloud.keys(archive)) == (["k"], ["all/k"])
    assert cloud.keys(staging) == ([] if move else ["k"])


# ---- which rule ----

@pytest.mark.parametrize("key,kind,verdict,wanted", [
    ("in/a.JPG", "image/jpeg", "Clean", "pictures"),
    ("in/a.jpg", "text/html", "Clean", "rest"),
    ("in/a.gif", "image/gif", "Clean", "rest"),
    ("out/a.jpg", "image/jpeg", "Clean", "rest"),
    ("in/a.zip", "application/zip", "Unscannable", "review"),
    ("in/a.jpg", "image/jpeg", "Infected", None),
])
def test_rules_sort_by_verdict_prefix_suffix_and_type(cloud, staging, key, kind, verdict, wanted):
    places = {name: cloud.bucket() for name in ("pictures", "rest", "review")}
    rules = [Rule(staging, [Place(places["pictures"])], prefix="in/", suffixes=(".jpg", ".jpeg"), content_types=("image/",)),
             Rule(staging, [Place(places["rest"])]),
             Rule(staging, [Place(places["review"])], results={"Unscannable", "Error"})]

    cloud.route(rules, cloud.put(staging, key, verdict=verdict, ContentType=kind))

    assert {name: cloud.keys(bucket) for name, bucket in places.items()} == {
        name: [key] if name == wanted else [] for name in places}
    assert cloud.keys(staging) == ([] if wanted else [key])


def test_messages_about_other_buckets_touch_nothing(cloud, staging, production):
    other = cloud.bucket()

    cloud.route([Rule(staging, [Place(production)])], cloud.put(other, "k"))

    assert cloud.keys(other) == ["k"] and cloud.keys(production) == []


def test_what_is_no_result_of_an_object_is_ignored(cloud, staging, production):
    local = cloud.put(staging, "k") | {"bucket": None, "key": None}

    cloud.route([Rule(staging, [Place(production)])], local, {"schema": "something else"}, [1])

    assert cloud.keys(staging) == ["k"]


def test_copies_within_a_bucket_do_not_go_round(cloud, staging):
    rules = [Rule(staging, [Place(staging, "clean/")])]
    cloud.route(rules, cloud.put(staging, "k"))
    head = cloud.s3.head_object(Bucket=staging, Key="clean/k")
    told = cloud.put(staging, "other") | {"key": "clean/k", "versionId": head.get("VersionId"), "eTag": head["ETag"].strip('"')}

    cloud.route(rules, told)

    assert cloud.keys(staging) == ["clean/k", "other"]


@pytest.mark.parametrize("wrong", [dict(results={"Fine"}), dict(to=[])])
def test_rules_that_cannot_be_meant_are_refused(wrong):
    with pytest.raises(ValueError):
        Rule(**{"bucket": "b", "to": [Place("p")]} | wrong)


def test_the_rules_that_are_shipped_can_be_loaded():
    assert all(rule.bucket == "staging" for rule in importlib.import_module("rules").RULES)


# ---- large objects ----

def test_large_objects_are_copied_by_parts(cloud, staging, production):
    body = os.urandom(11 * MIB + 7)
    result = cloud.put(staging, "large", body, Metadata={"color": "blue"}, ContentType="x/y")

    cloud.route([Rule(staging, [Place(production)])], result, single_copy_bytes=5 * MIB, part_bytes=5 * MIB)

    head = cloud.s3.head_object(Bucket=production, Key="large")
    assert head["ETag"].endswith('-3"') and cloud.body(production, "large") == body
    assert (head["Metadata"]["color"], head["ContentType"]) == ("blue", "x/y")
    assert cloud.tags(production, "large") == cloud_tags(result)
    assert cloud.keys(staging) == [] and cloud.uploads(production) == []


def test_a_part_that_fails_leaves_nothing_behind(cloud, staging, production, monkeypatch):
    result = cloud.put(staging, "large", os.urandom(11 * MIB))
    failing(cloud, monkeypatch, "UploadPartCopy")

    with pytest.raises(router.RoutingFailed):
        cloud.route([Rule(staging, [Place(production)])], result, single_copy_bytes=5 * MIB, part_bytes=5 * MIB)
    assert cloud.keys(staging) == ["large"] and cloud.keys(production) == [] and cloud.uploads(production) == []

    cloud.route([Rule(staging, [Place(production)])], result, single_copy_bytes=5 * MIB, part_bytes=5 * MIB)
    assert cloud.keys(staging) == [] and cloud.keys(production) == ["large"]


def test_a_source_that_changes_between_two_parts_is_not_assembled(cloud, production, monkeypatch):
    staging = cloud.bucket(versioned=False)
    result = cloud.put(staging, "large", b"a" * (11 * MIB))
    original, swapped = cloud.s3._make_api_call, []

    def call(name, arguments):
        if name == "UploadPartCopy" and arguments["PartNumber"] == 1 and not swapped:
            swapped.append(True)
            original("PutObject", {"Bucket": staging, "Key": "large", "Body": b"b" * (11 * MIB)})
        return original(name, arguments)
    monkeypatch.setattr(cloud.s3, "_make_api_call", call)

    cloud.route([Rule(staging, [Place(production)])], result, single_copy_bytes=5 * MIB, part_bytes=5 * MIB)

    assert cloud.keys(production) == [] and cloud.uploads(production) == [] and cloud.keys(staging) == ["large"]


# ---- twice, half, and never ----

def test_a_message_that_comes_twice_changes_nothing(cloud, staging, production):
    result = cloud.put(staging, "k")
    rules = [Rule(staging, [Place(production)])]

    cloud.route(rules, result, result)
    cloud.route(rules, result)

    assert len(cloud.versions(production)[0]) == 1 and cloud.keys(staging) == []


@pytest.mark.parametrize("operation", ["HeadObject", "GetObjectTagging", "CopyObject", "DeleteObject"])
def test_a_failure_anywhere_loses_nothing_and_a_repeat_finishes(cloud, staging, production, monkeypatch, operation):
    result = cloud.put(staging, "k")
    rules = [Rule(staging, [Place(production), Place(production, "second/")])]
    failing(cloud, monkeypatch, operation)

    with pytest.raises(router.RoutingFailed):
        cloud.route(rules, result)
    assert cloud.keys(staging) == ["k"]
    cloud.route(rules, result)

    assert cloud.keys(staging) == [] and cloud.keys(production) == ["k", "second/k"]
    assert len(cloud.versions(production)[0]) == 2, "no copy was made twice"


def test_the_source_stays_until_every_place_has_it(cloud, staging, production):
    missing = "lambda-missing-" + uuid.uuid4().hex[:8]
    rules = [Rule(staging, [Place(production), Place(missing)])]

    with pytest.raises(router.RoutingFailed, match="NoSuchBucket|404"):
        cloud.route(rules, cloud.put(staging, "k"))

    assert cloud.keys(staging) == ["k"] and cloud.keys(production) == ["k"]


def test_a_copy_that_is_not_the_source_is_noticed(cloud, staging, production, monkeypatch):
    copy_to = router.copy_to

    def damaged(client, source, head, tags, place, *more):
        copy_to(client, source, head, tags, place, *more)
        bucket, key = place["Bucket"], place["Key"]
        first = cloud.versions(bucket)[0]
        cloud.s3.delete_object(Bucket=bucket, Key=key, VersionId=first[0][1])
        made = cloud.s3.put_object(Bucket=bucket, Key=key, Body=b"CONTENT", Metadata={router.MARK: source.mark})
        return made["VersionId"], made["ETag"].strip('"')
    monkeypatch.setattr(router, "copy_to", damaged)

    with pytest.raises(router.RoutingFailed, match="ETag"):
        cloud.route([Rule(staging, [Place(production)])], cloud.put(staging, "k", b"content"))

    assert cloud.keys(staging) == ["k"] and cloud.versions(production)[0] == [], "it was taken back"


def test_a_taken_place_gets_a_version_and_fails_where_none_are_kept(cloud, staging, production):
    plain = cloud.bucket(versioned=False)
    for bucket in (production, plain):
        cloud.s3.put_object(Bucket=bucket, Key="k", Body=b"theirs")

    cloud.route([Rule(staging, [Place(production)])], cloud.put(staging, "k", b"first"))
    with pytest.raises(router.RoutingFailed, match="keeps no versions"):
        cloud.route([Rule(staging, [Place(plain)])], cloud.put(staging, "k", b"second"))

    assert cloud.body(production, "k") == b"first" and len(cloud.versions(production)[0]) == 2
    assert cloud.body(plain, "k") == b"theirs" and cloud.body(staging, "k") == b"second"


def test_a_place_that_is_taken_at_the_last_moment_is_not_overwritten(cloud, staging, monkeypatch):
    plain = cloud.bucket(versioned=False)
    copy_to = router.copy_to

    def later(*arguments):
        cloud.s3.put_object(Bucket=plain, Key="k", Body=b"theirs")
        return copy_to(*arguments)
    monkeypatch.setattr(router, "copy_to", later)

    with pytest.raises(router.RoutingFailed):
        cloud.route([Rule(staging, [Place(plain)])], cloud.put(staging, "k"))

    assert cloud.body(plain, "k") == b"theirs" and cloud.keys(staging) == ["k"]


def test_one_bad_message_does_not_hold_up_the_others(cloud, staging, production):
    rules = [Rule(staging, [Place(production)])]
    good, bad = cloud.put(staging, "good"), cloud.put(staging, "bad") | {"result": "Splendid"}

    with pytest.raises(router.RoutingFailed, match="Splendid"):
        cloud.route(rules, bad, good)

    assert cloud.keys(production) == ["good"] and cloud.keys(staging) == ["bad"]


def test_what_is_gone_is_done(cloud, staging, production):
    result = cloud.put(staging, "k")
    cloud.s3.delete_object(Bucket=staging, Key="k", **({"VersionId": result["versionId"]} if result["versionId"] else {}))

    cloud.route([Rule(staging, [Place(production)])], result)

    assert cloud.keys(production) == []


# ---- the way of a message ----

def subscribed_queue(cloud, policy):
    name = uuid.uuid4().hex[:12]
    topic = cloud.sns.create_topic(Name=f"cordon-notifications-{name}")["TopicArn"]
    url = cloud.sqs.create_queue(QueueName=f"router-{name}")["QueueUrl"]
    arn = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cloud.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                                                 "Action": "sqs:SendMessage", "Resource": arn}]})})
    cloud.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": json.dumps(policy)})
    return topic, url


def publish(cloud, topic, result):
    attributes = {"notificationType": "scanResult", "scanResult": result["result"], "bucket": result["bucket"],
                  "account": result["account"]}
    cloud.sns.publish(TopicArn=topic, Message=json.dumps(result), MessageAttributes={
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()})


def test_through_topic_filter_and_queue(cloud, staging, production):
    topic, url = subscribed_queue(cloud, {"notificationType": ["scanResult"], "scanResult": ["Clean", "Error"],
                                          "bucket": [staging]})
    bad = cloud.put(staging, "bad", verdict="Error")
    for result in (cloud.put(staging, "good"), bad, cloud.put(staging, "evil", verdict="Infected"),
                   cloud.put(cloud.bucket(), "elsewhere")):
        publish(cloud, topic, result)
    messages = []
    while len(messages) < 2:
        messages += cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)["Messages"]
    event = {"Records": [{"eventSource": "aws:sqs", "messageId": m["MessageId"], "body": m["Body"]} for m in messages]}
    missing = "lambda-missing-" + uuid.uuid4().hex[:8]
    rules = [Rule(staging, [Place(production)]), Rule(staging, [Place(missing)], results={"Error"})]

    answer = router.handle(event, rules, endpoint=cloud.endpoint)

    failed, = [m["MessageId"] for m in messages if json.loads(json.loads(m["Body"])["Message"])["key"] == "bad"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": failed}]}
    assert cloud.keys(production) == ["good"] and cloud.keys(staging) == ["bad", "evil"]
    assert "Messages" not in cloud.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0), "the filter kept the rest away"


def test_the_handler_takes_the_rules_from_their_file(cloud, monkeypatch, tmp_path):
    staging, production = cloud.bucket(), cloud.bucket()
    (tmp_path / "rules.py").write_text(f"from router import Place, Rule\nRULES = [Rule({staging!r}, [Place({production!r})])]\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "rules", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", cloud.endpoint)

    result = cloud.put(staging, "k")
    context = type("Context", (), {"invoked_function_arn": f"arn:aws:lambda:{REGION}:{result['account']}:function:x"})

    router.handler(cloud.event(result), context)

    assert cloud.keys(production) == ["k"]
    foreign = type("Context", (), {"invoked_function_arn": f"arn:aws:lambda:{REGION}:{STRANGER}:function:x"})
    with pytest.raises(router.RoutingFailed):
        router.handler(cloud.event(cloud.put(staging, "other")), foreign)


@pytest.mark.parametrize("record", [{"eventSource": "aws:s3"}, {"EventSource": "aws:sns"}, None, "text", {}])
def test_an_event_from_elsewhere_is_refused(cloud, record):
    with pytest.raises(router.RoutingFailed):
        router.handle({"Records": [record]}, [], endpoint=cloud.endpoint)


@pytest.mark.parametrize("body", ['{"Type": "Notification"}', "no JSON", "[" * 100_000, None, '{"schema": "cordon.scan-result/1", '
                                  '"bucket": "b", "key": "k", "result": "Clean", "eTag": "e", "versionId": 7}'])
def test_a_malformed_message_fails_alone(cloud, staging, production, body):
    good = {"eventSource": "aws:sqs", "messageId": "good", "body": json.dumps(cloud.put(staging, "k"))}
    bad = {"eventSource": "aws:sqs", "messageId": "bad", "body": body}

    answer = router.handle({"Records": [bad, good]}, [Rule(staging, [Place(production)])], endpoint=cloud.endpoint)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert cloud.keys(production) == ["k"]


# ---- whose buckets they are ----

STRANGER = "444455556666"


def strangers_bucket(cloud):
    """One under a name that a rule states, with a policy that lets everybody do everything."""
    sts = boto3.client("sts", region_name=REGION, endpoint_url=cloud.endpoint)
    keys = sts.assume_role(RoleArn=f"arn:aws:iam::{STRANGER}:role/admin", RoleSessionName="stranger")["Credentials"]
    s3 = boto3.client("s3", region_name=REGION, endpoint_url=cloud.endpoint, aws_access_key_id=keys["AccessKeyId"],
                      aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"])
    name = "lambda-" + uuid.uuid4().hex[:16]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    everything = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everything]}))
    return name


@pytest.mark.parametrize("limits", [{}, {"single_copy_bytes": 0}], ids=["whole", "by-parts"])
def test_nothing_goes_to_a_bucket_that_is_another_accounts(cloud, staging, limits):
    theirs = strangers_bucket(cloud)
    result = cloud.put(staging, "k")

    with pytest.raises(router.RoutingFailed, match="403|AccessDenied|Forbidden"):
        router.handle(cloud.event(result), [Rule(staging, [Place(theirs)])], router.Limits(**limits), cloud.endpoint, result["account"])

    assert cloud.keys(theirs) == [] and cloud.keys(staging) == ["k"]
    router.handle(cloud.event(result), [Rule(staging, [Place(theirs, account=STRANGER)])], router.Limits(**limits), cloud.endpoint,
                  result["account"])
    assert cloud.keys(theirs) == ["k"] and cloud.keys(staging) == []


def test_nothing_comes_from_a_bucket_that_is_another_accounts(cloud, production):
    theirs = strangers_bucket(cloud)
    result = cloud.put(theirs, "k")

    with pytest.raises(router.RoutingFailed, match="403|AccessDenied|Forbidden"):
        cloud.route([Rule(theirs, [Place(production)])], result)

    assert cloud.keys(production) == [] and cloud.keys(theirs) == ["k"]
    cloud.route([Rule(theirs, [Place(production)])], result | {"account": STRANGER})
    assert cloud.keys(production) == ["k"]


# ---- the policy ----

def test_the_policy_allows_no_more_than_the_function_does():
    document = json.loads((pathlib.Path(router.__file__).parent / "policy.json").read_text())
    actions = {action for statement in document["Statement"]
               for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])}

    assert not any("*" in action for action in actions)
    assert all(statement["Resource"] != "*" for statement in document["Statement"])
    assert {action for action in actions if action.startswith("s3:")} == {
        "s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging", "s3:DeleteObject",
        "s3:DeleteObjectVersion", "s3:ListBucket", "s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging",
        "s3:AbortMultipartUpload"}
    assert {action for action in actions if action.startswith("sqs:")} == {
        "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}


@pytest.fixture
def least(cloud, staging, production, monkeypatch):
    """The function runs as a user that has the shipped policy, for these two buckets, and nothing else."""
    text = (pathlib.Path(router.__file__).parent / "policy.json").read_text()
    for word, value in (("SOURCE_BUCKET", staging), ("DESTINATION_BUCKET", production), ("REGION", "eu-west-1"),
                        ("ACCOUNT", "000000000000"), ("DEPLOYMENT", "main")):
        text = text.replace(word, value)
    iam, name = boto3.client("iam", region_name="us-east-1", endpoint_url=cloud.endpoint), "f-" + uuid.uuid4().hex[:12]
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="least", PolicyDocument=text)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)   # It remembers the key that it began with.
    router.client_for.cache_clear()
    yield router.client_for("eu-west-1", cloud.endpoint)
    router.client_for.cache_clear()


def test_the_policy_is_enough_for_a_move(cloud, least, staging, production):
    small, again = cloud.put(staging, "small"), cloud.put(staging, "again")
    large = cloud.put(staging, "large", b"x" * (11 * MIB))
    gone = cloud.put(staging, "gone")
    pinned = {"VersionId": gone["versionId"]} if gone["versionId"] else {}
    cloud.s3.delete_object(Bucket=staging, Key="gone", **pinned)
    rules = [Rule(staging, [Place(production, "in/")])]

    cloud.route(rules, small, large, gone, again, single_copy_bytes=10 * MIB, part_bytes=5 * MIB)
    cloud.route(rules, again)

    assert cloud.keys(production) == ["in/again", "in/large", "in/small"] and cloud.keys(staging) == []
    assert cloud.tags(production, "in/large") == cloud_tags(large)
    for forbidden in (lambda: least.put_object(Bucket=staging, Key="k", Body=b""), least.list_buckets,
                      lambda: least.put_object(Bucket=cloud.bucket(), Key="k", Body=b"")):
        with pytest.raises(ClientError) as caught:
            forbidden()
        assert caught.value.response["Error"]["Code"] == "AccessDenied"
