"""Multipart uploads: parts in any order, an ETag of ETags, nothing visible before completion."""
import hashlib

import pytest

from support.aws import MIB, etag, headers, refused

FIRST, SECOND = b"1" * (5 * MIB), b"2" * 1000


def multipart_etag(*parts):
    digest = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    return f'"{digest}-{len(parts)}"'


class Upload:
    def __init__(self, s3, bucket, key="k", **options):
        self.s3 = s3
        self.id = s3.create_multipart_upload(Bucket=bucket, Key=key, **options)["UploadId"]
        self.where = dict(Bucket=bucket, Key=key, UploadId=self.id)
        self.parts = {}

    def part(self, number, body):
        self.parts[number] = self.s3.upload_part(**self.where, PartNumber=number, Body=body)["ETag"]
        return self

    def copy(self, number, source, **options):
        answer = self.s3.upload_part_copy(**self.where, PartNumber=number, CopySource=source, **options)
        self.parts[number] = answer["CopyPartResult"]["ETag"]
        return answer

    def complete(self, parts=None):
        parts = parts or [{"PartNumber": n, "ETag": self.parts[n]} for n in sorted(self.parts)]
        return self.s3.complete_multipart_upload(**self.where, MultipartUpload={"Parts": parts})


def test_parts_become_one_object(s3, bucket):
    upload = Upload(s3, bucket).part(2, SECOND).part(1, FIRST)
    with refused("404"):
        s3.head_object(Bucket=bucket, Key="k")

    upload.complete()

    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == FIRST + SECOND
    assert got["ETag"] == multipart_etag(FIRST, SECOND)


def test_the_completion_describes_the_object(s3, bucket):
    answer = Upload(s3, bucket).part(1, b"x").complete()

    assert answer["ETag"] == multipart_etag(b"x")
    assert (answer["Bucket"], answer["Key"]) == (bucket, "k") and answer["Location"]


def test_one_small_part_is_enough(s3, bucket):
    Upload(s3, bucket).part(1, b"x").complete()

    assert s3.head_object(Bucket=bucket, Key="k")["ETag"] == multipart_etag(b"x")


def test_part_numbers_may_have_gaps(s3, bucket):
    Upload(s3, bucket).part(10000, SECOND).part(7, FIRST).complete()

    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == len(FIRST) + len(SECOND)


def test_a_part_number_beyond_ten_thousand_is_refused(s3, bucket):
    with refused("InvalidArgument", status=400):
        Upload(s3, bucket).part(10001, b"x")


def test_a_part_that_is_sent_again_replaces_the_first(s3, bucket):
    Upload(s3, bucket).part(1, b"old").part(1, b"new").complete()

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"new"


def test_metadata_and_type_are_given_at_the_start(s3, bucket):
    Upload(s3, bucket, ContentType="text/plain", Metadata={"a": "b"}).part(1, b"x").complete()

    got = s3.head_object(Bucket=bucket, Key="k")
    assert (got["ContentType"], got["Metadata"]) == ("text/plain", {"a": "b"})


def test_tags_are_given_at_the_start(s3, bucket):
    Upload(s3, bucket, Tagging="t=1").part(1, b"x").complete()

    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "t", "Value": "1"}]


def test_completion_makes_one_version(s3, versioned):
    answer = Upload(s3, versioned).part(1, FIRST).part(2, SECOND).complete()

    assert [v["VersionId"] for v in s3.list_object_versions(Bucket=versioned)["Versions"]] == [answer["VersionId"]]


def test_a_part_can_be_read_by_its_number(s3, bucket):
    Upload(s3, bucket).part(1, FIRST).part(2, SECOND).complete()

    got = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)

    assert got["Body"].read() == SECOND
    assert (got["PartsCount"], got["ResponseMetadata"]["HTTPStatusCode"]) == (2, 206)
    assert s3.head_object(Bucket=bucket, Key="k", PartNumber=1)["ContentLength"] == len(FIRST)


def test_a_range_may_cross_parts(s3, bucket):
    Upload(s3, bucket).part(1, FIRST).part(2, SECOND).complete()
    edge = len(FIRST)

    assert s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={edge - 2}-{edge + 1}")["Body"].read() == b"1122"


def test_parts_and_uploads_are_listed(s3, bucket):
    upload = Upload(s3, bucket, "a b/ü").part(1, FIRST).part(2, SECOND)

    parts = s3.list_parts(**upload.where)["Parts"]
    uploads = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]

    assert [(p["PartNumber"], p["Size"], p["ETag"]) for p in parts] == [
        (1, len(FIRST), etag(FIRST)), (2, len(SECOND), etag(SECOND))]
    assert [(u["Key"], u["UploadId"]) for u in uploads] == [("a b/ü", upload.id)]


