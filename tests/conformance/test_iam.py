"""Policies of users and roles: who may do what, together with the policies of buckets, queues and topics."""
import json
import time
import urllib.error
import urllib.request

import pytest

from support import aws
from support.aws import refused

TAG = "s3:ExistingObjectTag/scan-result"


def statement(actions, resources="*", effect="Allow", **more):
    return {"Effect": effect, "Action": actions, "Resource": resources} | more


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Person:
    """A user with a key and one policy, and its clients."""

    def __init__(self, cloud, endpoint, name):
        self.iam, self.name = cloud.client("iam"), name
        self.arn = self.iam.create_user(UserName=name)["User"]["Arn"]
        self.key = self.iam.create_access_key(UserName=name)["AccessKey"]
        self.client = aws.Cloud(endpoint, self.key["AccessKeyId"], self.key["SecretAccessKey"]).client

    def may(self, *statements):
        self.iam.put_user_policy(UserName=self.name, PolicyName="all", PolicyDocument=document(*statements))
        return self

    def remove(self):
        with aws.ignoring_absence():
            self.iam.delete_user_policy(UserName=self.name, PolicyName="all")
        self.iam.delete_access_key(UserName=self.name, AccessKeyId=self.key["AccessKeyId"])
        self.iam.delete_user(UserName=self.name)


@pytest.fixture
def make_user(cloud, target, unique):
    made = []

    def make(*statements):
        made.append(Person(cloud, target.endpoint, unique("user")))
        return made[-1].may(*statements) if statements else made[-1]

    yield make
    for person in made:
        person.remove()


def arns(bucket):
    return f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"


def denied():
    return refused("AccessDenied", "403", status=403)


# ---- the service ----

def test_users_and_their_policies_are_kept(cloud, make_user):
    person = make_user(statement("s3:ListAllMyBuckets"))
    iam = cloud.client("iam")

    assert iam.get_user(UserName=person.name)["User"]["Arn"] == person.arn
    assert iam.list_user_policies(UserName=person.name)["PolicyNames"] == ["all"]
    got = iam.get_user_policy(UserName=person.name, PolicyName="all")["PolicyDocument"]
    assert got["Statement"][0]["Action"] == "s3:ListAllMyBuckets"
    assert person.client("sts").get_caller_identity()["Arn"] == person.arn
    with refused("EntityAlreadyExists", status=409):
        iam.create_user(UserName=person.name)
    with refused("DeleteConflict", status=409):
        iam.delete_user(UserName=person.name)


@pytest.mark.parametrize("text", [
    "", "{", "[]", '{"Statement": []}', document(statement("s3:*") | {"Principal": "*"}),
    document(statement("s3:*", Condition={"StringAlmost": {"aws:userid": "x"}})),
], ids=["empty", "cut", "list", "no-statement", "principal", "operator"])
def test_a_malformed_policy_is_refused(cloud, make_user, text):
    with refused("MalformedPolicyDocument", "ValidationError", status=400):
        cloud.client("iam").put_user_policy(UserName=make_user().name, PolicyName="all", PolicyDocument=text or " ")


def test_a_key_that_was_deleted_is_unknown(cloud, target):
    iam = cloud.client("iam")
    iam.create_user(UserName="gone")
    key = iam.create_access_key(UserName="gone")["AccessKey"]
    iam.delete_access_key(UserName="gone", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="gone")

    with refused("InvalidAccessKeyId", status=403):
        aws.Cloud(target.endpoint, key["AccessKeyId"], key["SecretAccessKey"]).client("s3").list_buckets()


# ---- how policies are judged ----

