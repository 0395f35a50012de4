"""Versions: every write is kept, a delete is a marker, and a reader can pin what it saw."""
import pytest

from support.aws import headers, etag, refused


@pytest.fixture
def two(s3, versioned):
    """A key with two versions: (bucket, older id, newer id)."""
    ids = [s3.put_object(Bucket=versioned, Key="k", Body=body)["VersionId"] for body in (b"one", b"two")]
    return versioned, *ids


def listed(s3, bucket, kind="Versions"):
    return s3.list_object_versions(Bucket=bucket).get(kind, [])


def test_versioning_is_off_at_first(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert "VersionId" not in s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert "VersionId" not in s3.get_object(Bucket=bucket, Key="k")


def test_an_unversioned_object_has_the_null_version(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"x"
    assert [(v["VersionId"], v["IsLatest"]) for v in listed(s3, bucket)] == [("null", True)]


def test_each_version_can_be_read(s3, two):
    bucket, older, newer = two

    assert older != newer
    assert s3.get_object(Bucket=bucket, Key="k")["VersionId"] == newer
    for version, body in ((older, b"one"), (newer, b"two")):
        got = s3.get_object(Bucket=bucket, Key="k", VersionId=version)
        assert (got["Body"].read(), got["VersionId"]) == (body, version)
        assert s3.head_object(Bucket=bucket, Key="k", VersionId=version)["ETag"] == etag(body)


def test_versions_are_listed_newest_first(s3, two):
    bucket, older, newer = two

    assert [(v["VersionId"], v["IsLatest"]) for v in listed(s3, bucket)] == [(newer, True), (older, False)]


def test_a_delete_leaves_a_marker(s3, two):
    bucket, older, newer = two

    answer = s3.delete_object(Bucket=bucket, Key="k")

    assert answer["DeleteMarker"] is True
    with refused("NoSuchKey", status=404):
        s3.get_object(Bucket=bucket, Key="k")
    assert [(m["VersionId"], m["IsLatest"]) for m in listed(s3, bucket, "DeleteMarkers")] == [(answer["VersionId"], True)]
    assert [(v["VersionId"], v["IsLatest"]) for v in listed(s3, bucket)] == [(newer, False), (older, False)]
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=newer)["Body"].read() == b"two"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_the_answer_for_a_deleted_object_tells_that_it_was_deleted(s3, two):
    s3.delete_object(Bucket=two[0], Key="k")

    with refused("NoSuchKey") as caught:
        s3.get_object(Bucket=two[0], Key="k")

    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"


def test_a_marker_is_made_even_where_nothing_was(s3, versioned):
    answer = s3.delete_object(Bucket=versioned, Key="never")

    assert answer["DeleteMarker"] is True and answer["VersionId"]


def test_a_marker_cannot_be_read(s3, two):
    bucket = two[0]
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]

    with refused("MethodNotAllowed", status=405):
        s3.get_object(Bucket=bucket, Key="k", VersionId=marker)
    with refused("405", status=405):
        s3.head_object(Bucket=bucket, Key="k", VersionId=marker)


def test_deleting_the_marker_brings_the_object_back(s3, two):
    bucket = two[0]
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]

    answer = s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)

    assert (answer["DeleteMarker"], answer["VersionId"]) == (True, marker)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"two"


def test_deleting_a_version_is_for_good_and_hits_no_other(s3, two):
    bucket, older, newer = two

    assert s3.delete_object(Bucket=bucket, Key="k", VersionId=newer)["VersionId"] == newer

    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["VersionId"]) == (b"one", older)
    assert [v["VersionId"] for v in listed(s3, bucket)] == [older]
    with refused("NoSuchVersion", status=404):
        s3.get_object(Bucket=bucket, Key="k", VersionId=newer)


def test_a_version_of_another_key_is_not_found(s3, two):
    bucket, older, _ = two
    s3.put_object(Bucket=bucket, Key="other", Body=b"")

    with refused("NoSuchVersion", status=404):
        s3.get_object(Bucket=bucket, Key="other", VersionId=older)


def test_a_malformed_version_is_an_invalid_argument(s3, two):
    with refused("InvalidArgument", status=400):
        s3.get_object(Bucket=two[0], Key="k", VersionId="not-a-version")


def test_deleting_a_version_that_is_gone_is_no_error(s3, two):
    bucket, older, _ = two
    for _ in range(2):
        s3.delete_object(Bucket=bucket, Key="k", VersionId=older)


def test_suspended_versioning_overwrites_only_the_null_version(s3, two):
    bucket, older, newer = two
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    for body in (b"three", b"four"):
        s3.put_object(Bucket=bucket, Key="k", Body=body)

    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    assert [v["VersionId"] for v in listed(s3, bucket)] == ["null", newer, older]
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"four"


def test_a_delete_under_suspended_versioning_replaces_the_null_version(s3, two):
    bucket, older, newer = two
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"three")

    answer = s3.delete_object(Bucket=bucket, Key="k")

    assert (answer["DeleteMarker"], answer["VersionId"]) == (True, "null")
    assert [v["VersionId"] for v in listed(s3, bucket)] == [newer, older]


def test_what_was_there_before_versioning_becomes_the_null_version(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    after = s3.put_object(Bucket=bucket, Key="k", Body=b"after")["VersionId"]

    assert [v["VersionId"] for v in listed(s3, bucket)] == [after, "null"]
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"before"


def test_a_batch_delete_takes_versions(s3, two):
    bucket, older, newer = two

    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "VersionId": older}, {"Key": "new"}]})

    by_key = {entry["Key"]: entry for entry in answer["Deleted"]}
    assert by_key["k"]["VersionId"] == older and "DeleteMarker" not in by_key["k"]
    assert by_key["new"]["DeleteMarker"] is True and by_key["new"]["DeleteMarkerVersionId"]
    assert [v["VersionId"] for v in listed(s3, bucket)] == [newer]


def test_put_if_absent_counts_a_marker_as_absent(s3, two):
    bucket = two[0]
    s3.delete_object(Bucket=bucket, Key="k")

    with headers(s3, "PutObject", {"If-None-Match": "*"}):
        s3.put_object(Bucket=bucket, Key="k", Body=b"again")

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"again"


def test_if_match_is_asked_of_the_pinned_version(s3, two):
    bucket, older, _ = two

    got = s3.get_object(Bucket=bucket, Key="k", VersionId=older, IfMatch=etag(b"one"))

    assert got["Body"].read() == b"one"
    with refused("PreconditionFailed"):
        s3.get_object(Bucket=bucket, Key="k", VersionId=older, IfMatch=etag(b"two"))
