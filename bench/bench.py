#!/usr/bin/python3
"""Measures Cordon as a user meets it, beside the raw engine, in one run (see README.md).

  latency     event to tag, for 10 KB objects uploaded one after the other to an idle stand-in
  throughput  the agent's files per second for 10 KB to 10 MB objects, beside libclamav alone in one process per
              core on the same files (taken from cordon_engine_bench, which this runs first)
  operator    (--operator, alone) commands over 1,000 buckets and 10,000 entries in quarantine, each request 30 ms away;
              --before DIRECTORY lets another build take turns
  sweep       (--sweep N, alone) event to tag while a sweep of N objects is under way, beside the same without one
"""
import argparse
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import boto3
import operator_bench
import sweep_bench
from botocore.config import Config

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "cordon", "AWS_SECRET_ACCESS_KEY": "cordon-dev-secret", "AWS_REGION": "us-east-1",
               "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
               "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
BUCKET, GROUP = "bench", "/cordon/main/scan-results"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
WAIT_SECONDS_MAX = 900


def environment(**more):
    return {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ} | ENVIRONMENT | more


class Stand:
    """A stand-in cloud with a protected bucket, and agents that come and go."""

    def __init__(self, bin_dir, folder):
        self.cordon, self.folder, self.agent = str(bin_dir / "cordon"), folder, None
        self.cloud = subprocess.Popen([self.cordon, "devcloud", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, env=environment(), text=True)
        self.endpoint = self.cloud.stdout.readline().split()[1]
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 3})
        keys = {"aws_access_key_id": ENVIRONMENT["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]}
        self.s3, self.sqs, self.logs = (boto3.client(name, endpoint_url=self.endpoint, region_name="us-east-1",
                                                     config=config, **keys) for name in ("s3", "sqs", "logs"))
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        subprocess.run([self.cordon, "bucket", "protect", BUCKET], env=self._environment(), check=True,
                       stdout=subprocess.DEVNULL)
        self.queue = self.sqs.get_queue_url(QueueName="cordon-events-main")["QueueUrl"]

    def _environment(self):
        return environment(AWS_ENDPOINT_URL=self.endpoint)

    def start_agent(self, signatures):
        log = open(self.folder / "agent.log", "w", encoding="utf-8")
        self.agent = subprocess.Popen([self.cordon, "agent", "--signatures", str(signatures), "--metrics-listen",
                                       "127.0.0.1:0", "--spool", str(self.folder / "spool")],
                                      env=self._environment(), stderr=log)
        until = time.monotonic() + WAIT_SECONDS_MAX
        while "agent.started" not in (self.folder / "agent.log").read_text(encoding="utf-8"):
            if self.agent.poll() is not None or time.monotonic() > until:
                sys.exit("bench: the agent did not start:\n" + (self.folder / "agent.log").read_text()[-2000:])
            time.sleep(0.05)

    def stop_agent(self):
        self.agent.send_signal(signal.SIGTERM)
        self.agent.wait(timeout=60)

    def close(self):
        if self.agent and self.agent.poll() is None:
            self.stop_agent()
        self.cloud.terminate()
        self.cloud.wait(timeout=60)

    def results(self, prefix):
        found = {}
        for page in self.logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP):
            for event in page["events"]:
                result = json.loads(event["message"])
                if result["key"].startswith(prefix):
                    found[result["key"]] = result
        return found

    def is_idle(self):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return not any(int(counts[name]) for name in names)

    def await_results(self, prefix, count):
        until = time.monotonic() + WAIT_SECONDS_MAX
        # A cheap question, asked seldom: the agent shares the cores with whoever measures it.
        while not self.is_idle() and time.monotonic() < until:
            time.sleep(0.2)
        while True:
            try:
                found = self.results(prefix)
            except self.logs.exceptions.ResourceNotFoundException:
                found = {}
            if len(found) >= count:
                return found
            if time.monotonic() > until:
                sys.exit(f"bench: {len(found)} of {count} results after {WAIT_SECONDS_MAX} s")
            time.sleep(0.2)


def instant(text):
    clock, millis = re.fullmatch(r".*T(\d\d:\d\d:\d\d)\.(\d{3})Z", text).groups()
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds + int(millis) / 1000


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure_latency(stand, signatures, count):
    stand.start_agent(signatures)
    body, polled = os.urandom(10_000), []
    for n in range(count):
        key = f"latency/{n}"
        stand.s3.put_object(Bucket=BUCKET, Key=key, Body=body[n:] + body[:n])
        began = time.monotonic()
        while not stand.s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]:
            pass
        polled.append((time.monotonic() - began) * 1000)
    results = stand.await_results("latency/", count).values()
    stand.stop_agent()
    row = {"objects": count, "polled_median_ms": statistics.median(polled), "polled_p99_ms": percentile(polled, 0.99)}
    for part in ("queued", "fetch", "scan", "act"):
        row[f"{part}_median_ms"] = statistics.median(r["millis"][part] for r in results)
        row[f"{part}_p99_ms"] = percentile([r["millis"][part] for r in results], 0.99)
    return row


def corpus(work, size):
    """The files that cordon_engine_bench made for this size, by kind."""
    return sorted((work / "corpus" / str(size)).iterdir())