def test_nothing_is_allowed_that_no_policy_allows(make_user, bucket, s3):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    person = make_user().client("s3")

    for call in (lambda: person.get_object(Bucket=bucket, Key="k"), lambda: person.list_buckets(),
                 lambda: person.put_object(Bucket=bucket, Key="k", Body=b"y"),
                 lambda: person.delete_object(Bucket=bucket, Key="k"),
                 lambda: person.list_objects_v2(Bucket=bucket), lambda: person.get_bucket_policy(Bucket=bucket),
                 lambda: person.create_bucket(Bucket=bucket + "2"), lambda: person.head_object(Bucket=bucket, Key="k")):
        with denied():
            call()
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_the_refusal_says_who_what_and_why(make_user, bucket):
    person = make_user()

    with denied() as caught:
        person.client("s3").get_object(Bucket=bucket, Key="k")
    message = caught.value.response["Error"]["Message"]
    assert person.arn in message and "s3:GetObject" in message and f"{bucket}/k" in message


def test_an_allow_is_for_its_actions_and_resources(make_user, bucket, s3):
    for key in ("in/k", "out/k"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    person = make_user(statement(["s3:get*"], f"arn:aws:s3:::{bucket}/in/?")).client("s3")

    assert person.get_object(Bucket=bucket, Key="in/k")["Body"].read() == b"x"
    for call in (lambda: person.get_object(Bucket=bucket, Key="out/k"),
                 lambda: person.delete_object(Bucket=bucket, Key="in/k")):
        with denied():
            call()


def test_not_action_and_not_resource_turn_it_round(make_user, bucket, s3):
    for key in ("open", "shut"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    person = make_user({"Effect": "Allow", "NotAction": "s3:DeleteObject",
                        "NotResource": f"arn:aws:s3:::{bucket}/shut"}).client("s3")

    person.get_object(Bucket=bucket, Key="open")
    for call in (lambda: person.get_object(Bucket=bucket, Key="shut"),
                 lambda: person.delete_object(Bucket=bucket, Key="open")):
        with denied():
            call()


def test_a_deny_outweighs_every_allow(make_user, bucket, s3):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    person = make_user(statement("*"), statement("s3:GetObject", arns(bucket)[1], "Deny")).client("s3")

    person.head_bucket(Bucket=bucket)
    with denied():
        person.get_object(Bucket=bucket, Key="k")


def test_a_bucket_policy_may_allow_what_the_user_s_own_does_not(make_user, bucket, s3):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    person, other = make_user(), make_user()
    s3.put_bucket_policy(Bucket=bucket, Policy=document(
        statement("s3:GetObject", arns(bucket)[1], Principal={"AWS": person.arn})))

    person.client("s3").get_object(Bucket=bucket, Key="k")
    with denied():
        other.client("s3").get_object(Bucket=bucket, Key="k")


def test_allowing_the_account_leaves_it_to_the_users_own_policies(make_user, bucket, s3, account):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    person = make_user()
    s3.put_bucket_policy(Bucket=bucket, Policy=document(
        statement("s3:*", list(arns(bucket)), Principal={"AWS": f"arn:aws:iam::{account}:root"})))

    with denied():
        person.client("s3").get_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("named", ["user", "account", "anyone"])
def test_a_bucket_policy_may_deny_what_the_user_s_own_allows(make_user, bucket, s3, account, named):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    person = make_user(statement("s3:*"))
    principal = {"user": {"AWS": person.arn}, "account": {"AWS": account}, "anyone": "*"}[named]
    s3.put_bucket_policy(Bucket=bucket, Policy=document(
        statement("s3:GetObject", arns(bucket)[1], "Deny", Principal=principal)))

    with denied():
        person.client("s3").get_object(Bucket=bucket, Key="k")
    person.client("s3").put_object(Bucket=bucket, Key="k", Body=b"y")


def test_the_account_s_own_key_can_always_remove_a_policy(s3, bucket):
    s3.put_bucket_policy(Bucket=bucket, Policy=document(
        statement("s3:*", list(arns(bucket)), "Deny", Principal="*")))

    with denied():
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert "Deny" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")


def test_a_policy_can_spare_a_role_by_its_arn(cloud, target, make_user, bucket, s3, sts, account, unique):
    iam, name = cloud.client("iam"), unique("role")
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document(statement("s3:GetObject")))
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=document(statement(
        "s3:GetObject", arns(bucket)[1], "Deny", Principal="*",
        Condition={"ArnNotLike": {"aws:PrincipalArn": role}})))

    keys = sts.assume_role(RoleArn=role, RoleSessionName="worker")["Credentials"]
    session = aws.Cloud(target.endpoint, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]).client("s3")
    session.get_object(Bucket=bucket, Key="k")
    with denied():
        session.put_object(Bucket=bucket, Key="k", Body=b"y")   # its own policy does not say so
    with denied():
        make_user(statement("s3:*")).client("s3").get_object(Bucket=bucket, Key="k")
    iam.delete_role_policy(RoleName=name, PolicyName="all")
    iam.delete_role(RoleName=name)


