"""Storage Gateway: linking file shares, and one scan of the final bytes for however many events a file causes."""
import json
import uuid

import pytest

from harness import samples
from harness.system import REGION, eventually

pytestmark = pytest.mark.only_on("devcloud", reason="it has no Storage Gateway, and no topic as the target of a rule")


@pytest.fixture
def gateway(system):
    return Gateway(system)


class Gateway:
    """A gateway with file shares; `announce` is what the stand-in does in place of one that uploads."""

    def __init__(self, system):
        self.system, self.client = system, system.client("storagegateway")

    def share(self, bucket, prefix="", kind="nfs", **more):
        made = getattr(self.client, f"create_{kind}_file_share")(
            ClientToken=uuid.uuid4().hex, Role=f"arn:aws:iam::{self.system.account}:role/gateway",
            GatewayARN=f"arn:aws:storagegateway:{REGION}:{self.system.account}:gateway/sgw-12A3456B",
            LocationARN=f"arn:aws:s3:::{bucket}/{prefix}", **more)
        return made["FileShareARN"]

    def policy(self, arn, kind="nfs"):
        found = getattr(self.client, f"describe_{kind}_file_shares")(FileShareARNList=[arn])
        return json.loads(found[f"{kind.upper()}FileShareInfoList"][0]["NotificationPolicy"])

    def announce(self, arn, path, size=0):
        import urllib.request
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        body = json.dumps({"FileShareARN": arn, "Path": path, "Size": size})
        request = AWSRequest("POST", self.system.endpoint + "/", data=body, headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "StorageGateway_20130630.DevcloudAnnounceUpload"})
        credentials = self.client._request_signer._credentials
        SigV4Auth(credentials, "storagegateway", REGION).add_auth(request)
        sent = urllib.request.Request(self.system.endpoint + "/", body.encode(), dict(request.headers))
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sent, timeout=10) as answer:
            return json.load(answer)["Announced"]

    def link(self, arn, *more):
        return self.system.run("gateway", "link", "--file-share-arn", arn, *more)

    def unlink(self, arn):
        return self.system.run("gateway", "unlink", "--file-share-arn", arn)

    def status(self):
        done = self.system.run("gateway", "status", "--json")
        return done.code, {line["fileShareArn"]: line for line in done.json_lines()}


def rules(system):
    return {r["Name"] for r in system.client("events").list_rules(NamePrefix="cordon-gateway-")["Rules"]}


@pytest.mark.parametrize("kind", ["nfs", "smb"])
def test_linking_and_unlinking(system, gateway, kind):
    bucket = system.new_bucket()
    arn, other = gateway.share(bucket, "in/", kind), gateway.share(bucket, "other/")

    done = gateway.link(arn, "--settling-seconds", "90")

    assert done.code == 0, done
    assert gateway.policy(arn, kind) == {"Upload": {"SettlingTimeInSeconds": 90}}
    assert f"cordon-gateway-{system.deployment}" in rules(system)
    assert system.s3.get_bucket_notification_configuration(Bucket=bucket).keys() == {"ResponseMetadata"}
    code, found = gateway.status()
    assert code == 0 and found[arn]["linked"] and not found[other]["linked"]
    assert (found[arn]["protocol"], found[arn]["bucket"], found[arn]["prefix"]) == (kind.upper(), bucket, "in/")
    assert gateway.link(arn).code == 0

    assert gateway.unlink(arn).code == 0
    assert gateway.policy(arn, kind) == {} and f"cordon-gateway-{system.deployment}" not in rules(system)
    assert gateway.unlink(arn).code == 0


def test_a_bucket_with_s3_events_is_refused_unless_told(system, gateway):
    bucket = system.protected_bucket()
    arn = gateway.share(bucket)

    refused = gateway.link(arn)
    assert refused.code == 4 and "cordon bucket unprotect" in refused.err and gateway.policy(arn) == {}

    assert gateway.link(arn, "--beside-s3-events").code == 0


def test_what_is_no_file_share_is_said_to_be_none(system, gateway):
    for arn, code in (("x", 2), ("arn:aws:s3:::bucket", 2), (f"arn:aws:storagegateway:{REGION}:{system.account}:share/share-0", 5)):
        done = gateway.link(arn)
        assert done.code == code and "share" in done.err, done


def test_drift_is_shown_and_repaired(system, gateway):
    arn = gateway.share(system.new_bucket())
    assert gateway.link(arn).code == 0
    gateway.client.update_nfs_file_share(FileShareARN=arn, NotificationPolicy="{}")
    code, found = gateway.status()
    assert code == 5 and not found[arn]["linked"]

    assert gateway.link(arn).code == 0

    assert gateway.status()[0] == 0


