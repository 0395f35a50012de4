"""Buckets of another account, in a role of it that asks for an external id."""
import json
import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import samples
from harness.people import is_denied
from harness.system import REGION, eventually

pytestmark = pytest.mark.only_on("devcloud", reason="trust policies and owners of buckets are not enforced")

MEMBER = "444455556666"


class Account:
    """Another account on the same cloud, seen by somebody who may do everything in it."""

    def __init__(self, system):
        self.system = system
        keys = system.client("sts").assume_role(RoleArn=f"arn:aws:iam::{MEMBER}:role/admin",
                                                RoleSessionName="admin")["Credentials"]
        self.session = boto3.session.Session(
            aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"], region_name=REGION)
        self.s3, self.iam = self.client("s3"), self.client("iam")

    def client(self, service):
        config = Config(signature_version="s3v4" if service == "s3" else None, s3={"addressing_style": "path"})
        return self.session.client(service, endpoint_url=self.system.endpoint, config=config)

    def new_bucket(self, versioned=True):
        name = "e2e-" + uuid.uuid4().hex[:20]
        self.s3.create_bucket(Bucket=name)
        if not versioned:
            return name
        self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def may(self, role, bucket, *features):
        """Gives the role what `cordon iam member` prints, and nothing else."""
        printed = self.system.run("iam", "member", "--bucket", bucket, *features)
        assert printed.code == 0, printed
        self.iam.put_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="cordon", PolicyDocument=printed.out)
        return printed.out

    def role_for(self, bucket, external_id):
        """The role that `cordon iam member` describes."""
        name = "cordon-" + uuid.uuid4().hex[:8]
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{self.system.account}:root"},
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}}}]}
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        self.may(role, bucket)
        return role

    def tag(self, bucket, key):
        answer = self.s3.get_object_tagging(Bucket=bucket, Key=key)
        return {one["Key"]: one["Value"] for one in answer["TagSet"]}.get("scan-result")


def test_a_bucket_of_another_account(system):
    member = Account(system)
    home, theirs = system.new_bucket(), member.new_bucket()
    role = member.role_for(theirs, "contract-7")
    flags = ("--role-arn", role, "--external-id", "contract-7")
    topic = f"arn:aws:sns:{REGION}:{system.account}:cordon-events-{system.deployment}"

    assert system.run("bucket", "protect", theirs).code == 4
    wrong = system.run("bucket", "protect", theirs, "--role-arn", role, "--external-id", "guessed")
    assert wrong.code == 4 and "external id" in wrong.err, wrong
    rehearsed = system.run("bucket", "protect", theirs, *flags, "--dry-run")
    assert rehearsed.code == 0 and "would be created" in rehearsed.out, rehearsed
    assert "TopicConfigurations" not in member.s3.get_bucket_notification_configuration(Bucket=theirs)
    assert system.run("bucket", "protect", home).code == 0
    done = system.run("bucket", "protect", theirs, *flags)
    assert done.code == 0, done
    entry, = member.s3.get_bucket_notification_configuration(Bucket=theirs)["TopicConfigurations"]
    assert entry["TopicArn"] == topic
    accounts = json.loads(system.run("settings", "get").out)["accounts"]
    assert accounts == [{"id": MEMBER, "role_arn": role, "external_id": "contract-7", "buckets": [theirs]}]
    # From now on the settings know the role, and home's own buckets stay protected.
    status = system.run("bucket", "status", theirs, home)
    assert status.code == 0, status

    system.start_agent()
    member.s3.put_object(Bucket=theirs, Key="good", Body=b"harmless")
    bad = member.s3.put_object(Bucket=theirs, Key="a b/bad", Body=samples.eicar())
    system.put(home, "good", b"harmless")
    system.await_verdict(home, "good")
    eventually(lambda: member.tag(theirs, "good") == "Clean", what="the verdict in another account")
    there = f"{theirs}/a b/bad"
    eventually(lambda: system.exists(system.quarantine, there), what="the quarantine")
    assert system.tags(system.quarantine, there)["scan-result"] == "Infected"
    eventually(lambda: is_gone(member.s3, theirs, "a b/bad", bad["VersionId"]), what="the removal")
    # Nobody else of that account reaches the quarantine.
    assert is_denied(lambda: member.s3.get_object(Bucket=system.quarantine, Key=there))

    kept = system.run("bucket", "remove-region", REGION)
    assert kept.code == 0 and "kept" in kept.out, kept
    gone = system.run("bucket", "unprotect", theirs)
    assert gone.code == 0, gone
    assert "TopicConfigurations" not in member.s3.get_bucket_notification_configuration(Bucket=theirs)
    assert json.loads(system.run("settings", "get").out).get("accounts", []) == []
    policy = system.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    assert MEMBER not in policy


