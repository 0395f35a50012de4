"""Events that a store posts to an agent (--http-events): taken with a token, durable before the answer, handled as others."""
import urllib.request

import pytest

from harness import samples
from harness.push import PostedConsole, PushedAgent, minio_event
from harness.system import eventually


@pytest.fixture
def pushed(system):
    return PushedAgent(system)


@pytest.fixture
def uploads(system, pushed):
    """A bucket of which nothing but posted events tells."""
    name = system.new_bucket(versioned=True)
    pushed.protect(name)
    return name


def test_a_posted_event_ends_in_tags_and_quarantine_without_any_queue(system, pushed, uploads):
    pushed.start()
    for key, body in {"a b/ü+.txt": samples.clean(), "bad": samples.eicar()}.items():
        system.put(uploads, key, body)
        pushed.announce(uploads, key)

    assert system.await_verdict(uploads, "a b/ü+.txt")["scan-result"] == "Clean"
    assert system.await_quarantine(uploads, "bad")["scan-result"] == "Infected"
    names = [url.rpartition("/")[2] for url in system.sqs.list_queues().get("QueueUrls", [])]
    assert not [name for name in names if system.deployment in name]
    assert pushed.dead() == []


def test_only_who_has_a_token_is_heard(system, pushed, uploads):
    agent = pushed.start()
    system.put(uploads, "key", samples.clean())
    event = minio_event(uploads, "key")

    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": pushed.token[:-1]}):
        assert pushed.post(event, **headers)[0] == 401
    assert pushed.post("no json", Authorization=f"Bearer {pushed.token}")[0] == 400
    assert pushed.post(b"{" + b" " * (1 << 20) + b"}", Authorization=f"Bearer {pushed.token}")[0] == 413
    with urllib.request.urlopen(f"http://127.0.0.1:{pushed.port}/events") as probe:
        assert probe.status == 200
    assert agent.metric("cordon_local_queue_messages") == 0
    assert pushed.token not in agent.log()

    assert pushed.post(event, path=f"/events/{pushed.token}")[0] == 200   # as Ceph's gateway has to
    assert system.await_verdict(uploads, "key")["scan-result"] == "Clean"


def test_without_a_token_it_does_not_start(system, pushed):
    agent = system.launch_agent("--http-events", "127.0.0.1:0")
    assert agent.process.wait(30) == 2
    assert "--http-events-token-file" in agent.log()

    pushed.token_file.chmod(0o644)
    agent = pushed.launch()
    assert agent.process.wait(30) == 4
    assert "may read" in agent.log() or "everybody" in agent.log()


def test_one_agent_has_a_journal(system, pushed, uploads):
    pushed.start()

    second = system.launch_agent("--http-events", "127.0.0.1:0", "--http-events-token-file", pushed.token_file,
                                 "--http-events-journal", pushed.journal, CORDON_ACCOUNT=system.account)

    assert second.process.wait(30) == 4
    assert "another agent" in second.log() and "--http-events-journal" in second.log()


@pytest.mark.parametrize("step", ["decode", "tag", "acknowledge"])
def test_what_was_taken_outlives_its_agent(system, pushed, uploads, step):
    first = pushed.launch(CORDON_TEST_CRASH_AT=step, CORDON_TEST_CRASH_ONCE_FILE=system.folder / "once")
    first.await_ready()
    for n in range(5):
        system.put(uploads, f"k{n}", samples.clean())
        try:
            pushed.announce(uploads, f"k{n}")
        except OSError:
            break   # It died: as a store does, the event is sent again below.
    first.process.wait(30)

    pushed.start()
    for n in range(5):
        if not system.exists(uploads, f"k{n}"):
            system.put(uploads, f"k{n}", samples.clean())
        if n > 0:
            pushed.announce(uploads, f"k{n}")

    for n in range(5):
        assert system.await_verdict(uploads, f"k{n}")["scan-result"] == "Clean"


def test_what_is_of_no_protected_bucket_is_a_dead_letter_until_it_is(system, pushed, uploads):
    pushed.start()
    other = system.new_bucket(versioned=True)
    system.put(other, "key", samples.clean())
    pushed.announce(other, "key")
    assert pushed.post({"hello": "world"}, Authorization=pushed.token)[0] == 200

    letters = eventually(lambda: (lambda all: all if len(all) == 2 else None)(pushed.dead()), what="two dead letters")
    assert sorted(letter["cause"] for letter in letters) == ["malformed", "not-protected"]
    assert system.tags(other, "key") == {}

    pushed.protect(other)
    done = pushed.run("dead", "replay", "--cause", "not-protected", "--journal", pushed.journal)
    assert done.code == 0, done
    assert system.await_verdict(other, "key")["scan-result"] == "Clean"
    assert pushed.run("dead", "drop", "--all", "--journal", pushed.journal).code == 0
    assert pushed.dead() == []


def test_protect_push_is_told_and_taken_back(system, pushed, uploads):
    assert pushed.run("bucket", "status", "--push", uploads).code == 0
    assert uploads in pushed.run("bucket", "list", "--push").out
    assert pushed.run("bucket", "unprotect", "--push", uploads).code == 0
    assert pushed.run("bucket", "status", "--push", uploads).code == 5
    assert pushed.run("bucket", "list", "--push", "--json").out == ""


def test_agents_that_have_a_queue_share_what_one_of_them_takes(system, pushed):
    bucket = system.protected_bucket()
    quiet = system.new_bucket(versioned=True)
    pushed.protect(quiet)
    taker = pushed.start(to="queue")
    other = system.start_agent()

    for n in range(40):
        system.put(quiet, f"k{n}", samples.clean())
        pushed.announce(quiet, f"k{n}")

    for n in range(40):
        assert system.await_verdict(quiet, f"k{n}")["scan-result"] == "Clean"
    system.put(bucket, "by queue", samples.clean())
    system.await_verdict(bucket, "by queue")
    assert taker.metric("cordon_messages_received_total") + other.metric("cordon_messages_received_total") >= 41


def test_results_reach_a_console_that_no_queue_leads_to(system, pushed, uploads):
    console = PostedConsole(system)
    agent = pushed.start(*console.arguments())
    system.put(uploads, "bad", samples.eicar())
    pushed.announce(uploads, "bad")
    system.await_quarantine(uploads, "bad")
    eventually(lambda: agent.metric("cordon_outbox_results", destination="console") == 1, what="a result that waits")
    agent.kill()   # With the result on its disk, and nobody to take it.

    console.start()
    eventually(lambda: console.ask("/readyz")[0] == 200, what="a console that is ready")
    pushed.start(*console.arguments())

    found = eventually(lambda: console.ask("/api/v1/problems")[1], what="a problem at the console")
    assert [(one["verdict"], one["objects"]) for one in found] == [("Infected", "1")]
    results = console.ask("/api/v1/results")[1]
    assert {(one["bucket"], one["key"], one["result"]) for one in results} == {(uploads, "bad", "Infected")}


def test_a_console_url_wants_a_token(system, pushed):
    agent = pushed.launch("--console-url", "http://127.0.0.1:1")
    assert agent.process.wait(30) == 2
    assert "--console-token-file" in agent.log()
