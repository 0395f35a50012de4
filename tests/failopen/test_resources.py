"""What the engine needs and does not get: none of it may turn the test signature, or anything else, into Clean."""
import os
import pathlib
import subprocess

import archives
import pytest
from small_cases import MARKER, NOISE, TEXT

MB = 1_000_000


def is_honest(answer, truth):
    """The truth, a verdict without a statement that names its reason, or a refusal to start (which says why)."""
    return answer in (None, (truth, None)) or (answer[0] in ("Error", "Unscannable") and bool(answer[1]))


def test_the_time_limit_ends_in_a_verdict_without_a_statement(scan, sample):
    sample.write_bytes(archives.zip_of(*((str(n), archives.zip_of(("a", bytes(200 * MB)))) for n in range(12))))

    result = scan(sample, "--max-scan-seconds", "1")

    assert (result["result"], result["reason"]) == ("Unscannable", "timeout")


@pytest.mark.parametrize("descriptors", [20, 40, 80])
@pytest.mark.parametrize("content, full", [(archives.zip_of(("a", MARKER)), "Infected"), (TEXT, "Clean")],
                         ids=["infected", "clean"])
def test_few_descriptors_are_an_error_or_enough(descriptors, content, full, attempt, sample):
    sample.write_bytes(content)

    answer = attempt(sample, prefix=["prlimit", f"--nofile={descriptors}"])

    assert is_honest(answer, full)


@pytest.mark.parametrize("megabytes", [64, 128, 256])
def test_little_memory_never_hides_the_signature(megabytes, attempt, sample):
    sample.write_bytes(archives.zip_of(("a", NOISE + bytes(60 * MB) + MARKER)))

    answer = attempt(sample, prefix=["prlimit", f"--as={megabytes * MB}"])

    assert is_honest(answer, "Infected")


def test_no_space_for_temporary_files_never_hides_the_signature(attempt, sample):
    sample.write_bytes(archives.zip_of(("a", NOISE + bytes(60 * MB) + MARKER)))

    answer = attempt(sample, prefix=["prlimit", f"--fsize={MB}"])

    assert is_honest(answer, "Infected")


def test_a_spool_that_cannot_be_made_is_refused(attempt, sample, tmp_path):
    sample.write_bytes(MARKER)
    in_the_way = tmp_path / "file"
    in_the_way.write_bytes(b"")

    assert attempt(sample, spool=in_the_way / "spool") is None


@pytest.mark.parametrize("missing", ["Landlock", "seccomp"])
def test_a_kernel_that_cannot_confine_the_parser_is_refused_unless_that_is_allowed(missing, scan, attempt, sample):
    sample.write_bytes(MARKER)
    without = [pathlib.Path(__file__).with_name("without.py"), missing.lower()]

    assert attempt(sample, prefix=without, says=f"offers no {missing}") is None

    allowed = scan(sample, "--allow-weak-sandbox", prefix=without, says='"engine.weak_sandbox"')
    assert (allowed["result"], allowed["reason"]) == ("Infected", None)


def mounted(folder, options):
    """A prefix that puts an empty file system of its own over the folder, which only the command sees."""
    prefix = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o {options} none "$0" && exec "$@"', folder]
    if subprocess.run([*prefix, "true"], capture_output=True, timeout=20, check=False).returncode:
        pytest.skip("mounting needs root and a container that permits it")
    return prefix


def test_a_read_only_spool_is_refused(attempt, sample, tmp_path):
    sample.write_bytes(MARKER)
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o500)
    prefix = mounted(spool, "ro") if os.geteuid() == 0 else ()   # Nothing else is read-only for root.

    assert attempt(sample, prefix=prefix, spool=spool, says=str(spool)) is None


@pytest.mark.parametrize("content", [MARKER, archives.zip_of(("a", NOISE + bytes(60 * MB) + MARKER))], ids=["small", "unpacks"])
def test_a_full_spool_never_hides_the_signature(content, attempt, sample, tmp_path):
    sample.write_bytes(content)
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o700)

    answer = attempt(sample, prefix=mounted(spool, "size=64k,mode=700"), spool=spool)

    assert is_honest(answer, "Infected")
