"""An uploader who has every right on objects and tags, but not the seal key, and wants malware to reach production.

Whatever is tried: the malware ends in quarantine, and nothing of it stays in staging without its verdict or is ever
readable in production.
"""
import os
import signal
import time
from urllib.parse import urlencode

import pytest

from harness import samples
from harness.system import eventually

EVIL = samples.eicar()
PART = 5 << 20


class Stage:
    """A two-bucket system with seals, and what an uploader does in it."""

    def __init__(self, system, versions):
        self.system, self.s3 = system, system.s3
        self.staging = system.protected_bucket(versioned=versions)
        self.production = system.new_bucket(versioned=True)
        keys, settings = system.folder / "seal-keys", system.folder / "settings.toml"
        settings.write_text(f"""schema = 1
[[buckets]]
name = "{self.staging}"
on.clean = [{{ move = "{self.production}" }}]
{system.promotes}on.infected = ["quarantine"]
""")
        for command in (["seal", "new-key", keys], ["settings", "apply", settings]):
            done = system.run(*command)
            assert done.code == 0, done
        self.environment = {"CORDON_SEAL_KEY_FILE": keys}
        self.agent = None

    def start_agent(self):
        self.agent = self.system.start_agent(**self.environment)

    def put(self, key, body=EVIL, tags=None, **options):
        return self.s3.put_object(Bucket=self.staging, Key=key, Body=body, Tagging=urlencode(tags or {}), **options)

    def promoted(self, key, body):
        """What an honest upload looks like in production."""
        self.put(key, body)
        eventually(lambda: self.system.exists(self.production, key), what="an honest promotion")
        return self.system.tags(self.production, key), self.system.head(self.production, key)["Metadata"]


# Each is given the stage and uploads malware as "evil" or under names that it returns.

def tags_that_were_there_before(stage):
    stage.put("evil", tags={"scan-result": "Clean", "date-scanned": "2026-01-01T00:00:00Z"})


def tags_of_a_clean_object(stage):
    tags, _ = stage.promoted("fine", samples.clean(len(EVIL)))
    stage.put("evil", tags=tags)


def a_copy_with_the_tags_of_a_clean_object(stage):
    tags, _ = stage.promoted("fine", samples.clean())
    elsewhere = stage.system.new_bucket()
    stage.s3.put_object(Bucket=elsewhere, Key="evil", Body=EVIL)
    stage.s3.copy_object(Bucket=stage.staging, Key="evil", CopySource={"Bucket": elsewhere, "Key": "evil"},
                         TaggingDirective="REPLACE", Tagging=urlencode(tags))


def ten_tags(stage):
    stage.put("evil", tags={f"k{n}": "x" for n in range(10)})


def ten_tags_with_a_verdict_among_them(stage):
    stage.put("evil", tags={"scan-result": "Clean"} | {f"k{n}": "x" for n in range(9)})


def marks_of_a_promotion(stage):
    _, metadata = stage.promoted("evil", samples.clean(len(EVIL)))
    stage.put("evil", Metadata=metadata)
    stage.s3.delete_object(Bucket=stage.production, Key="evil")


def metadata_without_room(stage):
    stage.put("evil", Metadata={"x": "y" * 2000})


def overwritten_while_it_is_scanned(stage):
    with held_workers(stage):
        stage.put("evil", samples.clean())
        stage.system.await_held()
        stage.put("evil")


def clean_again_while_it_is_scanned(stage):
    with held_workers(stage):
        stage.put("evil")
        stage.system.await_held()
        stage.put("evil", samples.clean())
        stage.put("evil")


def deleted_and_created_again(stage):
    with held_workers(stage):
        stage.put("evil", samples.clean())
        stage.system.await_held()
        stage.s3.delete_object(Bucket=stage.staging, Key="evil")
        stage.put("evil")


def tags_that_change_all_the_time(stage):
    stage.put("evil")
    for _ in range(50):
        try:
            stage.s3.put_object_tagging(Bucket=stage.staging, Key="evil", Tagging={
                "TagSet": [{"Key": "scan-result", "Value": "Clean"}]})
        except stage.s3.exceptions.ClientError:   # it is in quarantine
            return


