"""Listing: order, pages, prefixes, delimiters, encoding, for objects and for versions."""
import pytest

KEYS = ["a", "b/1", "b/2", "b/c/3", "d e+f", "ä", "😀"]


@pytest.fixture
def filled(s3, bucket):
    for key in reversed(KEYS):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def keys(answer):
    return [entry["Key"] for entry in answer.get("Contents", [])]


def prefixes(answer):
    return [entry["Prefix"] for entry in answer.get("CommonPrefixes", [])]


def test_keys_come_in_order_of_their_utf8_bytes(s3, filled):
    assert keys(s3.list_objects_v2(Bucket=filled)) == sorted(KEYS, key=str.encode) == keys(s3.list_objects(Bucket=filled))


def test_entries_describe_the_objects(s3, filled):
    entry = s3.list_objects_v2(Bucket=filled, Prefix="b/1")["Contents"][0]
    head = s3.head_object(Bucket=filled, Key="b/1")

    assert (entry["Size"], entry["ETag"], entry["StorageClass"]) == (3, head["ETag"], "STANDARD")
    assert entry["LastModified"].replace(microsecond=0) == head["LastModified"]
    assert "Owner" not in entry
    assert "Owner" in s3.list_objects_v2(Bucket=filled, FetchOwner=True)["Contents"][0]


def test_prefix(s3, filled):
    answer = s3.list_objects_v2(Bucket=filled, Prefix="b/")

    assert keys(answer) == ["b/1", "b/2", "b/c/3"]
    assert (answer["Prefix"], answer["KeyCount"], answer["IsTruncated"]) == ("b/", 3, False)


@pytest.mark.parametrize("prefix, objects, folders", [
    ("", ["a", "d e+f", "ä", "😀"], ["b/"]),
    ("b/", ["b/1", "b/2"], ["b/c/"]),
    ("b", [], ["b/"]),
    ("none", [], []),
])
def test_a_delimiter_folds_what_is_below(s3, filled, prefix, objects, folders):
    for answer in (s3.list_objects_v2(Bucket=filled, Prefix=prefix, Delimiter="/"),
                   s3.list_objects(Bucket=filled, Prefix=prefix, Delimiter="/")):
        assert (keys(answer), prefixes(answer)) == (objects, folders)


def test_a_delimiter_of_several_characters(s3, filled):
    assert prefixes(s3.list_objects_v2(Bucket=filled, Delimiter="/c/")) == ["b/c/"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_of_the_second_listing_join_without_gap_or_overlap(s3, filled, size):
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=filled, PaginationConfig={"PageSize": size}))

    assert [key for page in pages for key in keys(page)] == sorted(KEYS, key=str.encode)
    assert [page["KeyCount"] for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]


def test_folded_prefixes_count_as_one_entry_of_a_page(s3, filled):
    pages = list(s3.get_paginator("list_objects_v2").paginate(
        Bucket=filled, Delimiter="/", PaginationConfig={"PageSize": 2}))

    assert [(keys(page), prefixes(page)) for page in pages] == [(["a"], ["b/"]), (["d e+f", "ä"], []), (["😀"], [])]


def test_pages_of_the_first_listing(s3, filled):
    pages = list(s3.get_paginator("list_objects").paginate(Bucket=filled, PaginationConfig={"PageSize": 2}))

    assert [key for page in pages for key in keys(page)] == sorted(KEYS, key=str.encode)


def test_the_first_listing_names_the_next_marker_only_with_a_delimiter(s3, filled):
    plain = s3.list_objects(Bucket=filled, MaxKeys=1)
    folded = s3.list_objects(Bucket=filled, MaxKeys=2, Delimiter="/")

    assert plain["IsTruncated"] and "NextMarker" not in plain
    assert folded["NextMarker"] == "b/"
    assert keys(s3.list_objects(Bucket=filled, Marker="b/", Delimiter="/")) == ["d e+f", "ä", "😀"]


def test_start_after(s3, filled):
    assert keys(s3.list_objects_v2(Bucket=filled, StartAfter="b/2")) == ["b/c/3", "d e+f", "ä", "😀"]


def test_max_keys_zero_is_an_empty_complete_answer(s3, filled):
    answer = s3.list_objects_v2(Bucket=filled, MaxKeys=0)

    assert (keys(answer), answer["IsTruncated"], answer["MaxKeys"]) == ([], False, 0)


def test_url_encoding_is_for_the_wire_and_keeps_slashes(s3, filled):
    answer = s3.list_objects_v2(Bucket=filled, EncodingType="url", Prefix="d ")
    deeper = s3.list_objects_v2(Bucket=filled, EncodingType="url", Prefix="b/c")

    assert keys(answer) == ["d+e%2Bf"]
    assert (answer["EncodingType"], keys(deeper)) == ("url", ["b/c/3"])


def test_versions_page_by_key_and_version(s3, versioned):
    for key in ("a", "b"):
        for body in (b"1", b"2", b"3"):
            s3.put_object(Bucket=versioned, Key=key, Body=body)
    s3.delete_object(Bucket=versioned, Key="a")
    whole = s3.list_object_versions(Bucket=versioned)
    everything = [(v["Key"], v["VersionId"]) for v in whole["Versions"]]

    pages = list(s3.get_paginator("list_object_versions").paginate(
        Bucket=versioned, PaginationConfig={"PageSize": 2}))

    assert len(everything) == 6 and len(whole["DeleteMarkers"]) == 1
    assert [(v["Key"], v["VersionId"]) for page in pages for v in page.get("Versions", [])] == everything
    assert sum(len(page.get("DeleteMarkers", [])) for page in pages) == 1


def test_versions_take_prefix_and_delimiter(s3, versioned):
    for key in ("a/1", "a/2", "b"):
        s3.put_object(Bucket=versioned, Key=key, Body=b"")

    folded = s3.list_object_versions(Bucket=versioned, Delimiter="/")

    assert [v["Key"] for v in folded["Versions"]] == ["b"] and prefixes(folded) == ["a/"]
    assert [v["Key"] for v in s3.list_object_versions(Bucket=versioned, Prefix="a/")["Versions"]] == ["a/1", "a/2"]
