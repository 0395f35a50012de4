"""Sorts scanned objects into buckets by what Cordon found: a Lambda function for the notification topic.

Only boto3 is needed, which the Lambda runtime brings. The rules are in rules.py; README.md says how to deploy it.

What must hold, whatever happens:

* Exactly the bytes that were scanned are copied and deleted. Every request names the version of the result. Where the
  bucket keeps no versions, a request names the ETag, and since an ETag is an MD5 at best: the source is compared by more
  than that before and after, and a copy gets its verdict only after it was read back and has the SHA-256 of the result.
  What was replaced meanwhile is left to its own result.
* An object without a verdict of its own is neither Clean nor allowed, whatever a message says.
* The source is deleted only when every copy was looked at and is the same. A copy that is not is taken back.
* Every request names the account that the bucket has to belong to: the result's, or the place's.
* What S3 answers is not believed where a look can show otherwise.
* A message may come twice, and the function may die anywhere: a copy carries a mark of the state that it was made
  from, so a repeat finds it, looks at it again and goes on.
* What cannot be done raises, so that the message is delivered again and ends in the dead letters.
"""
import concurrent.futures
import dataclasses
import functools
import hashlib
import json
import logging
import os
import urllib.parse

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

log = logging.getLogger("cordon.router")
log.setLevel(logging.INFO)

MARK = "cordon-routed-from"
# Where the settings rename the tag of the verdict, say so here.
RESULT_TAG = os.environ.get("CORDON_RESULT_TAG", "scan-result")
# S3 takes 8 KB of headers in all, metadata included.
TAGGING_HEADER_BYTES_MAX = 4096
# Cordon's tags by their usual names, and the verdict by the name that it has here.
OURS = {RESULT_TAG, "scan-result", "date-scanned", "scan-seal", "virus-name"}
RESULTS = frozenset({"Clean", "Infected", "InfectedAllowed", "Suspicious", "Unscannable", "Error"})
# Verdicts with which an object may go among the good ones.
LET_PASS = frozenset({"Clean", "InfectedAllowed"})
GIBIBYTE = 1 << 30
KEY_BYTES_MAX = 1024
PARTS_MAX = 10_000
PARTS_AT_A_TIME = 8
# What a copy takes over beside metadata and tags: name in HeadObject and in the request, which are the same.
CARRIED = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires",
           "StorageClass", "WebsiteRedirectLocation")
CHECKSUMS = ("ChecksumSHA256", "ChecksumSHA1", "ChecksumCRC64NVME", "ChecksumCRC32C", "ChecksumCRC32")


@dataclasses.dataclass(frozen=True)
class Place:
    bucket: str
    prefix: str = ""
    strip: str = ""
    region: str | None = None   # None: the region of the source
    account: str | None = None  # whose the bucket has to be; None: the function's

    def key_for(self, key):
        made = self.prefix + key.removeprefix(self.strip)
        if not made or len(made.encode()) > KEY_BYTES_MAX:
            raise Permanent(f"the key of {key!r} in {self.bucket} would be empty or longer than {KEY_BYTES_MAX} bytes")
        return made


@dataclasses.dataclass(frozen=True)
class Rule:
    bucket: str
    to: list[Place]
    results: frozenset[str] | set[str] = frozenset({"Clean"})
    prefix: str = ""
    suffixes: tuple[str, ...] = ()
    content_types: tuple[str, ...] = ()
    move: bool = True

    def __post_init__(self):
        unknown = set(self.results) - RESULTS
        if unknown or not self.to:
            raise ValueError(f"rule for {self.bucket}: unknown results {sorted(unknown)}" if unknown
                             else f"rule for {self.bucket}: it names no place")

    def may_fit(self, result):
        """What can be said without asking for the object."""
        return (result["bucket"] == self.bucket and result["result"] in self.results
                and result["key"].startswith(self.prefix)
                and (not self.suffixes or result["key"].lower().endswith(tuple(s.lower() for s in self.suffixes))))

    def fits(self, head):
        kind = head.get("ContentType", "").lower()
        return not self.content_types or kind.startswith(tuple(t.lower() for t in self.content_types))


