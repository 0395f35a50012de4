"""The cloud, the deployment, its buckets and processes."""
import json
import pathlib
import sys
import threading
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent / "e2e"), str(FOLDER.parent / "peers")]

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from harness.system import REGION, System, eventually  # noqa: E402
from memory import Bucket  # noqa: E402

MEMBER = "444455556666"
WATCHED_TAG = ("race", "protect")
# How long a message stays hidden that an agent held when it was killed.
VISIBILITY_SECONDS = 10

FLAT = Bucket("races-flat", False, "protected")
DEEP = Bucket("races-deep", True, "protected")
STAGING = Bucket("races-staging", False, "protected", moves_clean_to="races-production/in/")
LANE = Bucket("races-lane", True, "protected", moves_clean_to="races-vault/")
VAULT = Bucket("races-vault", True, "protected")
PEN = Bucket("races-pen", False, "protected", moves_infected_to="races-jail/")
PRODUCTION = Bucket("races-production", False, "destination")
JAIL = Bucket("races-jail", True, "destination", takes="Infected")
FREE = Bucket("races-free", False, "foreign")
FREE_DEEP = Bucket("races-free-deep", True, "foreign")
THEIRS = Bucket("races-theirs", True, "foreign", account=MEMBER)
BUCKETS = (FLAT, DEEP, STAGING, LANE, VAULT, PEN, PRODUCTION, JAIL, FREE, FREE_DEEP, THEIRS)

SETTINGS = """
schema = 1
[[buckets]]
name = "races-staging"
on.clean = [{move = "races-production/in"}]
[[buckets]]
name = "races-lane"
on.clean = [{move = "races-vault"}]
[[buckets]]
name = "races-pen"
on.infected = [{move = "races-jail"}]
"""


