"""Settings of a bucket: what is put is got, what was never put is named as missing."""
import json

import pytest

from support.aws import refused


def test_versioning_is_switched_on_and_suspended(s3, bucket):
    for status in ("Enabled", "Suspended", "Enabled"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status


def test_tags_of_a_bucket(s3, bucket):
    tags = [{"Key": "team", "Value": "a + b"}, {"Key": "ü", "Value": ""}]
    with refused("NoSuchTagSet", status=404):
        s3.get_bucket_tagging(Bucket=bucket)

    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert sorted(s3.get_bucket_tagging(Bucket=bucket)["TagSet"], key=str) == sorted(tags, key=str)

    s3.delete_bucket_tagging(Bucket=bucket)
    with refused("NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket=bucket)


def statement(bucket, **changes):
    return {"Sid": "One", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*"} | changes


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_policy(s3, bucket):
    with refused("NoSuchBucketPolicy", status=404):
        s3.get_bucket_policy(Bucket=bucket)
    text = document(statement(bucket, Condition={"Bool": {"aws:SecureTransport": "false"}}))

    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(text)

    s3.delete_bucket_policy(Bucket=bucket)
    with refused("NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize("text", ["{", "{}", '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}'],
                         ids=["no-json", "empty", "bad-effect"])
def test_a_malformed_policy_is_refused(s3, bucket, text):
    with refused("MalformedPolicy", status=400):
        s3.put_bucket_policy(Bucket=bucket, Policy=text)


def test_a_policy_for_another_bucket_is_refused(s3, bucket):
    with refused("MalformedPolicy", status=400):
        s3.put_bucket_policy(Bucket=bucket, Policy=document(statement("some-other-bucket")))


def test_a_policy_can_deny_reading_what_is_not_tagged_clean(s3, bucket):
    for key, tag in (("clean", "scan-result=Clean"), ("infected", "scan-result=Infected"), ("untagged", "")):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x", Tagging=tag)
    s3.put_bucket_policy(Bucket=bucket, Policy=document(statement(
        bucket, Condition={"StringNotEquals": {"s3:ExistingObjectTag/scan-result": ["Clean", "InfectedAllowed"]}})))

    assert s3.get_object(Bucket=bucket, Key="clean")["Body"].read() == b"x"
    for key in ("infected", "untagged"):
        with refused("AccessDenied", status=403):
            s3.get_object(Bucket=bucket, Key=key)
    s3.get_object_tagging(Bucket=bucket, Key="infected")


def test_a_policy_can_demand_tls(target, s3, bucket):
    if target.endpoint.startswith("https:"):
        pytest.skip("the endpoint speaks TLS")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=document(statement(
        bucket, Action="s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "false"}})))

    with refused("AccessDenied", status=403):
        s3.get_object(Bucket=bucket, Key="k")


def algorithm(s3, bucket):
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]


def test_encryption_is_on_by_default(s3, bucket):
    assert algorithm(s3, bucket) == "AES256"


def test_encryption_can_be_set(s3, bucket):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    assert algorithm(s3, bucket) == "AES256"
    s3.delete_bucket_encryption(Bucket=bucket)


def test_lifecycle(s3, bucket):
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 30},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7}}
    with refused("NoSuchLifecycleConfiguration", status=404):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)

    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    got = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [{name: entry.get(name) for name in rule} for entry in got] == [rule]

    s3.delete_bucket_lifecycle(Bucket=bucket)
    with refused("NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


SHUT = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


def test_public_access_block(s3, bucket):
    for wanted in (SHUT, SHUT | {"BlockPublicPolicy": False}):
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=wanted)
        assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == wanted

    s3.delete_public_access_block(Bucket=bucket)
    with refused("NoSuchPublicAccessBlockConfiguration", status=404):
        s3.get_public_access_block(Bucket=bucket)


def test_public_access_is_blocked_on_new_buckets(s3, bucket):
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == SHUT


def test_object_ownership(s3, bucket):
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)

    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == controls


def test_settings_are_per_bucket(s3, make_bucket):
    one, other = make_bucket(), make_bucket()
    s3.put_bucket_tagging(Bucket=one, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})

    with refused("NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket=other)


def test_the_owner_of_the_bucket_can_be_expected(s3, bucket, account):
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)

    with refused("403", status=403):
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner="999999999999")