def test_assuming_a_role_needs_a_right(make_user, account):
    role = f"arn:aws:iam::{account}:role/tester"

    with denied():
        make_user(statement("sts:AssumeRole", role + "2")).client("sts").assume_role(RoleArn=role, RoleSessionName="me")
    make_user(statement("sts:AssumeRole", role)).client("sts").assume_role(RoleArn=role, RoleSessionName="me")


# ---- conditions ----

# (condition, may read an object tagged Clean, may read an untagged one)
CONDITIONS = {
    "equals": ({"StringEquals": {TAG: "Clean"}}, True, False),
    "not-equals": ({"StringNotEquals": {TAG: "Clean"}}, False, True),
    "not-equals-any": ({"StringNotEquals": {TAG: ["Infected", "Clean"]}}, False, True),
    "like": ({"StringLike": {TAG: "Cl*"}}, True, False),
    "not-like": ({"StringNotLike": {TAG: "Cl*"}}, False, True),
    "equals-if-exists": ({"StringEqualsIfExists": {TAG: "Clean"}}, True, True),
    "not-equals-if-exists": ({"StringNotEqualsIfExists": {TAG: "Clean"}}, False, True),
    "ignoring-case": ({"StringEqualsIgnoreCase": {TAG: "cLEAN"}}, True, False),
    "tag-keys-have-case": ({"StringEquals": {"s3:ExistingObjectTag/Scan-Result": "Clean"}}, False, False),
    "condition-keys-have-none": ({"StringEquals": {"S3:existingobjecttag/scan-result": "Clean"}}, True, False),
    "absent": ({"Null": {TAG: "true"}}, False, True),
    "present": ({"Null": {TAG: "false"}}, True, False),
    "all-must-hold": ({"StringEquals": {TAG: "Clean"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}, False, False),
    "any-value": ({"ForAnyValue:StringEquals": {TAG: ["Clean", "Other"]}}, True, False),
    "all-values-of-none": ({"ForAllValues:StringEquals": {TAG: "Clean"}}, True, True),
    "no-value-of-none": ({"ForAnyValue:StringNotEquals": {TAG: "Clean"}}, False, False),
    "address": ({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, True, True),
    "user": ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}, True, True),
    "user-is-no-role": ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}, True, True),
    "arns-are-compared-by-part": ({"ArnLike": {"aws:PrincipalArn": "arn:aws:*:user/*"}}, False, False),
}


@pytest.mark.parametrize("condition, clean, untagged", CONDITIONS.values(), ids=CONDITIONS)
def test_conditions(make_user, bucket, s3, condition, clean, untagged):
    s3.put_object(Bucket=bucket, Key="clean", Body=b"x", Tagging="scan-result=Clean")
    s3.put_object(Bucket=bucket, Key="untagged", Body=b"x")
    allowed = make_user(statement("s3:GetObject", Condition=condition)).client("s3")
    forbidden = make_user(statement("s3:GetObject"), statement("s3:GetObject", effect="Deny", Condition=condition))

    for key, holds in (("clean", clean), ("untagged", untagged)):
        for client, may in ((allowed, holds), (forbidden.client("s3"), not holds)):
            if may:
                client.get_object(Bucket=bucket, Key=key)
                continue
            with denied():
                client.get_object(Bucket=bucket, Key=key)