@dataclasses.dataclass(frozen=True)
class Limits:
    """S3's own; tests take smaller ones."""
    single_copy_bytes: int = int(os.environ.get("CORDON_SINGLE_COPY_BYTES", 5 * GIBIBYTE))
    part_bytes: int = int(os.environ.get("CORDON_PART_BYTES", GIBIBYTE // 2))


class Permanent(Exception):
    """Will fail again however often it is tried: a rule or a message is wrong, or a place is taken."""


class Superseded(Exception):
    """The object is gone or another one; the event of what is there now sees to it."""


class RoutingFailed(Exception):
    """Some results could not be routed. Lambda delivers the message again because of it."""


# ---- the message ----

def read_result(text):
    """The scan result in a notification; None for anything that is no scan result. Raises Permanent."""
    try:
        result = json.loads(text)
    except ValueError:
        raise Permanent("the message is no JSON") from None
    if not isinstance(result, dict) or not str(result.get("schema", "")).startswith("cordon.scan-result/"):
        return None
    for name in ("bucket", "key", "result", "eTag"):
        if not isinstance(result.get(name), str) or not result[name]:
            return None   # a local file, or an object that could not be opened: nothing to route
    for name in ("versionId", "account"):
        if result.get(name) is not None and not isinstance(result[name], str):
            raise Permanent(f"{name} is no text")
    if result["result"] not in RESULTS:
        raise Permanent(f"unknown result {result['result']!r}")
    return result


def message_id_of(record):
    """None for what no queue can be told about."""
    from_queue = isinstance(record, dict) and record.get("eventSource") == "aws:sqs"
    return record.get("messageId") if from_queue else None


def text_of(record):
    """The message in one record: from SNS itself, or from a queue that is subscribed to the topic. Raises Permanent."""
    try:
        if record.get("EventSource") == "aws:sns":
            return record["Sns"]["Message"]
        if record.get("eventSource") == "aws:sqs":
            body = record["body"]
            try:
                envelope = json.loads(body)
            except ValueError:
                return body
            wrapped = isinstance(envelope, dict) and envelope.get("Type") == "Notification"
            return envelope["Message"] if wrapped else body
    except (AttributeError, KeyError, TypeError) as why:
        raise Permanent(f"a record without its message: {type(why).__name__}: {why}") from None
    raise Permanent(f"an event from {record.get('EventSource') or record.get('eventSource')!r}")


# ---- S3 ----

@functools.lru_cache(maxsize=32)
def client_for(region, endpoint=None):
    config = Config(retries={"total_max_attempts": 5, "mode": "standard"}, max_pool_connections=PARTS_AT_A_TIME,
                    s3={"addressing_style": "path"} if endpoint else None)
    return boto3.client("s3", region_name=region, endpoint_url=endpoint, config=config)


def with_header(client, operation, name, value, **arguments):
    """Calls an operation with one more header. One thread at a time per client, which is how Lambda calls us."""
    def add(params, **_):
        params["headers"][name] = value
    event = f"before-call.s3.{operation}"
    client.meta.events.register(event, add)
    try:
        return getattr(client, {"CopyObject": "copy_object", "DeleteObject": "delete_object",
                                "CompleteMultipartUpload": "complete_multipart_upload"}[operation])(**arguments)
    finally:
        client.meta.events.unregister(event, add)


def owned_by(account):
    """A bucket that somebody else has made under its name since is refused by S3."""
    return {"ExpectedBucketOwner": account} if account else {}


def status_of(problem):
    return problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")


def head_or_none(client, **arguments):
    try:
        return client.head_object(**arguments)
    except ClientError as problem:
        if status_of(problem) in (404, 405):   # 405: a delete marker, asked for by its version
            return None
        raise


class Source:
    """The state of one object that was scanned."""

    def __init__(self, client, result):
        self.client, self.bucket, self.key = client, result["bucket"], result["key"]
        version = result.get("versionId")
        self.version = version if version not in (None, "null") else None   # "null" pins no bytes
        self.etag = result["eTag"].strip('"')
        self.sha256 = result.get("sha256")
        self.account = result.get("account")
        self.seen = None   # as it was when its tags were read
        state = f"v{self.version}" if self.version else f"e{self.etag}"
        self.mark = hashlib.sha256("\0".join((self.bucket, state, self.key)).encode()).hexdigest()[:32]

    @property
    def pinned(self):
        return {"VersionId": self.version} if self.version else {}

    @property
    def place(self):
        return dict(Bucket=self.bucket, Key=self.key, **owned_by(self.account))

    def __str__(self):
        return f"s3://{self.bucket}/{self.key}" + (f"?versionId={self.version}" if self.version else "")

    def head(self):
        """None when it is gone. Raises Superseded when it is another one."""
        head = head_or_none(self.client, ChecksumMode="ENABLED", **self.place, **self.pinned)
        if head is not None and head["ETag"].strip('"') != self.etag:
            raise Superseded(f"{self} was replaced")
        if head is not None and self.seen is not None and not self.version and state_of(head) != state_of(self.seen):
            raise Superseded(f"{self} was replaced by something with the same ETag")
        return head

    def look_again(self):
        """Raises Superseded when it is not there any more as it was."""
        if self.head() is None:
            raise Superseded(f"{self} is gone")

    def tags(self):
        got = self.client.get_object_tagging(**self.place, **self.pinned)
        return [(tag["Key"], tag["Value"]) for tag in got["TagSet"]]

    def copy_source(self):
        owner = {"ExpectedSourceBucketOwner": self.account} if self.account else {}
        return {"CopySource": {"Bucket": self.bucket, "Key": self.key, **self.pinned},
                "CopySourceIfMatch": f'"{self.etag}"', **owner}

    def delete(self):
        if self.version:
            self.client.delete_object(**self.place, VersionId=self.version)
        elif self.head() is None:
            return
        else:
            try:
                with_header(self.client, "DeleteObject", "If-Match", f'"{self.etag}"', **self.place)
            except ClientError as problem:
                if status_of(problem) == 412:
                    raise Superseded(f"{self} was replaced before it was deleted; the new one stays") from None
                if status_of(problem) != 404:
                    raise
        if self.head() is not None:
            raise RuntimeError(f"S3 says that {self} is deleted, and it is there")


def state_of(head):
    """What tells one object from the next one in its place, as far as S3 tells it."""
    return tuple(head.get(name) for name in ("ETag", "LastModified", "ContentLength", *CHECKSUMS))


# ---- one copy ----

def carried(source, head):
    """What the copy has from its source, and the mark."""
    taken = {name: head[name] for name in CARRIED if name in head}
    taken["Metadata"] = dict(head.get("Metadata", {})) | {MARK: source.mark}
    return taken


def copy_to(client, source, head, tags, place, is_free, limits):
    """Copies without looking at the result; returns the version that was made, if versions are kept, and the ETag."""
    tagging = urllib.parse.urlencode(tags, quote_via=urllib.parse.quote)
    if len(tagging) > TAGGING_HEADER_BYTES_MAX:
        raise Permanent(f"the tags of {source} are too long for a copy")
    common = dict(place, Tagging=tagging, **carried(source, head))
    if head["ContentLength"] <= limits.single_copy_bytes:
        # If-None-Match: what comes there meanwhile is answered by 412 or 409, and the message comes again.
        arguments = dict(common, **source.copy_source(), MetadataDirective="REPLACE", TaggingDirective="REPLACE")
        made = (with_header(client, "CopyObject", "If-None-Match", "*", **arguments) if is_free
                else client.copy_object(**arguments))
        return made.get("VersionId"), made["CopyObjectResult"]["ETag"].strip('"')
    return copy_by_parts(client, source, head["ContentLength"], place, common, is_free, limits)


def copy_by_parts(client, source, size, place, common, is_free, limits):
    part_bytes = max(limits.part_bytes, -(-size // PARTS_MAX))
    upload = client.create_multipart_upload(**common)["UploadId"]

    def copy_part(number):
        first = (number - 1) * part_bytes
        last = min(first + part_bytes, size) - 1
        made = client.upload_part_copy(**place, UploadId=upload, PartNumber=number, **source.copy_source(),
                                       CopySourceRange=f"bytes={first}-{last}")
        return {"PartNumber": number, "ETag": made["CopyPartResult"]["ETag"]}

    try:
        numbers = range(1, -(-size // part_bytes) + 1)
        with concurrent.futures.ThreadPoolExecutor(PARTS_AT_A_TIME) as pool:
            parts = list(pool.map(copy_part, numbers))
        arguments = dict(place, UploadId=upload, MultipartUpload={"Parts": parts})
        made = (with_header(client, "CompleteMultipartUpload", "If-None-Match", "*", **arguments) if is_free
                else client.complete_multipart_upload(**arguments))
    except BaseException:
        client.abort_multipart_upload(**place, UploadId=upload)
        raise
    return made.get("VersionId"), made["ETag"].strip('"')


def is_md5(head):
    etag = head["ETag"].strip('"')
    return (len(etag) == 32 and head.get("ServerSideEncryption", "AES256") == "AES256"
            and "SSECustomerAlgorithm" not in head)


def difference(source, head, copy):
    """Why the copy is not the source's; None when it is."""
    if copy is None:
        return "it cannot be found"
    if copy.get("Metadata", {}).get(MARK) != source.mark:
        return "it carries another mark"
    if copy["ContentLength"] != head["ContentLength"]:
        return f"its size is {copy['ContentLength']}"
    if is_md5(head) and is_md5(copy) and head["ETag"] != copy["ETag"]:
        return "its ETag is another"
    for name in CHECKSUMS:
        # A checksum with "-N" is one of N parts' checksums and depends on how they were cut.
        if name in head and name in copy and "-" not in head[name] + copy[name] and head[name] != copy[name]:
            return f"its {name} is another"
    return None


def sha256_at(client, **place):
    digest = hashlib.sha256()
    for piece in client.get_object(**place)["Body"].iter_chunks(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def look_at_copy(client, source, head, place, made=None):
    """What is at the place, and why it is not a copy of what was scanned; None when it is."""
    there = head_or_none(client, ChecksumMode="ENABLED", **place)
    wrong = difference(source, head, there)
    if wrong is None and made is not None and there["ETag"].strip('"') != made:
        wrong = "it was replaced at once"
    if wrong is None and not source.version and sha256_at(client, **place) != source.sha256:
        wrong = "its SHA-256 is another"
    return there, wrong


def take_back(client, source, place, made):
    """Removes the copy that was just made; says what is left of it."""
    try:
        if "VersionId" in place:
            client.delete_object(**place)
        else:
            there = head_or_none(client, **place)
            if there is None or there["ETag"].strip('"') != made or there.get("Metadata", {}).get(MARK) != source.mark:
                return ""   # somebody else's
            with_header(client, "DeleteObject", "If-Match", f'"{made}"', **place)
        return "" if head_or_none(client, **place) is None else "; it could not be taken back"
    except ClientError as problem:
        return f"; it could not be taken back: {problem}"


def put_tags(client, source, tags, place, copy):
    """Gives the copy, which was looked at, all its tags, where it has not got them."""
    wanted = dict(tags)

    def present():
        return {tag["Key"]: tag["Value"] for tag in client.get_object_tagging(**place)["TagSet"]}

    def put(given):
        client.put_object_tagging(**place, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in given.items()]})

    def is_missing(there):
        return RESULT_TAG not in there if RESULT_TAG in wanted else there != wanted

    def is_the_copy():
        there = head_or_none(client, ChecksumMode="ENABLED", **place)
        return there is not None and state_of(there) == state_of(copy) and there.get("Metadata", {}).get(MARK) == source.mark

    if not is_missing(present()):
        return
    if not is_the_copy():
        raise RuntimeError(f"the copy of {source} was replaced before it was tagged")
    put(wanted)
    if not is_the_copy():
        # The tags lie on somebody else's object, which nobody has scanned. Where it carries others, it came after ours were
        # written, and of those only a verdict could not be its owner's.
        now = present()
        back = {} if now == wanted else {key: value for key, value in now.items() if key not in OURS or wanted.get(key) != value}
        if back != now:
            put(back)
        raise RuntimeError(f"the copy of {source} was replaced while it was tagged")
    if is_missing(present()):
        raise RuntimeError(f"the copy of {source} does not keep its tags")


def deliver(source, head, tags, place, region, limits, endpoint=None, home=None):
    """Brings the object to one place, if it is not there already, and looks at it there."""
    client = client_for(place.region or region, endpoint)
    key = place.key_for(source.key)
    target = dict(Bucket=place.bucket, Key=key, **owned_by(place.account or home))
    if (place.bucket, key) == (source.bucket, source.key):
        raise Permanent(f"the place of {source} is where it is")
    there = head_or_none(client, ChecksumMode="ENABLED", **target)
    if there is not None and there.get("Metadata", {}).get(MARK) == source.mark:
        at = target | ({"VersionId": there["VersionId"]} if "VersionId" in there else {})
        copy, wrong = look_at_copy(client, source, head, at)
        if wrong is None:
            put_tags(client, source, tags, at, copy)
            return key   # an earlier run's
    if there is not None and there.get("VersionId", "null") == "null":
        raise Permanent(f"s3://{place.bucket}/{key} exists, and its bucket keeps no versions")
    # Without a version, the verdict comes when the copy is known to be what was scanned.
    first = tags if source.version else [(name, value) for name, value in tags if name not in OURS]
    try:
        version, made = copy_to(client, source, head, first, target, there is None, limits)
    except ClientError as problem:
        if status_of(problem) == 412:
            source.look_again()   # raises Superseded when it was the source that changed
        raise
    at = target | ({"VersionId": version} if version else {})
    copy, wrong = look_at_copy(client, source, head, at, made)
    if wrong:
        left = take_back(client, source, at, made)
        if not left:
            source.look_again()
        raise RuntimeError(f"the copy s3://{place.bucket}/{key} of {source} is not what was copied: {wrong}{left}")
    put_tags(client, source, tags, at, copy)
    return key


# ---- one result ----

def route(result, rules, limits=Limits(), endpoint=None, home=None):
    """Does with one scan result what the rules say; returns what was done, for the log."""
    candidates = [rule for rule in rules if rule.may_fit(result)]
    if not candidates:
        return {"outcome": "no rule"}
    region = result.get("region")
    source = Source(client_for(region, endpoint), result)
    head = source.head()
    if head is None:
        return {"outcome": "gone"}   # routed by an earlier run, moved by the agent, or deleted by somebody
    rule = next((rule for rule in candidates if rule.fits(head)), None)
    if rule is None:
        return {"outcome": "no rule"}
    if MARK in head.get("Metadata", {}) and any(place.bucket == source.bucket for place in rule.to):
        return {"outcome": "own copy"}   # or it would be copied within its bucket again and again
    tags = source.tags()
    source.seen = head
    if not source.version:
        source.look_again()   # so that head and tags are of one object
        if not isinstance(source.sha256, str):
            raise Permanent(f"{source} has no version, and the message does not say which content was scanned")
    verdict = dict(tags).get(RESULT_TAG)
    if verdict is None and result["result"] in LET_PASS:
        if source.version:
            raise Permanent(f"{source} has no verdict among its tags; without one it is not {result['result']}")
        raise Superseded(f"{source} has no verdict among its tags: it came after the one that was scanned")
    if verdict not in (None, result["result"]):
        raise Superseded(f"{source} has another verdict by now: {verdict}")
    places = [f"s3://{place.bucket}/{deliver(source, head, tags, place, region, limits, endpoint, home)}" for place in rule.to]
    if rule.move:
        source.delete()
    return {"outcome": "moved" if rule.move else "copied", "places": places}


def route_message(text, rules, limits, endpoint, home):
    result = read_result(text)
    if result is None:
        log.info(json.dumps({"event": "route.ignored", "why": "no result of an object"}))
        return
    name = {"id": result.get("id"), "bucket": result["bucket"], "key": result["key"], "result": result["result"]}
    try:
        done = route(result, rules, limits, endpoint, home)
    except Superseded as why:
        done = {"outcome": "superseded", "why": str(why)}
    log.info(json.dumps({"event": "route.done"} | name | done))


def handle(event, rules, limits=Limits(), endpoint=None, home=None):
    """Every message is tried, whatever became of the others. `home`: the function's account. Raises RoutingFailed, or tells
    SQS which failed."""
    failed = []
    for record in event.get("Records", []):
        message_id = message_id_of(record)
        try:
            route_message(text_of(record), rules, limits, endpoint, home)
        except Exception as why:  # noqa: BLE001 whatever it was, the message must come again
            log.error(json.dumps({"event": "route.failed", "message": message_id, "why": f"{type(why).__name__}: {why}"}))
            failed.append((message_id, why))
    if any(message_id is None for message_id, _ in failed):
        raise RoutingFailed("; ".join(f"{type(why).__name__}: {why}" for _, why in failed))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id, _ in failed]}


def handler(event, context=None):
    """What Lambda calls."""
    from rules import RULES  # here, because rules.py takes its words from this file
    # arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME
    home = context.invoked_function_arn.split(":")[4] if context is not None else None
    return handle(event, RULES, endpoint=os.environ.get("AWS_ENDPOINT_URL_S3"), home=home)
