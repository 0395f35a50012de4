"""What the engine needs and does not get: none of it may turn the test signature, or anything else, into Clean."""
import os

import archives
import pytest
from small_cases import EICAR, NOISE, TEXT

MB = 1_000_000


def test_the_time_limit_ends_in_a_verdict_without_a_statement(scan, sample):
    sample.write_bytes(archives.zip_of(*((str(n), archives.zip_of(("a", bytes(200 * MB)))) for n in range(12))))

    result = scan(sample, "--max-scan-seconds", "1")

    assert (result["result"], result["reason"]) == ("Unscannable", "timeout")


@pytest.mark.parametrize("descriptors", [20, 40, 80])
@pytest.mark.parametrize("content, full", [(archives.zip_of(("a", EICAR)), "Infected"), (TEXT, "Clean")],
                         ids=["infected", "clean"])
def test_few_descriptors_are_an_error_or_enough(descriptors, content, full, attempt, sample):
    sample.write_bytes(content)

    answer = attempt(sample, prefix=["prlimit", f"--nofile={descriptors}"])

    assert answer is None or answer[0] in (full, "Error")


@pytest.mark.parametrize("megabytes", [64, 128, 256])
def test_little_memory_never_hides_the_signature(megabytes, attempt, sample):
    sample.write_bytes(archives.zip_of(("a", NOISE + bytes(60 * MB) + EICAR)))

    answer = attempt(sample, prefix=["prlimit", f"--as={megabytes * MB}"])

    assert answer is None or answer[0] in ("Infected", "Error", "Unscannable")


def test_no_space_for_temporary_files_never_hides_the_signature(attempt, sample):
    sample.write_bytes(archives.zip_of(("a", NOISE + bytes(60 * MB) + EICAR)))

    answer = attempt(sample, prefix=["prlimit", f"--fsize={MB}"])

    assert answer is None or answer[0] in ("Infected", "Error", "Unscannable")


def test_a_spool_that_cannot_be_made_is_refused(attempt, sample, tmp_path):
    sample.write_bytes(EICAR)
    in_the_way = tmp_path / "file"
    in_the_way.write_bytes(b"")

    assert attempt(sample, spool=in_the_way / "spool") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_spool_is_refused(attempt, sample, tmp_path):
    sample.write_bytes(EICAR)
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o500)

    assert attempt(sample, spool=spool) is None
