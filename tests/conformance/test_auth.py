"""Signatures: what is not signed by the key's owner, now, over these bytes, is refused."""
import json
import urllib.parse

import pytest

from support import aws
from support.aws import refused

WRONG_SECRET = dict(secret_key="not-the-secret")
UNKNOWN_KEY = dict(access_key="AKIAIOSFODNN7EXAMPLE")


@pytest.fixture
def stored(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return f"/{bucket}/k"


def get(target, path, **signing):
    return aws.send(target.endpoint, "GET", path, aws.sign(target.endpoint, "GET", path, **signing))


def test_a_signed_request_is_answered(target, stored):
    assert get(target, stored).body == b"x"


def test_a_wrong_secret(target, stored):
    answer = get(target, stored, **WRONG_SECRET)

    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_an_unknown_access_key(target, stored):
    answer = get(target, stored, **UNKNOWN_KEY)

    assert (answer.status, answer.code) == (403, "InvalidAccessKeyId")


def test_no_signature(target, stored):
    answer = aws.send(target.endpoint, "GET", stored, {})

    assert (answer.status, answer.code) == (403, "AccessDenied")


def test_a_clock_that_is_wrong(target, stored):
    for when in (aws.ago(minutes=20), aws.ago(minutes=-20)):
        answer = get(target, stored, when=when)
        assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")


def test_a_clock_that_is_a_little_wrong(target, stored):
    for when in (aws.ago(minutes=10), aws.ago(minutes=-10)):
        assert get(target, stored, when=when).status == 200


def test_another_path_than_the_signed_one(target, s3, stored):
    signed = aws.sign(target.endpoint, "GET", stored)

    answer = aws.send(target.endpoint, "GET", stored + "2", signed)

    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_another_query_than_the_signed_one(target, stored):
    answer = aws.send(target.endpoint, "GET", stored + "?tagging", aws.sign(target.endpoint, "GET", stored))

    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_another_signed_header(target, stored):
    signed = aws.sign(target.endpoint, "GET", stored, {"x-amz-meta-a": "1"})
    signed["x-amz-meta-a"] = "2"

    answer = aws.send(target.endpoint, "GET", stored, signed)

    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_other_bytes_than_the_signed_ones(target, s3, bucket):
    path = f"/{bucket}/k"
    signed = aws.sign(target.endpoint, "PUT", path, {}, b"good")

    answer = aws.send(target.endpoint, "PUT", path, signed, b"evil")

    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    with refused("404"):
        s3.head_object(Bucket=bucket, Key="k")


def test_a_malformed_authorization(target, stored):
    signed = aws.sign(target.endpoint, "GET", stored)
    signed["Authorization"] = "AWS4-HMAC-SHA256 nonsense"

    answer = aws.send(target.endpoint, "GET", stored, signed)

    assert (answer.status, answer.code) == (400, "AuthorizationHeaderMalformed")


def test_a_signature_for_another_service(target, stored):
    answer = get(target, stored, service="sqs")

    assert answer.status in (400, 403) and answer.code in ("AuthorizationHeaderMalformed", "SignatureDoesNotMatch",
                                                            "InvalidRequest", "MissingSecurityHeader")


def test_header_values_are_trimmed_before_they_are_signed(target, stored):
    signed = aws.sign(target.endpoint, "GET", stored, {"x-amz-meta-a": "b c"})
    signed["x-amz-meta-a"] = "  b   c  "

    assert aws.send(target.endpoint, "GET", stored, signed).status == 200


# ---- presigned URLs ----

def fetch(url, method="GET", body=b"", **headers):
    parts = urllib.parse.urlsplit(url)
    return aws.send(f"{parts.scheme}://{parts.netloc}", method, f"{parts.path}?{parts.query}", headers, body)


def presigned(s3, path, operation="get_object", seconds=300, when=None, **more):
    bucket, _, key = path.lstrip("/").partition("/")
    with aws.signing_time(when):
        return s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key, **more}, ExpiresIn=seconds)


def test_a_presigned_get(s3, stored):
    assert fetch(presigned(s3, stored)).body == b"x"


def test_a_presigned_put(s3, bucket):
    answer = fetch(presigned(s3, f"/{bucket}/a b+ü", "put_object"), "PUT", b"by url")

    assert answer.status == 200
    assert s3.get_object(Bucket=bucket, Key="a b+ü")["Body"].read() == b"by url"


def test_a_presigned_url_for_a_version(s3, versioned):
    older = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"2")

    assert fetch(presigned(s3, f"/{versioned}/k", VersionId=older)).body == b"1"


def test_a_presigned_url_that_has_expired(s3, stored):
    answer = fetch(presigned(s3, stored, seconds=60, when=aws.ago(minutes=2)))

    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert b"expired" in answer.body


def test_an_old_presigned_url_that_is_still_valid(s3, stored):
    assert fetch(presigned(s3, stored, seconds=7200, when=aws.ago(minutes=60))).body == b"x"


def test_a_presigned_url_for_another_method(s3, stored):
    answer = fetch(presigned(s3, stored), "DELETE")

    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_a_presigned_url_whose_life_was_lengthened(s3, stored):
    url = presigned(s3, stored, seconds=60).replace("X-Amz-Expires=60", "X-Amz-Expires=6000")

    assert fetch(url).code == "SignatureDoesNotMatch"


def test_a_presigned_url_for_longer_than_a_week(s3, stored):
    answer = fetch(presigned(s3, stored, seconds=604801))

    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


# ---- the other services ----

def test_sqs_over_json_refuses_a_wrong_secret(json_sqs):
    answer = json_sqs.raw("ListQueues", {}, **WRONG_SECRET)

    assert answer.status in (400, 403)
    assert json.loads(answer.body)["__type"].rpartition("#")[2] in ("InvalidSignatureException", "SignatureDoesNotMatch")


def test_sqs_over_json_refuses_an_unknown_key(json_sqs):
    answer = json_sqs.raw("ListQueues", {}, **UNKNOWN_KEY)

    assert answer.status in (400, 403)
    assert json.loads(answer.body)["__type"].rpartition("#")[2] in (
        "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId")


CALLS = {
    "sqs": lambda client: client.list_queues(),
    "sns": lambda client: client.list_topics(),
    "sts": lambda client: client.get_caller_identity(),
    "events": lambda client: client.list_rules(),
    "logs": lambda client: client.describe_log_groups(),
}
each_service = pytest.mark.parametrize("service", CALLS)


@each_service
def test_other_services_refuse_a_wrong_secret(target, service):
    client = aws.Cloud(target.endpoint, secret_key="not-the-secret").client(service)

    with refused("SignatureDoesNotMatch", "InvalidSignatureException"):
        CALLS[service](client)


@each_service
def test_other_services_refuse_an_unknown_key(target, service):
    client = aws.Cloud(target.endpoint, access_key="AKIAIOSFODNN7EXAMPLE").client(service)

    with refused("InvalidClientTokenId", "UnrecognizedClientException"):
        CALLS[service](client)


@each_service
def test_other_services_refuse_a_clock_that_is_wrong(target, service):
    client = aws.Cloud(target.endpoint).client(service)

    with aws.signing_time(aws.ago(minutes=20)), refused("SignatureDoesNotMatch", "InvalidSignatureException",
                                                         "RequestExpired"):
        CALLS[service](client)
