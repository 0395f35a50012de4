"""Other accounts: who may take a role on, and whose a bucket is."""
import json

import pytest

from support import aws
from support.aws import refused

OTHER = "444455556666"


def denied():
    return refused("AccessDenied", "403", status=403)


def trust(principal, **more):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"} | more]}


def with_external_id(value):
    return {"Condition": {"StringEquals": {"sts:ExternalId": value}}}


def clients_of(target, sts, role, **more):
    keys = sts.assume_role(RoleArn=role, RoleSessionName="visitor", **more)["Credentials"]
    return aws.Cloud(target.endpoint, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]).client


@pytest.fixture
def other(target, sts):
    """Somebody who may do everything in another account."""
    return clients_of(target, sts, f"arn:aws:iam::{OTHER}:role/admin")


@pytest.fixture
def make_role(other, unique):
    """Makes a role in the other account."""
    made = []

    def make(trusted, *statements):
        iam, name = other("iam"), unique("role")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trusted))["Role"]
        made.append(name)
        assert role["Arn"] == f"arn:aws:iam::{OTHER}:role/{name}"
        assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == trusted
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
        return role["Arn"]

    yield make
    for name in made:
        with aws.ignoring_absence():
            other("iam").delete_role_policy(RoleName=name, PolicyName="all")
        other("iam").delete_role(RoleName=name)


def test_a_role_asks_for_its_external_id(target, sts, account, make_role):
    role = make_role(trust(account, **with_external_id("secret-7")),
                     {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})

    for wrong in ({}, {"ExternalId": "secret-8"}):
        with denied():
            sts.assume_role(RoleArn=role, RoleSessionName="visitor", **wrong)
    clients = clients_of(target, sts, role, ExternalId="secret-7")
    assert clients("sts").get_caller_identity()["Account"] == OTHER
    clients("s3").list_buckets()
    with denied():
        clients("s3").create_bucket(Bucket="not-by-this-role")


def test_a_role_trusts_those_that_it_names(sts, account, make_role):
    for principal, trusted in ((f"arn:aws:iam::{account}:root", True), ("777788889999", False),
                               (f"arn:aws:iam::{account}:user/somebody", False)):
        role = make_role(trust(principal))
        if trusted:
            sts.assume_role(RoleArn=role, RoleSessionName="visitor")
            continue
        with denied():
            sts.assume_role(RoleArn=role, RoleSessionName="visitor")


def test_trust_can_be_changed_and_must_be_a_policy(sts, account, make_role, other):
    role = make_role(trust("777788889999"))
    name = role.rpartition("/")[2]

    other("iam").update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust(account)))
    sts.assume_role(RoleArn=role, RoleSessionName="visitor")
    wrong = trust(account, Resource="*")
    with refused("MalformedPolicyDocument", status=400):
        other("iam").update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(wrong))


def test_both_accounts_must_agree(cloud, target, account, make_role, unique):
    role = make_role(trust(account))
    iam, name = cloud.client("iam"), unique("user")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    sts = aws.Cloud(target.endpoint, key["AccessKeyId"], key["SecretAccessKey"]).client("sts")

    with denied():
        sts.assume_role(RoleArn=role, RoleSessionName="visitor")
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}]}))
    sts.assume_role(RoleArn=role, RoleSessionName="visitor")

    iam.delete_user_policy(UserName=name, PolicyName="all")
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


@pytest.fixture
def theirs(other, unique):
    """A bucket of the other account."""
    name = unique("theirs")
    other("s3").create_bucket(Bucket=name)
    yield name
    for key in [entry["Key"] for entry in other("s3").list_objects_v2(Bucket=name).get("Contents", [])]:
        other("s3").delete_object(Bucket=name, Key=key)
    other("s3").delete_bucket(Bucket=name)


def test_a_bucket_belongs_to_who_made_it(s3, other, theirs, bucket, account):
    assert theirs in [one["Name"] for one in other("s3").list_buckets()["Buckets"]]
    assert bucket not in [one["Name"] for one in other("s3").list_buckets()["Buckets"]]
    assert theirs not in [one["Name"] for one in s3.list_buckets()["Buckets"]]
    with denied():
        s3.put_object(Bucket=theirs, Key="k", Body=b"x")
    with denied():
        other("s3").list_objects_v2(Bucket=bucket)
    with denied():
        other("s3").head_bucket(Bucket=theirs, ExpectedBucketOwner=account)
    with refused("BucketAlreadyExists", status=409):
        s3.create_bucket(Bucket=theirs)


def test_a_bucket_policy_lets_another_account_in(s3, other, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{bucket}/*"}]}))

    assert other("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    with denied():
        other("s3").put_object(Bucket=bucket, Key="k", Body=b"y")


def test_events_of_another_accounts_bucket_need_the_topics_consent(cloud, other, theirs, account, unique):
    sns = cloud.client("sns")
    topic = sns.create_topic(Name=unique("events"))["TopicArn"]

    def admit(*accounts):
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({
            "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish",
                "Resource": topic, "Condition": {"StringEquals": {"aws:SourceAccount": list(accounts)}}}]}))

    def listen():
        other("s3").put_bucket_notification_configuration(Bucket=theirs, NotificationConfiguration={
            "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]})

    admit(account)
    with refused("InvalidArgument", status=400):
        listen()
    admit(account, OTHER)
    listen()
    sns.delete_topic(TopicArn=topic)
