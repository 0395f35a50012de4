"""rclone: copies, compares, uploads in parts, and finds out by itself what has changed."""
import json

import pytest


@pytest.fixture
def rclone(endpoint, client):
    # As AWS it puts the bucket into the host's name, whatever the settings say.
    settings = {"RCLONE_CONFIG_STORE_TYPE": "s3", "RCLONE_CONFIG_STORE_PROVIDER": "Other",
                "RCLONE_CONFIG_STORE_ENV_AUTH": "true", "RCLONE_CONFIG_STORE_ENDPOINT": endpoint,
                "RCLONE_CONFIG_STORE_REGION": "eu-west-1", "RCLONE_CONFIG": "/dev/null",
                "RCLONE_RETRIES": "1", "RCLONE_LOW_LEVEL_RETRIES": "2",
                "RCLONE_CONFIG_STORE_UPLOAD_CUTOFF": "5Mi", "RCLONE_CONFIG_STORE_CHUNK_SIZE": "5Mi"}

    def run(*arguments):
        return client("rclone", *arguments, **settings)
    return run


def test_a_tree_goes_there_and_back_and_is_the_same(rclone, files, tmp_path):
    tree, contents = files
    rclone("copy", str(tree), "store:rclone/tree")
    rclone("check", "--download", str(tree), "store:rclone/tree")
    listed = {one["Path"]: one["Size"] for one in json.loads(rclone("lsjson", "-R", "--files-only", "store:rclone/tree"))}
    assert listed == {name: len(content) for name, content in contents.items()}

    back = tmp_path / "back"
    rclone("copy", "store:rclone/tree", str(back))
    assert {name: (back / name).read_bytes() for name in contents} == contents


def test_only_what_changed_is_sent_and_what_is_gone_goes(rclone, files):
    tree, contents = files
    rclone("sync", str(tree), "store:rclone-sync")
    (tree / "plain.txt").write_bytes(b"another")
    (tree / "empty").unlink()

    said = rclone("sync", "-v", str(tree), "store:rclone-sync")

    assert "plain.txt: Copied" in said and "empty: Deleted" in said and "large.bin" not in said, said
    assert rclone("cat", "store:rclone-sync/plain.txt") == "another"
    assert len(json.loads(rclone("lsjson", "-R", "--files-only", "store:rclone-sync"))) == len(contents) - 1


def test_copies_and_moves_within_the_store(rclone, files):
    tree, contents = files
    rclone("copy", str(tree), "store:rclone-from")
    rclone("move", "store:rclone-from", "store:rclone-to")
    rclone("check", "--download", str(tree), "store:rclone-to")
    assert json.loads(rclone("lsjson", "-R", "--files-only", "store:rclone-from")) == []