@pytest.mark.parametrize("versioned", [True, False], ids=["versioned", "unversioned"])
def test_three_events_of_one_file_lead_to_one_scan_of_its_final_bytes(system, gateway, versioned):
    bucket = system.new_bucket(versioned)
    arn = gateway.share(bucket, "in/")
    assert gateway.link(arn).code == 0
    key, final = "in/dir/ü +a.bin", samples.clean() * 100
    system.put(bucket, key, final[:50])
    assert gateway.announce(arn, "dir/ü +a.bin", 50)
    system.put(bucket, key, final)
    assert gateway.announce(arn, "dir/ü +a.bin", len(final))
    system.s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key},
                          MetadataDirective="REPLACE", Metadata={"user-agent": "gateway", "file-mtime": "1"})
    assert gateway.announce(arn, "dir/ü +a.bin", len(final))

    system.start_agent()

    tags = system.await_verdict(bucket, key)
    system.await_idle()
    results = system.results(bucket, key)
    assert tags["scan-result"] == "Clean"
    assert [r["size"] for r in results if not r["skipped"]] == [len(final)]
    assert {r["source"] for r in results} == {"gateway"}
    assert system.counts(system.dead_letters)["Visible"] == 0


def test_metadata_that_come_later_need_no_second_scan(system, gateway):
    bucket = system.new_bucket(versioned=True)
    arn = gateway.share(bucket)
    assert gateway.link(arn).code == 0
    system.start_agent()
    system.put(bucket, "a", samples.clean())
    gateway.announce(arn, "a")
    system.await_verdict(bucket, "a")
    system.s3.copy_object(Bucket=bucket, Key="a", CopySource={"Bucket": bucket, "Key": "a"}, TaggingDirective="REPLACE",
                          MetadataDirective="REPLACE", Metadata={"file-mtime": "2"})
    gateway.announce(arn, "a")

    system.await_verdict(bucket, "a")

    skipped = [r["skipped"] for r in system.await_results(bucket, "a", 2)]
    assert skipped == [False, True]


def test_an_infected_upload_is_quarantined_and_the_share_is_told(system, gateway):
    bucket = system.new_bucket()
    arn = gateway.share(bucket, "in/")
    assert gateway.link(arn).code == 0
    agent = system.start_agent()
    system.put(bucket, "in/d/evil", samples.eicar())
    gateway.announce(arn, "d/evil")

    system.await_quarantine(bucket, "in/d/evil")

    eventually(lambda: agent.metric("cordon_gateway_refreshes_total", outcome="done") == 1, 20, what="a refresh")


def test_an_upload_that_is_announced_early_is_waited_for(system, gateway):
    bucket = system.new_bucket()
    arn = gateway.share(bucket)
    assert gateway.link(arn).code == 0
    agent = system.start_agent()
    gateway.announce(arn, "late")
    eventually(lambda: agent.metric("cordon_objects_total", outcome="retry-later") >= 1, 30, what="a first look")

    system.put(bucket, "late", samples.clean())

    assert system.await_verdict(bucket, "late", seconds=90)["scan-result"] == "Clean"


def test_what_is_not_linked_is_left_alone(system, gateway):
    bucket = system.new_bucket()
    linked, other = gateway.share(bucket, "a/"), gateway.share(bucket, "b/", NotificationPolicy=json.dumps(
        {"Upload": {"SettlingTimeInSeconds": 60}}))
    assert gateway.link(linked).code == 0
    system.start_agent()
    system.put(bucket, "b/evil", samples.eicar())
    system.put(bucket, "a/evil", samples.eicar())
    assert gateway.announce(other, "evil") and gateway.announce(linked, "evil")

    system.await_quarantine(bucket, "a/evil")
    system.await_idle()

    assert system.tags(bucket, "b/evil") == {}


@pytest.mark.parametrize("step", ["open", "scan", "tag", "copy", "delete", "report", "acknowledge"])
def test_a_kill_in_between_loses_nothing(system, gateway, step, tmp_path):
    bucket = system.new_bucket()
    arn = gateway.share(bucket)
    assert gateway.link(arn).code == 0
    system.sqs.set_queue_attributes(QueueUrl=system.queue_url(system.event_queue), Attributes={"VisibilityTimeout": "5"})
    system.put(bucket, "evil", samples.eicar())
    gateway.announce(arn, "evil")
    first = system.launch_agent(CORDON_TEST_CRASH_AT=step, CORDON_TEST_CRASH_ONCE_FILE=tmp_path / "crashed")
    first.process.wait(60)

    system.start_agent()

    system.await_quarantine(bucket, "evil")
    system.await_idle()
    assert system.results(bucket, "evil")
    assert system.counts(system.dead_letters)["Visible"] == 0
