"""Keys are bytes, not paths: whatever a user may name an object, that object and no other is addressed."""
import pytest

from support import aws
from support.aws import refused

HOSTILE = {
    "space": "a b/c d",
    "leading-space": " a",
    "plus": "a+b c",
    "percent": "100%",
    "percent-escape": "a%2Fb%20c",
    "double-percent": "a%252Fb",
    "double-slash": "a//b///c",
    "leading-slash": "/a",
    "leading-slashes": "//a",
    "trailing-slashes": "a//",
    "dot-dot": "x/../y",
    "dot": "x/./y",
    "dot-dot-end": "x/..",
    "dots": "...",
    "question": "a?b=c&d",
    "hash": "a#b",
    "semicolon": "a;b,c:d@e",
    "brackets": "f(1)[2]{3}",
    "quotes": "it's \"so\"",
    "tilde": "~a*b!c$d",
    "backslash": "a\\b|c^d`e",
    "tab": "a\tb",
    "umlaut": "ü/Ä.pdf",
    "decomposed": "u\u0308",
    "cjk": "報告/書類.docx",
    "emoji": "😀/👩‍👧.png",
    "angle": "<Key>&amp;</Key>",
    "tail-of-url": "k?versionId=null",
    "longest": "k" * 1024,
    "longest-utf8": "ü" * 512,
    "long-segment": "a/" + "b" * 300 + "/c",
}
hostile = pytest.mark.parametrize("key", HOSTILE.values(), ids=HOSTILE.keys())


@hostile
def test_put_get_list_copy_and_delete(s3, bucket, key):
    body = key.encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body)

    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == body
    s3.delete_object(Bucket=bucket, Key=key)
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["copy"]


@hostile
def test_tags_stick_to_the_key(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=b"")
    s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})

    assert s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == [{"Key": "a", "Value": "b"}]


def test_keys_that_a_path_would_join_are_different_objects(s3, bucket):
    keys = ["a", "a/", "a//", "/a", "./a", "b/../a", "a/.", "A", "a ", "a+", "a%20"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())

    assert {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys} == {
        key: key.encode() for key in keys}
    assert [e["Key"] for e in s3.list_objects_v2(Bucket=bucket)["Contents"]] == sorted(keys, key=str.encode)


def test_a_plus_in_the_request_path_is_a_plus(target, s3, bucket):
    path = f"/{bucket}/a+b"
    signed = aws.sign(target.endpoint, "PUT", path.replace("+", "%2B"), {}, b"x")

    answer = aws.send(target.endpoint, "PUT", path, signed, b"x")

    assert answer.status == 200, answer
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a+b"]


def test_a_key_of_1025_bytes_is_too_long(s3, bucket):
    for key in ("k" * 1025, "ü" * 512 + "x"):
        with refused("KeyTooLongError", status=400):
            s3.put_object(Bucket=bucket, Key=key, Body=b"")


def test_a_batch_delete_takes_the_same_keys(s3, bucket):
    keys = [key for key in HOSTILE.values() if "\t" not in key]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")

    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})

    assert sorted(entry["Key"] for entry in answer["Deleted"]) == sorted(keys)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
