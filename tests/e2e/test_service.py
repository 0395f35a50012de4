"""The agent as a service: health, metrics, and how it stops."""
import signal
import time

import pytest

from harness import samples
from harness.system import eventually


def test_health_pages(system, bucket, agent):
    assert agent.get("/healthz")[0] == 200
    assert agent.get("/readyz")[0] == 200
    assert agent.get("/nothing-here")[0] == 404


def test_metrics_count_verdicts(system, bucket, agent):
    system.put(bucket, "fine", samples.clean())
    system.put(bucket, "evil", samples.eicar())
    system.await_verdict(bucket, "fine")
    system.await_quarantine(bucket, "evil")
    system.await_idle()

    assert agent.metric("cordon_objects_scanned_total", verdict="Clean") == 1
    assert agent.metric("cordon_objects_scanned_total", verdict="Infected") == 1
    assert agent.metric("cordon_scan_duration_seconds_count") >= 2


def test_an_idle_agent_stops_at_once(system, bucket, agent):
    begin = time.monotonic()

    assert agent.terminate() == 0
    assert time.monotonic() - begin < 5   # a long poll of 20 s must not hold it


def test_an_interrupt_stops_it_too(system, bucket, agent):
    agent.process.send_signal(signal.SIGINT)

    assert agent.process.wait(10) == 0


def test_a_busy_agent_finishes_and_gives_the_rest_back(system, bucket, agent):
    # Held messages that were not given back would stay hidden for this long and fail the wait below.
    system.sqs.set_queue_attributes(QueueUrl=system.queue_url(system.event_queue), Attributes={"VisibilityTimeout": "600"})
    count = 60
    for n in range(count):
        system.put(bucket, f"k{n}", samples.clean(200_000))
    eventually(lambda: system.results(bucket, delivered=False), what="the first result")

    assert agent.terminate() == 0

    assert system.counts(system.event_queue)["NotVisible"] == 0
    done = {result["key"] for result in system.results(bucket)}
    tagged = {key for key in system.keys(bucket) if "scan-result" in system.tags(bucket, key)}
    assert done == tagged
    system.start_agent()
    system.await_idle()
    assert len({result["key"] for result in system.results(bucket)}) == count


def test_a_second_agent_shares_the_work(system, bucket, agent):
    other = system.start_agent()
    for n in range(60):
        system.put(bucket, f"k{n}", samples.clean())
    system.await_idle()

    eventually(lambda: sum(a.metric("cordon_objects_scanned_total", verdict="Clean") for a in (agent, other)) >= 60)
    assert len({result["key"] for result in system.results(bucket)}) == 60


def test_the_log_holds_no_secret(system, bucket, agent):
    system.put(bucket, "evil", samples.eicar())
    system.await_quarantine(bucket, "evil")
    agent.terminate()

    assert "cordon-dev-secret" not in agent.log()


@pytest.mark.only_on("devcloud", reason="takes no newline in a key")
def test_a_key_forges_no_line_of_the_log(system, bucket, agent):
    system.put(bucket, "evil\nforged line", samples.eicar())
    system.await_quarantine(bucket, "evil\nforged line")
    agent.terminate()

    assert not [line for line in agent.log().splitlines() if line.startswith("forged line")]
