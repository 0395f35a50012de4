"""The signature in the last bytes of objects above every limit that scanners have by default, and of some above ours."""
import zipfile

import pytest
import small_cases
from large_files import ENGINE_BYTES_MAX, sparse, verdict
from small_cases import MARKER

MB = 1_000_000


@pytest.mark.parametrize("megabytes", [100, 400])
@pytest.mark.parametrize("head", [b"", b"\x89PNG\r\n\x1a\n", small_cases.ID3, small_cases.SQLITE],
                         ids=["data", "png", "id3", "sqlite"])
def test_the_end_of_a_large_object_is_searched(head, megabytes, scan, sample):
    sparse(sample, megabytes * MB, head=head, tail=MARKER)

    assert verdict(scan(sample)) == ("Infected", None)


def test_a_large_clean_object_is_scanned_in_full(scan, sample):
    with sample.open("wb") as file:
        file.truncate(100 * MB)

    result = scan(sample)

    assert verdict(result) == ("Clean", None)
    assert result["bytesScanned"] >= 100 * MB // 4096 * 4096


def test_html_of_50_mb_with_the_signature_in_its_last_part(scan, sample):
    with sample.open("wb") as file:
        file.write(b"<!DOCTYPE html><html><body>")
        line = b"<p>A line of harmless text in a long page.</p>\n"
        for _ in range(50):
            file.write(line * (MB // len(line)))
        file.write(b"<p>" + MARKER + b"</p></body></html>")

    assert verdict(scan(sample)) == ("Infected", None)


def test_a_zip_member_of_450_mb_with_the_signature_at_its_end(scan, sample):
    with zipfile.ZipFile(sample, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("member", "w") as member:
            for _ in range(450):
                member.write(bytes(MB))
            member.write(MARKER)

    assert verdict(scan(sample)) == ("Infected", None)


def test_a_zip_member_above_the_ceiling_is_named(scan, sample):
    with zipfile.ZipFile(sample, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member", b"x" * 1000)
    content = bytearray(sample.read_bytes())
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(mark) + at
        content[start:start + 4] = (ENGINE_BYTES_MAX + 2).to_bytes(4, "little")
    sample.write_bytes(content)

    assert verdict(scan(sample)) == ("Unscannable", "too-large")
