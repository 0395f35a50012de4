"""Seals computed anew from docs/formats/seal.md, with Python's hmac: another implementation than ours.

usage: seal_oracle.py VECTORS.json      fails when one of the vectors is not what it computes
"""
import base64
import hashlib
import hmac
import json
import struct
import sys


def seal(key_id, key_hex, result, date, virus, message, sha256, size, signatures):
    fields = ["cordon-seal/1", result, date, virus, message, sha256, str(size), signatures]
    message_bytes = b"".join(struct.pack(">I", len(f.encode())) + f.encode() for f in fields)
    digest = hmac.new(bytes.fromhex(key_hex), message_bytes, hashlib.sha256).digest()[:16]
    return f"v1.{key_id}.{signatures}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        vectors = json.load(file)
    wrong = [vector["name"] for vector in vectors if seal(**vector["facts"]) != vector["seal"]]
    print("\n".join(f"differs: {name}" for name in wrong) or f"{len(vectors)} vectors agree")
    return 1 if wrong or not vectors else 0


if __name__ == "__main__":
    sys.exit(main())
