"""Archives that no ordinary program writes: with lies in their headers, with shared data, cut off, locked by hand."""
import io
import pathlib
import struct
import subprocess
import tempfile
import zipfile
import zlib

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def zip_of(*members, packed=True):
    """A plain zip of (name, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, archive.compression, 9)
    return out.getvalue()


def nested(wrap, data, times):
    for _ in range(times):
        data = wrap(data)
    return data


def _entry(name, data_crc, packed_bytes, plain_bytes, offset):
    fields = (20, 20, 0, 8, 0, 0x21, data_crc, packed_bytes, plain_bytes, len(name), 0, 0, 0, 0, 0, offset)
    return CENTRAL + struct.pack("<6H3I5H2I", *fields) + name


def overlapping_zip(count, plain):
    """`count` directory entries that all unpack the same compressed bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(plain) + packer.flush()
    crc, name = zlib.crc32(plain), b"a"
    local = LOCAL + struct.pack("<5H3I2H", 20, 0, 8, 0, 0x21, crc, len(packed), len(plain), len(name), 0) + name + packed
    directory = b"".join(_entry(name, crc, len(packed), len(plain), 0) for _ in range(count))
    return local + directory + END + struct.pack("<4H2IH", 0, 0, count, count, len(directory), len(local), 0)


def with_declared_size(archive, size):
    """The same zip of one member, whose headers claim another unpacked size."""
    changed = bytearray(archive)
    struct.pack_into("<I", changed, archive.index(LOCAL) + 22, size)
    struct.pack_into("<I", changed, archive.index(CENTRAL) + 24, size)
    return bytes(changed)


def packed_by(command, members, archive_name):
    """What a program (zip, 7z) makes of (name, bytes); `command` ends before the archive's name."""
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for name, data in members:
            (root / name).write_bytes(data)
        done = subprocess.run([*command, archive_name, *(name for name, _ in members)], cwd=root,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command[0]} made no sample: {done.stdout}{done.stderr}"
        return (root / archive_name).read_bytes()


def zip_crypto(*members):
    return packed_by(["zip", "-q", "-P", "secret"], members, "a.zip")


def zip_aes(*members):
    return packed_by(["7z", "a", "-tzip", "-psecret", "-mem=AES256"], members, "a.zip")


def seven_zip(*members, options=()):
    return packed_by(["7z", "a", "-t7z", *options], members, "a.7z")


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True, timeout=60).stdout


def split_zip(data):
    """The volumes of a zip of several files, the first one first."""
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        (root / "a").write_bytes(data)
        subprocess.run(["zip", "-q", "-s", "64k", "v.zip", "a"], cwd=root, check=True, timeout=60)
        return [path.read_bytes() for path in sorted(root.glob("v.z*"))]


def zip_with_comment(data, comment):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", data)
        archive.comment = comment
    return out.getvalue()


def zip_with_unlisted_member(unlisted, listed):
    """Its directory knows `listed` alone; what unpacks from the front finds both."""
    hidden = zip_of(("hidden", unlisted))
    return hidden[:hidden.index(CENTRAL)] + zip_of(("listed", listed))


def zip_with_block_before_directory(data, block):
    """As a signed Android package has one."""
    plain = zip_of(("a", data))
    at = plain.index(CENTRAL)
    changed = bytearray(plain[:at] + block + plain[at:])
    struct.pack_into("<I", changed, changed.rindex(END) + 16, at + len(block))
    return bytes(changed)


def ar_of(*members):
    """deb(5) and static libraries: a line of text before each member, padded to even."""
    out = b"!<arch>\n"
    for name, data in members:
        out += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name, 0, 0, 0, b"100644", len(data)) + data + b"\n" * (len(data) % 2)
    return out


def cpio_of(*members):
    """cpio(5), the "newc" form."""
    out = b""
    for inode, (name, data) in enumerate([*members, (b"TRAILER!!!", b"")]):
        fields = (inode, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + name + b"\0"
        out += bytes(-len(out) % 4) + data + bytes(-len(data) % 4)
    return out


def rpm_of(payload):
    """RPM's file format: a lead, two headers without entries, the compressed payload."""
    header = b"\x8e\xad\xe8\1" + bytes(12)
    return b"\xed\xab\xee\xdb\3\0\0\0\0\1" + b"name".ljust(66, b"\0") + struct.pack(">HH", 1, 5) + bytes(16) + header * 2 + payload


def rar4_of(name, data, flags=0):
    """RAR 4 technote: a marker, the archive's header, one stored member, the end."""
    def block(kind, block_flags, rest):
        head = struct.pack("<BHH", kind, block_flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head
    member = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0x58210000, 20, 0x30, len(name), 0x20)
    return (b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6)) + block(0x74, 0x8000 | flags, member + name) + data
            + block(0x7B, 0x4000, b""))
