"""The samples of a few megabytes at most: name -> (how to make it, verdict, reason).

Where the test signature is inside, Infected proves that the content was reached. Where it cannot be reached, the case
names why in its reason. The few clean ones are twins of infected ones: they show that not everything is refused.
"""
import base64
import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zlib

import archives
import documents

CLEAN, INFECTED = ("Clean", None), ("Infected", None)


def unscannable(reason):
    return "Unscannable", reason


# What is hidden in samples is our own marker, which no other scanner looks for, and samples that must be refused hold
# none. In pieces, so that no scanner reports this file.
MARKER = b"cordon-test-" + b"marker-one/" + b"7f3a"
EICAR = b"".join([b"X5O!P%@AP[4\\PZX54(P^)", b"7CC)7}$EICAR-", b"STANDARD-ANTIVIRUS-", b"TEST-FILE!$H+H*"])
TEXT = b"".join(b"Line %d of a harmless text.\n" % line for line in range(200))
NOISE = random.Random(1).randbytes(100_000)
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==")
ID3, OGG = b"ID3\x03\0\0\0\0\0\x10" + bytes(16), b"OggS\0\x02" + bytes(300)
SQLITE, REAL = b"SQLite format 3\0" + bytes(300), b".RMF\0\0\0\x12\0\1" + bytes(300)


