"""Buckets: creation, location, listing, deletion."""
import uuid

import pytest

from support.aws import OTHER_REGION, REGION, refused


def test_a_new_bucket_is_there_and_empty(s3, bucket):
    s3.head_bucket(Bucket=bucket)

    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_head_names_the_region(s3, bucket):
    answer = s3.head_bucket(Bucket=bucket)

    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == REGION


def test_the_location_of_the_first_region_is_empty(s3, bucket):
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None


def test_the_location_of_another_region_is_its_name(cloud, make_bucket):
    name = make_bucket(region=OTHER_REGION)

    assert cloud.client("s3", OTHER_REGION).get_bucket_location(Bucket=name)["LocationConstraint"] == OTHER_REGION


def test_another_region_must_be_named_at_creation(cloud, unique):
    with refused("IllegalLocationConstraintException", status=400):
        cloud.client("s3", OTHER_REGION).create_bucket(Bucket=unique())


def test_an_own_bucket_can_be_created_again_in_the_first_region(s3, bucket):
    s3.create_bucket(Bucket=bucket)


def test_an_own_bucket_cannot_be_created_again_elsewhere(cloud, make_bucket):
    name = make_bucket(region=OTHER_REGION)

    with refused("BucketAlreadyOwnedByYou", status=409):
        cloud.client("s3", OTHER_REGION).create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": OTHER_REGION})


@pytest.mark.parametrize("name", ["Upper-Case", "under_score", "ab", "two..dots", "-dash-first", "192.168.5.4"])
def test_bad_bucket_names_are_refused(cloud, name):
    # boto3 checks some of the rules itself; with its check removed the server has to.
    client = cloud.client("s3", REGION, parameter_validation=False)
    from botocore.handlers import validate_bucket_name
    client.meta.events.unregister("before-parameter-build.s3", validate_bucket_name)

    with refused("InvalidBucketName", status=400):
        client.create_bucket(Bucket=name)


def make_in_namespace(s3, name, space=None):
    """With the header itself: Debian's boto3 does not know it."""
    def add(request, **_):
        if space:
            request.headers["x-amz-bucket-namespace"] = space
    s3.meta.events.register("before-sign.s3.CreateBucket", add)
    try:
        s3.create_bucket(Bucket=name)
    finally:
        s3.meta.events.unregister("before-sign.s3.CreateBucket", add)


def test_an_account_regional_bucket_is_made_by_saying_so(cloud, s3):
    account = cloud.client("sts", REGION).get_caller_identity()["Account"]
    name = f"conf-{uuid.uuid4().hex[:8]}-{account}-{REGION}-an"

    make_in_namespace(s3, name, "account-regional")

    s3.head_bucket(Bucket=name)
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize("tail, space", [
    ("{account}-{region}-an", None), ("444455556666-{region}-an", "account-regional"),
    ("{account}-eu-west-3-an", "account-regional"), ("{account}-{region}", "account-regional"),
    ("-x-s3", None), ("-table-s3", None)])
def test_names_of_other_namespaces_are_refused(cloud, s3, tail, space):
    account = cloud.client("sts", REGION).get_caller_identity()["Account"]
    name = f"conf-{uuid.uuid4().hex[:8]}-" + tail.format(account=account, region=REGION)

    with refused("InvalidBucketName", status=400):
        make_in_namespace(s3, name, space)


def test_list_names_own_buckets_with_their_owner(s3, bucket):
    answer = s3.list_buckets()

    assert bucket in [entry["Name"] for entry in answer["Buckets"]]
    assert answer["Owner"]["ID"]


def test_a_bucket_with_objects_cannot_be_deleted(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    with refused("BucketNotEmpty", status=409):
        s3.delete_bucket(Bucket=bucket)


def test_a_bucket_that_holds_only_a_delete_marker_cannot_be_deleted(s3, versioned):
    s3.delete_object(Bucket=versioned, Key="never-there")

    with refused("BucketNotEmpty", status=409):
        s3.delete_bucket(Bucket=versioned)


def test_a_deleted_bucket_is_gone(s3, bucket):
    s3.delete_bucket(Bucket=bucket)

    with refused("404", status=404):
        s3.head_bucket(Bucket=bucket)


@pytest.mark.parametrize("call", [
    lambda s3, name: s3.get_object(Bucket=name, Key="k"),
    lambda s3, name: s3.put_object(Bucket=name, Key="k", Body=b""),
    lambda s3, name: s3.delete_object(Bucket=name, Key="k"),
    lambda s3, name: s3.list_objects_v2(Bucket=name),
    lambda s3, name: s3.get_bucket_versioning(Bucket=name),
    lambda s3, name: s3.get_bucket_location(Bucket=name),
    lambda s3, name: s3.delete_bucket(Bucket=name),
], ids=["get", "put", "delete", "list", "versioning", "location", "delete-bucket"])
def test_whatever_is_asked_of_a_missing_bucket_says_so(s3, unique, call):
    with refused("NoSuchBucket", status=404):
        call(s3, unique("missing"))
