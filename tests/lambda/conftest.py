"""The stand-in, buckets, and messages as the notification topic delivers them."""
import hashlib
import json
import pathlib
import re
import sys
import uuid

import boto3
import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
REPOSITORY = FOLDER.parent.parent
sys.path[:0] = [str(FOLDER.parent / "peers"), str(REPOSITORY / "deploy" / "lambda")]

import peer as peers  # noqa: E402
import router  # noqa: E402

REGION = "eu-west-1"
ACCOUNT = "000000000000"


def pytest_addoption(parser):
    parser.addoption("--bin-dir", default=str(peers.DEFAULT_BIN_DIR), help="folder of cordon")


@pytest.fixture(scope="session")
def endpoint(request, tmp_path_factory):
    log = tmp_path_factory.mktemp("peer") / "devcloud.log"
    with peers.running("devcloud", pathlib.Path(request.config.getoption("--bin-dir")), log) as url:
        yield url


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    for name, value in {"AWS_ACCESS_KEY_ID": peers.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": peers.SECRET_KEY,
                        "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                        "AWS_EC2_METADATA_DISABLED": "true"}.items():
        monkeypatch.setenv(name, value)


def documented_result():
    """The example of docs/formats/scan-result.md: its fields are the contract."""
    text = (REPOSITORY / "docs" / "formats" / "scan-result.md").read_text(encoding="utf-8")
    return json.loads(re.search(r"```json\n(.*?)```", text, re.S).group(1))


class Cloud:
    """One test's buckets on the stand-in, and the way of a result to the function."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.s3 = router.client_for(REGION, endpoint)
        self.sns, self.sqs = (boto3.client(name, region_name=REGION, endpoint_url=endpoint) for name in ("sns", "sqs"))

    def bucket(self, versioned=True):
        name = "lambda-" + uuid.uuid4().hex[:16]
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if versioned:
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def put(self, bucket, key, body=b"content", verdict="Clean", **options):
        """An upload that was scanned; returns the result that tells of it."""
        tags = options.pop("tags", {"owner": "me"}) | ({"scan-result": verdict} if verdict else {})
        made = self.s3.put_object(Bucket=bucket, Key=key, Body=body,
                                  Tagging="&".join(f"{k}={v}" for k, v in tags.items()), **options)
        result = documented_result()
        result.update(account=ACCOUNT, bucket=bucket, key=key, versionId=made.get("VersionId"), eTag=made["ETag"].strip('"'),
                      size=len(body), sha256=hashlib.sha256(body).hexdigest(), result=verdict or "Clean", region=REGION, source="s3-event", tagging="done",
                      sequencer=None, virusNames=[], actions=[{"kind": "keep", "status": "done"}],
                      # What a notification has beside the result:
                      bucketName=bucket, scanResult=verdict or "Clean", dateScanned="2026-11-22T15:50:33Z")
        return result

    def event(self, *results):
        """What SNS hands to a function."""
        return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:x",
                             "Sns": {"Type": "Notification", "Message": json.dumps(result), "Subject": None,
                                     "MessageAttributes": {}}} for result in results]}

    def route(self, rules, *results, **limits):
        return router.handle(self.event(*results), rules, router.Limits(**limits), self.endpoint)

    def keys(self, bucket):
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def versions(self, bucket):
        got = self.s3.list_object_versions(Bucket=bucket)
        return [(v["Key"], v["VersionId"]) for v in got.get("Versions", [])], len(got.get("DeleteMarkers", []))

    def body(self, bucket, key):
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def tags(self, bucket, key):
        return {tag["Key"]: tag["Value"] for tag in self.s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}

    def uploads(self, bucket):
        return self.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])


@pytest.fixture
def cloud(endpoint):
    return Cloud(endpoint)