def test_listing_can_be_narrowed_to_a_prefix(make_user, bucket):
    person = make_user(statement("s3:ListBucket", arns(bucket)[0],
                                 Condition={"StringLike": {"s3:prefix": ["mine/*", "mine"]}})).client("s3")

    person.list_objects_v2(Bucket=bucket, Prefix="mine/a")
    for more in ({}, {"Prefix": ""}, {"Prefix": "yours/"}):
        with denied():
            person.list_objects_v2(Bucket=bucket, **more)


# ---- what S3's operations take ----

def test_what_is_missing_is_forbidden_to_who_may_not_list(make_user, bucket):
    blind = make_user(statement("s3:GetObject")).client("s3")
    seeing = make_user(statement("s3:GetObject"), statement("s3:ListBucket", arns(bucket)[0])).client("s3")

    for client, codes in ((blind, ("AccessDenied",)), (seeing, ("NoSuchKey",))):
        with refused(*codes):
            client.get_object(Bucket=bucket, Key="missing")
    with refused("403", status=403):
        blind.head_object(Bucket=bucket, Key="missing")
    with refused("404", status=404):
        seeing.head_object(Bucket=bucket, Key="missing")


# What takes which rights: the right that is tried, whether the call names a version, and the call.
VERSIONED = {
    "get": ("s3:GetObject", "get_object", {}),
    "head": ("s3:GetObject", "head_object", {}),
    "tags": ("s3:GetObjectTagging", "get_object_tagging", {}),
    "tag": ("s3:PutObjectTagging", "put_object_tagging", {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
    "untag": ("s3:DeleteObjectTagging", "delete_object_tagging", {}),
    "delete": ("s3:DeleteObject", "delete_object", {}),
}


@pytest.mark.parametrize("action, call, options", VERSIONED.values(), ids=VERSIONED)
def test_versions_have_rights_of_their_own(make_user, versioned, s3, action, call, options):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"x")["VersionId"]
    current = make_user(statement(action)).client("s3")
    on_version = action.replace("Object", "ObjectVersion")
    exact = make_user(statement(on_version)).client("s3")

    with denied():
        getattr(current, call)(Bucket=versioned, Key="k", VersionId=version, **options)
    with denied():
        getattr(exact, call)(Bucket=versioned, Key="k", **options)
    getattr(exact, call)(Bucket=versioned, Key="k", VersionId=version, **options)


def test_a_batch_delete_asks_for_each_key(make_user, bucket, s3):
    for key in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    person = make_user(statement("s3:DeleteObject", f"arn:aws:s3:::{bucket}/a")).client("s3")

    answer = person.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})

    assert [done["Key"] for done in answer["Deleted"]] == ["a"]
    assert [(problem["Key"], problem["Code"]) for problem in answer["Errors"]] == [("b", "AccessDenied")]


def test_tags_with_the_upload_are_a_right_of_their_own(make_user, bucket):
    person = make_user(statement("s3:PutObject")).client("s3")

    person.put_object(Bucket=bucket, Key="k", Body=b"x")
    with denied():
        person.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=b")
    with denied():
        person.create_multipart_upload(Bucket=bucket, Key="k", Tagging="a=b")


COPY_RIGHTS = ("s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging")


@pytest.mark.parametrize("missing", (None, *COPY_RIGHTS))
def test_a_copy_reads_the_source_and_writes_the_destination_with_tags(make_user, make_bucket, s3, missing):
    source, target = make_bucket(), make_bucket()
    s3.put_object(Bucket=source, Key="k", Body=b"x", Tagging="a=b")
    rights = [statement(action, arns(source if ":Get" in action else target)[1])
              for action in COPY_RIGHTS if action != missing]
    person = make_user(*rights).client("s3")

    def copy():
        person.copy_object(Bucket=target, Key="k", CopySource={"Bucket": source, "Key": "k"})
    if missing is None:
        copy()
        return
    with denied():
        copy()


