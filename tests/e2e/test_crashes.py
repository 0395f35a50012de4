"""kill -9 at every step, of agents and of workers: nothing is lost, nothing is falsely clean."""
import collections
import concurrent.futures
import os
import random
import signal
import time

import pytest

from harness import samples
from harness.system import OUR_TAGS, eventually

STEPS = ["receive", "decode", "admit", "open", "stage", "scan", "tag", "act", "copy", "delete", "report", "acknowledge"]
# On the way of a result out of the outbox: before it goes, and before it is noted that it went.
STEPS_OF_RESULT = ["deliver", "delivered"]
# An object that is kept is neither copied nor deleted.
STEPS_OF_CLEAN = [step for step in STEPS if step not in ("copy", "delete")]


def crash(system, step):
    """Runs an agent that kills itself at `step`, then one that does not."""
    once = system.folder / "crashed-once"
    settings = dict(CORDON_TEST_CRASH_AT=step, CORDON_TEST_CRASH_ONCE_FILE=once)
    first = system.launch_agent(**settings)
    code = first.process.wait(60)
    assert (code, once.exists()) == (-signal.SIGKILL, True), first.log()[-3000:]
    return system.start_agent(**settings)


@pytest.mark.parametrize("step", STEPS + STEPS_OF_RESULT)
def test_an_agent_that_dies_with_an_infected_object(system, bucket, step):
    system.put(bucket, "evil", samples.eicar(), tags={"owner": "me"}, Metadata={"a": "b"})

    crash(system, step)

    tags = system.await_quarantine(bucket, "evil")
    system.await_idle()
    assert (tags["scan-result"], tags["owner"]) == ("Infected", "me")
    assert system.body(system.quarantine, f"{bucket}/evil") == samples.eicar()
    assert system.head(system.quarantine, f"{bucket}/evil")["Metadata"]["a"] == "b"
    assert {result["result"] for result in system.await_results(bucket, "evil")} == {"Infected"}
    assert not any(system.counts(system.dead_letters).values())


@pytest.mark.parametrize("step", STEPS_OF_CLEAN)
def test_an_agent_that_dies_with_a_clean_object(system, bucket, step):
    body = samples.clean()
    system.put(bucket, "fine", body, tags={"owner": "me"})

    crash(system, step)

    tags = system.await_verdict(bucket, "fine")
    system.await_idle()
    assert (tags["scan-result"], tags["owner"]) == ("Clean", "me")
    assert system.body(bucket, "fine") == body
    assert {result["result"] for result in system.await_results(bucket, "fine")} == {"Clean"}
    assert not any(system.counts(system.dead_letters).values())


@pytest.mark.parametrize("step", ["copy", "delete", "report"])
def test_an_agent_that_dies_while_it_moves_a_version(system, versioned, step):
    older = system.put(versioned, "k", b"older, clean")["VersionId"]
    system.put(versioned, "k", samples.eicar())

    crash(system, step)

    eventually(lambda: system.exists(system.quarantine, f"{versioned}/k"), what="quarantine")
    system.await_idle()
    assert [v["VersionId"] for v in system.s3.list_object_versions(Bucket=versioned)["Versions"]] == [older]
    assert len(system.s3.list_object_versions(Bucket=system.quarantine, Prefix=f"{versioned}/k")["Versions"]) == 1


def test_an_agents_processes_die_with_it(system, bucket, agent):
    engine = agent.engine_processes()
    assert engine
    agent.kill()

    eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in engine), 10, what="the end of the engine")


# ---- workers ----

def busy_worker(agent, ticks):
    """A worker that has used at least so many clock ticks since `ticks` were read."""
    for pid, before in ticks.items():
        if cpu_ticks(pid) - before >= 10:
            return pid
    return None


