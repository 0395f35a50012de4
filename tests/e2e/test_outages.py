"""Whatever is away or answers in place of the cloud for a while, is gone without a trace afterwards."""
import time

import pytest

from harness import samples
from harness.between import Between
from harness.system import eventually

# Long enough that each object of the outage meets it, short enough that no message is given up.
OUTAGE_SECONDS = 3
MODES = ["page-302", "page-403", "page-404", "page-412", "page-200", "bare-404", "page-503", "silent", "closed", "cut", "swallow"]


@pytest.fixture
def between(system):
    relay = Between(system.endpoint)
    yield relay
    relay.stop()




@pytest.mark.only_on("devcloud", reason="takes seconds for a request under this load")
def test_every_outage_ends_in_verdicts_and_no_dead_letters(system, bucket, between):
    agent = system.start_agent("--on-infected", "keep", AWS_ENDPOINT_URL=between.endpoint)
    system.put(bucket, "before", samples.clean())
    assert system.await_verdict(bucket, "before")["scan-result"] == "Clean"

    expected = {}
    for mode in MODES:
        between.mode = mode
        for i in range(2):
            expected[f"{mode}/clean-{i}"] = "Clean"
            system.put(bucket, f"{mode}/clean-{i}", samples.clean() + f"{mode} {i}".encode())
        expected[f"{mode}/evil"] = "Infected"
        system.put(bucket, f"{mode}/evil", samples.eicar())
        time.sleep(OUTAGE_SECONDS)
        between.mode = "pass"
        time.sleep(1)  # In between it works, as it does in the field.

    def found():
        tags = {key: (system.tags(bucket, key) or {}).get("scan-result") for key in expected}
        return tags if None not in tags.values() else None
    assert eventually(found, 120, what="a verdict for every object") == expected
    assert set(MODES) <= set(between.seen), "each outage was met"
    assert not any(system.counts(system.dead_letters).values()), "nothing is given up"
    assert agent.process.poll() is None
    eventually(lambda: agent.get("/readyz")[0] == 200, what="readiness")
