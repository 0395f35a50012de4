#!/usr/bin/python3
"""Measures what an operator waits for: commands over an account of many buckets, each request 30 ms away.

The stand-in stands behind a relay that hands on each piece of a request after a delay. All buckets are protected, and the
quarantine holds many entries. With two builds the commands take turns.
"""
import asyncio
import concurrent.futures
import os
import subprocess
import sys
import threading
import time

DELAY_SECONDS, SECONDS_MAX = 0.030, 10
COMMANDS = {
    "bucket list": ["bucket", "list"],
    "bucket regions": ["bucket", "regions"],
    "doctor": ["doctor", "--no-engine"],
    "sweep status": ["sweep", "status"],
    "iam agent": ["iam", "agent"],
    "quarantine list": ["quarantine", "list", "--limit", "10000"],
    "bucket watch (a round)": ["bucket", "watch", "--all", "--once"],
}


class Relay:
    """A TCP relay on a free loopback port; what clients send arrives late, answers come at once."""

    def __init__(self, target):
        host, port = target.removeprefix("http://").split(":")
        self.target, self.requests = (host, int(port)), 0
        self.loop, started = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=self._run, args=(started,), daemon=True).start()
        started.wait()

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        started.set()
        self.loop.run_forever()

    async def _serve(self, client_reader, client_writer):
        server_reader, server_writer = await asyncio.open_connection(*self.target)

        async def late():
            while data := await client_reader.read(1 << 16):
                self.requests += 1
                self.loop.call_later(DELAY_SECONDS, server_writer.write, data)
            self.loop.call_later(DELAY_SECONDS, server_writer.close)

        async def at_once():
            while data := await server_reader.read(1 << 16):
                client_writer.write(data)
            client_writer.close()

        await asyncio.gather(late(), at_once(), return_exceptions=True)


def fill(stand, buckets, entries):
    names = [f"operator-{n:04}" for n in range(buckets)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: stand.s3.create_bucket(Bucket=name), names))
        protect = [stand.cordon, "bucket", "protect", *names]
        subprocess.run(protect, env=stand._environment(), check=True, stdout=subprocess.DEVNULL)
        quarantine = next(b["Name"] for b in stand.s3.list_buckets()["Buckets"] if "quarantine" in b["Name"])
        metadata = {"cordon-result": "Infected", "cordon-time": "2026-01-01T00:00:00Z"}
        list(pool.map(lambda n: stand.s3.put_object(Bucket=quarantine, Key=f"{names[n % buckets]}/{n}", Body=b"x",
                                                    Metadata=metadata), range(entries)))


def seconds_of(bin_dir, endpoint, arguments, environment):
    began = time.monotonic()
    done = subprocess.run([str(bin_dir / "cordon"), *arguments], env=environment(AWS_ENDPOINT_URL=endpoint),
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    took = time.monotonic() - began
    if done.returncode not in (0, 4):   # 4: the doctor finds something wrong.
        sys.exit(f"bench: cordon {' '.join(arguments)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return took


def measure(stand, builds, buckets, entries, environment):
    """A row for each command: seconds and requests of each build."""
    fill(stand, buckets, entries)
    relay = Relay(stand.endpoint)
    rows = []
    for name, arguments in COMMANDS.items():
        row = {"command": name}
        for label, bin_dir in builds.items():
            relay.requests = 0
            row[f"{label}_s"] = seconds_of(bin_dir, relay.endpoint, arguments, environment)
            row[f"{label}_requests"] = relay.requests
        rows.append(row)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows


def report(rows, buckets, entries):
    labels = [key.removesuffix("_s") for key in rows[0] if key.endswith("_s")]
    print(f"{buckets} protected buckets, {entries} entries in quarantine, {DELAY_SECONDS * 1000:.0f} ms for each request; "
          f"at most {SECONDS_MAX} s each; {os.cpu_count()} processors")
    print(f"{'command':<24}" + "".join(f"{label + ' s':>10}{'requests':>10}" for label in labels))
    for row in rows:
        cells = "".join(f"{row[label + '_s']:>10.1f}{row[label + '_requests']:>10}" for label in labels)
        print(f"{row['command']:<24}{cells}{'  too long' if row['now_s'] > SECONDS_MAX else ''}")
