#!/usr/bin/python3
"""Starts `cordon dev`, uploads samples as any S3 client would, and prints what became of each.

Nothing here is special: the uploads are plain boto3 calls, and what is printed is read from the
objects' tags, from the quarantine bucket and from the result log.
"""
import argparse
import binascii
import io
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ACCESS_KEY, SECRET_KEY = "cordon", "cordon-dev-secret"
BUCKET = "uploads"
START_SECONDS, VERDICT_SECONDS = 60, 60


def eicar() -> bytes:
    """The harmless industry test file, put together here so that no scanner objects to this one."""
    head = "X5O!P%@AP[4" + chr(92) + "PZX54(P^)7CC)7}"
    return (head + "$" + "EICAR" + "-STANDARD-" + "ANTIVIRUS-TEST-FILE!" + "$H+H*").encode()


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def zip_crypto(password: bytes, data: bytes) -> bytes:
    """The traditional PKWARE encryption (APPNOTE 6.1), which Python can read but not write."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = ~binascii.crc32(bytes([byte]), ~keys[0] & 0xFFFFFFFF) & 0xFFFFFFFF
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = ~binascii.crc32(bytes([keys[1] >> 24]), ~keys[2] & 0xFFFFFFFF) & 0xFFFFFFFF

    for byte in password:
        update(byte)
    out = bytearray()
    for byte in data:
        mask = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ (((mask * (mask ^ 1)) >> 8) & 0xFF))
        update(byte)
    return bytes(out)


def encrypted_zip(name: str, content: bytes, password: bytes) -> bytes:
    crc = binascii.crc32(content)
    header = os.urandom(11) + bytes([crc >> 24])
    body = zip_crypto(password, header + content)
    raw = name.encode()
    fields = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0, 0x21, crc, len(body), len(content), len(raw), 0)
    local = b"PK\x03\x04" + fields + raw + body
    central = b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + raw
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def samples() -> list:
    text = ("Quarterly report\n" + "All figures are in thousands.\n" * 400).encode()
    return [
        ("reports/2026 Q3.txt", text),
        ("reports/übersicht + 100%.csv", b"a;b\n1;2\n"),
        ("inbox/invoice.com", eicar()),
        ("inbox/photos.zip", zipped("holiday/readme.txt", eicar())),
        ("inbox/clean.zip", zipped("letter.txt", text)),
        ("inbox/secret.zip", encrypted_zip("plan.txt", text, b"hunter2")),
        ("inbox/empty.dat", b""),
        ("archive/", b""),
        ("backup/image.bin", os.urandom(4 << 20)),
        ("a//../odd key \U0001f4c4", text),
    ]


class Stand:
    """`cordon dev` on free loopback ports."""

    def __init__(self, bin_dir: str, signatures: str, log_path: str):
        self.log = open(log_path, "w")
        command = [os.path.join(bin_dir, "cordon"), "dev", "--listen", "127.0.0.1:0",
                   "--metrics-listen", "127.0.0.1:0", "--protect", BUCKET]
        command += ["--signatures", signatures]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.said = self._wait_until_ready(log_path)
        self.endpoint = self.said["endpoint"]

    def _wait_until_ready(self, log_path: str) -> dict:
        """What it says of itself: endpoint, console, setup token."""
        said, started = {}, time.monotonic()
        for line in self.process.stdout:
            name, _, value = line.partition(": ")
            said[name] = value.strip()
            if line.startswith("ready"):
                return said
            if time.monotonic() - started > START_SECONDS:
                break
        self.stop()
        with open(log_path) as log:
            sys.exit("demo: cordon dev did not start:\n" + log.read()[-4000:])

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def client(service: str, endpoint: str):
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY, config=Config(s3={"addressing_style": "path"}))


def tags_of(s3, bucket: str, key: str):
    """The object's tags, or None when there is no such object."""
    try:
        return {t["Key"]: t["Value"] for t in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise


def wait_for_verdict(s3, quarantine: str, key: str, until: float):
    """(place, tags) once the object has its verdict and was acted upon."""
    while time.monotonic() < until:
        here = tags_of(s3, BUCKET, key)
        if here is None:
            there = tags_of(s3, quarantine, f"{BUCKET}/{key}")
            if there and "scan-result" in there:
                return f"{quarantine}/{BUCKET}/{key}", there
        elif here.get("scan-result", "Infected") != "Infected":
            return f"{BUCKET}/{key}", here
        time.sleep(0.02)
    return None, {}


def results(logs, group: str) -> dict:
    """The latest scan result of each key, from the result log."""
    found = {}
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    for page in pages:
        for event in page["events"]:
            result = json.loads(event["message"])
            found[result["key"]] = result
    return found


def wait_for_results(logs, group: str, keys: list, until: float) -> dict:
    """The result line follows the tags within milliseconds."""
    while True:
        found = results(logs, group)
        if all(key in found for key in keys) or time.monotonic() > until:
            return found
        time.sleep(0.05)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin-dir", default="build/release/bin")
    parser.add_argument("--signatures", default="signatures")
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="cordon-demo-") as folder:
        stand = Stand(options.bin_dir, options.signatures, os.path.join(folder, "cordon.log"))
        try:
            return show(stand, options.keep)
        finally:
            if stand.process.poll() is None:
                stand.stop()


def show(stand: Stand, keep: bool) -> int:
    s3, logs = client("s3", stand.endpoint), client("logs", stand.endpoint)
    account = client("sts", stand.endpoint).get_caller_identity()["Account"]
    quarantine = f"cordon-quarantine-main-{account}-us-east-1"
    uploads = samples()
    for key, content in uploads:
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)

    until = time.monotonic() + VERDICT_SECONDS
    fates = {key: wait_for_verdict(s3, quarantine, key, until) for key, _ in uploads}
    lines = wait_for_results(logs, "/cordon/main/scan-results", list(fates), until)

    print(f"{'object':<30} {'verdict':<12} {'reason':<46} {'millis':>6}  where it is now")
    pending = 0
    for key, (place, tags) in fates.items():
        result = lines.get(key)
        if place is None or result is None:
            pending += 1
            print(f"{key:<30} {'(none)':<12} no verdict within {VERDICT_SECONDS} s")
            continue
        reason = tags.get("virus-name") or tags.get("message") or ""
        print(f"{key:<30} {tags['scan-result']:<12} {reason[:46]:<46} "
              f"{sum(result['millis'].values()):>6}  {place}")
    if keep:
        print(f"\nendpoint: {stand.endpoint}   access key: {ACCESS_KEY}   secret key: {SECRET_KEY}\n"
              f"console:  {stand.said['console']}   setup token: {stand.said['setup token']}\n"
              f"Upload to s3://{BUCKET} and watch the tags. Ctrl-C stops everything.", flush=True)
        try:
            stand.process.wait()
        except KeyboardInterrupt:
            pass
    return 1 if pending else 0


if __name__ == "__main__":
    sys.exit(main())
