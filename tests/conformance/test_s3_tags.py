"""Object tags: a set that is replaced whole, at most ten, kept per version."""
import pytest

from support.aws import refused


def tag_set(**tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def put(s3, bucket, tags, key="k", **options):
    return s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tags}, **options)


def get(s3, bucket, key="k", **options):
    return sorted(s3.get_object_tagging(Bucket=bucket, Key=key, **options)["TagSet"], key=lambda tag: tag["Key"])


@pytest.fixture
def stored(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return bucket


def test_there_are_none_at_first(s3, stored):
    assert get(s3, stored) == []
    assert "TagCount" not in s3.get_object(Bucket=stored, Key="k")


def test_put_replaces_the_whole_set(s3, stored):
    put(s3, stored, tag_set(a="1", b="2"))
    put(s3, stored, tag_set(c="3"))

    assert get(s3, stored) == tag_set(c="3")


def test_an_empty_set_removes_all(s3, stored):
    put(s3, stored, tag_set(a="1"))
    put(s3, stored, [])

    assert get(s3, stored) == []


def test_a_delete_removes_all(s3, stored):
    put(s3, stored, tag_set(a="1"))
    s3.delete_object_tagging(Bucket=stored, Key="k")

    assert get(s3, stored) == []


def test_tags_may_come_with_the_upload(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b+c=d%20e&empty=")

    assert get(s3, bucket) == tag_set(**{"a": "1", "b c": "d e", "empty": ""})


def test_get_counts_the_tags(s3, stored):
    put(s3, stored, tag_set(a="1", b="2"))

    assert s3.get_object(Bucket=stored, Key="k")["TagCount"] == 2


def test_tagging_leaves_bytes_etag_and_date_alone(s3, stored):
    before = s3.head_object(Bucket=stored, Key="k")
    put(s3, stored, tag_set(a="1"))
    after = s3.head_object(Bucket=stored, Key="k")

    assert (before["ETag"], before["LastModified"]) == (after["ETag"], after["LastModified"])


def test_letters_spaces_and_signs_are_kept(s3, stored):
    tags = tag_set(**{"Größe 大": "Ü + - = . _ : / @ é", "date-scanned": "2026-11-22T15:50:33Z"})
    put(s3, stored, tags)

    assert get(s3, stored) == sorted(tags, key=lambda tag: tag["Key"])


def test_names_differ_by_case(s3, stored):
    put(s3, stored, tag_set(a="1", A="2"))

    assert get(s3, stored) == tag_set(A="2", a="1")


def test_an_overwritten_object_has_lost_its_tags(s3, stored):
    put(s3, stored, tag_set(a="1"))
    s3.put_object(Bucket=stored, Key="k", Body=b"new")

    assert get(s3, stored) == []


def test_each_version_has_its_own_tags(s3, versioned):
    older, newer = (s3.put_object(Bucket=versioned, Key="k", Body=body)["VersionId"] for body in (b"1", b"2"))

    put(s3, versioned, tag_set(which="older"), VersionId=older)
    put(s3, versioned, tag_set(which="current"))

    assert get(s3, versioned, VersionId=older) == tag_set(which="older")
    assert get(s3, versioned, VersionId=newer) == get(s3, versioned) == tag_set(which="current")
    s3.delete_object_tagging(Bucket=versioned, Key="k", VersionId=older)
    assert get(s3, versioned, VersionId=older) == [] and get(s3, versioned) == tag_set(which="current")


def test_tagging_names_the_version(s3, versioned):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]

    assert put(s3, versioned, tag_set(a="1"))["VersionId"] == version


def test_tagging_makes_no_version(s3, versioned):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    put(s3, versioned, tag_set(a="1"))

    assert [v["VersionId"] for v in s3.list_object_versions(Bucket=versioned)["Versions"]] == [version]


def test_ten_tags_fit_and_eleven_do_not(s3, stored):
    ten = tag_set(**{f"k{n}": str(n) for n in range(10)})
    put(s3, stored, ten)

    with refused("BadRequest", status=400):
        put(s3, stored, ten + tag_set(k10="10"))
    assert get(s3, stored) == ten


def test_eleven_tags_are_refused_with_the_upload_too(s3, bucket):
    with refused("BadRequest", "InvalidTag", status=400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="&".join(f"k{n}=1" for n in range(11)))


@pytest.mark.parametrize("tags", [
    tag_set(**{"k" * 129: "v"}),
    tag_set(k="v" * 257),
    tag_set(a="1") + tag_set(a="2"),
    tag_set(**{"aws:mine": "1"}),
    tag_set(a="<angle>"),
    tag_set(**{"a;b": "1"}),
], ids=["key-too-long", "value-too-long", "duplicate", "reserved", "bad-value", "bad-key"])
def test_a_bad_tag_is_refused(s3, stored, tags):
    with refused("InvalidTag", status=400):
        put(s3, stored, tags)


def test_the_longest_tag_fits(s3, stored):
    tags = tag_set(**{"k" * 128: "v" * 256})
    put(s3, stored, tags)

    assert get(s3, stored) == tags


def test_tags_of_a_missing_key(s3, bucket):
    for call in (lambda: put(s3, bucket, tag_set(a="1")), lambda: get(s3, bucket)):
        with refused("NoSuchKey", status=404):
            call()


def test_tags_of_a_missing_version(s3, versioned):
    gone = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    s3.delete_object(Bucket=versioned, Key="k", VersionId=gone)
    s3.put_object(Bucket=versioned, Key="k", Body=b"2")

    for call in (lambda: put(s3, versioned, tag_set(a="1"), VersionId=gone),
                 lambda: get(s3, versioned, VersionId=gone)):
        with refused("NoSuchVersion", status=404):
            call()


def test_a_delete_marker_takes_no_tags(s3, versioned):
    s3.put_object(Bucket=versioned, Key="k", Body=b"1")
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]

    with refused("MethodNotAllowed", status=405):
        put(s3, versioned, tag_set(a="1"), VersionId=marker)