def test_an_aborted_upload_is_gone(s3, bucket):
    upload = Upload(s3, bucket).part(1, b"x")
    s3.abort_multipart_upload(**upload.where)

    for call in (lambda: upload.part(2, b"y"), upload.complete, lambda: s3.list_parts(**upload.where),
                 lambda: s3.abort_multipart_upload(**upload.where)):
        with refused("NoSuchUpload", status=404):
            call()
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_a_part_must_match_its_etag(s3, bucket):
    with refused("InvalidPart", status=400):
        Upload(s3, bucket).part(1, b"x").complete([{"PartNumber": 1, "ETag": etag(b"other")}])


def test_a_part_that_was_never_sent_is_refused(s3, bucket):
    with refused("InvalidPart", status=400):
        Upload(s3, bucket).part(1, b"x").complete([{"PartNumber": 2, "ETag": etag(b"x")}])


def test_parts_must_be_named_in_order(s3, bucket):
    upload = Upload(s3, bucket).part(1, FIRST).part(2, SECOND)

    with refused("InvalidPartOrder", status=400):
        upload.complete([{"PartNumber": n, "ETag": upload.parts[n]} for n in (2, 1)])


def test_all_but_the_last_part_have_a_least_size(s3, bucket):
    with refused("EntityTooSmall", status=400):
        Upload(s3, bucket).part(1, b"small").part(2, b"last").complete()


def test_a_refused_completion_leaves_the_upload_alive(s3, bucket):
    upload = Upload(s3, bucket).part(1, b"x")
    with refused("InvalidPart"):
        upload.complete([{"PartNumber": 1, "ETag": etag(b"other")}])

    upload.complete()

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_a_completion_may_be_conditional(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"there")
    upload = Upload(s3, bucket).part(1, b"x")

    with headers(s3, "CompleteMultipartUpload", {"If-None-Match": "*"}), refused("PreconditionFailed", status=412):
        upload.complete()

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"there"


def test_parts_can_be_copied_from_ranges_of_a_version(s3, versioned):
    source = s3.put_object(Bucket=versioned, Key="source ü+", Body=FIRST + SECOND)["VersionId"]
    s3.put_object(Bucket=versioned, Key="source ü+", Body=b"overwritten")
    pinned = {"Bucket": versioned, "Key": "source ü+", "VersionId": source}
    edge = len(FIRST)
    upload = Upload(s3, versioned)

    upload.copy(1, pinned, CopySourceRange=f"bytes=0-{edge - 1}")
    upload.copy(2, pinned, CopySourceRange=f"bytes={edge}-{edge + len(SECOND) - 1}")
    upload.complete()

    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == FIRST + SECOND


def test_a_part_copy_names_the_version_it_copied(s3, versioned):
    source = s3.put_object(Bucket=versioned, Key="source", Body=b"x")["VersionId"]

    answer = Upload(s3, versioned).copy(1, {"Bucket": versioned, "Key": "source"})

    assert answer["CopySourceVersionId"] == source


def test_a_part_copy_can_be_pinned_to_the_etag(s3, bucket):
    s3.put_object(Bucket=bucket, Key="source", Body=b"abc")
    upload, source = Upload(s3, bucket), {"Bucket": bucket, "Key": "source"}

    with refused("PreconditionFailed", status=412):
        upload.copy(1, source, CopySourceIfMatch=etag(b"other"))
    upload.copy(1, source, CopySourceIfMatch=etag(b"abc"))
    upload.complete()

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"abc"


def test_a_part_copy_beyond_the_end_is_refused(s3, bucket):
    s3.put_object(Bucket=bucket, Key="source", Body=b"abc")

    with refused("InvalidArgument", "InvalidRange"):
        Upload(s3, bucket).copy(1, {"Bucket": bucket, "Key": "source"}, CopySourceRange="bytes=1-3")


def test_upload_fileobj_of_boto3(cloud, s3, bucket):
    import io
    import boto3.s3.transfer
    body = b"".join(bytes([n]) * MIB for n in range(17))
    s3.upload_fileobj(io.BytesIO(body), bucket, "k",
                      Config=boto3.s3.transfer.TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB))

    sink = io.BytesIO()
    s3.download_fileobj(bucket, "k", sink)

    assert sink.getvalue() == body
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"].endswith('-3"')