def measure_throughput(stand, signatures, label, work, size, seconds):
    files = corpus(work, size)
    contents = [p.read_bytes() for p in files]
    # As many objects as take the raw engine some seconds, of each kind equally many, no two of them equal.
    count = len(files) * max(6, min(2000, int(seconds * 20_000_000 / size)) // len(files))
    prefix = f"{label}/{size}/"
    for n in range(count):
        stand.s3.put_object(Bucket=BUCKET, Key=f"{prefix}{n}", Body=contents[n % len(contents)] + str(n).encode())
    stand.start_agent(signatures)
    results = stand.await_results(prefix, count).values()
    stand.stop_agent()
    # From the first scan's begin to the last one's end; what comes before and after is a slot's, not the agent's.
    begins = [instant(r["scannedAt"]) for r in results]
    ends = [instant(r["scannedAt"]) + (r["millis"]["scan"] + r["millis"]["act"]) / 1000 for r in results]
    took = max(max(ends) - min(begins), 0.001)
    return {"set": label, "bytes": size, "objects": count, "agent_files_per_s": count / took}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin-dir", type=pathlib.Path, default=pathlib.Path("build/release/bin"))
    parser.add_argument("--sets", default="small,full", help="signature sets: small, full")
    parser.add_argument("--objects", type=int, default=300, help="objects of the latency measurement")
    parser.add_argument("--seconds", type=float, default=3, help="time per size and set")
    parser.add_argument("--work", type=pathlib.Path, help="folder for generated files (default: temporary)")
    parser.add_argument("--json", type=pathlib.Path, help="write all rows here")
    parser.add_argument("--sweep", type=int, metavar="N", help="measure only this: new objects during a sweep of N")
    parser.add_argument("--operator", action="store_true", help="measure only this: an operator's commands")
    parser.add_argument("--before", type=pathlib.Path, help="with --operator: another build's folder, for comparison")
    parser.add_argument("--buckets", type=int, default=1000, help="with --operator: so many")
    parser.add_argument("--entries", type=int, default=10_000, help="with --operator: so many in quarantine")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cordon-bench-") as temporary:
        work = (options.work or pathlib.Path(temporary)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        if options.operator:
            run_operator(options, work)
        elif options.sweep:
            run_sweep(options, work)
        else:
            run(options, work)


def run_operator(options, work):
    builds = {"before": options.before.absolute()} if options.before else {}
    builds["now"] = options.bin_dir.absolute()
    stand = Stand(options.bin_dir.absolute(), work)
    try:
        rows = operator_bench.measure(stand, builds, options.buckets, options.entries, environment)
    finally:
        stand.close()
    operator_bench.report(rows, options.buckets, options.entries)
    if options.json:
        options.json.write_text(json.dumps({"operator": rows}, indent=1))


def run_sweep(options, work):
    stand = Stand(options.bin_dir.absolute(), work)
    try:
        row = sweep_bench.measure(stand, sweep_bench.SIGNATURES, options.sweep, min(options.objects, 100))
    finally:
        stand.close()
    sweep_bench.report(row)
    if options.json:
        options.json.write_text(json.dumps({"sweep": row}, indent=1))


def run(options, work):
    raw_file = work / "engine.json"
    subprocess.run([options.bin_dir / "cordon_engine_bench", "--work", work, "--json", raw_file, "--sets", options.sets,
                    "--seconds", str(options.seconds)], check=True)
    raw = {(row["set"], row["bytes"]): row for row in json.loads(raw_file.read_text())["rows"] if row["kind"] == "all"}
    small = pathlib.Path(__file__).resolve().parent.parent / "signatures"
    sets = {"small": small, "full": work / "full-set"}
    cores = os.cpu_count()
    stand = Stand(options.bin_dir.absolute(), work)
    rows = []
    try:
        latency = measure_latency(stand, small, options.objects)
        for label in options.sets.split(","):
            for size in SIZES:
                row = measure_throughput(stand, sets[label], label, work, size, options.seconds)
                rows.append(row | ratio(raw, row, len(corpus(work, size)), cores))
                print(json.dumps(rows[-1]), flush=True)
    finally:
        stand.close()
    report(latency, rows)
    if options.json:
        options.json.write_text(json.dumps({"latency": latency, "throughput": rows}, indent=1))


def ratio(raw, row, kinds, cores):
    """Beside the raw engine: one libclamav per core, nothing else to do."""
    beside = raw.get((row["set"], row["bytes"]))
    if beside is None:
        return {}
    ideal = cores * kinds * 1000 / beside["raw"]   # `raw` is the sum of the medians of all kinds, in ms
    return {"raw_files_per_s": ideal, "ratio": row["agent_files_per_s"] / ideal}


def report(latency, rows):
    print(f"\nevent to tag, 10 KB, {latency['objects']} objects on an idle stand-in "
          f"(polled by boto3, each poll some ms): median {latency['polled_median_ms']:.1f} ms, "
          f"p99 {latency['polled_p99_ms']:.1f} ms")
    for part in ("queued", "fetch", "scan", "act"):
        print(f"  {part:<7} median {latency[part + '_median_ms']:>5.0f} ms   p99 {latency[part + '_p99_ms']:>5.0f} ms")
    print("\nset    bytes      agent files/s   raw engine files/s   ratio")
    for row in rows:
        print(f"{row['set']:<6} {row['bytes']:>9} {row['agent_files_per_s']:>15.1f} "
              f"{row.get('raw_files_per_s', float('nan')):>20.1f} {row.get('ratio', float('nan')):>7.2f}")


if __name__ == "__main__":
    main()