def tar_of(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip1(data):
    return archives.zip_of(("a", data))


def deb(suffix, data):
    return archives.ar_of((b"debian-binary", b"2.0\n"), (b"data.tar." + suffix.encode(), data))


def jar():
    return archives.zip_of(("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n"), ("A.class", MARKER))


def ooxml(payload):
    return archives.zip_of(("[Content_Types].xml", b'<?xml version="1.0"?><Types/>'), ("_rels/.rels", b"<Relationships/>"),
                           ("word/document.xml", b"<w:document/>"), ("word/embeddings/oleObject1.bin", payload))


def many_members(last):
    """More than 10,000 members."""
    return archives.zip_of(*((f"{number}", b"harmless %d" % number) for number in range(10_100)), ("last", last))


CASES = {
    # Plain, so that the rest means something.
    "the-test-file": (lambda: EICAR, *INFECTED),
    "a-text": (lambda: TEXT, *CLEAN),
    # Nothing to scan, or too little to match.
    "empty": (lambda: b"", *CLEAN),
    **{f"{count}-bytes": (lambda count=count: b"MZabc"[:count], *CLEAN) for count in range(1, 6)},
    "6-bytes": (lambda: b"abcdef", *CLEAN),
    "5-bytes-in-a-zip": (lambda: zip1(b"MZabc"), *CLEAN),
    # Locked.
    "zip-zipcrypto": (lambda: archives.zip_crypto(("a.txt", TEXT)), *unscannable("encrypted")),
    "zip-aes": (lambda: archives.zip_aes(("a.txt", TEXT)), *unscannable("encrypted")),
    "zip-aes-in-zip": (lambda: zip1(archives.zip_aes(("a.txt", TEXT))), *unscannable("encrypted")),
    "zip-zipcrypto-in-tar-gz": (
        lambda: gzip.compress(tar_of(("a.zip", archives.zip_crypto(("a.txt", TEXT))))), *unscannable("encrypted")),
    "7z-encrypted": (lambda: archives.seven_zip(("a.txt", TEXT), options=["-psecret"]), *unscannable("encrypted")),
    "7z-encrypted-names": (
        lambda: archives.seven_zip(("a.txt", TEXT), options=["-psecret", "-mhe=on"]), *unscannable("encrypted")),
    "docx-encrypted": (lambda: documents.locked_docx(NOISE[:20_000]), *unscannable("encrypted")),
    "docx-encrypted-in-zip": (lambda: zip1(documents.locked_docx(NOISE[:20_000])), *unscannable("encrypted")),
    "pdf-encrypted": (lambda: documents.pdf(encrypted=True, stream=NOISE[:500]), *unscannable("encrypted")),
    "ole2-word-encrypted": (lambda: documents.word(NOISE[:9000], locked=True), *unscannable("encrypted")),
    "ole2-word": (lambda: documents.word(TEXT, locked=False), *CLEAN),
    "ole2-word-infected": (lambda: documents.word(TEXT + MARKER, locked=False), *INFECTED),
    "ole2-excel-encrypted": (lambda: documents.excel(NOISE[:9000], locked=True), *unscannable("encrypted")),
    "ole2-excel": (lambda: documents.excel(TEXT, locked=False), *CLEAN),
    "ole2-powerpoint-encrypted": (lambda: documents.powerpoint(NOISE[:9000], locked=True), *unscannable("encrypted")),
    "ole2-powerpoint": (lambda: documents.powerpoint(TEXT, locked=False), *CLEAN),
    "luks-volume": (lambda: b"LUKS\xba\xbe\0\2" + NOISE, *unscannable("encrypted")),
    "rar-encrypted": (lambda: archives.rar4_of(b"a", NOISE[:500], flags=4), *unscannable("encrypted")),
    "zip-with-encrypted-and-infected-member": (
        lambda: archives.zip_of(("locked.zip", archives.zip_aes(("a", TEXT))), ("b", MARKER)), *INFECTED),
    # Content that a second reader opens.
    "rar": (lambda: archives.rar4_of(b"a", MARKER), *INFECTED),
    "rar-clean": (lambda: archives.rar4_of(b"a", TEXT), *CLEAN),
    "rar-in-zip": (lambda: zip1(archives.rar4_of(b"a", MARKER)), *INFECTED),
    "deb-gz": (lambda: deb("gz", gzip.compress(tar_of(("a", MARKER)))), *INFECTED),
    "deb-xz": (lambda: deb("xz", lzma.compress(tar_of(("a", MARKER)))), *INFECTED),
    "deb-clean": (lambda: deb("xz", lzma.compress(tar_of(("a", TEXT)))), *CLEAN),
    "static-library-clean": (lambda: archives.ar_of((b"a.o/", NOISE), (b"b.o/", TEXT)), *CLEAN),
    "rpm-gz": (lambda: archives.rpm_of(gzip.compress(archives.cpio_of((b"a", MARKER)))), *INFECTED),
    "rpm-xz": (lambda: archives.rpm_of(lzma.compress(archives.cpio_of((b"a", MARKER)))), *INFECTED),
    "rpm-clean": (lambda: archives.rpm_of(gzip.compress(archives.cpio_of((b"a", TEXT)))), *CLEAN),
    "cpio-of-gzip": (lambda: archives.cpio_of((b"a", gzip.compress(MARKER))), *INFECTED),
    # Formats that nothing here opens, also when they are inside something.
    "ace": (lambda: b"\0\0\x31\0\0\0\x90**ACE**\x14\x14\2\0" + NOISE, *unscannable("unsupported")),
    "wim": (lambda: b"MSWIM\0\0\0" + NOISE, *unscannable("unsupported")),
    "wim-in-zip": (lambda: zip1(b"MSWIM\0\0\0" + NOISE), *unscannable("unsupported")),
    "lzop": (lambda: b"\x89LZO\0\r\n\x1a\n" + NOISE, *unscannable("unsupported")),
    "qcow2": (lambda: b"QFI\xfb\0\0\0\3" + NOISE, *unscannable("unsupported")),
    "squashfs": (lambda: b"hsqs" + NOISE, *unscannable("unsupported")),
    "cabinet-of-a-set": (
        lambda: b"MSCF" + struct.pack("<5I", 0, 36 + len(NOISE), 0, 36, 0) + struct.pack("<BB5H", 3, 1, 1, 1, 1, 0, 0) + NOISE,
        *unscannable("unsupported")),
    "cabinet-cut": (
        lambda: b"MSCF" + struct.pack("<5I", 0, 90_000, 0, 44, 0) + struct.pack("<BB5H", 3, 1, 1, 1, 0, 0, 0) + NOISE[:50_000],
        *unscannable("unsupported")),
    "cramfs": (lambda: b"\x45\x3d\xcd\x28" + NOISE, *unscannable("unsupported")),
    "cramfs-in-tar-gz": (lambda: gzip.compress(tar_of(("a", b"\x28\xcd\x3d\x45" + NOISE))), *unscannable("unsupported")),
    "zlib-stream": (lambda: zlib.compress(MARKER), *INFECTED),
    "zlib-stream-clean": (lambda: zlib.compress(TEXT), *CLEAN),
    "zlib-stream-truncated": (lambda: zlib.compress(NOISE)[:50_000], *unscannable("unsupported")),
    "chd": (lambda: b"MComprHD\0\0\0\x7c\0\0\0\5" + NOISE, *unscannable("unsupported")),
    "fat-in-zip": (
        lambda: zip1(b"\xeb\x3c\x90MSDOS5.0" + struct.pack("<HBHBHHBH", 512, 1, 1, 2, 224, 2880, 0xF0, 9) + bytes(1000)),
        *unscannable("unsupported")),
    "udif-disk-image": (
        lambda: NOISE + b"koly" + struct.pack(">II", 4, 512) + bytes(500), *unscannable("unsupported")),
    "outlook-store": (lambda: b"!BDN\1\2\3\4SM\x17\0" + bytes(500) + NOISE, *unscannable("unsupported")),
    "postgresql-dump": (lambda: b"PGDMP\1\x0e\0\4\x08\1" + NOISE, *unscannable("unsupported")),
    "csv-that-begins-like-squashfs": (lambda: b"hsqs,1,2,3\n" * 20, *CLEAN),
    "csv-that-begins-like-cpio": (lambda: b"070701;100;2.5\n070702;101;2.6\n" * 20, *CLEAN),
    "text-that-begins-like-bzip2": (lambda: b"BZh is the mark of bzip2.\n" * 20, *CLEAN),
    "split-zip-first-volume": (lambda: archives.split_zip(NOISE)[0], *unscannable("unsupported")),
    "split-zip-last-volume": (lambda: archives.split_zip(NOISE)[-1], *unscannable("unsupported")),
    "id3-prefix": (lambda: ID3 + NOISE + MARKER, *INFECTED),
    "id3-prefix-clean": (lambda: ID3 + NOISE, *CLEAN),
    "ogg-prefix": (lambda: OGG + NOISE + MARKER, *INFECTED),
    "sqlite-prefix": (lambda: SQLITE + NOISE + MARKER, *INFECTED),
    "realmedia-prefix": (lambda: REAL + NOISE + MARKER, *INFECTED),
    "sqlite-prefix-in-zip": (lambda: zip1(SQLITE + NOISE + MARKER), *INFECTED),
    "id3-prefix-before-zip": (lambda: ID3 + zip1(MARKER), *INFECTED),
    "sqlite-prefix-before-zip": (lambda: SQLITE + zip1(MARKER), *INFECTED),
    "html-script-comment": (lambda: b"<html><script>/*" + MARKER + b"*/</script></html>", *INFECTED),
    # Two things at once, and names that lie.
    "pdf-then-zip": (lambda: documents.pdf() + zip1(MARKER), *INFECTED),
    "zip-then-pdf": (lambda: zip1(MARKER) + documents.pdf(), *INFECTED),
    "pdf-with-infected-stream": (lambda: documents.pdf(stream=MARKER), *INFECTED),
    "gif-then-jar": (lambda: GIF + jar(), *INFECTED),
    "jpeg-then-zip": (lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9" + zip1(MARKER), *INFECTED),
    "png-then-zip": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(64) + zip1(MARKER), *INFECTED),
    "text-then-zip": (lambda: TEXT + zip1(MARKER), *INFECTED),
    "gif-then-7z": (lambda: GIF + archives.seven_zip(("a", MARKER)), *INFECTED),
    "gif-then-rar": (lambda: GIF + archives.rar4_of(b"a", MARKER), *INFECTED),
    "gif-then-rar-of-gzip": (lambda: GIF + archives.rar4_of(b"a", gzip.compress(MARKER)), *INFECTED),
    "html-then-zip": (lambda: b"<html><body>text</body></html>" + zip1(MARKER), *INFECTED),
    "ogg-then-rar": (lambda: OGG + archives.rar4_of(b"a", MARKER), *INFECTED),
    "gif-then-encrypted-zip": (lambda: GIF + archives.zip_aes(("a", TEXT)), *unscannable("encrypted")),
    "pdf-then-encrypted-zip": (lambda: documents.pdf() + archives.zip_aes(("a", TEXT)), *unscannable("encrypted")),
    "two-zips-infected-first": (lambda: zip1(MARKER) + zip1(TEXT), *INFECTED),
    "two-zips-infected-second": (lambda: zip1(TEXT) + zip1(MARKER), *INFECTED),
    "two-zips-clean": (lambda: zip1(TEXT) + zip1(NOISE), *CLEAN),
    "gif-then-two-zips": (lambda: GIF + zip1(MARKER) + zip1(TEXT), *INFECTED),
    "zip-with-unlisted-member": (
        lambda: archives.zip_with_unlisted_member(TEXT, TEXT), *unscannable("unsupported")),
    "zip-with-signing-block": (lambda: archives.zip_with_block_before_directory(TEXT, NOISE[:4096]), *CLEAN),
    "zip-then-rar-of-gzip": (lambda: zip1(TEXT) + archives.rar4_of(b"a", gzip.compress(MARKER)), *INFECTED),
    "zip-with-rar-as-comment": (
        lambda: archives.zip_with_comment(TEXT, archives.rar4_of(b"a", gzip.compress(MARKER))), *INFECTED),
    "zip-then-gzip": (lambda: zip1(TEXT) + gzip.compress(MARKER), *INFECTED),
    "zip-then-7z": (lambda: zip1(TEXT) + archives.seven_zip(("a", MARKER)), *INFECTED),
    "zip-then-tar-of-gzip": (lambda: zip1(TEXT) + tar_of(("a", gzip.compress(MARKER))), *INFECTED),
    "7z-then-zip": (lambda: archives.seven_zip(("a", TEXT)) + zip1(MARKER), *INFECTED),
    "rar-then-zip": (lambda: archives.rar4_of(b"a", TEXT) + zip1(MARKER), *INFECTED),
    "rar-then-rar-of-gzip": (
        lambda: archives.rar4_of(b"a", TEXT) + archives.rar4_of(b"a", gzip.compress(MARKER)), *INFECTED),
    "gzip-then-zip": (lambda: gzip.compress(TEXT) + zip1(MARKER), *INFECTED),
    "bz2-then-zip": (lambda: bz2.compress(TEXT) + zip1(MARKER), *INFECTED),
    "xz-then-zip": (lambda: lzma.compress(TEXT) + zip1(MARKER), *INFECTED),
    "tar-then-zip": (lambda: tar_of(("a", TEXT)) + zip1(MARKER), *INFECTED),
    "tar-then-tar-of-gzip": (lambda: tar_of(("a", TEXT)) + tar_of(("b", gzip.compress(MARKER))), *INFECTED),
    "tar-then-tar-clean": (lambda: tar_of(("a", TEXT)) + tar_of(("b", NOISE)), *CLEAN),
    "double-extension": (lambda: archives.zip_of(("invoice.pdf.exe", MARKER)), *INFECTED),
    "name-without-end": (lambda: archives.zip_of(("a" * 4000 + ".exe", MARKER)), *INFECTED),
    "name-that-climbs": (lambda: archives.zip_of(("../../../etc/cron.d/a", MARKER)), *INFECTED),
    "docx": (lambda: ooxml(MARKER), *INFECTED),
    "docx-clean": (lambda: ooxml(TEXT), *CLEAN),
    # Many, deep, and large for their size.
    "10100-files": (lambda: many_members(MARKER), *INFECTED),
    "many-files-clean": (lambda: many_members(TEXT), *CLEAN),
    "zip-17-deep": (lambda: archives.nested(zip1, MARKER, 17), *INFECTED),
    "zip-100-deep": (lambda: archives.nested(zip1, MARKER, 100), *INFECTED),
    "zip-1000-deep": (lambda: archives.nested(zip1, TEXT, 1000), *unscannable("limit")),
    "gzip-100-deep": (lambda: archives.nested(gzip.compress, MARKER, 100), *INFECTED),
    "gzip-1000-deep": (lambda: archives.nested(gzip.compress, TEXT, 1000), *unscannable("limit")),
    "zstd-10-deep": (lambda: archives.nested(archives.zstd, MARKER, 10), *INFECTED),
    "zstd-100-deep": (lambda: archives.nested(archives.zstd, TEXT, 100), *unscannable("limit")),
    "lzma-in-lzma-4-deep": (
        lambda: archives.nested(lambda b: lzma.compress(b, format=lzma.FORMAT_ALONE), MARKER, 4), *INFECTED),
    "bomb-flat-30-mb": (lambda: zip1(bytes(30_000_000) + MARKER), *INFECTED),
    "bomb-nested": (lambda: archives.nested(zip1, bytes(5_000_000) + MARKER, 4), *INFECTED),
    "bomb-many-nested": (
        lambda: archives.zip_of(*((f"{n}", zip1(bytes(1_000_000))) for n in range(16)), ("z", MARKER)), *INFECTED),
    "bomb-overlapping": (lambda: archives.overlapping_zip(500, bytes(100_000) + MARKER), *INFECTED),
    # Cut off.
    "zip-truncated": (lambda: archives.zip_of(("a", NOISE), ("b", TEXT))[:60_000], *unscannable("unsupported")),
    "zip-without-directory": (lambda: zip1(NOISE)[:-60], *unscannable("unsupported")),
    "zip-size-lie": (lambda: archives.with_declared_size(zip1(NOISE + MARKER), 10), *INFECTED),
    # What is there is found, and what is missing is no reason for Clean.
    "gzip-truncated": (lambda: gzip.compress(NOISE)[:50_000], *unscannable("unsupported")),
    "gzip-truncated-behind-the-signature": (lambda: gzip.compress(NOISE[:49_000] + MARKER + NOISE, 0)[:50_000], *INFECTED),
    "tar-truncated": (lambda: tar_of(("a", TEXT), ("b", NOISE))[:50_000], *unscannable("unsupported")),
    "tar-truncated-behind-the-signature": (lambda: tar_of(("a", NOISE[:40_000]), ("b", MARKER + NOISE))[:50_000], *INFECTED),
    "tar-gz-truncated": (lambda: gzip.compress(tar_of(("a", TEXT), ("b", NOISE)))[:50_000], *unscannable("unsupported")),
    "tar-gz-truncated-behind-the-signature": (
        lambda: gzip.compress(tar_of(("a", NOISE[:40_000]), ("b", MARKER + NOISE)), 0)[:50_000], *INFECTED),
    "tar-gz-clean": (lambda: gzip.compress(tar_of(("a", TEXT), ("b", NOISE))), *CLEAN),
    "gzip-then-zeros": (lambda: gzip.compress(TEXT) + bytes(1000), *CLEAN),
    "cpio-truncated": (lambda: archives.cpio_of((b"a", NOISE))[:50_000], *unscannable("unsupported")),
    "xz-truncated": (lambda: lzma.compress(NOISE + TEXT)[:50_000], *unscannable("unsupported")),
    "xz-clean": (lambda: lzma.compress(NOISE), *CLEAN),
    "bz2-truncated": (lambda: bz2.compress(NOISE + TEXT)[:50_000], *unscannable("unsupported")),
    "bz2": (lambda: bz2.compress(NOISE + MARKER), *INFECTED),
    "bz2-clean": (lambda: bz2.compress(NOISE), *CLEAN),
    "bz2-then-junk": (lambda: bz2.compress(NOISE) + b"junk", *CLEAN),
    "7z-truncated": (lambda: archives.seven_zip(("a", NOISE), ("b", TEXT))[:50_000], *unscannable("unsupported")),
    "rar-truncated": (lambda: archives.rar4_of(b"a", NOISE)[:50_000], *unscannable("unsupported")),
    # Whole members behind the first one of a concatenation.
    "gzip-two-streams": (lambda: gzip.compress(TEXT) + gzip.compress(MARKER), *INFECTED),
    "bz2-two-streams": (lambda: bz2.compress(TEXT) + bz2.compress(MARKER), *INFECTED),
    "xz-two-streams": (lambda: lzma.compress(TEXT) + lzma.compress(MARKER), *INFECTED),
}
