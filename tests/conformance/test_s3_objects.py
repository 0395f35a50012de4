"""One object: what is stored comes back, whole, in part, and under conditions."""
import datetime
import hashlib
import os

import pytest

from support.aws import MIB, etag, headers, md5_base64, refused

BODY = b"0123456789"


@pytest.fixture
def stored(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=BODY)
    return dict(Bucket=bucket, Key="k")


def test_bytes_come_back_unchanged(s3, bucket):
    body = os.urandom(3 * MIB + 17)

    put = s3.put_object(Bucket=bucket, Key="k", Body=body)
    got = s3.get_object(Bucket=bucket, Key="k")

    assert hashlib.sha256(got["Body"].read()).digest() == hashlib.sha256(body).digest()
    assert put["ETag"] == got["ETag"] == etag(body)
    assert got["ContentLength"] == len(body)


def test_an_empty_object_is_an_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")

    got = s3.get_object(Bucket=bucket, Key="empty")

    assert (got["Body"].read(), got["ContentLength"], got["ETag"]) == (b"", 0, etag(b""))


def test_a_directory_marker_is_an_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="folder/", Body=b"")

    assert s3.head_object(Bucket=bucket, Key="folder/")["ContentLength"] == 0
    with refused("404"):
        s3.head_object(Bucket=bucket, Key="folder")


def test_put_replaces(s3, stored):
    s3.put_object(**stored, Body=b"new", Metadata={"a": "1"})

    got = s3.get_object(**stored)

    assert (got["Body"].read(), got["Metadata"]) == (b"new", {"a": "1"})


def test_head_says_what_get_says_without_the_body(s3, stored):
    get, head = s3.get_object(**stored), s3.head_object(**stored)

    for field in ("ETag", "ContentLength", "LastModified", "ContentType", "Metadata", "AcceptRanges"):
        assert head[field] == get[field], field
    assert abs(datetime.datetime.now(datetime.timezone.utc) - head["LastModified"]) < datetime.timedelta(minutes=5)


def test_the_default_content_type_is_binary(s3, stored):
    assert s3.head_object(**stored)["ContentType"] == "binary/octet-stream"


def test_system_and_user_metadata_are_kept(s3, bucket):
    sent = dict(ContentType="text/x-test; charset=utf-8", CacheControl="max-age=60", ContentLanguage="de",
                ContentDisposition='attachment; filename="a b.txt"', ContentEncoding="identity",
                Metadata={"owner": "me", "two-words": "a  b"})
    s3.put_object(Bucket=bucket, Key="k", Body=BODY, **sent)

    got = s3.head_object(Bucket=bucket, Key="k")

    assert {name: got[name] for name in sent} == sent


def test_metadata_names_come_back_in_lower_case(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=BODY, Metadata={"CamelCase": "Value"})

    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"camelcase": "Value"}


def test_expires_is_kept(s3, bucket):
    when = datetime.datetime(2031, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)
    s3.put_object(Bucket=bucket, Key="k", Body=BODY, Expires=when)

    assert s3.head_object(Bucket=bucket, Key="k")["Expires"] == when


def test_the_storage_class_is_kept(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=BODY, StorageClass="STANDARD_IA")

    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == "STANDARD_IA"


def test_the_standard_storage_class_is_not_mentioned(s3, stored):
    assert "StorageClass" not in s3.head_object(**stored)


def test_new_objects_are_encrypted_by_default(s3, stored):
    assert s3.head_object(**stored)["ServerSideEncryption"] == "AES256"


def test_a_missing_key_is_named_in_the_error(s3, bucket):
    with refused("NoSuchKey", status=404) as caught:
        s3.get_object(Bucket=bucket, Key="not there")

    assert caught.value.response["Error"]["Key"] == "not there"


def test_head_of_a_missing_key_is_404(s3, bucket):
    with refused("404", status=404):
        s3.head_object(Bucket=bucket, Key="not there")


def test_answers_carry_request_ids(s3, stored):
    metadata = s3.head_object(**stored)["ResponseMetadata"]

    assert metadata["HTTPHeaders"]["x-amz-request-id"] and metadata["HTTPHeaders"]["x-amz-id-2"]


def test_delete_removes_and_may_be_repeated(s3, stored):
    for _ in range(2):
        assert s3.delete_object(**stored)["ResponseMetadata"]["HTTPStatusCode"] == 204

    with refused("NoSuchKey"):
        s3.get_object(**stored)


def test_batch_delete_reports_every_key(s3, bucket):
    for key in ("a", "b <&>"):
        s3.put_object(Bucket=bucket, Key=key, Body=BODY)

    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": k} for k in ("a", "b <&>", "never")]})

    assert sorted(entry["Key"] for entry in answer["Deleted"]) == ["a", "b <&>", "never"]
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_quiet_batch_delete_reports_errors_only(s3, stored):
    answer = s3.delete_objects(Bucket=stored["Bucket"], Delete={"Objects": [{"Key": "k"}], "Quiet": True})

    assert not answer.get("Deleted") and not answer.get("Errors")


def test_a_wrong_content_md5_is_refused(s3, bucket):
    with refused("BadDigest", status=400):
        s3.put_object(Bucket=bucket, Key="k", Body=BODY, ContentMD5=md5_base64(b"something else"))
    with refused("404"):
        s3.head_object(Bucket=bucket, Key="k")


def test_a_malformed_content_md5_is_refused(s3, bucket):
    with refused("InvalidDigest", status=400):
        s3.put_object(Bucket=bucket, Key="k", Body=BODY, ContentMD5="bm90IGFuIG1kNQ==")


# ---- ranges ----

