"""Checksums: computed, compared and handed back."""
import pytest

from support import aws, checksums
from support.aws import MIB, headers, refused

BODY = b"checked"
ALGORITHMS = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"]
each = pytest.mark.parametrize("algorithm", ALGORITHMS)


def response_headers(answer):
    return answer["ResponseMetadata"]["HTTPHeaders"]


@each
def test_a_right_checksum_is_kept_and_shown_on_request(s3, bucket, algorithm):
    name, value = f"x-amz-checksum-{algorithm}", checksums.of(algorithm, BODY)
    with headers(s3, "PutObject", {name: value}):
        put = s3.put_object(Bucket=bucket, Key="k", Body=BODY)

    assert response_headers(put)[name] == value
    assert response_headers(s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED"))[name] == value
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (response_headers(got)[name], got["Body"].read()) == (value, BODY)
    assert name not in response_headers(s3.head_object(Bucket=bucket, Key="k"))


@each
def test_a_wrong_checksum_is_refused(s3, bucket, algorithm):
    with headers(s3, "PutObject", {f"x-amz-checksum-{algorithm}": checksums.of(algorithm, b"other")}):
        with refused("BadDigest", status=400):
            s3.put_object(Bucket=bucket, Key="k", Body=BODY)
    with refused("404"):
        s3.head_object(Bucket=bucket, Key="k")


def test_an_upload_without_a_checksum_gets_one(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=BODY)

    got = response_headers(s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED"))

    assert got["x-amz-checksum-crc64nvme"] == checksums.of("crc64nvme", BODY)
    assert got["x-amz-checksum-type"] == "FULL_OBJECT"


def test_a_ranged_read_has_no_checksum_of_the_whole(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm="SHA256")

    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED", Range="bytes=0-1")

    assert "x-amz-checksum-sha256" not in response_headers(got)


def test_boto3_computes_a_checksum(s3, bucket):
    answer = s3.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm="SHA256")

    assert answer["ChecksumSHA256"] == checksums.of("sha256", BODY)


def test_boto3_sends_the_checksum_of_a_stream_in_a_trailer(target, s3, bucket):
    # The trailing form is used for bodies that cannot be read twice, over TLS only; so it is built by hand.
    body = b"5" * (64 * 1024)
    value = checksums.of("crc32", body)
    framed = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (len(body), body, value.encode())
    path = f"/{bucket}/k"
    sent = {"Content-Encoding": "aws-chunked", "X-Amz-Trailer": "x-amz-checksum-crc32",
            "X-Amz-Decoded-Content-Length": str(len(body))}
    signed = sign_streaming(target.endpoint, path, sent)

    answer = aws.send(target.endpoint, "PUT", path, signed, framed)

    assert answer.status == 200, answer
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == body
    assert "aws-chunked" not in got.get("ContentEncoding", "")
    assert response_headers(got)["x-amz-checksum-crc32"] == value


def test_a_wrong_trailer_is_refused(target, bucket):
    framed = b"4\r\nabcd\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % checksums.of("crc32", b"other").encode()
    path = f"/{bucket}/k"
    sent = {"Content-Encoding": "aws-chunked", "X-Amz-Trailer": "x-amz-checksum-crc32",
            "X-Amz-Decoded-Content-Length": "4"}

    answer = aws.send(target.endpoint, "PUT", path, sign_streaming(target.endpoint, path, sent), framed)

    assert (answer.status, answer.code) == (400, "BadDigest")


def sign_streaming(endpoint, path, sent):
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    class Unsigned(botocore.auth.S3SigV4Auth):
        def payload(self, request):
            return "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

    request = botocore.awsrequest.AWSRequest(method="PUT", url=endpoint + path, headers=sent)
    Unsigned(botocore.credentials.Credentials(aws.ACCESS_KEY, aws.SECRET_KEY), "s3", aws.REGION).add_auth(request)
    return dict(request.headers.items())


def test_a_multipart_upload_can_have_a_checksum_of_checksums(s3, bucket):
    import base64
    import hashlib
    parts = [b"1" * (5 * MIB), b"2"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")
    where = dict(Bucket=bucket, Key="k", UploadId=upload["UploadId"])
    done = []
    for number, part in enumerate(parts, 1):
        answer = s3.upload_part(**where, PartNumber=number, Body=part, ChecksumAlgorithm="SHA256")
        assert answer["ChecksumSHA256"] == checksums.of("sha256", part)
        done.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": answer["ChecksumSHA256"]})

    answer = s3.complete_multipart_upload(**where, MultipartUpload={"Parts": done})

    combined = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
    assert answer["ChecksumSHA256"] == base64.b64encode(combined).decode() + "-2"
