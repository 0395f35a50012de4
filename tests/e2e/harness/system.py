"""One deployment of Cordon on a cloud that other tests use at the same time: its processes and what they did.

Whatever a test asserts about objects it learns through boto3, as a user of the bucket would. What it knows
about Cordon are its contracts: names of resources, tags, results, commands, exit codes.
"""
import dataclasses
import functools
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid

import boto3
import peer as peers
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-east-1"
READY_SECONDS_MAX = 60
VERDICTS = {"Clean", "Infected", "InfectedAllowed", "Unscannable", "Error", "Suspicious"}
OUR_TAGS = {"scan-result", "date-scanned", "scan-seal", "message", "virus-name", "uploaded-by"}
# How long a message that a killed agent held stays hidden. Deployments use 120 s; tests cannot wait that long.
VISIBILITY_SECONDS = 5


def eventually(question, seconds=60.0, pause=0.1, what="it"):
    """Asks until the answer is truthy and returns that; fails when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s (last answer: {answer!r})"
        time.sleep(pause)


@dataclasses.dataclass(frozen=True)
class Finished:
    """A command that has ended."""
    code: int
    out: str
    err: str

    def json_lines(self):
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]


class Agent:
    """A `cordon agent` process."""

    def __init__(self, process, metrics_port, log_path):
        self.process, self.port, self.log_path = process, metrics_port, log_path

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def get(self, path):
        """Status and text of one of the agent's own pages; (0, reason) when nobody answers."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode(errors="replace")
        except OSError as problem:
            return 0, str(problem)

    def metric(self, name, **labels):
        """The sum of the samples with that name and these labels."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            sample, _, value = line.rpartition(" ")
            if sample.partition("{")[0] == name and all(f'{k}="{v}"' in sample for k, v in labels.items()):
                total += float(value)
        return total

    def await_ready(self):
        def ready():
            assert self.process.poll() is None, f"the agent ended with {self.process.returncode}:\n{self.log()[-4000:]}"
            return self.get("/readyz")[0] == 200
        eventually(ready, READY_SECONDS_MAX, what="readiness of the agent")
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds=60):
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def engine_processes(self):
        """Every process below the agent: the zygote first, then its workers."""
        found, level = [], [self.pid]
        while level:
            level = [child for pid in level for child in children(pid)]
            found += level
        return found

    def workers(self):
        """Those of the engine's processes that are children of another one."""
        zygotes = children(self.pid)
        return [child for zygote in zygotes for child in children(zygote)]


