"""An engine that does what each object tells it: whatever that is, the object gets its verdict and the agent goes on."""
import pytest
from harness import samples

HARMFUL = b"CORDON-TEST-HARMFUL"   # What this engine finds.
SCAN_SECONDS_MAX = 3

# What an object makes its worker do -> the reason in its result.
POISON = {
    "segv": "engine-crash",
    "abort": "engine-crash",
    "hang": "timeout",
    "spin": "timeout",
    "fork-storm": "engine-crash",
    "execute": "engine-crash",
    "connect": "engine-crash",
    "half-reply": "engine-crash",
    "wrong-id": "engine-crash",
    "clean-without-scan 1000": "engine-crash",
    "garbage": "engine-crash",
    "flood": "engine-crash",
    "hello-again": "engine-crash",
    "descriptor-gift": "engine-crash",
}


def start_sandboxee(system):
    signatures = system.folder / "orders"
    signatures.mkdir()
    (signatures / "behaviour.ndb").write_text("well 1\n")
    return system.start_agent("--engine", system.bin_dir / "cordon_sandboxee", "--max-scan-seconds", SCAN_SECONDS_MAX,
                              signatures=signatures)


def settled(system, bucket, key):
    """The one result of an object, and its tags."""
    tags = system.await_verdict(bucket, key)
    result, = system.await_results(bucket, key)
    return tags["scan-result"], result["result"], result["reason"]


def test_no_poison_stops_the_agent_or_hides_what_comes_with_it(system, bucket):
    agent = start_sandboxee(system)
    for number, deed in enumerate(POISON):
        system.put(bucket, deed, b"do: " + deed.encode())
        system.put(bucket, f"harmless-{number}", samples.clean())
        system.put(bucket, f"harmful-{number}", HARMFUL)

    assert {deed: settled(system, bucket, deed) for deed in POISON} == {
        deed: ("Unscannable", "Unscannable", reason) for deed, reason in POISON.items()}
    for number in range(len(POISON)):
        assert settled(system, bucket, f"harmless-{number}") == ("Clean", "Clean", None)
        assert system.await_quarantine(bucket, f"harmful-{number}")["scan-result"] == "Infected"
    system.await_idle()
    assert not any(system.counts(system.dead_letters).values())
    assert agent.process.poll() is None and agent.get("/readyz")[0] == 200


@pytest.mark.only_on("devcloud", reason="takes gigabytes for a moment, once is enough")
@pytest.mark.parametrize("hog", ["hog-memory", "fill-disk"])
def test_a_hog_ends_at_its_limit(system, bucket, hog):
    agent = start_sandboxee(system)
    system.put(bucket, "hog", b"do: " + hog.encode())
    system.put(bucket, "harmless", samples.clean())

    assert settled(system, bucket, "hog")[:2] == ("Unscannable", "Unscannable")   # By the limit or by the time it takes.
    assert settled(system, bucket, "harmless") == ("Clean", "Clean", None)
    assert agent.process.poll() is None and agent.get("/readyz")[0] == 200
