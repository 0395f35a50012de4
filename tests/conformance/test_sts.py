"""STS: who am I, and who may I be."""
import datetime

import pytest

from support import aws
from support.aws import refused


def test_the_caller_is_told_who_it_is(sts):
    answer = sts.get_caller_identity()

    assert len(answer["Account"]) == 12 and answer["Account"].isdigit()
    assert answer["UserId"]
    assert answer["Arn"].startswith("arn:aws:") and f":{answer['Account']}:" in answer["Arn"]


@pytest.mark.parametrize("region, partition", [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_arns_are_of_the_partition_of_the_region(cloud, region, partition, unique):
    sqs, sns = cloud.client("sqs", region), cloud.client("sns", region)
    queue = sqs.create_queue(QueueName=unique())["QueueUrl"]

    named = [cloud.client("sts", region).get_caller_identity()["Arn"], sns.create_topic(Name=unique())["TopicArn"],
             sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]]

    assert {arn.split(":")[1] for arn in named} == {partition}, named


def test_a_role_gives_temporary_keys_that_work(target, sts, account, bucket, s3):
    answer = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/tester", RoleSessionName="one", DurationSeconds=900)
    keys = answer["Credentials"]

    left = keys["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=10) < left <= datetime.timedelta(minutes=16)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/tester/one"
    temporary = aws.Cloud(target.endpoint, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    temporary.client("s3").put_object(Bucket=bucket, Key="k", Body=b"by role")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"by role"
    assert temporary.client("sts").get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]


def test_temporary_keys_need_their_token(target, sts, account, bucket):
    keys = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/tester", RoleSessionName="one")["Credentials"]

    for token in (None, "bm90IHRoZSB0b2tlbg=="):
        client = aws.Cloud(target.endpoint, keys["AccessKeyId"], keys["SecretAccessKey"], token).client("s3")
        with refused("InvalidAccessKeyId", "InvalidToken"):
            client.list_objects_v2(Bucket=bucket)


def test_a_role_must_be_an_arn(sts):
    with refused("ValidationError", status=400):
        sts.assume_role(RoleArn="no-arn-but-long-enough", RoleSessionName="one")