def test_a_copy_of_a_version_reads_that_version(make_user, versioned, s3):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"x")["VersionId"]
    source = {"Bucket": versioned, "Key": "k", "VersionId": version}

    with denied():
        make_user(statement(["s3:GetObject", "s3:PutObject"])).client("s3").copy_object(
            Bucket=versioned, Key="c", CopySource=source)
    make_user(statement(["s3:GetObjectVersion", "s3:PutObject"])).client("s3").copy_object(
        Bucket=versioned, Key="c", CopySource=source)


def test_parts_are_written_and_copied_with_the_rights_of_the_whole(make_user, bucket, s3):
    s3.put_object(Bucket=bucket, Key="from", Body=b"x")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="to")["UploadId"]
    there = {"Bucket": bucket, "Key": "to", "UploadId": upload, "PartNumber": 1}
    copy = there | {"CopySource": {"Bucket": bucket, "Key": "from"}}
    writer = make_user(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/to")).client("s3")
    copier = make_user(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/to"),
                       statement("s3:GetObject", f"arn:aws:s3:::{bucket}/from")).client("s3")

    writer.upload_part(Body=b"x", **there)
    with denied():
        writer.upload_part_copy(**copy)
    copier.upload_part_copy(**copy)
    with denied():
        copier.abort_multipart_upload(Bucket=bucket, Key="to", UploadId=upload)
    with denied():
        copier.list_parts(Bucket=bucket, Key="to", UploadId=upload)


def test_a_condition_on_what_is_there_takes_the_right_to_read(make_user, bucket, s3):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    person = make_user(statement("s3:DeleteObject")).client("s3")
    person.meta.events.register("before-call.s3.DeleteObject",   # this boto3 knows no IfMatch here
                                lambda params, **_: params["headers"].update({"If-Match": etag}))

    with denied():
        person.delete_object(Bucket=bucket, Key="k")
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"] == etag


def test_a_presigned_url_may_what_its_signer_may(make_user, bucket, s3):
    s3.put_object(Bucket=bucket, Key="clean", Body=b"x", Tagging="scan-result=Clean")
    s3.put_object(Bucket=bucket, Key="other", Body=b"x")
    person = make_user(statement("s3:GetObject", Condition={"StringEquals": {TAG: "Clean"}})).client("s3")
    open_url = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    urls = {key: person.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}) for key in ("clean", "other")}
    with open_url(urls["clean"]) as answer:
        assert answer.read() == b"x"
    with pytest.raises(urllib.error.HTTPError) as caught:
        open_url(urls["other"])
    assert caught.value.code == 403


# ---- other services ----

def test_queues(make_user, queue, sqs):
    reader = make_user(statement(["sqs:ReceiveMessage", "sqs:DeleteMessage"], queue.arn)).client("sqs")
    writer = make_user(statement("sqs:SendMessage", queue.arn)).client("sqs")

    writer.send_message_batch(QueueUrl=queue.url, Entries=[{"Id": "1", "MessageBody": "x"}])
    with refused("AccessDenied", "AccessDeniedException"):
        reader.send_message(QueueUrl=queue.url, MessageBody="y")
    with refused("AccessDenied", "AccessDeniedException"):
        writer.receive_message(QueueUrl=queue.url)
    message, = reader.receive_message(QueueUrl=queue.url, WaitTimeSeconds=1)["Messages"]
    with refused("AccessDenied", "AccessDeniedException"):
        reader.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1)
    reader.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])


def test_a_queue_s_policy_lets_users_in_and_keeps_them_out(make_user, queue, sqs):
    guest, banned = make_user(), make_user(statement("sqs:*"))
    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": document(
        statement("sqs:SendMessage", queue.arn, Principal={"AWS": guest.arn}),
        statement("sqs:*", queue.arn, "Deny", Principal={"AWS": banned.arn}))})

    guest.client("sqs").send_message(QueueUrl=queue.url, MessageBody="x")
    with refused("AccessDenied", "AccessDeniedException"):
        banned.client("sqs").send_message(QueueUrl=queue.url, MessageBody="x")


