"""Archives: by the writers of tests/archives with every option that they try, by Python what those leave out, and empty ones."""
import bz2
import gzip
import io
import lzma
import pathlib
import random
import struct
import sys
import tarfile
import zipfile
import zlib

from making import TEXT, run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "archives"))
import cases  # noqa: E402
import contents  # noqa: E402
from workshop import ToolFailed, Workshop  # noqa: E402
from writers import WRITERS  # noqa: E402

ARCHIVES_A_WRITER = 5
LINES = TEXT.encode()


def make(place):
    with Workshop() as shop:
        for name, writer in WRITERS.items():
            for number in range(ARCHIVES_A_WRITER):
                rng = random.Random(f"ordinary {name} {number}")
                try:
                    archive, _ = cases._wrapped(rng, writer, contents.text(rng, 4000), shop)
                except ToolFailed:
                    continue
                place.put(name, f"{number}.{name}", archive)
    _empty(place)
    _zips(place)
    _office_zips(place)
    _tars(place)
    _streams(place)
    _images_of_containers(place)
    _old(place)


def zip_of(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tar_of(members, form=tarfile.GNU_FORMAT, encoding="utf-8"):
    out = io.BytesIO()
    with tarfile.open(None, "w", out, format=form, encoding=encoding) as archive:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            if name.endswith("/"):
                entry.type, entry.name = tarfile.DIRTYPE, name[:-1]
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _empty(place):
    """With no member, with folders alone, with an empty member in front of others; streams of nothing."""
    place.put("empty-zip", "a.zip", zip_of([]))
    place.put("empty-zip", "folders.zip", zip_of([("a/", b""), ("a/b/", b"")]))
    place.put("empty-zip", "first.zip", zip_of([("empty", b""), ("text", LINES)]))
    place.put("empty-tar", "a.tar", tar_of([]))
    place.put("empty-tar", "folders.tar", tar_of([("a/", b""), ("b/", b"")]))
    place.put("empty-tar", "first.tar", tar_of([("empty", b""), ("text", LINES)]))
    place.put("empty-cpio", "a.cpio", run("cpio", "-o", "--quiet", "-H", "newc", stdin=b""))
    place.put("empty-ar", "a.a", b"!<arch>\n")
    place.put("empty-gz", "a.gz", gzip.compress(b"", mtime=0))
    place.put("empty-bz2", "a.bz2", bz2.compress(b""))
    place.put("empty-xz", "a.xz", lzma.compress(b""))
    place.put("empty-lzma", "a.lzma", lzma.compress(b"", lzma.FORMAT_ALONE))
    place.put("empty-zst", "a.zst", run("zstd", "-qc", stdin=b""))
    place.put("empty-lz4", "a.lz4", run("lz4", "-qc", stdin=b""))
    place.put("empty-lz", "a.lz", run("lzip", "-c", stdin=b""))
    place.put("empty-z", "a.Z", run("compress", "-cf", stdin=b""))
    with Workshop() as shop:
        directory = shop.fresh()
        for name in ("folders/a", "folders/b", "files"):
            (directory / name).mkdir(parents=True)
        (directory / "files" / "empty").touch()
        (directory / "files" / "text").write_bytes(LINES)
        for kind in ("7z", "zip", "tar", "wim"):
            for what in ("folders", "files", "files/empty"):
                out = f"{what.replace('/', '-')}.{kind}"
                run("7zz", "a", f"-t{kind}", out, f"./{what}", cwd=directory)
                place.put(f"empty-{kind}", out, (directory / out).read_bytes())
        run("genisoimage", "-quiet", "-o", "a.iso", "folders", cwd=directory)
        place.put("empty-iso", "a.iso", (directory / "a.iso").read_bytes())
        run("7zz", "a", "gone.7z", "./files/text", cwd=directory)
        # An "anti" item says that a file was deleted since the last backup.
        (directory / "files" / "text").unlink()
        run("7zz", "u", "gone.7z", "./files", "-u-", "-up1q3r2x1y2z1w2!anti.7z", cwd=directory)
        place.put("7z-anti", "anti.7z", (directory / "anti.7z").read_bytes())


def zip_raw(members, extra=b"", all_ones=False, flags=0):
    """APPNOTE: deflated members. `flags` 8: sizes stand behind the data; `all_ones`: a Zip64 end record, and only ones in the old one."""
    out, central = b"", b""
    for name, data in members:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed, crc = packer.compress(data) + packer.flush(), zlib.crc32(data)
        sizes = struct.pack("<III", crc, len(packed), len(data))
        fields = struct.pack("<HHHHH", 45, flags, 8, 0, 0x21)
        central += struct.pack("<IH", 0x02014B50, 45) + fields + sizes + struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, len(out))
        central += name + extra
        out += struct.pack("<I", 0x04034B50) + fields + (bytes(12) if flags & 8 else sizes) + struct.pack("<HH", len(name), len(extra))
        out += name + extra + packed + (b"PK\x07\x08" + sizes if flags & 8 else b"")
    count = len(members)
    if not all_ones:
        return out + central + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(central), len(out), 0)
    end = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(central), len(out))
    end += struct.pack("<IIQI", 0x07064B50, 0, len(out) + len(central), 1)
    return out + central + end + struct.pack("<IHHHHIIH", 0x06054B50, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


TYPES_XML = (b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
             b'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>')
PAGE_XML = b'<?xml version="1.0" encoding="UTF-8"?><FixedPage Width="816" Height="1056" xmlns="http://schemas.microsoft.com/xps/2005/06"/>'


def _office_zips(place):
    """As Windows' printer, Word and the office suites on the web write their zips."""
    printed = [("[Content_Types].xml".encode(), TYPES_XML), (b"Documents/1/Pages/1.fpage", PAGE_XML), (b"Documents/1/FixedDoc.fdoc", PAGE_XML)]
    place.put("xps", "windows.xps", zip_raw(printed, all_ones=True, flags=8))
    place.put("oxps", "windows.oxps", zip_raw(printed, all_ones=True, flags=8))
    letter = zipfile.ZipFile(place.path("docx", "letter.docx"))
    parts = [(name.encode(), letter.read(name)) for name in letter.namelist()]
    room = struct.pack("<HHHH", 0xA220, 260, 0xA028, 256) + bytes(256)      # Word leaves room for a part to grow.
    place.put("docx", "as-word.docx", zip_raw(parts, extra=room, flags=6))
    place.put("docx", "as-on-the-web.docx", zip_raw(parts, flags=0x808))


def _zips(place):
    place.put("zip64", "all-ones.zip", zip_raw([(b"a.txt", LINES)], all_ones=True))
    place.put("zip-extra", "long.zip", zip_raw([(b"a.txt", LINES)], extra=b"\xfe\xca\x20\0"))
    place.put("zip-extra", "unix.zip", zip_raw([(b"a.txt", LINES)], extra=struct.pack("<HHBBIBI", 0x7875, 11, 1, 4, 1000, 4, 1000)))
    for code_page, name in {"cp932": "テスト.txt", "cp437": "übung.txt", "cp866": "отчёт.txt", "gbk": "报告.txt", "cp949": "보고서.txt"}.items():
        place.put("zip-code-page", f"{code_page}.zip", zip_raw([(name.encode(code_page), LINES)]))
    place.put("zip-many", "9000.zip", zip_of([(f"d{n % 90}/{n}", b"%d\n" % n) for n in range(9000)], zipfile.ZIP_STORED))
    place.put("zip-python", "app.pyz", b"#!/usr/bin/env python3\n" + zip_of([("__main__.py", b"print('hello')\n")]))
    jar = [("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\n\r\nName: a.class\r\nSHA-256-Digest: AA==\r\n\r\n"),
           ("META-INF/A.SF", b"Signature-Version: 1.0\r\n\r\n"), ("META-INF/A.RSA", b"\x30\x03\x02\x01\x01"), ("a.txt", LINES)]
    place.put("jar-signed", "a.jar", zip_of(jar))
    apk = zip_of([("AndroidManifest.xml", b"\x03\0\x08\0" + bytes(60)), ("res/a.png", bytes(90)), ("classes.dex", b"dex\n035\0" + bytes(200))])
    at = apk.index(b"PK\x01\x02")
    block = struct.pack("<QI", 12, 0x7109871A) + struct.pack("<I", 0)
    block = struct.pack("<Q", len(block) + 24) + block + struct.pack("<Q", len(block) + 24) + b"APK Sig Block 42"
    signed = bytearray(apk[:at] + block + apk[at:])
    struct.pack_into("<I", signed, signed.rindex(b"PK\x05\x06") + 16, at + len(block))
    place.put("apk", "signed.apk", bytes(signed))
    place.put("kmz", "a.kmz", zip_of([("doc.kml", b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"/>')]))
    place.put("cbz", "a.cbz", zip_of([(f"{n:03}.jpg", place.path("jpg", "made.jpg").read_bytes()) for n in range(3)], zipfile.ZIP_STORED))


def _tars(place):
    place.put("tar-many", "100100.tar", tar_of([(f"d{n % 100}/{n}", b"") for n in range(100_100)], tarfile.USTAR_FORMAT))
    for code_page, name in {"latin-1": "Überblick", "shift-jis": "テスト", "koi8-r": "отчёт"}.items():
        place.put("tar-code-page", f"{code_page}.tar", tar_of([(name, LINES)], encoding=code_page))
    with Workshop() as shop:
        directory = shop.fresh()
        with (directory / "holes").open("wb") as file:
            for at in (0, 300_000, 900_000):
                file.seek(at)
                file.write(LINES)
        for form in ("gnu", "oldgnu", "posix"):
            run("tar", "-c", "-S", f"--format={form}", "-f", f"{form}.tar", "holes", cwd=directory)
            place.put("tar-sparse", f"{form}.tar", (directory / f"{form}.tar").read_bytes())


def _streams(place):
    place.put("xz-streams", "padded.xz", lzma.compress(LINES) + bytes(8) + lzma.compress(LINES))
    place.put("gz-members", "three.gz", b"".join(gzip.compress(part, mtime=0) for part in (LINES, b"", LINES)))
    place.put("bz2-streams", "three.bz2", b"".join(map(bz2.compress, (LINES, b"", LINES))))
    place.put("tgz-appended", "two.tar.gz", gzip.compress(tar_of([("a", LINES)])) + gzip.compress(bytes(1024)))
    place.put("log.gz", "app.log.gz", gzip.compress(b"2024-02-03T04:05:06Z INFO request id=1 ms=3\n" * 9000))
    place.put("sql.xz", "dump.sql.xz", lzma.compress(b"INSERT INTO a VALUES (1, 'b');\n" * 9000))


def _images_of_containers(place):
    """What `docker save` and an OCI registry hold: layers in a tar, and a layout of blobs."""
    layer = tar_of([("etc/", b""), ("etc/motd", b"hello\n"), ("etc/.wh.old", b"")])
    config = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
    manifest = b'[{"Config":"config.json","RepoTags":["a:1"],"Layers":["1/layer.tar"]}]'
    place.put("docker-save", "a.tar", tar_of([("config.json", config), ("1/", b""), ("1/layer.tar", layer), ("manifest.json", manifest)]))
    index = b'{"schemaVersion":2,"manifests":[]}'
    place.put("oci-layout", "a.tar", tar_of([("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", index), ("blobs/", b""),
                                             ("blobs/sha256/aa", gzip.compress(layer, mtime=0)),
                                             ("blobs/sha256/bb", run("zstd", "-qc", stdin=layer))]))
    place.put("oci-layer", "layer.tar.gz", gzip.compress(layer, mtime=0))
    place.put("oci-layer", "layer.tar.zst", run("zstd", "-qc", stdin=layer))


def _vint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def rar5(entries):
    """RAR 5.0 technote: (name, data, is a folder), stored."""
    def block(body):
        head = _vint(len(body)) + body
        return struct.pack("<I", zlib.crc32(head)) + head
    out = b"Rar!\x1a\x07\x01\0" + block(_vint(1) + _vint(0) + _vint(0))
    for name, data, is_folder in entries:
        body = _vint(2) + _vint(2) + _vint(len(data)) + _vint(1 if is_folder else 4) + _vint(len(data)) + _vint(0x10 if is_folder else 0x20)
        body += (b"" if is_folder else struct.pack("<I", zlib.crc32(data))) + _vint(0) + _vint(0) + _vint(len(name)) + name
        out += block(body) + data
    return out + block(_vint(5) + _vint(0) + _vint(0))


def _old(place):
    """Formats for which Debian has no writer, from their specifications."""
    place.put("rar5", "folder.rar", rar5([(b"d/a.txt", LINES, False), (b"d", b"", True)]))
    place.put("rar5", "empty-member.rar", rar5([(b"empty", b"", False), (b"a.txt", LINES, False)]))
    place.put("rar5", "no-member.rar", rar5([]))
    import document_writers
    for number, name in enumerate(("テスト.txt".encode("cp932"), "prüfung.txt".encode("cp437"))):
        body = b"-lh0-" + struct.pack("<IIIBBB", len(LINES), len(LINES), 0x5A214321, 0x20, 0, len(name)) + name
        body += struct.pack("<H", document_writers._crc16(LINES))
        place.put("lha-code-page", f"{number}.lzh", bytes([len(body), sum(body) & 255]) + body + LINES + b"\0")