def cpu_ticks(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    except OSError:
        return 0


def test_a_worker_that_is_killed_in_the_middle_of_a_scan_costs_one_retry(system, bucket, agent):
    # Text without structure keeps the engine busy for a while; a zip of it even longer.
    rng = random.Random(1)
    body = b"".join(rng.randbytes(1 << 20) for _ in range(96))
    ticks = {pid: cpu_ticks(pid) for pid in agent.workers()}
    system.put(bucket, "long", body)
    victim = eventually(lambda: busy_worker(agent, ticks), 60, 0.002, "a busy worker")
    os.kill(victim, signal.SIGKILL)

    assert system.await_verdict(bucket, "long", seconds=120)["scan-result"] == "Clean"
    system.await_idle()
    assert agent.process.poll() is None
    assert len(system.results(bucket, "long")) == 1
    system.put(bucket, "next", samples.eicar())
    system.await_quarantine(bucket, "next")
    assert agent.log().count('"engine.worker_ended"') == agent.log().count('"engine.retry"') == 1


def test_idle_workers_that_are_killed_are_replaced(system, bucket, agent):
    for pid in agent.workers():
        os.kill(pid, signal.SIGKILL)
    for n in range(8):
        system.put(bucket, f"k{n}", samples.clean())

    for n in range(8):
        assert system.await_verdict(bucket, f"k{n}")["scan-result"] == "Clean"
    assert agent.process.poll() is None


def test_an_engine_that_is_killed_altogether_comes_back(system, bucket, agent):
    for pid in agent.engine_processes():
        os.kill(pid, signal.SIGKILL)
    system.put(bucket, "clean", samples.clean())
    system.put(bucket, "evil", samples.eicar())

    assert system.await_verdict(bucket, "clean", seconds=120)["scan-result"] == "Clean"
    assert system.await_quarantine(bucket, "evil", seconds=120)["scan-result"] == "Infected"


# ---- the fleet ----

def mixed(count):
    """Keys with content, owner's tags and the verdict that they must get. A quarter is infected."""
    rng = random.Random(20261122)
    odd = ["a b+c", "100%", "ü/ö", "d//e", "x/../y", "😀"]
    objects = {}
    for n in range(count):
        key = f"{n % 16:02d}/{odd[n % len(odd)]}/{n}"
        kind = rng.choices(["clean", "empty", "zip", "eicar", "infected-zip", "locked"], [50, 5, 18, 17, 8, 2])[0]
        body, verdict = {
            "clean": lambda: (rng.randbytes(rng.randint(1, 30_000)), "Clean"), "empty": lambda: (b"", "Clean"),
            "zip": lambda: (samples.zipped(a_txt=rng.randbytes(2000)), "Clean"),
            "eicar": lambda: (samples.eicar(), "Infected"),
            "infected-zip": lambda: (samples.infected_zip(), "Infected"),
            "locked": lambda: (samples.encrypted_zip(), "Unscannable")}[kind]()
        objects[key] = (body, {"n": str(n), "owner": "me"}, verdict)
    return objects


def test_two_agents_and_three_kills(system, bucket, request):
    count = request.config.getoption("--fleet-objects") if system.peer == "devcloud" else 300   # moto: 150 requests/s
    system.sqs.set_queue_attributes(QueueUrl=system.queue_url(system.event_queue), Attributes={"VisibilityTimeout": "20"})
    objects = mixed(count)
    agents = [system.start_agent(workers=1), system.start_agent(workers=1)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        uploads = [pool.submit(system.put, bucket, key, body, tags) for key, (body, tags, _) in objects.items()]
        for share in (0.2, 0.5, 0.8):
            eventually(lambda: sum(u.done() for u in uploads) >= share * count, 600, what=f"{share:.0%} of the uploads")
            agents[0].kill()
            time.sleep(0.5)
            agents[0] = system.start_agent(workers=1)
        for upload in uploads:
            upload.result()
    system.await_idle(seconds=900)

    check_fleet(system, bucket, objects)


def check_fleet(system, bucket, objects):
    verdicts = collections.defaultdict(set)
    for result in system.results(bucket):
        verdicts[result["key"]].add(result["result"])
    assert {key: found for key, found in verdicts.items() if found != {objects[key][2]}} == {}
    assert set(verdicts) == set(objects)

    infected = {key for key, (_, _, verdict) in objects.items() if verdict == "Infected"}
    assert set(system.keys(bucket)) == set(objects) - infected
    assert set(system.keys(system.quarantine)) == {f"{bucket}/{key}" for key in infected}
    assert not any(system.counts(system.dead_letters).values())

    def wrong(key):
        body, owned, verdict = objects[key]
        where, name = (system.quarantine, f"{bucket}/{key}") if key in infected else (bucket, key)
        tags = system.tags(where, name)
        kept = {k: v for k, v in tags.items() if k not in OUR_TAGS}
        if tags.get("scan-result") != verdict or kept != owned or system.body(where, name) != body:
            return key, tags
        return None
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert [found for found in pool.map(wrong, objects) if found] == []