@pytest.mark.parametrize("asked, got, said", [
    ("bytes=0-3", b"0123", "bytes 0-3/10"),
    ("bytes=4-", b"456789", "bytes 4-9/10"),
    ("bytes=-3", b"789", "bytes 7-9/10"),
    ("bytes=8-99", b"89", "bytes 8-9/10"),
    ("bytes=-99", BODY, "bytes 0-9/10"),
    ("bytes=9-9", b"9", "bytes 9-9/10"),
])
def test_a_range_is_answered_in_part(s3, stored, asked, got, said):
    answer = s3.get_object(**stored, Range=asked)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (answer["Body"].read(), answer["ContentRange"]) == (got, said)
    assert answer["ETag"] == etag(BODY)


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused(s3, stored, asked):
    with refused("InvalidRange", status=416):
        s3.get_object(**stored, Range=asked)


def test_a_range_of_an_empty_object_is_refused(s3, bucket):
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")

    with refused("InvalidRange", status=416):
        s3.get_object(Bucket=bucket, Key="empty", Range="bytes=0-")


@pytest.mark.parametrize("asked", ["bytes=5-2", "lines=0-3", "bytes=x"])
def test_a_range_that_makes_no_sense_is_ignored(s3, stored, asked):
    answer = s3.get_object(**stored, Range=asked)

    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Body"].read()) == (200, BODY)


def test_head_takes_a_range(s3, stored):
    assert s3.head_object(**stored, Range="bytes=2-4")["ContentLength"] == 3


def test_a_range_can_be_pinned_to_the_etag(s3, stored):
    assert s3.get_object(**stored, Range="bytes=2-4", IfMatch=etag(BODY))["Body"].read() == b"234"
    with refused("PreconditionFailed", status=412):
        s3.get_object(**stored, Range="bytes=2-4", IfMatch=etag(b"another"))


# ---- conditional reads ----

HOUR = datetime.timedelta(hours=1)


def test_if_match_lets_only_the_same_bytes_through(s3, stored):
    assert s3.get_object(**stored, IfMatch=etag(BODY))["Body"].read() == BODY
    with refused("PreconditionFailed", status=412):
        s3.get_object(**stored, IfMatch=etag(b"another"))


@pytest.mark.parametrize("value", [etag(BODY).strip('"'), "*"], ids=["no-quotes", "star"])
def test_if_match_takes_other_forms(s3, stored, value):
    assert s3.get_object(**stored, IfMatch=value)["Body"].read() == BODY


def test_if_none_match_answers_304_for_the_same_bytes(s3, stored):
    with refused("304", status=304):
        s3.get_object(**stored, IfNoneMatch=etag(BODY))
    assert s3.get_object(**stored, IfNoneMatch=etag(b"another"))["Body"].read() == BODY


def test_if_modified_since_and_if_unmodified_since(s3, stored):
    changed = s3.head_object(**stored)["LastModified"]

    with refused("304", status=304):
        s3.get_object(**stored, IfModifiedSince=changed)
    with refused("PreconditionFailed", status=412):
        s3.get_object(**stored, IfUnmodifiedSince=changed - HOUR)
    assert s3.get_object(**stored, IfModifiedSince=changed - HOUR)["Body"].read() == BODY
    assert s3.get_object(**stored, IfUnmodifiedSince=changed)["Body"].read() == BODY


def test_a_matching_etag_outweighs_the_date(s3, stored):
    changed = s3.head_object(**stored)["LastModified"]

    got = s3.get_object(**stored, IfMatch=etag(BODY), IfUnmodifiedSince=changed - HOUR)

    assert got["Body"].read() == BODY


def test_head_takes_the_same_conditions(s3, stored):
    with refused("412", status=412):
        s3.head_object(**stored, IfMatch=etag(b"another"))
    with refused("304", status=304):
        s3.head_object(**stored, IfNoneMatch=etag(BODY))


def test_a_reader_can_override_response_headers(s3, stored):
    got = s3.get_object(**stored, ResponseContentType="text/plain", ResponseContentDisposition="inline",
                        ResponseCacheControl="no-store")

    assert (got["ContentType"], got["ContentDisposition"], got["CacheControl"]) == ("text/plain", "inline", "no-store")


# ---- conditional writes ----

def test_put_if_absent(s3, bucket):
    with headers(s3, "PutObject", {"If-None-Match": "*"}):
        s3.put_object(Bucket=bucket, Key="k", Body=BODY)
        with refused("PreconditionFailed", status=412):
            s3.put_object(Bucket=bucket, Key="k", Body=b"second")

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == BODY


def test_put_if_the_etag_matches(s3, stored):
    with headers(s3, "PutObject", {"If-Match": etag(BODY)}):
        s3.put_object(**stored, Body=b"update")

    assert s3.get_object(**stored)["Body"].read() == b"update"


def test_no_put_if_the_etag_differs(s3, stored):
    with headers(s3, "PutObject", {"If-Match": etag(b"another")}), refused("PreconditionFailed", status=412):
        s3.put_object(**stored, Body=b"lost update")

    assert s3.get_object(**stored)["Body"].read() == BODY


def test_put_if_match_on_a_missing_key_is_404(s3, bucket):
    with headers(s3, "PutObject", {"If-Match": etag(BODY)}), refused("NoSuchKey", status=404):
        s3.put_object(Bucket=bucket, Key="missing", Body=BODY)


def test_delete_if_the_etag_matches(s3, stored):
    with headers(s3, "DeleteObject", {"If-Match": etag(b"another")}), refused("PreconditionFailed", status=412):
        s3.delete_object(**stored)
    s3.head_object(**stored)
    with headers(s3, "DeleteObject", {"If-Match": etag(BODY)}):
        s3.delete_object(**stored)

    with refused("404"):
        s3.head_object(**stored)
