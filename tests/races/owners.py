"""Owners: each a thread that does one thing after another, chosen by the dice of its own seed."""
import random
import threading
import time

import forgeries
from botocore.exceptions import ClientError
from judge import quarantine_key
from memory import Written
from world import JAIL, LANE, PEN, PRODUCTION, REGION, STAGING, VAULT

KEYS = ["plain", "folder/a", "folder/b", "a b/ü+%27'.txt", "x/../y", "a//b", "%2e%2e/z", "?versionId=1&x#f", "tab\tkey", "✓" * 20,
        "long-" + "x" * 1000, "end/"]
BACKLOG_MAX = 150
PAUSE_SECONDS = (0.0, 0.12)


def is_gone(problem):
    return problem.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 405)


class Owner:
    def __init__(self, world, memory, contents, seed, failures):
        self.world, self.memory, self.contents, self.failures = world, memory, contents, failures
        self.dice = random.Random(seed)
        self.thread = threading.Thread(target=self._run, name=f"owner-{seed}", daemon=True)
        self.stopped = threading.Event()
        self.tags_made = 0
        self.seed = seed

    def _run(self):
        try:
            while not self.stopped.is_set():
                if self.dice.random() < 0.02 and self.world.backlog() > BACKLOG_MAX:
                    self.stopped.wait(1)
                    continue
                self.act()
                time.sleep(self.dice.uniform(*PAUSE_SECONDS))
        except Exception as problem:   # pylint: disable=broad-except
            self.failures.append(f"owner {self.seed}: {type(problem).__name__}: {problem}")

    def act(self):
        acts = ((self.put, 30), (self.put_forged, 12), (self.delete, 8), (self.recreate, 6), (self.copy, 8), (self.retag, 14),
                (self.send_forged, 12))
        chosen, = self.dice.choices([act for act, _ in acts], [weight for _, weight in acts])
        bucket = self.dice.choice(self.world.buckets)
        key = self.dice.choice(KEYS)
        if bucket is PRODUCTION:
            key = "in/" + key   # Where the route leads.
        chosen(bucket, key)
        self.memory.counts[chosen.__name__] += 1

    # ---- writing ----

    def _is_harmful(self, bucket):
        # Nobody but an owner could be blamed for what he puts into production himself.
        return bucket is not PRODUCTION and self.dice.random() < 0.4

    def _own_tags(self):
        self.tags_made += 1
        return {"owner": f"{self.seed}-{self.tags_made}"}

    def _write(self, bucket, key, content, tags, metadata):
        tagging = "&".join(f"{forgeries.urllib.parse.quote(k)}={forgeries.urllib.parse.quote(v)}" for k, v in tags.items())
        begin = time.time()
        answer = self.world.client(bucket).put_object(Bucket=bucket.name, Key=key, Body=content.body, Tagging=tagging, Metadata=metadata)
        self.memory.wrote(bucket, key, answer.get("VersionId") or "null",
                          Written(content, tags, (begin, time.time()), metadata))

    def put(self, bucket, key, metadata=None, tags=None):
        with self.memory.place((bucket.name, key)):
            content = self.contents.new(self.dice, self._is_harmful(bucket))
            self._write(bucket, key, content, self._own_tags() | (tags or {}), metadata or {})

    def put_forged(self, bucket, key):
        """With metadata and tags that look like ours."""
        metadata, tags = {}, {}
        kind = self.dice.randrange(5)
        if kind in (0, 1):
            metadata = forgeries.metadata(self.dice, bucket.name, key, self._somewhere_else(bucket, key))
        if kind in (1, 2):
            tags = forgeries.tags(self.dice)
        if kind == 3:
            metadata = forgeries.crowded_metadata(self.dice)
        if kind == 4:
            tags = self._stolen_tags() if self.dice.random() < 0.5 else {f"t{n}": "x" for n in range(9)}
        self.put(bucket, key, metadata, tags)

    def _somewhere_else(self, bucket, key):
        """What a copy at this place would be made from."""
        source, source_key = {PRODUCTION: STAGING, VAULT: LANE, JAIL: PEN}.get(bucket, bucket), key
        if bucket is PRODUCTION:
            source_key = key.removeprefix("in/")
        written = self.memory.current(source, source_key)
        if written is None:
            return None
        version = self.memory.latest.get((source.name, source_key)) or ""
        return source.name, source_key, written.content.md5, version if source.is_versioned else ""

    def _stolen_tags(self):
        """Those that an object carries which was scanned, its seal among them."""
        bucket, key = self.dice.choice(self.world.buckets), self.dice.choice(KEYS)
        try:
            tags = self.world.client(bucket).get_object_tagging(Bucket=bucket.name, Key=key)["TagSet"]
        except ClientError as problem:
            if not is_gone(problem):
                raise
            return {}
        return {tag["Key"]: tag["Value"] for tag in tags if tag["Key"] != "owner"}

    def delete(self, bucket, key):
        client = self.world.client(bucket)
        with self.memory.place((bucket.name, key)):
            version = self.memory.latest.get((bucket.name, key))
            if bucket.is_versioned and version and self.dice.random() < 0.3:
                client.delete_object(Bucket=bucket.name, Key=key, VersionId=version)
                self.memory.deleted(bucket, key, version)
                # What is current now may be older than this one, or a delete marker.
                self.memory.latest.pop((bucket.name, key), None)
            else:
                client.delete_object(Bucket=bucket.name, Key=key)
                self.memory.deleted(bucket, key)

    def recreate(self, bucket, key):
        with self.memory.place((bucket.name, key)):
            self.delete(bucket, key)
            self.put(bucket, key)

    def copy(self, bucket, key):
        """From somewhere in the same account, with its tags or with others."""
        source = self.dice.choice([one for one in self.world.buckets if one.account == bucket.account])
        source_key = self.dice.choice(KEYS)
        if (source.name, source_key) == (bucket.name, key):
            return
        with self.memory.place((source.name, source_key), (bucket.name, key)):
            keeps_tags = self.dice.random() < 0.5
            tags = self._own_tags()
            more = {} if keeps_tags else {"TaggingDirective": "REPLACE", "Tagging": "owner=" + tags["owner"]}
            client, begin = self.world.client(bucket), time.time()
            try:
                head = client.head_object(Bucket=source.name, Key=source_key)
                content = self.contents.of_etag(head["ETag"])
                assert content is not None, f"{source.name}/{source_key} has an ETag that nobody wrote"
                if bucket is PRODUCTION and content.is_harmful:
                    return
                answer = client.copy_object(Bucket=bucket.name, Key=key, CopySourceIfMatch=head["ETag"],
                                            CopySource={"Bucket": source.name, "Key": source_key}, **more)
            except ClientError as problem:
                if is_gone(problem) or problem.response["ResponseMetadata"]["HTTPStatusCode"] == 412:
                    return   # An agent has just moved it.
                raise
            if keeps_tags:
                tags = None   # Those of the source, of which an agent may have changed some in this moment.
            self.memory.wrote(bucket, key, answer.get("VersionId") or "null",
                              Written(content, tags, (begin, time.time()), head["Metadata"]))

    def retag(self, bucket, key):
        """The owner's tags alone, or in a read-modify-write that keeps those of others."""
        client = self.world.client(bucket)
        with self.memory.place((bucket.name, key)):
            version = self.memory.latest.get((bucket.name, key))
            written = self.memory.current(bucket, key)
            if written is None:
                return
            pinned = {"Bucket": bucket.name, "Key": key} | ({"VersionId": version} if bucket.is_versioned else {})
            tags, begin = self._own_tags(), time.time()
            try:
                merged = dict(tags)
                if self.dice.random() < 0.6:
                    present = {tag["Key"]: tag["Value"] for tag in client.get_object_tagging(**pinned)["TagSet"]}
                    merged = present | tags
                if not bucket.is_versioned and bucket.kind == "protected":
                    # What lies here may be something that was put back.
                    head = client.head_object(Bucket=bucket.name, Key=key)
                    if self.contents.of_etag(head["ETag"]) != written.content:
                        return
                client.put_object_tagging(**pinned, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in merged.items()]})
            except ClientError as problem:
                if is_gone(problem):
                    return
                raise
            written.touched(merged if bucket.kind != "protected" else tags, begin)

    # ---- messages ----

    def send_forged(self, bucket, key):
        """Straight into the queue, or to the topic."""
        name, at = bucket.name, key
        etag, version, size = self.dice.randbytes(16).hex(), None, self.dice.randrange(5000)
        where = self.dice.randrange(6)
        if where == 0:
            name, at = self.world.system_bucket, self.dice.choice(("settings.json", "protected.json", "other"))
        elif where == 1:
            name, at = self.world.quarantine, quarantine_key(bucket.name, key)
        elif where == 2:
            name = self.dice.choice(("nobody-has-this", "UPPER_case", "races-late-999", "cordon-quarantine-other-1-x"))
        written = self.memory.current(bucket, key)
        if written is not None and self.dice.random() < 0.7:
            etag, size = written.content.md5, len(written.content.body)
            version = self.memory.latest.get((bucket.name, key))
        if where in (0, 1) and self.dice.random() < 0.7:
            try:
                head = self.world.s3.head_object(Bucket=name, Key=at)
                etag, version, size = head["ETag"], head.get("VersionId"), head["ContentLength"]
            except ClientError as problem:
                if not is_gone(problem):
                    raise
        body = forgeries.message(self.dice, name, at, etag, version, size)
        system = self.world.system
        if self.dice.random() < 0.5:
            system.send_event(body)
        else:
            topic = f"arn:aws:sns:{REGION}:{system.account}:cordon-events-{system.deployment}"
            system.client("sns").publish(TopicArn=topic, Message=body)
