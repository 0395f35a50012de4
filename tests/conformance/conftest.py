"""Options and fixtures of the AWS conformance suite; see README.md."""
import dataclasses
import fnmatch
import pathlib
import sys
import uuid

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "peers")]

import deviations  # noqa: E402
import peer as peers  # noqa: E402
from support import aws, sqs_json  # noqa: E402


def pytest_addoption(parser):
    group = parser.getgroup("conformance")
    group.addoption("--peer", choices=peers.PEERS, default="devcloud", help="what answers at the endpoint")
    group.addoption("--endpoint-url", help="a running peer; without it the peer is started and stopped here")
    group.addoption("--bin-dir", default=str(peers.DEFAULT_BIN_DIR), help="folder of the cordon binaries")
    group.addoption("--run-deviations", action="store_true",
                    help="run what the table of deviations skips, and fail where the peer conforms by now")


def pytest_configure(config):
    # With xdist the controller starts the one peer and its workers find it here.
    if hasattr(config, "workerinput") or config.getoption("--collect-only"):
        return
    if config.getoption("--endpoint-url") is None:
        context = peers.running(config.getoption("--peer"), pathlib.Path(config.getoption("--bin-dir")))
        try:
            endpoint = context.__enter__()
        except peers.PeerError as problem:
            raise pytest.UsageError(str(problem)) from None
        config.add_cleanup(lambda: context.__exit__(None, None, None))
        config.option.endpoint_url = endpoint


def pytest_report_header(config):
    return f"peer: {config.getoption('--peer')} at {config.getoption('--endpoint-url')}"


def pytest_collection_modifyitems(config, items):
    peer = config.getoption("--peer")
    declared = [entry for entry in deviations.TABLE if entry.peer == peer]
    used = set()
    for item in items:
        name = f"{item.path.name}::{item.name}"
        for entry in declared:
            if fnmatch.fnmatchcase(name, entry.test.replace("[", "[[]")):
                used.add(entry)
                if config.getoption("--run-deviations") and not entry.test.endswith("::*"):
                    item.add_marker(pytest.mark.xfail(strict=True, reason=entry.reason))
                else:
                    item.add_marker(pytest.mark.skip(reason=f"{peer} deviates from AWS: {entry.reason}"))
                break
    collected = {item.path.name for item in items}
    whole = {path.name for path in FOLDER.glob("test_*.py")}
    selected = any("::" in argument for argument in config.args) or config.getoption("-k") or config.getoption("-m")
    stale = [entry.test for entry in declared if entry not in used]
    if collected == whole and not selected and stale:
        raise pytest.UsageError(f"deviations.py names tests of {peer} that do not exist: {', '.join(stale)}")


@dataclasses.dataclass(frozen=True)
class Target:
    """The endpoint under test."""
    peer: str
    endpoint: str


@pytest.fixture(scope="session")
def target(request):
    return Target(request.config.getoption("--peer"), request.config.getoption("--endpoint-url"))


@pytest.fixture(scope="session")
def cloud(target):
    # Now and then this boto3 loses step with radosgw's "100 Continue" and waits until it times out.
    return aws.Cloud(target.endpoint, expect_continue=target.peer != "radosgw")


@pytest.fixture(scope="session")
def s3(cloud):
    return cloud.client("s3")


@pytest.fixture(scope="session")
def sqs(cloud):
    return cloud.client("sqs")


@pytest.fixture(scope="session")
def sns(cloud):
    return cloud.client("sns")


@pytest.fixture(scope="session")
def events(cloud):
    return cloud.client("events")


@pytest.fixture(scope="session")
def logs(cloud):
    return cloud.client("logs")


@pytest.fixture(scope="session")
def sts(cloud):
    return cloud.client("sts")


@pytest.fixture(scope="session")
def gateways(cloud):
    return cloud.client("storagegateway")


@pytest.fixture(scope="session")
def json_sqs(target):
    return sqs_json.JsonSqs(target.endpoint)


@pytest.fixture(scope="session")
def account(sts):
    return sts.get_caller_identity()["Account"]


@pytest.fixture
def unique():
    """Names that no other test, worker or run has."""
    return lambda kind="t": f"{kind}-{uuid.uuid4().hex[:20]}"


@pytest.fixture
def make_bucket(cloud, unique):
    made = []

    def make(region=aws.REGION, versioned=False):
        client, name = cloud.client("s3", region), unique("bucket")
        placement = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        client.create_bucket(Bucket=name, **placement)
        made.append((client, name))
        if versioned:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    yield make
    for client, name in made:
        aws.remove_bucket(client, name)


@pytest.fixture
def bucket(make_bucket):
    return make_bucket()


@pytest.fixture
def versioned(make_bucket):
    return make_bucket(versioned=True)


@pytest.fixture
def make_queue(sqs, unique):
    made = []

    def make(**attributes):
        attributes = {"VisibilityTimeout": "30"} | {name: str(value) for name, value in attributes.items()}
        url = sqs.create_queue(QueueName=unique("queue"), Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        made.append(url)
        return aws.Queue(sqs, url, arn)

    yield make
    for url in made:
        with aws.ignoring_absence():
            sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def queue(make_queue):
    return make_queue()


@pytest.fixture
def make_topic(sns, unique):
    made = []

    def make(**attributes):
        arn = sns.create_topic(Name=unique("topic"), Attributes=attributes)["TopicArn"]
        made.append(arn)
        return arn

    yield make
    for arn in made:
        with aws.ignoring_absence():
            sns.delete_topic(TopicArn=arn)


@pytest.fixture
def topic(make_topic):
    return make_topic()
