"""The services under a real systemd, in a fresh Debian, with our stand-in as the cloud."""
import json
import time

import boto3
import peer as peers
import pytest

from conftest import REPOSITORY, eicar, layers_missing
from system import System, apt_in

REGION = "eu-west-1"
DEFAULTS = """AWS_REGION={region}
AWS_ENDPOINT_URL={endpoint}
AWS_ACCESS_KEY_ID={access_key}
AWS_SECRET_ACCESS_KEY={secret_key}
CORDON_AGENT_FLAGS="--metrics-listen 127.0.0.1:0"
CORDON_SEAL_KEY_FILE=/etc/cordon/seal-keys
CORDON_SIGNATURES_SOURCE=s3://signatures/set
CORDON_WATCH_FLAGS="--tag cordon=protect --interval 5s"
"""


class Machine:
    """A machine with Cordon's packages, and buckets for it to protect."""

    def __init__(self, system, endpoint, signatures):
        self.system = system
        self.s3 = boto3.client("s3", region_name=REGION, endpoint_url=endpoint, aws_access_key_id=peers.ACCESS_KEY,
                               aws_secret_access_key=peers.SECRET_KEY)
        system.put("/etc/default/cordon", DEFAULTS.format(region=REGION, endpoint=endpoint, access_key=peers.ACCESS_KEY,
                                                          secret_key=peers.SECRET_KEY).encode())
        self.bucket("signatures")
        for file in signatures.glob("cordon-test.*"):
            self.s3.put_object(Bucket="signatures", Key=f"set/{file.name}", Body=file.read_bytes())

    def bucket(self, name):
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    def cordon(self, *words, check=True):
        return self.system.run("sh", "-c", 'set -a; . /etc/default/cordon; exec cordon "$@"', "cordon", *words, check=check)

    def verdict(self, bucket, key, body):
        """The exit code of `cordon verdict` for an object that is uploaded now."""
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)
        return self.cordon("verdict", f"s3://{bucket}/{key}", "--wait", "60s", check=False).returncode

    def journal(self, unit):
        return self.system.run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}").stdout

    def confined(self):
        """What the engine that was started last says of its workers."""
        said = [line for line in self.journal("cordon-agent").splitlines() if '"engine.confined"' in line]
        return json.loads(said[-1])

    def is_active(self, unit):
        return self.system.run("systemctl", "is-active", unit, check=False).stdout.strip() == "active"


@pytest.fixture(scope="module")
def machine(packages, fresh, bin_dir, tmp_path_factory):
    log = tmp_path_factory.mktemp("peer") / "devcloud.log"
    signatures = REPOSITORY / "signatures"
    with peers.running("devcloud", bin_dir, log) as endpoint, System(fresh, boot=True) as system:
        apt_in(system, system.put_packages(packages.three()))
        yield Machine(system, endpoint, signatures)


# In this order: one machine's life.


def test_nothing_runs_before_somebody_enables_it(machine):
    assert not any(machine.is_active(unit) for unit in ("cordon-agent", "cordon-bucket-watch", "cordon-signatures.timer"))


def test_signatures_come_into_force_and_everybody_may_scan_with_them(machine):
    machine.system.run("systemctl", "start", "cordon-signatures.service")

    machine.system.put("/tmp/sample", eicar())
    done = machine.system.run("cordon", "scan", "file", "/tmp/sample", check=False, user="12345")

    assert "/var/lib/cordon/signatures: in force is now test-" in machine.journal("cordon-signatures")
    assert done.returncode == 1 and "Infected" in done.stdout


def test_the_agent_scans_seals_and_moves(machine):
    machine.bucket("uploads")
    machine.cordon("bucket", "protect", "uploads")
    machine.cordon("seal", "new-key", "/etc/cordon/seal-keys")
    machine.system.run("sh", "-c", "chgrp cordon /etc/cordon/seal-keys && chmod 640 /etc/cordon/seal-keys")
    machine.system.run("systemctl", "enable", "--now", "cordon-agent", "cordon-signatures.timer")

    assert machine.verdict("uploads", "good", b"harmless\n") == 0  # Exit 0: Clean, and the seal holds.
    assert machine.verdict("uploads", "bad", eicar()) == 1
    assert [entry["Key"] for entry in machine.s3.list_objects_v2(Bucket="uploads")["Contents"]] == ["good"]


def test_the_hardened_service_costs_the_engine_no_layer_of_its_sandbox(machine):
    assert layers_missing(machine.confined()) == []


def test_a_unit_that_takes_layers_away_is_seen(machine):
    place = "/run/systemd/system/cordon-agent.service.d/fault.conf"
    machine.system.put(place, b"[Service]\nRestrictNamespaces=yes\n")
    machine.system.run("sh", "-c", "systemctl daemon-reload && systemctl restart cordon-agent")

    assert machine.verdict("uploads", "weak", b"harmless\n") == 0
    assert layers_missing(machine.confined()) == ["own_network", "own_root", "temporary_in_memory"]

    machine.system.run("sh", "-c", f"rm {place} && systemctl daemon-reload && systemctl restart cordon-agent")


def test_buckets_are_protected_as_they_appear(machine):
    machine.bucket("appears")
    machine.s3.put_bucket_tagging(Bucket="appears", Tagging={"TagSet": [{"Key": "cordon", "Value": "protect"}]})
    machine.system.run("systemctl", "start", "cordon-bucket-watch")

    deadline = time.monotonic() + 60
    while machine.cordon("bucket", "status", "appears", check=False).returncode != 0:
        assert time.monotonic() < deadline, machine.journal("cordon-bucket-watch")

    assert machine.verdict("appears", "bad", eicar()) == 1


def test_an_upgrade_restarts_what_runs(machine, packages):
    def process():
        return machine.system.run("systemctl", "show", "--property=MainPID", "cordon-agent").stdout

    before = process()
    machine.system.run("dpkg", "--install", "--force-confold", *machine.system.put_packages(packages.three()))

    assert machine.is_active("cordon-agent") and process() != before
    assert machine.verdict("uploads", "later", b"harmless\n") == 0


def test_a_purge_stops_everything_and_keeps_the_keys(machine):
    machine.system.run("apt-get", "purge", "--quiet", "--yes", "cordon-devcloud", "cordon", "cordon-engine")

    left = machine.system.run("find", "/etc", "/usr", "/var/lib/cordon", "/var/cache/cordon", "-path", "*cordon*",
                              check=False).stdout
    running = machine.system.run("sh", "-c", "cat /proc/[0-9]*/comm").stdout

    assert [line for line in left.splitlines() if line.startswith("/")] == ["/etc/cordon", "/etc/cordon/seal-keys"]
    assert "cordon" not in running
