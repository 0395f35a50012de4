"""Buckets of several regions: each region's resources come with its first bucket and go with its last."""
import uuid

import boto3
import peer as peers
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import samples
from harness.system import REGION, eventually

FAR = "eu-central-1"


def client_in(system, region, service):
    config = Config(signature_version="s3v4" if service == "s3" else None, s3={"addressing_style": "path"})
    return boto3.client(service, endpoint_url=system.endpoint, region_name=region, config=config,
                        aws_access_key_id=peers.ACCESS_KEY, aws_secret_access_key=peers.SECRET_KEY)


def new_bucket_in(system, region):
    name = "e2e-" + uuid.uuid4().hex[:20]
    client_in(system, region, "s3").create_bucket(Bucket=name,
                                                  CreateBucketConfiguration={"LocationConstraint": region})
    return name


def steps(report):
    return {step["what"]: step["state"] for step in report["steps"]}


def tag_of(s3, bucket, key):
    try:
        tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    except ClientError:
        return "gone"
    return next((tag["Value"] for tag in tags if tag["Key"] == "scan-result"), None)


def exists(call, **arguments):
    try:
        call(**arguments)
        return True
    except ClientError:
        return False


def test_two_regions_with_an_agent_each(system):
    near, far = system.new_bucket(), new_bucket_in(system, FAR)
    far_s3, far_sqs = client_in(system, FAR, "s3"), client_in(system, FAR, "sqs")
    quarantine = f"cordon-quarantine-{system.deployment}-{system.account}-{FAR}"

    refused = system.launch_agent(AWS_REGION=FAR)
    assert refused.process.wait(30) == 4
    assert "each region has its own" in refused.log()

    done = system.run("bucket", "protect", near, far, "--json")
    assert done.code == 0, done
    assert [(one["bucket"], one["region"]) for one in done.json_lines()] == [(near, REGION), (far, FAR)]
    entry, = far_s3.get_bucket_notification_configuration(Bucket=far)["TopicConfigurations"]
    assert entry["TopicArn"].split(":")[3] == FAR
    overview = {one["region"]: one for one in system.run("bucket", "regions", "--json").json_lines()}
    assert all(overview[region]["resources"] for region in (REGION, FAR)), overview
    assert (overview[REGION]["protected"], overview[FAR]["protected"]) == (1, 1)

    agents = {region: system.launch_agent(AWS_REGION=region, workers=1) for region in (REGION, FAR)}
    for agent in agents.values():
        agent.await_ready()
    for s3, bucket in ((system.s3, near), (far_s3, far)):
        s3.put_object(Bucket=bucket, Key="good", Body=b"harmless")
        s3.put_object(Bucket=bucket, Key="bad", Body=samples.eicar())
    for s3, bucket in ((system.s3, near), (far_s3, far)):
        eventually(lambda s3=s3, bucket=bucket: tag_of(s3, bucket, "good") == "Clean", what="the verdict")
        eventually(lambda s3=s3, bucket=bucket: tag_of(s3, bucket, "bad") == "gone", what="the quarantine")
    assert tag_of(far_s3, quarantine, f"{far}/bad") == "Infected"
    assert tag_of(system.s3, system.quarantine, f"{near}/bad") == "Infected"
    assert far not in agents[REGION].log()

    # A region that is in use stays; one that is not goes, but for what is in quarantine.
    kept = system.run("bucket", "remove-region", REGION, "--json")
    assert kept.code == 0 and steps(kept.json_lines()[0]) == {"region": "kept"}, kept
    agents[FAR].terminate()
    rehearsed = system.run("bucket", "unprotect", far, "--remove-unused", "--dry-run", "--json")
    gone = system.run("bucket", "unprotect", far, "--remove-unused", "--json")
    assert gone.code == rehearsed.code == 0, (gone, rehearsed)
    for done in (rehearsed, gone):
        assert steps(done.json_lines()[-1]) == {"topic": "removed", "queue": "removed", "sweep queue": "removed",
                                                "dead letters": "removed", "quarantine bucket": "kept"}, done
    assert not exists(far_sqs.get_queue_url, QueueName=system.event_queue)
    assert tag_of(far_s3, quarantine, f"{far}/bad") == "Infected"
    assert system.run("bucket", "status", near).code == 0


def test_a_queue_with_messages_is_not_removed_unasked(system):
    far = new_bucket_in(system, FAR)
    quarantine = f"cordon-quarantine-{system.deployment}-{system.account}-{FAR}"
    far_s3, far_sqs = client_in(system, FAR, "s3"), client_in(system, FAR, "sqs")
    assert system.run("bucket", "protect", far).code == 0
    far_s3.put_object(Bucket=far, Key="unscanned", Body=b"x")

    kept = system.run("bucket", "unprotect", far, "--remove-unused")
    assert kept.code == 5 and "message" in kept.out, kept
    assert exists(far_sqs.get_queue_url, QueueName=system.event_queue)

    gone = system.run("bucket", "remove-region", FAR, "--discard-messages")
    assert gone.code == 0 and "went with it" in gone.out, gone
    assert not exists(far_sqs.get_queue_url, QueueName=system.event_queue)
    assert not exists(far_s3.head_bucket, Bucket=quarantine)   # nothing was in it


def test_watch_protects_what_appears(system):
    tag = f"cordon-{system.deployment}"

    def make(value):
        name = system.new_bucket()
        system.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": tag, "Value": value}]})
        return name

    def look(*more):
        return system.run("bucket", "watch", "--tag", f"{tag}=protect", "--once", "--json", *more)

    wanted, other, skipped = make("protect"), make("no"), make("protect")
    far = new_bucket_in(system, FAR)
    client_in(system, FAR, "s3").put_bucket_tagging(
        Bucket=far, Tagging={"TagSet": [{"Key": tag, "Value": "protect"}]})
    assert system.run("bucket", "watch").code == 2

    first = look("--exclude", f"{skipped[:-3]}*")
    assert first.code == 0, first
    assert {(one["bucket"], one["did"]) for one in first.json_lines()} == {(wanted, "protected"), (far, "protected")}
    assert system.run("bucket", "status", far).code == 0
    assert system.run("bucket", "status", other).code == 5
    assert look("--exclude", f"{skipped[:-3]}*").json_lines() == []

    watcher = system.launch("bucket", "watch", "--tag", f"{tag}=protect", "--interval", "5s")
    late = make("protect")
    system.put(late, "before.txt", b"x")
    eventually(lambda: system.run("bucket", "status", late).code == 0, 60, 0.5, "the protection of a new bucket")
    watcher.terminate()
    assert watcher.wait(20) == 0
