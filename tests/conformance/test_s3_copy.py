"""CopyObject: what goes along, what is replaced, and how a copy is pinned to what was seen."""
import pytest

from support.aws import etag, refused

BODY = b"to be copied"
TAGS = [{"Key": "owner", "Value": "me + you"}]


@pytest.fixture
def source(s3, bucket):
    s3.put_object(Bucket=bucket, Key="source", Body=BODY, ContentType="text/plain", CacheControl="max-age=5",
                  Metadata={"a": "1"}, Tagging="owner=me%20%2B%20you")
    return {"Bucket": bucket, "Key": "source"}


def tags(s3, bucket, key):
    return sorted(s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"], key=lambda tag: tag["Key"])


def test_a_copy_has_bytes_metadata_and_tags_of_its_source(s3, bucket, source):
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)

    got = s3.get_object(Bucket=bucket, Key="copy")
    assert got["Body"].read() == BODY
    assert (got["ContentType"], got["CacheControl"], got["Metadata"]) == ("text/plain", "max-age=5", {"a": "1"})
    assert tags(s3, bucket, "copy") == TAGS


def test_the_answer_describes_the_copy(s3, bucket, source):
    answer = s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)["CopyObjectResult"]

    assert answer["ETag"] == etag(BODY) and answer["LastModified"]


def test_a_copy_to_another_bucket_leaves_the_source(s3, source, make_bucket):
    other = make_bucket()
    s3.copy_object(Bucket=other, Key="a b/ü", CopySource=source)

    assert s3.get_object(Bucket=other, Key="a b/ü")["Body"].read() == BODY
    assert s3.get_object(**source)["Body"].read() == BODY


def test_a_source_may_be_given_as_text_with_or_without_a_slash(s3, bucket, source):
    for text in (f"{bucket}/source", f"/{bucket}/source"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=text)

    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == BODY


def test_replace_replaces_all_metadata(s3, bucket, source):
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})

    got = s3.head_object(Bucket=bucket, Key="copy")
    assert (got["Metadata"], got["ContentType"]) == ({"b": "2"}, "binary/octet-stream")
    assert "CacheControl" not in got


def test_the_copy_directive_ignores_new_metadata(s3, bucket, source):
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, MetadataDirective="COPY", Metadata={"b": "2"})

    assert s3.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"a": "1"}


def test_tags_are_replaced_by_their_own_directive(s3, bucket, source):
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, TaggingDirective="REPLACE", Tagging="new=1&other=2")
    s3.copy_object(Bucket=bucket, Key="bare", CopySource=source, TaggingDirective="REPLACE")

    assert tags(s3, bucket, "copy") == [{"Key": "new", "Value": "1"}, {"Key": "other", "Value": "2"}]
    assert tags(s3, bucket, "bare") == []
    assert s3.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"a": "1"}


def test_a_copy_onto_itself_must_change_something(s3, bucket, source):
    with refused("InvalidRequest", status=400):
        s3.copy_object(Bucket=bucket, Key="source", CopySource=source)

    s3.copy_object(Bucket=bucket, Key="source", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "3"})
    assert s3.head_object(**source)["Metadata"] == {"n": "3"}
    assert s3.get_object(**source)["Body"].read() == BODY


def test_a_version_can_be_copied(s3, versioned):
    older = s3.put_object(Bucket=versioned, Key="k", Body=b"older", Metadata={"v": "1"})["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"newer")

    s3.copy_object(Bucket=versioned, Key="copy", CopySource={"Bucket": versioned, "Key": "k", "VersionId": older})

    got = s3.get_object(Bucket=versioned, Key="copy")
    assert (got["Body"].read(), got["Metadata"]) == (b"older", {"v": "1"})
    assert got["VersionId"] != older


def test_a_copy_names_the_version_it_made(s3, versioned):
    s3.put_object(Bucket=versioned, Key="k", Body=b"x")

    answer = s3.copy_object(Bucket=versioned, Key="copy", CopySource={"Bucket": versioned, "Key": "k"})

    assert answer["VersionId"] == s3.head_object(Bucket=versioned, Key="copy")["VersionId"]


def test_a_copy_names_the_version_it_copied(s3, versioned):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"x")["VersionId"]

    answer = s3.copy_object(Bucket=versioned, Key="copy", CopySource={"Bucket": versioned, "Key": "k"})

    assert answer["CopySourceVersionId"] == version


def test_an_older_version_can_be_brought_back_in_place(s3, versioned):
    older = s3.put_object(Bucket=versioned, Key="k", Body=b"older")["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"newer")

    s3.copy_object(Bucket=versioned, Key="k", CopySource={"Bucket": versioned, "Key": "k", "VersionId": older})

    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"older"
    assert len(s3.list_object_versions(Bucket=versioned)["Versions"]) == 3


def test_a_copy_can_be_pinned_to_the_etag(s3, bucket, source):
    with refused("PreconditionFailed", status=412):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfMatch=etag(b"other"))
    with refused("404"):
        s3.head_object(Bucket=bucket, Key="copy")

    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfMatch=etag(BODY))
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == BODY


def test_a_copy_if_the_etag_differs(s3, bucket, source):
    with refused("PreconditionFailed", status=412):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfNoneMatch=etag(BODY))

    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfNoneMatch=etag(b"other"))


def test_a_copy_can_depend_on_the_date(s3, bucket, source):
    import datetime
    changed = s3.head_object(**source)["LastModified"]
    hour = datetime.timedelta(hours=1)

    with refused("PreconditionFailed", status=412):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfUnmodifiedSince=changed - hour)
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfModifiedSince=changed - hour)


def test_a_missing_source_is_named(s3, bucket):
    with refused("NoSuchKey", status=404):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "missing"})


def test_a_missing_source_bucket_is_named(s3, bucket, unique):
    with refused("NoSuchBucket", status=404):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": unique(), "Key": "k"})


def test_a_missing_source_version_is_named(s3, versioned):
    gone = s3.put_object(Bucket=versioned, Key="k", Body=b"x")["VersionId"]
    s3.delete_object(Bucket=versioned, Key="k", VersionId=gone)
    s3.put_object(Bucket=versioned, Key="k", Body=b"y")

    with refused("NoSuchVersion", status=404):
        s3.copy_object(Bucket=versioned, Key="copy", CopySource={"Bucket": versioned, "Key": "k", "VersionId": gone})


def test_a_deleted_source_is_not_found(s3, versioned):
    s3.put_object(Bucket=versioned, Key="k", Body=b"x")
    s3.delete_object(Bucket=versioned, Key="k")

    with refused("NoSuchKey", status=404):
        s3.copy_object(Bucket=versioned, Key="copy", CopySource={"Bucket": versioned, "Key": "k"})


def test_storage_class_is_chosen_by_the_copy(s3, bucket, source):
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, StorageClass="STANDARD_IA")

    assert s3.head_object(Bucket=bucket, Key="copy")["StorageClass"] == "STANDARD_IA"
    assert "StorageClass" not in s3.head_object(**source)
