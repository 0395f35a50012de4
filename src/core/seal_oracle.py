"""Seals computed anew from docs/formats/seal.md, with Python's hmac: another implementation than ours.

usage: seal_oracle.py VECTORS.json      fails when one of the vectors is not what it computes
"""
import base64
import hashlib
import hmac
import json
import struct
import sys


def mac(key_hex, *fields):
    message = b"".join(struct.pack(">I", len(f.encode())) + f.encode() for f in fields)
    digest = hmac.new(bytes.fromhex(key_hex), message, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def seal_v1(key_id, key_hex, result, date, virus, message, sha256, size, signatures):
    over = mac(key_hex, "cordon-seal/1", result, date, virus, message, sha256, str(size), signatures)
    return f"v1.{key_id}.{signatures}.{over}"


def seal(key_id, key_hex, result, date, virus, message, sha256, size, signatures, deployment, policy, time,
         bucket, key, version="", etag="", modified=""):
    """`etag` and `modified` are empty where a version names the bytes, and `version` is elsewhere."""
    said = (signatures, deployment, policy, time)
    content = mac(key_hex, "cordon-seal/2", result, date, virus, message, sha256, str(size), *said)
    place = mac(key_hex, "cordon-seal-place/2", result, date, virus, message, str(size), *said, content,
                bucket, key, version, etag, modified)
    return ".".join(["v2", key_id, *said, place, content])


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        vectors = json.load(file)
    makers = {"v1": seal_v1, "v2": seal}
    wrong = [vector["name"] for vector in vectors
             if makers[vector["form"]](**vector["facts"]) != vector["seal"]]
    print("\n".join(f"differs: {name}" for name in wrong) or f"{len(vectors)} vectors agree")
    return 1 if wrong or not vectors else 0


if __name__ == "__main__":
    sys.exit(main())