def test_topics(make_user, topic, sns):
    publisher = make_user(statement("sns:Publish", topic)).client("sns")

    publisher.publish(TopicArn=topic, Message="x")
    with refused("AuthorizationError", status=403):
        publisher.get_topic_attributes(TopicArn=topic)
    with refused("AuthorizationError"):
        make_user(statement("sns:Publish", topic + "2")).client("sns").publish(TopicArn=topic, Message="x")


def test_logs(make_user, logs, account, unique):
    group = unique("group")
    everywhere = f"arn:aws:logs:{aws.REGION}:{account}:log-group:{group}"
    writer = make_user(statement(["logs:CreateLogGroup", "logs:CreateLogStream"], everywhere + ":*"),
                       statement("logs:PutLogEvents", everywhere + ":log-stream:mine")).client("logs")

    writer.create_log_group(logGroupName=group)
    for stream in ("mine", "yours"):
        writer.create_log_stream(logGroupName=group, logStreamName=stream)
    event = [{"timestamp": int(time.time() * 1000), "message": "x"}]
    writer.put_log_events(logGroupName=group, logStreamName="mine", logEvents=event)
    with refused("AccessDeniedException", status=400):
        writer.put_log_events(logGroupName=group, logStreamName="yours", logEvents=event)
    with refused("AccessDeniedException"):
        make_user(statement("logs:*", everywhere)).client("logs").create_log_stream(   # without ":*"
            logGroupName=group, logStreamName="third")
    logs.delete_log_group(logGroupName=group)


def test_rules(make_user, events, account, unique):
    name = unique("rule")
    person = make_user(statement("events:PutRule", f"arn:aws:events:{aws.REGION}:{account}:rule/{name}")).client("events")

    person.put_rule(Name=name, EventPattern='{"source": ["x"]}')
    for call in (lambda: person.put_rule(Name=name + "2", EventPattern='{"source": ["x"]}'),
                 lambda: person.delete_rule(Name=name), lambda: person.list_rules()):
        with refused("AccessDeniedException"):
            call()
    events.delete_rule(Name=name)


def test_who_one_is_needs_no_right(make_user):
    person = make_user(statement("*", effect="Deny"))

    assert person.client("sts").get_caller_identity()["Arn"] == person.arn


# ---- keys of KMS ----

KEY = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
UNDER_KEY = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY}


def test_an_object_under_a_key_is_read_by_who_may_decrypt(make_user, make_bucket, s3):
    bucket = make_bucket()
    s3.put_object(Bucket=bucket, Key="k", Body=b"secret", **UNDER_KEY)
    user = make_user(statement("s3:*", arns(bucket)))

    with denied() as refusal:
        user.client("s3").get_object(Bucket=bucket, Key="k")
    assert "kms:Decrypt" in refusal.value.response["Error"]["Message"]
    assert user.client("s3").head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"] == KEY
    with denied():
        user.client("s3").copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"})

    user.may(statement("s3:*", arns(bucket)), statement("kms:Decrypt", KEY))
    assert user.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"secret"


def test_an_upload_under_a_key_takes_a_data_key(make_user, make_bucket):
    bucket = make_bucket()
    user = make_user(statement("s3:*", arns(bucket)))

    with denied():
        user.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x", **UNDER_KEY)
    with denied():
        user.client("s3").create_multipart_upload(Bucket=bucket, Key="k", **UNDER_KEY)
    user.may(statement("s3:*", arns(bucket)), statement("kms:GenerateDataKey", KEY))
    assert user.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x", **UNDER_KEY)["SSEKMSKeyId"] == KEY


def test_a_bucket_gives_its_key_to_uploads_that_name_none(make_user, make_bucket, s3):
    bucket = make_bucket()
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}]})
    user = make_user(statement("s3:*", arns(bucket)))

    with denied():
        user.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x", ServerSideEncryption="AES256")

    assert s3.head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"] == KEY
    assert user.client("s3").get_object(Bucket=bucket, Key="plain")["Body"].read() == b"x"


def test_the_key_of_s3_is_for_everybody_with_rights_on_the_object(make_user, make_bucket):
    bucket = make_bucket()
    user = make_user(statement("s3:*", arns(bucket)))

    user.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")

    assert user.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
