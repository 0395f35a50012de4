"""Results on their way: no destination delays a verdict, and none that is durable on disk is lost."""
import collections
import json
import pathlib
import signal
import urllib.request

import peer as peers
import pytest

from harness import samples
from harness.system import eventually

COUNT = 40

pytestmark = pytest.mark.only_on("devcloud", reason="has no faults that a test can ask for")


@pytest.fixture(scope="module")
def endpoint(request, tmp_path_factory):
    """A stand-in of these tests alone, for its services fail when it is told so."""
    log = tmp_path_factory.mktemp("peer") / "devcloud.log"
    with peers.running("devcloud", pathlib.Path(request.config.getoption("--bin-dir")), log, ("--fault-control",)) as url:
        yield url


def ask(system, method, body=None):
    request = urllib.request.Request(system.endpoint + "/_devcloud/faults", method=method,
                                     data=None if body is None else json.dumps(body).encode())
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return answer.read()


@pytest.fixture
def log_away(system):
    """The log service answers 503 until it is told to come back."""
    ask(system, "POST", {"operation": "logs:*", "status": 503, "code": "ServiceUnavailableException"})
    yield lambda: ask(system, "DELETE")
    ask(system, "DELETE")


def upload(system, bucket):
    for n in range(COUNT):
        system.put(bucket, f"k{n}", samples.clean())


def await_acknowledged(system, agent):
    """Every verdict is there and every message acknowledged, while no line could be written."""
    system.await_idle(seconds=60)
    assert agent.metric("cordon_objects_scanned_total", verdict="Clean") == COUNT
    eventually(lambda: agent.metric("cordon_outbox_results", destination="cloudwatch") == COUNT, 10, what="the outbox")
    assert agent.metric("cordon_outbox_results", destination="notifications") == 0


def lines(system, bucket):
    return collections.Counter(result["key"] for result in system.results(bucket, delivered=False))


def await_each_line_once(system, bucket):
    expected = collections.Counter({f"k{n}": 1 for n in range(COUNT)})
    eventually(lambda: len(lines(system, bucket)) >= COUNT, 60, 0.2, "all lines")
    system.await_delivered()
    assert lines(system, bucket) == expected


def test_a_log_that_is_away_delays_no_verdict_and_gets_each_line_once(system, bucket, agent, log_away):
    upload(system, bucket)
    await_acknowledged(system, agent)
    assert agent.log().count('"results.not_taken"') == 1

    log_away()

    await_each_line_once(system, bucket)
    assert agent.metric("cordon_results_direct_total") == 0


def test_a_line_whose_answer_was_lost_arrives_once(system, bucket, agent):
    for _ in range(3):
        ask(system, "POST", {"operation": "logs:PutLogEvents", "status": 500, "code": "InternalFailure", "after": True,
                             "count": 1})
        upload(system, bucket)
        system.await_idle()
        system.await_delivered()
    ask(system, "DELETE")

    assert '"results.not_taken"' in agent.log(), "answers were lost"
    results = [result["id"] for result in system.results(bucket, delivered=False)]
    assert len(results) == len(set(results)) == 3 * COUNT


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "stop"])
def test_what_was_not_delivered_is_delivered_by_the_next_agent(system, bucket, log_away, end):
    agent = system.start_agent("--drain", "2")
    upload(system, bucket)
    await_acknowledged(system, agent)

    agent.process.send_signal(end)
    assert agent.process.wait(20) == (0 if end == signal.SIGTERM else -signal.SIGKILL)
    log_away()
    assert lines(system, bucket) == {}
    system.start_agent()

    await_each_line_once(system, bucket)


def test_an_agent_at_its_stop_delivers_what_it_can(system, bucket, agent):
    upload(system, bucket)
    eventually(lambda: agent.metric("cordon_objects_scanned_total") > 0, what="the first verdict")

    assert agent.terminate() == 0

    tagged = {key for key in system.keys(bucket) if "scan-result" in system.tags(bucket, key)}
    assert lines(system, bucket) == collections.Counter({key: 1 for key in tagged})


def test_without_an_outbox_results_are_delivered_before_their_messages_are_acknowledged(system, bucket):
    in_the_way = system.folder / "file"
    in_the_way.write_text("no folder")
    for arguments, told in ((["--outbox", in_the_way], 1), (["--outbox-bytes", "0"], 0)):
        agent = system.start_agent(*arguments)
        system.put(bucket, f"with-{told}", samples.clean())
        system.await_idle()
        assert lines(system, bucket)[f"with-{told}"] == 1
        assert agent.log().count('"outbox.none"') == told
        assert agent.terminate() == 0
