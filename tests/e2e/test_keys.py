"""Keys that a careless program would change: the named object and no other is scanned, tagged and moved."""
import pytest

from harness import samples
from harness.system import eventually

KEYS = {"space": "a b/c d.txt", "plus": "a+b c+d", "percent": "100% sure", "escape": "a%2Fb%20c", "double-slash": "a//b///c",
        "leading-slash": "/a", "dot-dot": "x/../evil", "dot": "x/./y", "umlaut": "Übung/Größe.pdf", "cjk": "報告/書類.docx",
        "emoji": "😀/👩‍👧.png", "query": "k?versionId=null&x=y#z", "quotes": "it's \"so\" <b>&amp;", "backslash": "a\\b",
        "tab": "a\tb", "c1": "a\u009b31m", "direction": "a\u202egpj.exe", "line-separator": "a\u2028b", "longest": "k" * 1024, "longest-utf8": "ü" * 512}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_a_clean_and_an_infected_object_of_that_name(system, bucket, agent, key):
    system.put(bucket, key, samples.clean())
    assert system.await_verdict(bucket, key)["scan-result"] == "Clean"
    system.await_idle()

    system.put(bucket, key, samples.eicar())
    there = f"{bucket}/{key}"
    if len(there.encode()) <= 1024:
        assert system.await_quarantine(bucket, key)["scan-result"] == "Infected"
    else:
        # Too long for a prefix: it is in quarantine under a shortened name, and its result tells which.
        eventually(lambda: not system.exists(bucket, key), what="the move")
        moved = [a for r in system.await_results(bucket, key, 2) for a in r["actions"] if a["kind"] == "move"]
        assert len(moved) == 1 and system.exists(moved[0]["bucket"], moved[0]["key"])


def test_neighbours_of_an_infected_key_are_left_alone(system, bucket, agent):
    neighbours = ["evil", "x/evil", "x//evil", "x/evil/", "x /evil"]
    for key in neighbours:
        system.put(bucket, key, key.encode())
    system.put(bucket, "x/../evil", samples.eicar())

    system.await_quarantine(bucket, "x/../evil")
    system.await_idle()

    assert sorted(system.keys(bucket)) == sorted(neighbours)
    for key in neighbours:
        assert system.body(bucket, key) == key.encode()
        assert system.tags(bucket, key)["scan-result"] == "Clean"