def test_a_name_that_came_to_another_account_is_nobody_of_ours(system):
    """Whoever makes a bucket under a name that was ours gets nothing of ours, however much its policy lets us do."""
    ours = system.protected_bucket()
    system.s3.delete_bucket(Bucket=ours)
    stranger = Account(system)
    stranger.s3.create_bucket(Bucket=ours)
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{ours}", f"arn:aws:s3:::{ours}/*"]}
    stranger.s3.put_bucket_policy(Bucket=ours, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}))
    stranger.s3.put_object(Bucket=ours, Key="k", Body=samples.eicar())
    before = stranger.s3.get_bucket_policy(Bucket=ours)["Policy"]

    for command in (["bucket", "gate", ours, "--allow-role", f"arn:aws:iam::{system.account}:role/agent"],
                    ["bucket", "gate", ours, "--remove"], ["bucket", "protect", ours], ["sweep", "--bucket", ours],
                    ["scan", "bucket", f"s3://{ours}"], ["verdict", f"s3://{ours}/k"]):
        done = system.run(*command)
        assert done.code == 4, done
    left = system.run("bucket", "unprotect", ours)

    assert left.code == 4 and "out of reach" in left.out, left
    assert ours not in system.s3.get_object(Bucket=f"cordon-system-{system.deployment}-{system.account}",
                                            Key="protected.json")["Body"].read().decode()
    assert stranger.s3.get_bucket_policy(Bucket=ours)["Policy"] == before
    assert stranger.s3.get_object_tagging(Bucket=ours, Key="k")["TagSet"] == []
    assert "TopicConfigurations" not in stranger.s3.get_bucket_notification_configuration(Bucket=ours)


def test_commands_reach_the_buckets_of_another_account(system):
    """Each in the member's role; without its right there, it says so and what to do."""
    member = Account(system)
    theirs = member.new_bucket()
    role = member.role_for(theirs, "contract-8")
    member.s3.put_object(Bucket=theirs, Key="old", Body=b"older than the protection")
    done = system.run("bucket", "protect", theirs, "--role-arn", role, "--external-id", "contract-8")
    assert done.code == 0, done

    def refused(*command):
        """Refused for want of a right of the role, with what to do."""
        done = system.run(*command)
        assert done.code == 4 and "cordon iam member" in done.err, done

    place = f"s3://{theirs}/old"
    assert system.run("verdict", place).code == 5   # there, and pending
    refused("sweep", "--grace", "0s", "--bucket", theirs)
    member.may(role, theirs, "--sweep")
    swept = system.run("sweep", "--grace", "0s", "--json")   # without a name: it is found
    assert {one["bucket"]: one["enqueued"] for one in swept.json_lines()} == {theirs: 1}, swept
    agent = system.start_agent()
    eventually(lambda: member.tag(theirs, "old") == "Clean", what="the verdict of a sweep")
    verdict = system.run("verdict", place, "--json")
    assert verdict.code == 0 and verdict.json_lines()[0]["result"] == "Clean", verdict
    asked = system.run("scan", "bucket", f"s3://{theirs}/o", "--json")
    assert asked.code == 0 and asked.json_lines()[0]["enqueued"] == 1, asked

    gate = ("bucket", "gate", theirs, "--allow-role", role)
    shut_out = system.run("bucket", "gate", theirs, "--allow-role", f"arn:aws:iam::{MEMBER}:role/somebody")
    assert shut_out.code == 4 and f"add --allow-role {role}" in shut_out.err, shut_out
    refused(*gate)
    member.may(role, theirs, "--gate")
    gated = system.run(*gate)
    assert gated.code == 0 and "created" in gated.out, gated
    assert "read gate" in system.run("bucket", "status", theirs).out
    assert "CordonReadGate" in member.s3.get_bucket_policy(Bucket=theirs)["Policy"]
    assert system.run("bucket", "gate", theirs, "--remove").code == 0

    member.s3.put_object(Bucket=theirs, Key="bad", Body=samples.eicar())
    eventually(lambda: system.exists(system.quarantine, f"{theirs}/bad"), what="the quarantine")
    system.await_idle()
    agent.terminate()
    entry, = system.run("quarantine", "list", "--bucket", theirs, "--json").json_lines()
    circle = system.run("quarantine", "restore", entry["id"])
    assert circle.code == 4 and "is protected" in circle.err, circle
    refused("quarantine", "restore", entry["id"], "--allow", "once")
    assert system.exists(system.quarantine, f"{theirs}/bad")
    member.may(role, theirs, "--restore")
    restored = system.run("quarantine", "restore", entry["id"], "--allow", "once")
    assert restored.code == 0, restored
    assert member.s3.get_object(Bucket=theirs, Key="bad")["Body"].read() == samples.eicar()
    system.start_agent()
    system.await_idle()
    assert member.tag(theirs, "bad") == "InfectedAllowed"
    assert not system.exists(system.quarantine, f"{theirs}/bad")
    tested = system.run("selftest", theirs)
    assert tested.code == 4 and "another account's" in tested.err, tested


def test_watching_another_account(system):
    member, tag = Account(system), "cordon"
    wanted, other = member.new_bucket(), member.new_bucket()
    role = member.role_for(wanted, "contract-9")
    member.iam.put_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="watch", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
            {"Effect": "Allow", "Action": ["s3:GetBucketTagging", "s3:ListBucket", "s3:GetBucketNotification"],
             "Resource": "arn:aws:s3:::*"}]}))
    for bucket, value in ((wanted, "protect"), (other, "no")):
        member.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": tag, "Value": value}]})

    found = system.run("bucket", "watch", "--tag", f"{tag}=protect", "--once", "--role-arn", role,
                       "--external-id", "contract-9")
    assert found.code == 0 and system.run("bucket", "status", wanted).code == 0, found
    assert system.run("bucket", "unprotect", wanted).code == 0
    # Somebody names the account, and whoever watches finds its buckets with ours.
    settings = system.folder / "accounts.toml"
    settings.write_text(f'schema = 1\n[[accounts]]\nid = "{MEMBER}"\nrole_arn = "{role}"\nexternal_id = "contract-9"\n'
                        '[[accounts]]\nid = "777788889999"\nrole_arn = "arn:aws:iam::777788889999:role/none"\n')
    assert system.run("settings", "apply", settings).code == 0
    ours = system.new_bucket()
    system.s3.put_bucket_tagging(Bucket=ours, Tagging={"TagSet": [{"Key": tag, "Value": "protect"}]})

    watcher = system.launch("bucket", "watch", "--tag", f"{tag}=protect", "--interval", "5s", "--members", "--in", REGION)

    for bucket in (wanted, ours):
        eventually(lambda name=bucket: system.run("bucket", "status", name).code == 0, 60, 0.5, "the protection")
    watcher.terminate()
    assert watcher.wait(20) == 0
    entry, = member.s3.get_bucket_notification_configuration(Bucket=wanted)["TopicConfigurations"]
    assert f"cordon-events-{system.deployment}" in entry["TopicArn"]
    assert "TopicConfigurations" not in member.s3.get_bucket_notification_configuration(Bucket=other)
    accounts = json.loads(system.run("settings", "get").out)["accounts"]
    assert [one["buckets"] for one in accounts if one["id"] == MEMBER] == [[wanted]]


def topic_policy(system):
    topic = f"arn:aws:sns:{REGION}:{system.account}:cordon-events-{system.deployment}"
    return system.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]


def quarantine_policy(system):
    """Empty: there is none."""
    try:
        return system.s3.get_bucket_policy(Bucket=system.quarantine)["Policy"]
    except ClientError as problem:
        assert problem.response["Error"]["Code"] == "NoSuchBucketPolicy", problem
        return ""


def listed(system, bucket):
    document = json.loads(system.body(f"cordon-system-{system.deployment}-{system.account}", "protected.json"))
    return any(bucket in buckets for regions in document["accounts"].values() for buckets in regions.values())


def test_the_event_bus_is_let_in_beside_the_members(system):
    """By the first bucket that comes by EventBridge, and by the first file share."""
    from test_gateway import Gateway
    from test_iam import occupied
    member = Account(system)
    theirs, by_bus, scans = member.new_bucket(), occupied(system, system.new_bucket()), system.new_bucket()
    role = member.role_for(theirs, "contract-10")
    done = system.run("bucket", "protect", theirs, "--role-arn", role, "--external-id", "contract-10")
    assert done.code == 0 and MEMBER in topic_policy(system), done
    system.s3.put_bucket_policy(Bucket=system.quarantine, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        *json.loads(quarantine_policy(system))["Statement"],
        {"Sid": "Auditor", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket",
         "Resource": f"arn:aws:s3:::{system.quarantine}"}]}))

    gateway = Gateway(system)
    share = gateway.share(scans)
    assert gateway.link(share).code == 0
    assert MEMBER in topic_policy(system) and "events.amazonaws.com" in topic_policy(system)
    assert gateway.unlink(share).code == 0
    assert system.run("bucket", "protect", by_bus).code == 0

    assert MEMBER in topic_policy(system)
    assert "Auditor" in quarantine_policy(system) and MEMBER in quarantine_policy(system)
    system.start_agent()
    member.s3.put_object(Bucket=theirs, Key="good", Body=b"harmless")
    eventually(lambda: member.tag(theirs, "good") == "Clean", what="the verdict in another account")
    assert system.run("bucket", "unprotect", theirs).code == 0
    assert "Auditor" in quarantine_policy(system) and MEMBER not in quarantine_policy(system)


def test_settings_with_other_accounts_say_what_is_left(system):
    member = Account(system)
    theirs = member.new_bucket()
    role = member.role_for(theirs, "contract-11")
    assert system.run("bucket", "protect", system.new_bucket()).code == 0
    settings = system.folder / "accounts.toml"
    account = f'[[accounts]]\nid = "{MEMBER}"\nrole_arn = "{role}"\nexternal_id = "contract-11"\nbuckets = ["{theirs}"]\n'

    def apply(text):
        settings.write_text("schema = 1\n" + text)
        done = system.run("settings", "apply", settings)
        assert done.code == 0, done
        return done.out

    said = apply(account)
    assert MEMBER in topic_policy(system) and f"{theirs}/*" in quarantine_policy(system)
    assert f"cordon bucket protect {theirs}" in said and "cordon iam agent" in said
    assert system.run("bucket", "protect", theirs).code == 0   # as it said
    assert listed(system, theirs) and "cordon bucket protect" not in apply(account)

    said = apply("")
    assert MEMBER not in topic_policy(system) and MEMBER not in quarantine_policy(system) and not listed(system, theirs)
    left = f"cordon bucket unprotect {theirs} --role-arn {role} --external-id contract-11"
    assert left in said
    assert system.run(*left.split()[1:]).code == 0
    assert "TopicConfigurations" not in member.s3.get_bucket_notification_configuration(Bucket=theirs)


def test_what_is_gone_in_another_account_is_left(system):
    member = Account(system)
    gone, orphan = member.new_bucket(), member.new_bucket()
    role = member.role_for(gone, "contract-12")
    member.may(role, gone, "--bucket", orphan)
    known = ("--role-arn", role, "--external-id", "contract-12")
    assert system.run("bucket", "protect", gone, orphan, *known).code == 0
    assert listed(system, gone) and listed(system, orphan)

    member.s3.delete_bucket(Bucket=gone)
    done = system.run("bucket", "unprotect", gone)
    assert done.code == 0 and not listed(system, gone), done
    assert json.loads(system.run("settings", "get").out)["accounts"][0]["buckets"] == [orphan]
    assert MEMBER in topic_policy(system)

    # As with a role or an account that is closed, STS refuses.
    member.iam.update_assume_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                 "Principal": {"AWS": "arn:aws:iam::777788889999:root"}}]}))
    assert system.run("bucket", "status", orphan).code == 4
    done = system.run("bucket", "unprotect", orphan)
    assert done.code == 4 and "cannot take on" in done.err and "kept" in done.out, done
    assert not listed(system, orphan) and json.loads(system.run("settings", "get").out).get("accounts", []) == []
    assert MEMBER not in topic_policy(system) and MEMBER not in quarantine_policy(system)


def is_gone(s3, bucket, key, version):
    versions = s3.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", [])
    return version not in [one["VersionId"] for one in versions]