def names_that_mean_something_elsewhere(stage):
    names = ["../evil", "/evil", "a//evil", "folder/", ".cordon/evil", "%2e%2e%2fevil", "evil?versionId=null", "evil+ %20",
             f"{stage.system.quarantine}/evil", "settings.json", "e" * 1024]
    for name in names:
        stage.put(name)
    return names


def parts_of_a_clean_object(stage):
    filler = samples.clean(PART)
    stage.put("filler", filler)
    multipart(stage, "evil", [filler, EVIL])


def a_signature_across_parts(stage):
    body = samples.clean(PART) + EVIL
    multipart(stage, "evil", [body[:PART + 30], body[PART + 30:]])


def an_upload_that_begins_before_a_clean_object(stage):
    upload = stage.s3.create_multipart_upload(Bucket=stage.staging, Key="evil")["UploadId"]
    part = stage.s3.upload_part(Bucket=stage.staging, Key="evil", UploadId=upload, PartNumber=1, Body=EVIL)
    stage.promoted("evil", samples.clean())
    stage.s3.delete_object(Bucket=stage.production, Key="evil")
    stage.s3.complete_multipart_upload(Bucket=stage.staging, Key="evil", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})


def multipart(stage, key, bodies):
    upload = stage.s3.create_multipart_upload(Bucket=stage.staging, Key=key)["UploadId"]
    parts = [{"PartNumber": number, "ETag": stage.s3.upload_part(
                  Bucket=stage.staging, Key=key, UploadId=upload, PartNumber=number, Body=body)["ETag"]}
             for number, body in enumerate(bodies, 1)]
    stage.s3.complete_multipart_upload(Bucket=stage.staging, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})


class held_workers:
    """Scans begin and do not end before this does."""

    def __init__(self, stage):
        self.workers = stage.agent.workers()

    def __enter__(self):
        for pid in self.workers:
            os.kill(pid, signal.SIGSTOP)

    def __exit__(self, *_):
        time.sleep(0.3)   # the agent has fetched what it was told of
        for pid in self.workers:
            os.kill(pid, signal.SIGCONT)


ATTACKS = [tags_that_were_there_before, tags_of_a_clean_object, a_copy_with_the_tags_of_a_clean_object, ten_tags,
           ten_tags_with_a_verdict_among_them, marks_of_a_promotion, metadata_without_room, overwritten_while_it_is_scanned,
           clean_again_while_it_is_scanned, deleted_and_created_again, tags_that_change_all_the_time,
           names_that_mean_something_elsewhere, parts_of_a_clean_object, a_signature_across_parts,
           an_upload_that_begins_before_a_clean_object]


def bodies(system, bucket):
    """Every version's content in the bucket, by key."""
    for version in system.s3.list_object_versions(Bucket=bucket).get("Versions", []):
        pinned = {} if version["VersionId"] == "null" else {"VersionId": version["VersionId"]}
        body = system.s3.get_object(Bucket=bucket, Key=version["Key"], **pinned)["Body"].read()
        yield version["Key"], pinned.get("VersionId"), body


@pytest.mark.only_on("devcloud", reason="sends an upload's event before it has its tags, and knows no conditions")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
@pytest.mark.parametrize("versions", [False, True], ids=["unversioned", "versioned"])
def test_malware_does_not_get_through(system, versions, attack):
    stage = Stage(system, versions)
    stage.start_agent()

    keys = attack(stage) or ["evil"]

    system.await_idle()
    assert [key for key, _, body in bodies(system, stage.production) if EVIL in body] == []
    assert [key for key, _, body in bodies(system, stage.staging) if EVIL in body] == []
    stored = [body for _, _, body in bodies(system, system.quarantine) if EVIL in body]
    assert len(stored) >= len(keys), "each is in quarantine"
    # A second delivery may find the seal of the first one.
    assert not any(result["skipped"] and result["attempt"] == 1 for result in system.results(stage.staging))
