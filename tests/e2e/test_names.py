"""Names of buckets: how long ours may get, the account's own namespaces, and kinds of buckets that cannot be protected."""
import json
import uuid

import pytest
from botocore.exceptions import ClientError

from harness import samples
from harness.people import Person
from harness.system import REGION

TOKYO = "ap-northeast-1"
OWN_NAMESPACE = {"CORDON_BUCKET_NAMESPACE": "account-regional", "CORDON_HOME_REGION": REGION}


def new_regional_bucket(system):
    """A customer's bucket in the account's own namespace. Debian's boto3 does not know the header."""
    def add(request, **_):
        request.headers["x-amz-bucket-namespace"] = "account-regional"
    name = f"e2e-{uuid.uuid4().hex[:12]}-{system.account}-{REGION}-an"
    system.s3.meta.events.register("before-sign.s3.CreateBucket", add)
    try:
        system.s3.create_bucket(Bucket=name)
    finally:
        system.s3.meta.events.unregister("before-sign.s3.CreateBucket", add)
    return name


def exists(system, bucket):
    try:
        system.s3.head_bucket(Bucket=bucket)
        return True
    except ClientError:
        return False


@pytest.mark.parametrize("system", [TOKYO], indirect=True)
def test_a_name_that_would_get_too_long_is_refused_before_the_first_change(system):
    bucket = system.new_bucket()
    long = {"CORDON_DEPLOYMENT": "e2e-" + uuid.uuid4().hex[:16]}   # 20 letters, of which Tokyo has room for 17

    for arguments in (["bucket", "protect", bucket], ["bucket", "protect", bucket, "--dry-run"],
                      ["iam", "agent", "--account", "111122223333", "--bucket", bucket]):
        refused = system.run(*arguments, **long)
        assert refused.code == 2 and "name has at most 17 characters" in refused.err, refused
    topics = [one["TopicArn"] for page in system.client("sns").get_paginator("list_topics").paginate() for one in page["Topics"]]
    assert not any(long["CORDON_DEPLOYMENT"] in topic for topic in topics)
    assert not exists(system, f"cordon-system-{long['CORDON_DEPLOYMENT']}-{system.account}")
    assert system.run("bucket", "protect", bucket, CORDON_DEPLOYMENT=long["CORDON_DEPLOYMENT"][:17]).code == 0


def test_a_bucket_of_the_accounts_own_namespace_is_protected_like_any_other(system):
    bucket = new_regional_bucket(system)
    assert system.run("bucket", "protect", bucket).code == 0
    system.start_agent()

    system.put(bucket, "good", samples.clean())
    system.put(bucket, "bad", samples.eicar())

    assert system.await_verdict(bucket, "good")["scan-result"] == "Clean"
    assert system.await_quarantine(bucket, "bad")["scan-result"] == "Infected"


def test_ours_can_be_in_the_accounts_own_namespaces(system):
    quarantine, home = f"{system.quarantine}-an", f"cordon-system-{system.deployment}-{system.account}-{REGION}-an"
    bucket = system.new_bucket()

    done = system.run("bucket", "protect", bucket, **OWN_NAMESPACE)

    assert done.code == 0, done
    assert exists(system, quarantine) and exists(system, home)
    assert not exists(system, system.quarantine) and not exists(system, home.removesuffix(f"-{REGION}-an"))
    agent = system.start_agent(**OWN_NAMESPACE)
    system.put(bucket, "good", samples.clean())
    system.put(bucket, "bad", samples.eicar())
    assert system.await_verdict(bucket, "good")["scan-result"] == "Clean"
    system.await_idle()
    assert system.tags(quarantine, f"{bucket}/bad")["scan-result"] == "Infected"
    listed = system.run("quarantine", "list", "--json", **OWN_NAMESPACE)
    assert [one["key"] for one in listed.json_lines()] == ["bad"], listed
    assert system.run("bucket", "status", bucket, **OWN_NAMESPACE).code == 0
    found = system.run("doctor", "--signatures", system.signatures, "--no-engine", "--json", **OWN_NAMESPACE)
    assert found.code == 0 and not any(line["state"] == "failed" for line in found.json_lines()), found
    refused = system.run("bucket", "protect", quarantine, **OWN_NAMESPACE)
    assert refused.code != 0 and "belongs to Cordon" in refused.err, refused
    agent.terminate()


@pytest.mark.only_on("devcloud", reason="policies are not judged")
def test_an_organisation_that_denies_global_names_is_no_obstacle(system):
    bucket = new_regional_bucket(system)
    printed = json.loads(system.run("iam", "operator", "--bucket", bucket, **OWN_NAMESPACE).out)
    printed["Statement"].append({"Sid": "NoGlobalNames", "Effect": "Deny", "Action": "s3:CreateBucket", "Resource": "*",
                                 "Condition": {"StringNotEquals": {"s3:x-amz-bucket-namespace": "account-regional"}}})
    operator = Person(system, role=True, policy=printed)

    refused = system.run("bucket", "protect", bucket, **operator.keys)
    done = system.run("bucket", "protect", bucket, **operator.keys, **OWN_NAMESPACE)

    assert refused.code == 4 and "s3:CreateBucket" in refused.err, refused
    assert done.code == 0, done


def test_the_namespace_and_the_region_of_the_system_bucket_go_together(system):
    for given, missing in (({"CORDON_BUCKET_NAMESPACE": "account-regional"}, "--home-region"),
                           ({"CORDON_HOME_REGION": REGION}, "--bucket-namespace"),
                           ({"CORDON_BUCKET_NAMESPACE": "mine"}, "account-regional"),
                           (OWN_NAMESPACE | {"CORDON_HOME_REGION": "Dublin!"}, "no region")):
        refused = system.run("bucket", "list", **given)
        assert refused.code == 2 and missing in refused.err, refused


@pytest.mark.parametrize("name, why", [
    ("logs--use1-az4--x-s3", "directory bucket"), ("2f8d3c--table-s3", "table bucket"),
    ("arn:aws:s3tables:us-east-1:111122223333:bucket/t", "table bucket"), ("reports-abcdef-s3alias", "access point")])
def test_other_kinds_of_buckets_are_refused_with_the_reason(system, name, why):
    for more in ([], ["--dry-run"]):
        refused = system.run("bucket", "protect", name, *more)
        assert refused.code == 2 and why in refused.err, refused