class World:
    def __init__(self, endpoint, folder, bin_dir, dice):
        self.folder, self.dice = pathlib.Path(folder), dice
        self.system = System(peer="devcloud", endpoint=endpoint, folder=self.folder, bin_dir=pathlib.Path(bin_dir),
                             signatures=FOLDER.parents[1] / "signatures", deployment="races")
        self.s3 = self.system.s3
        self.theirs = self._client_of(MEMBER)
        self.buckets = list(BUCKETS)
        self.is_sealing = dice.random() < 0.5
        self.killed_at = []
        self._agents, self._agents_lock = [None, None], threading.Lock()

    def _client_of(self, account):
        keys = self.system.client("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/admin", RoleSessionName="admin")["Credentials"]
        session = boto3.session.Session(aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                                        aws_session_token=keys["SessionToken"], region_name=REGION)
        return session.client("s3", endpoint_url=self.system.endpoint,
                              config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, max_pool_connections=16))

    def client(self, bucket):
        return self.theirs if bucket.account else self.s3

    def _run(self, *arguments):
        done = self.system.run(*arguments)
        assert done.code == 0, done
        return done

    def build(self):
        for bucket in self.buckets:
            self._make(bucket)
        # Somebody else's policy that lets everybody in must not be enough.
        anybody = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{THEIRS.name}", f"arn:aws:s3:::{THEIRS.name}/*"]}]}
        self.theirs.put_bucket_policy(Bucket=THEIRS.name, Policy=json.dumps(anybody))
        self._run("bucket", "protect", *[bucket.name for bucket in self.buckets if bucket.kind == "protected"])
        url = self.system.queue_url(self.system.event_queue)
        policy = self.system.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
        self.system.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS), "Policy": policy})
        settings = self.folder / "settings.toml"
        settings.write_text(SETTINGS)
        self._run("settings", "apply", settings)
        if self.is_sealing:
            self._run("seal", "new-key", self.folder / "seal-key")
        for number in range(len(self._agents)):
            self.start_agent(number)
        self.watcher = self.system.launch("bucket", "watch", "--tag", "=".join(WATCHED_TAG), "--interval", "5s", "--in", REGION)

    def _make(self, bucket):
        client = self.client(bucket)
        client.create_bucket(Bucket=bucket.name)
        if bucket.is_versioned:
            client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})

    # ---- agents ----

    def start_agent(self, number):
        more = ("--seal-key-file", self.folder / "seal-key") if self.is_sealing else ()
        agent = self.system.launch_agent(*more, workers=1)
        with self._agents_lock:
            self._agents[number] = agent
        return agent.await_ready()

    def kill_an_agent(self, number):
        """As a crash does; another one takes its place."""
        with self._agents_lock:
            agent = self._agents[number]
        agent.kill()
        self.killed_at.append(time.time())
        self.start_agent(number)

    def check_alive(self):
        for agent in self._agents:
            assert agent.process.poll() is None, f"an agent ended with {agent.process.returncode}:\n{agent.log()[-4000:]}"
        assert self.watcher.poll() is None, "bucket watch ended"

    # ---- buckets that somebody marks later ----

    def add_watched(self, number):
        """Waits until the watch protects it: what comes before that has no event."""
        bucket = Bucket(f"races-late-{number}", number % 2 == 0, "protected")
        self._make(bucket)
        self.s3.put_bucket_tagging(Bucket=bucket.name, Tagging={"TagSet": [{"Key": WATCHED_TAG[0], "Value": WATCHED_TAG[1]}]})
        eventually(lambda: bucket.name in self.protected_set(), 30, 0.5, f"protection of {bucket.name} by the watch")
        self.buckets.append(bucket)
        return bucket

    def protected_set(self):
        if not self.system.exists(self.system_bucket, "protected.json"):
            return {}
        document = json.loads(self.system.body(self.system_bucket, "protected.json"))
        return document["accounts"].get(self.system.account, {}).get(REGION, {})

    @property
    def system_bucket(self):
        return f"cordon-system-races-{self.system.account}"

    @property
    def quarantine(self):
        return self.system.quarantine

    # ---- queues ----

    def backlog(self):
        return sum(sum(self.system.counts(queue).values()) for queue in (self.system.event_queue, "cordon-sweep-races"))

    def drain(self, seconds):
        """Until nothing waits and nothing is held, twice in a row."""
        deadline, empty = time.monotonic() + seconds, 0
        while empty < 2:
            self.check_alive()
            backlog = self.backlog()
            empty = empty + 1 if backlog == 0 else 0
            assert time.monotonic() < deadline, f"{backlog} messages are left after {seconds} s"
            time.sleep(0.5)

    def dead_letters(self):
        url, taken = self.system.queue_url(self.system.dead_letters), []
        while True:
            answer = self.system.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"],
                                                     MessageAttributeNames=["All"], VisibilityTimeout=600)
            messages = answer.get("Messages", [])
            if not messages:
                return taken
            taken += [{"body": message["Body"],
                       "reason": message.get("MessageAttributes", {}).get("cordon-reason", {}).get("StringValue", "")}
                      for message in messages]

    # ---- Cordon's own documents ----

    def settings_documents(self):
        return [self.system.body(self.system_bucket, "settings.json")]

    def wrong_with_documents(self, before):
        """In the system bucket: settings that somebody changed, tags that nobody asked for, buckets that nobody protected."""
        wrong, there = [], snapshot(self.s3, self.system_bucket)
        if self.settings_documents() != before:
            wrong.append("the settings are others")
        wrong += [f"system bucket/{key}: it has tags {one.tags}" for (key, _), one in there.objects.items() if one.tags]
        protected = {bucket.name for bucket in self.buckets if bucket.kind == "protected"}
        if set(self.protected_set()) != protected:
            wrong.append(f"protected are {sorted(self.protected_set())}, and should be {sorted(protected)}")
        return wrong

    def stop(self):
        self.system.stop_all()


# ---- what is there ----

def snapshot(client, name):
    """Every version of every object: (key, version) -> body, tags, metadata; and the current version of each key."""
    found, latest = {}, {}
    for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
        for marker in page.get("DeleteMarkers", []):
            if marker["IsLatest"]:
                latest[marker["Key"]] = None
        for entry in page.get("Versions", []):
            pinned = {"Bucket": name, "Key": entry["Key"], "VersionId": entry["VersionId"]}
            got = client.get_object(**pinned)
            tags = client.get_object_tagging(**pinned)["TagSet"]
            found[entry["Key"], entry["VersionId"]] = There(got["Body"].read(), {tag["Key"]: tag["Value"] for tag in tags},
                                                            got["Metadata"])
            if entry["IsLatest"]:
                latest[entry["Key"]] = entry["VersionId"]
    return Snapshot(found, latest)


class There:
    """An object as it is there."""

    def __init__(self, body, tags, metadata):
        self.body, self.tags, self.metadata = body, tags, metadata

    @property
    def verdict(self):
        return self.tags.get("scan-result")


class Snapshot:
    def __init__(self, objects, latest):
        self.objects, self.latest = objects, latest

    def bodies(self, key):
        return [there.body for (at, _), there in self.objects.items() if at == key]
