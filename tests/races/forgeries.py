"""What a hostile owner, or whoever may send a message, makes up."""
import hashlib
import json
import time
import urllib.parse

REGION = "us-east-1"
# In every message that is made up, so that dead letters show what they were.
MARK = "FORGED0123456789"


def _digest(*parts):
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def source_mark(bucket, key, etag="", version=""):
    """What `cordon-from` says on a copy of ours (docs/formats/tags.md)."""
    return _digest(bucket, "v" + version if version and version != "null" else "e" + etag.strip('"'), key)


def arrival_mark(bucket, key, result):
    return _digest(bucket, key, result)


def metadata(dice, bucket, key, about=None):
    """Fields that a copy of ours would carry here; `about`: (bucket, key, etag, version) that it claims to come from."""
    result = dice.choice(("Clean", "Infected", "InfectedAllowed"))
    about = about or (bucket, key, hashlib.md5(dice.randbytes(8)).hexdigest(), "")
    made = {"cordon-from": source_mark(about[0], about[1], about[2], about[3]), "cordon-at": arrival_mark(bucket, key, result),
            "cordon-hops": dice.choice(("1", "5", "99", "-1", "x")), "cordon-result-id": "0" * 26, "cordon-result": result,
            "cordon-sha256": "0" * 64, "cordon-bucket": "elsewhere", "cordon-key": "other"}
    return dict(dice.sample(sorted(made.items()), dice.randint(1, len(made))))


def crowded_metadata(dice):
    """Leaves S3's 2 KB little or no room for ours."""
    return {"owner": "o" * (2048 - 5 - dice.choice((0, 20, 60, 150)))}


def tags(dice):
    made = {"scan-result": dice.choice(("Clean", "Clean", "Infected", "InfectedAllowed", "nonsense")),
            "date-scanned": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "scan-seal": dice.choice(("1:k1:" + "A" * 43, "x", "")), "message": "encrypted: forged", "virus-name": "forged"}
    return dict(dice.sample(sorted(made.items()), dice.randint(1, len(made))))


def record(bucket, key, etag=None, version=None, size=1, name="ObjectCreated:Put"):
    s3_object = {"key": urllib.parse.quote_plus(key, safe="/*-._"), "size": size, "eTag": (etag or "0" * 32).strip('"'), "sequencer": "00"}
    if version and version != "null":
        s3_object["versionId"] = version
    return {"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": REGION, "eventTime": "2026-01-02T03:04:05.678Z",
            "eventName": name, "userIdentity": {"principalId": "AWS:AIDAEXAMPLE"},
            "requestParameters": {"sourceIPAddress": "192.0.2.1"},
            "responseElements": {"x-amz-request-id": MARK, "x-amz-id-2": "abc"},
            "s3": {"s3SchemaVersion": "1.0", "configurationId": "forged",
                   "bucket": {"name": bucket, "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                              "arn": f"arn:aws:s3:::{bucket}"}, "object": s3_object}}


def _envelope(kind, source, detail, **more):
    return {"version": "0", "id": MARK, "detail-type": kind, "source": source, "account": "000000000000",
            "time": "2026-01-02T03:04:05Z", "region": REGION, "resources": [], "detail": detail} | more


def message(dice, bucket, key, etag, version, size):
    """A message that names this object, in one of the forms that agents understand, or in none of them."""
    share = f"arn:aws:storagegateway:{REGION}:000000000000:share/share-{dice.randbytes(4).hex().upper()}"
    makers = (
        lambda: {"Records": [record(bucket, key, etag, version, size)]},
        lambda: {"Records": [record(bucket, key, dice.randbytes(16).hex(), None, size)]},
        lambda: {"Records": [record(bucket, key, etag, "null", size), record(bucket, key + "x", etag, version, size)]},
        lambda: _envelope("Object Created", "aws.s3", {
            "version": "0", "bucket": {"name": bucket}, "request-id": MARK, "requester": "000000000000", "reason": "PutObject",
            "source-ip-address": "192.0.2.1", "object": {"key": key, "size": size, "etag": etag.strip('"'), "sequencer": "0"}}),
        lambda: _envelope("Storage Gateway Object Upload Event", "aws.storagegateway",
                          {"object-key": key, "bucket-name": bucket, "prefix": ""}, resources=[share]),
        lambda: {"schema": "cordon.scan-request/1", "bucket": bucket, "force": True, "act": True, "note": MARK,
                 "object": {"key": key, "eTag": etag.strip('"')}},
        lambda: {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "note": MARK}]},
        lambda: MARK + " is no JSON {",
    )
    made = dice.choice(makers)()
    return made if isinstance(made, str) else json.dumps(made)


def is_forged(body):
    return MARK in body