def children(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    except OSError:
        pass
    return found


@functools.cache
def client(endpoint, region, service):
    """One for all tests on a peer and in a region: each has a megabyte of descriptions in memory."""
    # More attempts than the default: the peers are small, and a lost upload here would look like a lost object.
    config = Config(signature_version="s3v4" if service == "s3" else None, s3={"addressing_style": "path"},
                    retries={"total_max_attempts": 5, "mode": "standard"}, read_timeout=300, max_pool_connections=32)
    return session(region).client(service, endpoint_url=endpoint, config=config)


@functools.cache
def session(region):
    return boto3.session.Session(aws_access_key_id=peers.ACCESS_KEY, aws_secret_access_key=peers.SECRET_KEY,
                                 region_name=region)


class System:
    def __init__(self, peer, endpoint, folder, bin_dir, signatures, deployment, region=REGION):
        self.peer, self.endpoint, self.folder = peer, endpoint, folder
        self.bin_dir, self.signatures, self.deployment = bin_dir, signatures, deployment
        self.region = region
        self.client = functools.partial(client, endpoint, region)
        self.queue_url = functools.cache(self._queue_url)
        self.s3, self.sqs, self.logs = (self.client(name) for name in ("s3", "sqs", "logs"))
        self._agents, self._commands = [], []

    # ---- clients and names ----

    @functools.cached_property
    def account(self):
        return self.client("sts").get_caller_identity()["Account"]

    @property
    def quarantine(self):
        return f"cordon-quarantine-{self.deployment}-{self.account}-{self.region}"

    @property
    def promotes(self):
        """What a policy says to have Clean objects without versions moved on a store that ignores conditions."""
        return "promote_without_conditions = true\n" if self.peer == "moto" else ""

    @property
    def event_queue(self):
        return f"cordon-events-{self.deployment}"

    @property
    def dead_letters(self):
        return f"cordon-events-dead-{self.deployment}"

    def _queue_url(self, name):
        return self.sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def filter_events(self, policy):
        """What somebody may do to our subscription: put a filter on it. Returns its ARN."""
        sns = self.client("sns")
        topic = next(one["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for one in page["Topics"]
                     if one["TopicArn"].endswith(":" + self.event_queue))
        arn = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"]
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue=json.dumps(policy))
        return arn

    # ---- processes ----

    def environment(self, **changes):
        kept = {name: value for name, value in os.environ.items()
                if name in ("PATH", "HOME", "LANG", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
        ours = {"AWS_ACCESS_KEY_ID": peers.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": peers.SECRET_KEY, "AWS_REGION": self.region,
                "AWS_ENDPOINT_URL": self.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                "CORDON_DEPLOYMENT": self.deployment,
                # Agents have a spool each and share a disk for results on their way.
                "CORDON_OUTBOX": str(self.folder / "outbox")}
        if self.peer == "moto":
            ours["CORDON_EVENT_KEYS"] = "raw"   # moto does not encode the keys in its events
        merged = kept | ours | {name: str(value) for name, value in changes.items() if value is not None}
        return {name: value for name, value in merged.items() if name not in changes or changes[name] is not None}

    def run(self, *arguments, seconds=120, **environment):
        done = subprocess.run([self.bin_dir / "cordon", *map(str, arguments)], env=self.environment(**environment),
                              capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL, check=False)
        with open(self.folder / "commands.log", "a", encoding="utf-8") as log:
            log.write(f"$ cordon {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}exit {done.returncode}\n")
        return Finished(done.returncode, done.stdout, done.stderr)

    def launch(self, *arguments, **environment):
        """Starts a command that runs until it is stopped; its output is in the folder's *.log."""
        with open(self.folder / f"{'-'.join(map(str, arguments[:2]))}.log", "ab") as log:
            process = subprocess.Popen([str(self.bin_dir / "cordon"), *map(str, arguments)], stdout=log,
                                       env=self.environment(**environment), stderr=subprocess.STDOUT,
                                       stdin=subprocess.DEVNULL)
        self._commands.append(process)
        return process

    def launch_agent(self, *more, workers=2, signatures=None, spool=None, before=(), **environment):
        """Starts an agent without waiting for it; `before`: a command that becomes it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        number = len(self._agents) + 1
        spool = spool or self.folder / f"spool-{number}"
        if not spool.exists():
            spool.mkdir(mode=0o700)
        log_path = self.folder / f"agent-{number}.log"
        arguments = [*before, self.bin_dir / "cordon", "agent", "--signatures", signatures or self.signatures, "--spool", spool,
                     "--metrics-listen", f"127.0.0.1:{port}", "--workers", str(workers), *more]
        with open(log_path, "wb") as log:
            process = subprocess.Popen(list(map(str, arguments)), env=self.environment(**environment), stdout=log,
                                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        agent = Agent(process, port, log_path)
        self._agents.append(agent)
        return agent

    def start_agent(self, *more, **options):
        return self.launch_agent(*more, **options).await_ready()

    def stop_all(self):
        for command in self._commands:
            if command.poll() is None:
                command.kill()
                command.wait()
        for agent in self._agents:
            if agent.process.poll() is None:
                for pid in agent.engine_processes():
                    try:
                        os.kill(pid, signal.SIGCONT)   # a test may have left one stopped
                    except ProcessLookupError:
                        pass
                agent.kill()

    # ---- buckets and objects ----

    def new_bucket(self, versioned=False):
        name = "e2e-" + uuid.uuid4().hex[:20]
        where = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.s3.create_bucket(Bucket=name, **where)
        if versioned:
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def protected_bucket(self, versioned=False):
        name = self.new_bucket(versioned)
        done = self.run("bucket", "protect", name)
        assert done.code == 0, done
        url = self.queue_url(self.event_queue)
        # With its policy, which moto would forget.
        policy = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS),
                                                                "Policy": policy})
        return name

    def put(self, bucket, key, body=b"", tags=None, **options):
        if tags:
            options["Tagging"] = "&".join(f"{k}={v}" for k, v in tags.items())
        return self.s3.put_object(Bucket=bucket, Key=key, Body=body, **options)

    def tags(self, bucket, key, version=None):
        """The object's tags, or None when there is no such object."""
        pinned = {"VersionId": version} if version else {}
        try:
            answer = self.s3.get_object_tagging(Bucket=bucket, Key=key, **pinned)
        except ClientError as problem:
            if problem.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 405):
                return None
            raise
        return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    def head(self, bucket, key, version=None):
        """What HeadObject says, or None when there is no such object."""
        pinned = {"VersionId": version} if version else {}
        try:
            return self.s3.head_object(Bucket=bucket, Key=key, **pinned)
        except ClientError as problem:
            if problem.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 405):
                return None
            raise

    def exists(self, bucket, key, version=None):
        return self.head(bucket, key, version) is not None

    def body(self, bucket, key):
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def keys(self, bucket):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    # ---- waiting for what Cordon does ----

    def await_verdict(self, bucket, key, version=None, seconds=60):
        """Waits for the verdict's tag on an object that stays where it is; returns all its tags."""
        def tagged():
            tags = self.tags(bucket, key, version)
            return tags if tags and "scan-result" in tags else None
        tags = eventually(tagged, seconds, what=f"a verdict on {key!r}")
        assert tags["scan-result"] in VERDICTS
        return tags

    def await_quarantine(self, bucket, key, seconds=60):
        """Waits until the object is in quarantine and gone from its bucket; returns the tags it has there."""
        there = f"{bucket}/{key}"
        # In this order: moto computes the ETag of a large copy on first sight, and two at once spoil it.
        eventually(lambda: not self.exists(bucket, key) and self.exists(self.quarantine, there), seconds,
                   what=f"quarantine of {key!r}")
        return self.tags(self.quarantine, there)

    def counts(self, queue):
        got = self.sqs.get_queue_attributes(QueueUrl=self.queue_url(queue), AttributeNames=[
            "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"])
        return {name.removeprefix("ApproximateNumberOfMessages") or "Visible": int(value)
                for name, value in got["Attributes"].items()}

    def await_idle(self, seconds=120):
        """Waits until no event is left, neither waiting nor held by an agent."""
        eventually(lambda: not any(self.counts(self.event_queue).values()), seconds, 0.2, "an empty event queue")

    def await_held(self, count=1, seconds=30):
        eventually(lambda: self.counts(self.event_queue)["NotVisible"] >= count, seconds, 0.05, "a held message")

    def send_event(self, body):
        self.sqs.send_message(QueueUrl=self.queue_url(self.event_queue),
                              MessageBody=body if isinstance(body, str) else json.dumps(body))

    def dead_messages(self, count, seconds=60):
        """Takes `count` messages out of the dead letters."""
        url, taken = self.queue_url(self.dead_letters), []

        def enough():
            answer = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10,
                                              AttributeNames=["All"], MessageAttributeNames=["All"])
            for message in answer.get("Messages", []):
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                taken.append(message)
            return len(taken) >= count
        eventually(enough, seconds, what=f"{count} dead letters")
        assert len(taken) == count, [message["Body"] for message in taken]
        return taken

    def await_delivered(self, seconds=20):
        """Waits until no living agent has results on their way."""
        for agent in self._agents:
            eventually(lambda a=agent: a.process.poll() is not None or a.metric("cordon_outbox_results") == 0, seconds,
                       what="delivery of all results")

    def results(self, bucket=None, key=None, delivered=True):
        """The result lines that agents wrote to CloudWatch, oldest first; `delivered`: when none is on its way."""
        if delivered:
            self.await_delivered()
        group, found = f"/cordon/{self.deployment}/scan-results", []
        try:
            streams = self.logs.describe_log_streams(logGroupName=group)["logStreams"]
        except ClientError as problem:
            if problem.response["Error"]["Code"] == "ResourceNotFoundException":
                return []
            raise
        for stream in streams:
            token = None
            while True:
                page = self.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"],
                                                startFromHead=True, **({"nextToken": token} if token else {}))
                found += [json.loads(event["message"]) for event in page["events"]]
                if page["nextForwardToken"] == token or not page["events"]:
                    break
                token = page["nextForwardToken"]
        return [result for result in found
                if (bucket is None or result["bucket"] == bucket) and (key is None or result["key"] == key)]

    def await_results(self, bucket, key, count=1, seconds=60):
        return eventually(lambda: (lambda found: found if len(found) >= count else None)(
            self.results(bucket, key, delivered=False)), seconds, 0.2, f"{count} results for {key!r}")

    def s3_record(self, bucket, key, name="ObjectCreated:Put", version=None, etag=None, size=1, sequencer="00"):
        """One event record as S3 writes it, for tests that forge the order of events."""
        from urllib.parse import quote_plus
        encoded = key if self.peer == "moto" else quote_plus(key, safe="/*-._")
        s3_object = {"key": encoded, "size": size, "eTag": etag or "0" * 32, "sequencer": sequencer}
        if version:
            s3_object["versionId"] = version
        return {"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": REGION,
                "eventTime": "2026-01-02T03:04:05.678Z", "eventName": name,
                "userIdentity": {"principalId": "AWS:AIDAEXAMPLE"}, "requestParameters": {"sourceIPAddress": "192.0.2.1"},
                "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "abc"},
                "s3": {"s3SchemaVersion": "1.0", "configurationId": "test",
                       "bucket": {"name": bucket, "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                                  "arn": f"arn:aws:s3:::{bucket}"}, "object": s3_object}}
