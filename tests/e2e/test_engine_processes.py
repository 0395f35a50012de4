"""What an attacker who takes over the engine would find: nothing. Read from /proc of the running processes."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.parse

import pytest

from harness import samples
from harness.system import eventually


@pytest.fixture
def engine(system, bucket, agent):
    """The engine's processes after a scan, when all of their descriptors are in use."""
    system.put(bucket, "warm", samples.infected_zip())
    system.await_quarantine(bucket, "warm")
    found = agent.engine_processes()
    assert len(found) >= 2 and agent.workers(), "a zygote and at least one worker"
    return found


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def descriptors(pid):
    folder = f"/proc/{pid}/fd"
    found = {}
    for name in os.listdir(folder):
        try:
            found[int(name)] = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:
            pass
    return found


def test_it_is_the_engine_and_not_the_agent(agent, engine):
    assert {os.path.basename(os.readlink(f"/proc/{pid}/exe")) for pid in engine} == {"cordon-engine"}


def test_no_environment(engine):
    for pid in engine:
        assert pathlib.Path(f"/proc/{pid}/environ").read_bytes().strip(b"\0") == b"", pid


def test_no_secret_in_the_arguments(engine):
    for pid in engine:
        assert b"cordon-dev-secret" not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()


def test_no_inherited_descriptors(agent, engine):
    shared = {target for target in descriptors(agent.pid).values()
              if re.match(r"socket:|pipe:|anon_inode:|/", target) and target != "/dev/null"}
    log = os.path.realpath(agent.log_path)
    for pid in engine:
        for number, target in descriptors(pid).items():
            # Standard error may lead to the agent's log; all else the engine was given or made itself.
            assert number <= 2 and target in ("/dev/null", log) or target not in shared, (pid, number, target)


def test_sockets_are_local_only(engine):
    for pid in engine:
        inodes = {target[8:-1] for target in descriptors(pid).values() if target.startswith("socket:[")}
        for table in ("tcp", "tcp6", "udp", "udp6", "raw", "packet", "netlink"):
            path = pathlib.Path(f"/proc/{pid}/net/{table}")
            used = set(path.read_text().split()) if path.exists() else set()
            assert not inodes & used, (pid, table)


def test_workers_are_confined(agent, engine):
    for pid in agent.workers():
        found = status(pid)
        assert found["NoNewPrivs"] == "1" and found["Seccomp"] == "2", pid
        assert int(found["CapEff"], 16) == int(found["CapPrm"], 16) == 0, found


def test_no_way_to_the_network(system, agent, engine):
    url = urllib.parse.urlsplit(system.endpoint)
    ours = os.readlink("/proc/self/ns/net")
    for pid in agent.workers():
        theirs = os.readlink(f"/proc/{pid}/ns/net")
        if theirs == ours:
            # No namespace of its own: then the system call filter must be all there is, and it must kill.
            assert status(pid)["Seccomp"] == "2"
            continue
        if os.geteuid() != 0 or not shutil.which("nsenter"):
            pytest.skip("entering the worker's network needs root and nsenter")
        probe = (f"import socket; s = socket.socket(); s.settimeout(2); "
                 f"import sys; sys.exit(0 if s.connect_ex(('{url.hostname}', {url.port})) else 1)")
        done = subprocess.run(["nsenter", "-t", str(pid), "-n", "/usr/bin/python3", "-c", probe], check=False)
        assert done.returncode == 0, "the cloud can be reached from the worker's network"


def test_the_engine_links_no_network_library_and_cordon_no_scanner(system):
    def needed(program):
        out = subprocess.run(["readelf", "-d", system.bin_dir / program], capture_output=True, text=True, check=True)
        return re.findall(r"NEEDED.*\[(.+)\]", out.stdout)

    assert not [name for name in needed("cordon-engine") if re.match(r"lib(curl|ssl|nghttp)", name)]
    assert not [name for name in needed("cordon") if name.startswith("libclamav")]


def test_an_engine_that_dies_while_nothing_comes_is_started_anew(system, bucket, agent):
    """Nothing is scanned then that would do it."""
    os.kill(agent.engine_processes()[0], signal.SIGKILL)
    eventually(lambda: "agent.engine_away" in agent.log(), what="that the agent notices")

    system.put(bucket, "later", b"text")

    assert system.await_verdict(bucket, "later")["scan-result"] == "Clean"
    assert agent.get("/readyz")[0] == 200


@pytest.mark.parametrize("flags, parsing", [((), "fast"), (("--stock-parsing",), "stock")])
def test_numbers_are_read_by_the_engines_own_function_unless_told_otherwise(system, bucket, flags, parsing):
    agent = system.start_agent(*flags)

    assert f'"parsing":"{parsing}"' in agent.log()
    assert "engine.parsing_bypassed" not in agent.log()
