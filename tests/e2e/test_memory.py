"""What a worker has for itself: docs/guide/operate.md states a budget, and nothing may grow from scan to scan."""
import mmap
import pathlib

import pytest

from harness import samples

BUDGET_MB = 64
SCANS = 150

pytestmark = pytest.mark.only_on("devcloud", reason="the cloud plays no part in it")


def megabytes(pid, *fields):
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields)) / 1024


def private_megabytes(pid):
    return megabytes(pid, "Private_Clean:", "Private_Dirty:")


def kernel_joins_pages():
    collapse, memory = 25, mmap.mmap(-1, 8 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.write(b"x" * len(memory))
    try:
        memory.madvise(collapse)
    except OSError:
        return False
    return True


def start_sandboxee(system):
    signatures = system.folder / "orders"
    signatures.mkdir()
    (signatures / "behaviour.ndb").write_text("well 1\n")
    return system.start_agent("--engine", system.bin_dir / "cordon_sandboxee", workers=1, signatures=signatures)


def contents(number):
    """Some kinds of content, no two alike."""
    text = f"object {number}\n".encode() * (1 + number * 37 % 900)
    return (text, b"<html><body><p>" + text + b"</p></body></html>", samples.zipped(text_txt=text))[number % 3]


def scanned(system, bucket, prefix):
    keys = [f"{prefix}-{number}" for number in range(SCANS)]
    for number, key in enumerate(keys):
        system.put(bucket, key, contents(number))
    for key in keys:
        assert system.await_verdict(bucket, key)["scan-result"] == "Clean"


def test_it_does_not_grow_from_scan_to_scan(system, bucket):
    agent = system.start_agent(workers=1)
    scanned(system, bucket, "first")
    worker, = agent.workers()
    before = private_megabytes(worker)

    scanned(system, bucket, "second")

    assert agent.workers() == [worker], "it was replaced meanwhile"
    assert private_megabytes(worker) < min(before + 2, BUDGET_MB)


def test_freed_memory_is_kept_up_to_the_budget_only(system, bucket):
    agent = start_sandboxee(system)
    worker, = agent.workers()
    system.put(bucket, "split", b"do: split-memory")
    system.await_verdict(bucket, "split")

    assert agent.workers() == [worker], "it was replaced meanwhile"
    assert private_megabytes(worker) < BUDGET_MB


def test_signatures_are_shared_in_huge_pages(system, bucket):
    if not kernel_joins_pages():
        pytest.skip("this kernel joins no huge pages on request")
    agent = start_sandboxee(system)
    worker, = agent.workers()

    # This engine's signatures are 16 MB, which need not begin at the begin of a huge page.
    assert megabytes(worker, "AnonHugePages:") >= 12
    assert private_megabytes(worker) < 4
