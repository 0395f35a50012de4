"""Objects above the engine's ceiling, in their real sizes: searched in windows, archives also member by member, in constant
memory. Their permutations, with a small ceiling, are unit tests (src/clamav/large_scan_test.cc)."""
import gzip
import pathlib
import subprocess
import tarfile
import threading
import zipfile

import archives
import pytest
from large_files import ENGINE_BYTES_MAX, sparse, verdict
from small_cases import MARKER

GIB = 1 << 30
# One window of 512 MiB and the engine itself. A member of up to the ceiling is a scan of its own, in one piece.
WINDOW_MEMORY_MAX = 768 << 20
ZEROS = bytes(1 << 20)
# Packed, so that it is found only by who unpacks both.
PACKED = archives.zip_of(("inner", MARKER + b"x" * 500))


class Sparse:
    """A file for writing in which blocks of zeros become holes: gigabytes in no time."""
    def __init__(self, path):
        self.file = path.open("wb")

    def write(self, data):
        if data is ZEROS:
            self.file.seek(len(data), 1)
        else:
            self.file.write(data)
        return len(data)

    def __getattr__(self, name):
        return getattr(self.file, name)


class PeakMemory:
    """The most resident memory that any worker had while this was open."""
    def __enter__(self):
        self.kibibytes, self.stop = 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.stop.wait(0.1):
            for status in pathlib.Path("/proc").glob("[0-9]*/status"):
                try:
                    text = status.read_text()
                except OSError:
                    continue
                if text.startswith("Name:\tcordon-engine\n") and "VmHWM:" in text:
                    self.kibibytes = max(self.kibibytes, int(text.split("VmHWM:")[1].split()[0]))

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    @property
    def bytes(self):
        assert self.kibibytes, "no worker was seen"
        return self.kibibytes * 1024


@pytest.mark.parametrize("size", [ENGINE_BYTES_MAX, 2 * GIB], ids=["ceiling", "2GiB"])
def test_the_last_bytes_on_both_sides_of_the_ceiling_are_searched(size, scan, sample):
    sparse(sample, size, tail=MARKER)

    assert verdict(scan(sample)) == ("Infected", None)


def test_three_gibibytes_are_clean_only_because_all_of_them_were_searched(scan, sample):
    sparse(sample, 3 * GIB)

    with PeakMemory() as peak:
        result = scan(sample)

    assert verdict(result) == ("Clean", None)
    assert result["bytesScanned"] == result["size"] == 3 * GIB
    assert peak.bytes < WINDOW_MEMORY_MAX


def test_six_gibibytes_through_a_spool_of_one(scan, sample):
    sparse(sample, 6 * GIB, tail=MARKER)

    with PeakMemory() as peak:
        result = scan(sample, "--spool-bytes", str(GIB))

    assert verdict(result) == ("Infected", None)
    assert len(result["sha256"]) == 64
    assert peak.bytes < WINDOW_MEMORY_MAX


def test_a_document_above_the_ceiling_is_too_large(scan, sample):
    sparse(sample, 2 * GIB + 1)
    with sample.open("r+b") as file:
        file.write(b"%PDF-1.7\n")

    assert verdict(scan(sample)) == ("Unscannable", "too-large")


def fill_tar(archive, sizes):
    for number, size in enumerate(sizes):
        member = tarfile.TarInfo(f"filler{number}")
        member.size = size
        archive.addfile(member)
        for _ in range(size // len(ZEROS)):
            archive.fileobj.write(ZEROS)
        archive.offset += size
    member = tarfile.TarInfo("last.zip")
    member.size = len(PACKED)
    archive.addfile(member)
    archive.fileobj.write(PACKED + bytes(-len(PACKED) % 512))
    archive.offset += len(PACKED) + -len(PACKED) % 512


def make_tar(path):
    """With a member that is larger than the engine reads."""
    file = Sparse(path)
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        fill_tar(archive, [2176 << 20])
    file.close()


def make_tar_gz(path):
    with gzip.open(path, "wb", compresslevel=0) as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
            fill_tar(archive, [1100 << 20, 1000 << 20])


def make_zip(path):
    file = Sparse(path)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number in range(2):
            with archive.open(zipfile.ZipInfo(f"filler{number}"), "w", force_zip64=True) as member:
                for _ in range(1050):
                    member.write(ZEROS)
        archive.writestr("last.zip", PACKED)
    file.close()


def make_7z(path):
    fillers = [path.with_name(f"filler{number}") for number in range(2)]
    last = path.with_name("last.zip")
    for filler in fillers:
        sparse(filler, 1050 << 20)
    last.write_bytes(PACKED)
    done = subprocess.run(["7z", "a", "-t7z", "-mx0", "-bd", path, *fillers, last], capture_output=True, text=True, timeout=120)
    for made in [*fillers, last]:
        made.unlink()
    path.with_name(path.name + ".7z").rename(path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("make", [make_tar, make_tar_gz, make_zip, make_7z], ids=["tar", "tar.gz", "zip", "7z"])
def test_the_last_member_of_a_large_archive_is_unpacked(make, scan, sample):
    make(sample)
    assert sample.stat().st_size > ENGINE_BYTES_MAX

    assert verdict(scan(sample)) == ("Infected", None)
