"""The cloud, what stands between it and the agents, the agents, and what there is to see of them."""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent / "e2e"), str(FOLDER.parent / "peers")]

import relay as relays  # noqa: E402
from certificates import Authority  # noqa: E402
from harness.system import System  # noqa: E402
from issuer import Issuer  # noqa: E402
from judge import Reading  # noqa: E402

DOMAIN = "cloud.test"
# By their names, as AWS has them.
HOSTS = {"S3": "s3", "SQS": "sqs", "SNS": "sns", "CLOUDWATCH_LOGS": "logs", "EVENTBRIDGE": "events", "STS": "sts"}
BUCKET, VISIBILITY_SECONDS = "faults-uploads", 30
CLOCK_SECONDS_OFF, ROLE_SECONDS = 3600, 12 * 3600
FAKETIME = "*/faketime/libfaketimeMT.so.1"
LOOK_SECONDS = 0.1


def has_namespaces():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode == 0


class World:
    def __init__(self, endpoint, folder, bin_dir):
        self.folder = pathlib.Path(folder)
        self.system = System(peer="devcloud", endpoint=endpoint, folder=self.folder, bin_dir=pathlib.Path(bin_dir),
                             signatures=FOLDER.parents[1] / "signatures", deployment="faults")
        self.has_own_names = has_namespaces()
        self.names, self._clock = self.folder / "hosts", self.folder / "clock"
        self.agents, self.logs = [], []
        self._answering()

    def _answering(self):
        hosts = [f"{host}.{DOMAIN}" for host in HOSTS.values()] if self.has_own_names else ["localhost"]
        self.all_names = f"127.0.0.1 localhost {' '.join(hosts)}\n"
        self.authority = Authority(self.folder)
        certificates = {"cloud": self.authority.issue("cloud", hosts, days="60"),
                        "other-name": self.authority.issue("elsewhere", ["elsewhere.test"], days="60"),
                        "expired": self.authority.issue("expired", hosts, at="-30d", days="7")}
        contexts = {name: relays.server_context(*certificate_and_key) for name, certificate_and_key in certificates.items()}
        self.relay = relays.Relay(self.system.endpoint, contexts)
        role = f"arn:aws:iam::{self.system.account}:role/agent"
        sts = self.system.client("sts")
        self.issuer = Issuer(lambda: sts.assume_role(RoleArn=role, RoleSessionName="agent")["Credentials"])
        self._config = self.folder / "aws-config"
        self._config.write_text(f"[profile by-role]\nrole_arn = {role}\ncredential_source = EcsContainer\n"
                                f"duration_seconds = {ROLE_SECONDS}\n")

    # ---- the deployment ----

    def build(self):
        self.system.s3.create_bucket(Bucket=BUCKET)
        self._run("bucket", "protect", BUCKET)
        url = self.system.queue_url(self.system.event_queue)
        self.system.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)})
        settings = self.folder / "settings.toml"
        settings.write_text("schema = 1\nresults.eventbridge = true\nnotifications.enabled = true\n")
        self._run("settings", "apply", settings)
        # One has credentials that end every few seconds; the other takes on a role, and its clock can be set.
        self._start_agent(path="/short")
        self._start_agent(path="/long", AWS_PROFILE="by-role", AWS_CONFIG_FILE=self._config, **self._own_clock())
        for agent in self.agents:
            agent.await_ready()

    def _run(self, *arguments):
        done = self.system.run(*arguments)
        assert done.code == 0, done

    def _start_agent(self, path, **more):
        at = f"{{}}.{DOMAIN}" if self.has_own_names else "localhost"
        urls = {f"AWS_ENDPOINT_URL_{name}": f"https://{at.format(host)}:{self.relay.port}" for name, host in HOSTS.items()}
        environment = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_ENDPOINT_URL": urls["AWS_ENDPOINT_URL_S3"],
                       "AWS_CA_BUNDLE": self.authority.certificate,
                       "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.issuer.url + path, **urls, **more}
        agent = self.system.launch_agent(workers=1, before=self._own_names(), **environment)
        self.agents.append(agent)
        self.logs.append(LogReader(agent.log_path))

    def _own_names(self):
        """In a namespace of its mounts an agent has names of its own, and nobody to ask for more."""
        if not self.has_own_names:
            return []
        self.names.write_text(self.all_names)
        nobody = self.folder / "resolv.conf"
        nobody.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        mounts = 'mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
        return ["unshare", "-m", "sh", "-c", mounts, str(self.names), str(nobody)]

    def _own_clock(self):
        self.set_clock("+0")
        return {"LD_PRELOAD": next(pathlib.Path("/usr/lib").glob(FAKETIME)), "FAKETIME_TIMESTAMP_FILE": self._clock,
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set_clock(self, offset):
        # In one step: it is read at every look at the clock.
        new = self._clock.with_suffix(".new")
        new.write_text(offset + "\n")
        new.replace(self._clock)

    def stop(self):
        for log in self.logs:
            log.stop()
        self.relay.stop()
        self.issuer.stop()
        self.system.stop_all()

    # ---- what there is to see ----

    def receive_failures(self):
        return sum(agent.metric("cordon_receive_failures_total") for agent in self.agents)

    def retries(self):
        return int(sum(agent.metric("cordon_messages_retried_total") for agent in self.agents))

    def log_lines(self, pattern, since=0.0):
        return sum(log.count(pattern, since) for log in self.logs)

    def done_at(self, key):
        """When agents were done with it for the last time, by our clock; None: not yet."""
        times = [log.done[key] for log in self.logs if key in log.done]
        return max(times) if times else None

    def are_ready(self):
        return all(agent.get("/readyz")[0] == 200 for agent in self.agents)

    def is_at_rest(self):
        if any(self.system.counts(self.system.event_queue).values()):
            return False
        return all(agent.metric("cordon_outbox_results") == 0 for agent in self.agents)

    def readings(self):
        return [read_process(agent) for agent in self.agents]

    def dead_letters(self):
        return sum(self.system.counts(self.system.dead_letters).values())

    def results(self, since):
        """By key: the verdicts in the results that came to CloudWatch since then (time.time()). A clock may have been an hour behind."""
        group, found = f"/cordon/{self.system.deployment}/scan-results", collections.defaultdict(set)
        window = {"logGroupName": group, "startFromHead": True, "startTime": int((since - CLOCK_SECONDS_OFF - 60) * 1000)}
        for stream in self.system.logs.describe_log_streams(logGroupName=group)["logStreams"]:
            token = None
            while True:
                more = {"nextToken": token} if token else {}
                page = self.system.logs.get_log_events(logStreamName=stream["logStreamName"], **window, **more)
                for event in page["events"]:
                    result = json.loads(event["message"])
                    found[result["key"]].add(result["result"])
                if not page["events"] or page["nextForwardToken"] == token:
                    break
                token = page["nextForwardToken"]
        return found


class LogReader:
    """Follows a log. Its lines are dated by our clock: the agent's may be off. Threads: any."""
    DONE = re.compile(r'"event":"object\.done","object":"s3://[^/]+/([^"?]+)')

    def __init__(self, path):
        self.done, self._lines, self._path = {}, [], path
        self._stopped = threading.Event()
        threading.Thread(target=self._follow, name="log", daemon=True).start()

    def _follow(self):
        with open(self._path, encoding="utf-8", errors="replace") as file:
            while not self._stopped.is_set():
                line = file.readline()
                if not line:
                    self._stopped.wait(LOOK_SECONDS)
                    continue
                now, done = time.monotonic(), self.DONE.search(line)
                if done:
                    self.done[done.group(1)] = now
                else:
                    self._lines.append((now, line))

    def count(self, pattern, since=0.0):
        return sum(at >= since and re.search(pattern, line) is not None for at, line in tuple(self._lines))

    def forget(self):
        """What is judged."""
        self.done, self._lines = {}, []

    def stop(self):
        self._stopped.set()


def read_process(agent):
    if agent.process.poll() is not None:
        return Reading(0, 0, 0, f"ended with {agent.process.returncode}")
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{agent.pid}/status").read_text().splitlines())
    return Reading(int(status["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{agent.pid}/fd")), int(status["Threads"]))
