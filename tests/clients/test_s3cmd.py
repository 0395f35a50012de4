"""s3cmd: its own signer, its own reading of XML, its own encoding of keys."""
import urllib.parse

import pytest


@pytest.fixture
def s3cmd(endpoint, client):
    host = urllib.parse.urlsplit(endpoint).netloc

    def run(*arguments):
        return client("s3cmd", "--no-ssl", f"--host={host}", f"--host-bucket={host}", "--region=eu-west-1",
                      "--access_key=cordon", "--secret_key=cordon-dev-secret", "--multipart-chunk-size-mb=5", *arguments)
    return run


def test_a_tree_goes_there_and_back_and_is_the_same(s3cmd, files, tmp_path):
    tree, contents = files
    s3cmd("mb", "s3://s3cmd")
    s3cmd("sync", f"{tree}/", "s3://s3cmd/tree/")
    listed = s3cmd("ls", "-r", "s3://s3cmd/")
    assert {line.split("s3://s3cmd/tree/", 1)[1] for line in listed.splitlines()} == set(contents)

    back = tmp_path / "back"
    back.mkdir()
    s3cmd("sync", "s3://s3cmd/tree/", f"{back}/")
    assert {name: (back / name).read_bytes() for name in contents} == contents


def test_copies_moves_and_deletes(s3cmd, files):
    tree, _ = files
    s3cmd("mb", "s3://s3cmd-acts")
    s3cmd("put", str(tree / "large.bin"), "s3://s3cmd-acts/räume/a b.bin")
    s3cmd("cp", "s3://s3cmd-acts/räume/a b.bin", "s3://s3cmd-acts/copy.bin")
    s3cmd("mv", "s3://s3cmd-acts/copy.bin", "s3://s3cmd-acts/moved.bin")
    keys = {line.split("s3://s3cmd-acts/", 1)[1] for line in s3cmd("ls", "-r", "s3://s3cmd-acts/").splitlines()}
    assert keys == {"räume/a b.bin", "moved.bin"}

    s3cmd("del", "-r", "--force", "s3://s3cmd-acts/")
    s3cmd("rb", "s3://s3cmd-acts")
    assert "s3cmd-acts" not in s3cmd("ls")
