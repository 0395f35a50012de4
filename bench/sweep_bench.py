#!/usr/bin/python3
"""Measures how long a new object waits for its verdict while a sweep is under way, beside the same agent without one.

The sweep finds many objects without a verdict; new ones are uploaded one after the other. The sweep is neither finished
before the measurement nor allowed to stand still during it.
"""
import concurrent.futures
import os
import pathlib
import statistics
import subprocess
import sys
import time

OLD, LIVE = "old", "bench"


def fill(stand, count):
    stand.s3.create_bucket(Bucket=OLD)
    body = os.urandom(10_000)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda n: stand.s3.put_object(Bucket=OLD, Key=f"k{n}", Body=b"%d" % n + body), range(count)):
            pass


def live_milliseconds(stand, prefix, count):
    body, taken = os.urandom(10_000), []
    for n in range(count):
        key = f"{prefix}/{n}"
        stand.s3.put_object(Bucket=LIVE, Key=key, Body=body[n:] + body[:n])
        began = time.monotonic()
        while not stand.s3.get_object_tagging(Bucket=LIVE, Key=key)["TagSet"]:
            if time.monotonic() - began > 60:
                sys.exit("bench: no verdict within a minute")
            time.sleep(0.002)
        taken.append((time.monotonic() - began) * 1000)
        time.sleep(0.05)   # So that the sweep goes on in between.
    return taken


def waiting(stand, queue):
    names = ["ApproximateNumberOfMessages"]
    return int(stand.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"][names[0]])


def measure(stand, signatures, objects, samples):
    fill(stand, objects)
    run = {"env": stand._environment(), "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([stand.cordon, "bucket", "protect", OLD], **run)
    queue = stand.sqs.get_queue_url(QueueName="cordon-sweep-main")["QueueUrl"]
    stand.start_agent(signatures)
    live_milliseconds(stand, "warm", 10)
    idle = live_milliseconds(stand, "idle", samples)
    subprocess.run([stand.cordon, "sweep", "--grace", "0s", "--bucket", OLD], **run)
    before = waiting(stand, queue)
    busy = live_milliseconds(stand, "busy", samples)
    after = waiting(stand, queue)
    if not 0 < after < before:
        sys.exit(f"bench: the sweep did not go on while it was measured ({before} requests before, {after} after)")
    return {"objects": objects, "samples": samples, "scanned_meanwhile": before - after,
            "idle_median_ms": statistics.median(idle), "sweep_median_ms": statistics.median(busy),
            "ratio": statistics.median(busy) / statistics.median(idle)}


def report(row):
    print(f"event to tag, 10 KB, idle: median {row['idle_median_ms']:.1f} ms; during a sweep of {row['objects']} objects: "
          f"median {row['sweep_median_ms']:.1f} ms; ratio {row['ratio']:.2f} (at most 2); "
          f"{row['scanned_meanwhile']} objects of the sweep were scanned meanwhile")


SIGNATURES = pathlib.Path(__file__).resolve().parent.parent / "signatures"
