"""Compressors: one stream, no names. Also several streams behind each other, which all of them allow."""
import bz2
import gzip
import io
import lzma
import struct
import zlib

from writers import pick, some, writer


def _pieces(rng, data):
    """The content in one piece, or cut for several streams."""
    if rng.random() < 0.6 or len(data) < 8:
        return [data]
    cuts = sorted(rng.sample(range(1, len(data)), rng.randrange(1, 4)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]


def _gzip_member(rng, data):
    """RFC 1952 with any of its optional fields."""
    flags, fields = 0, b""
    if rng.random() < 0.3:
        extra = b"ab" + struct.pack("<H", 4) + b"\1\2\3\4"
        flags, fields = flags | 4, fields + struct.pack("<H", len(extra)) + extra
    if rng.random() < 0.4:
        flags, fields = flags | 8, fields + b"some name.txt\0"
    if rng.random() < 0.2:
        flags, fields = flags | 16, fields + b"a comment\0"
    head = b"\x1f\x8b\x08" + bytes([flags]) + struct.pack("<I", rng.choice((0, 1_700_000_000))) + b"\0\3" + fields
    if rng.random() < 0.2:
        head = head[:3] + bytes([flags | 2]) + head[4:]
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    packer = zlib.compressobj(rng.randrange(0, 10), zlib.DEFLATED, -15, rng.randrange(1, 10), rng.randrange(0, 5))
    packed = packer.compress(data) + packer.flush()
    return head + packed + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


@writer(weight=8, holds_one=True, packs=True)
def gzip_python(rng, members, shop):
    pieces = _pieces(rng, members[0][1])
    if rng.random() < 0.3:
        pieces.insert(rng.randrange(len(pieces) + 1), b"")
    return b"".join(_gzip_member(rng, piece) for piece in pieces), f"{len(pieces)} members"


@writer(weight=3, holds_one=True, packs=True)
def gzip_tool(rng, members, shop):
    options = pick(rng, (["gzip", "-1"], ["gzip", "-9"], ["gzip", "--rsyncable"], ["pigz", "-1"], ["pigz", "-b128", "-p2"],
                         ["pigz", "-i", "-b128"], ["7zz", "a", "-tgzip", "-si", "-so", "-an"]))
    return shop.filter([*options, *([] if "7zz" in options else ["-c"])], members[0][1]), " ".join(options)


@writer(weight=5, holds_one=True, packs=True)
def bzip2_any(rng, members, shop):
    data = members[0][1]
    program = pick(rng, ("python", "python", "lbzip2", "7zz"))
    if program == "lbzip2":
        return shop.filter(["lbzip2", f"-{rng.randrange(1, 10)}", "-n2", "-c"], data), "lbzip2"
    if program == "7zz":
        return shop.filter(["7zz", "a", "-tbzip2", "-si", "-so", "-an", f"-mx={pick(rng, (1, 5, 9))}"], data), "7zz"
    pieces = _pieces(rng, data)
    if rng.random() < 0.3:
        pieces.insert(rng.randrange(len(pieces) + 1), b"")
    return b"".join(bz2.compress(piece, rng.randrange(1, 10)) for piece in pieces), f"{len(pieces)} streams"


def _lzma_filters(rng, end_id):
    lc, lp = pick(rng, ((3, 0), (0, 0), (4, 0), (0, 4), (1, 2), (2, 2)))
    last = {"id": end_id, "preset": rng.randrange(0, 7), "lc": lc, "lp": lp, "pb": rng.randrange(0, 5),
            "dict_size": 1 << rng.randrange(12, 24)}
    return last


@writer(weight=6, holds_one=True, packs=True)
def xz_python(rng, members, shop):
    out, said = b"", []
    pieces = _pieces(rng, members[0][1])
    if rng.random() < 0.2:
        pieces.insert(rng.randrange(len(pieces) + 1), b"")
    for piece in pieces:
        filters = [_lzma_filters(rng, lzma.FILTER_LZMA2)]
        for _ in range(pick(rng, (0, 0, 1, 1, 2))):
            filters.insert(0, pick(rng, (
                {"id": lzma.FILTER_DELTA, "dist": rng.randrange(1, 257)}, {"id": lzma.FILTER_X86}, {"id": lzma.FILTER_ARM},
                {"id": lzma.FILTER_ARMTHUMB}, {"id": lzma.FILTER_POWERPC}, {"id": lzma.FILTER_SPARC}, {"id": lzma.FILTER_IA64})))
        check = pick(rng, (lzma.CHECK_NONE, lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256))
        out += lzma.compress(piece, lzma.FORMAT_XZ, check, None, filters)
        said.append("+".join(hex(f["id"]) for f in filters))
        if rng.random() < 0.2:
            out += bytes(4 * rng.randrange(1, 5))      # Stream padding: a multiple of four bytes.
    return out, " ".join(said)


@writer(weight=4, holds_one=True, packs=True)
def xz_tool(rng, members, shop):
    options = [f"-{rng.randrange(0, 7)}", *some(rng, (["--block-size=65536"], ["-T2"], ["--block-list=1000,2000,0"], ["-e"]))]
    if rng.random() < 0.4:
        options = ["--block-size=65536", *pick(rng, (["--arm64"], ["--x86"], ["--delta=dist=4"], ["--arm", "--delta=dist=2"])),
                   f"--lzma2=preset={rng.randrange(0, 7)}"]
    return shop.filter(["xz", "-c", *options], members[0][1]), "xz " + " ".join(options)


@writer(weight=4, holds_one=True, packs=True)
def lzma_alone(rng, members, shop):
    data = members[0][1]
    if rng.random() < 0.3:
        return shop.filter(["xz", "--format=lzma", "-c", f"-{rng.randrange(0, 7)}"], data), "xz --format=lzma"
    last = _lzma_filters(rng, lzma.FILTER_LZMA1)
    return lzma.compress(data, lzma.FORMAT_ALONE, -1, None, [last]), f"lc={last['lc']} lp={last['lp']} pb={last['pb']}"


@writer(weight=5, holds_one=True, packs=True)
def zstd_tool(rng, members, shop):
    data = members[0][1]
    options = [f"-{rng.randrange(1, 16)}", *some(rng, (["--no-check"], ["--long=24"], ["--content-size"], ["-T2"], ["--single-thread"]))]
    pieces = _pieces(rng, data)
    if rng.random() < 0.2:
        pieces.insert(rng.randrange(len(pieces) + 1), b"")
    frames = [shop.filter(["zstd", "-q", "-c", *options], piece) for piece in pieces]
    if rng.random() < 0.3:      # RFC 8878, 3.1.2: frames that hold no content may stand anywhere.
        frames.insert(rng.randrange(len(frames) + 1), struct.pack("<II", 0x184D2A50 + rng.randrange(16), 5) + b"hello")
    return b"".join(frames), f"{len(frames)} frames {' '.join(options)}"


@writer(weight=4, holds_one=True, packs=True)
def lz4_tool(rng, members, shop):
    options = [f"-{pick(rng, (1, 3, 9))}", f"-B{rng.randrange(4, 8)}",
               *some(rng, (["-BD"], ["-BX"], ["--content-size"], ["--no-frame-crc"]))]
    frames = [shop.filter(["lz4", "-q", "-c", *options], piece) for piece in _pieces(rng, members[0][1])]
    if rng.random() < 0.2:
        frames.insert(rng.randrange(len(frames) + 1), struct.pack("<II", 0x184D2A50 + rng.randrange(16), 3) + b"abc")
    return b"".join(frames), f"{len(frames)} frames {' '.join(options)}"


@writer(weight=3, holds_one=True, packs=True)
def lzip_tool(rng, members, shop):
    options = [f"-{rng.randrange(0, 7)}", *some(rng, (["--member-size=100KiB"], ["-s64KiB"]))]
    return b"".join(shop.filter(["lzip", "-c", *options], piece) for piece in _pieces(rng, members[0][1])), " ".join(options)


@writer(weight=3, holds_one=True, packs=True)
def compress_tool(rng, members, shop):
    bits = rng.randrange(10, 17)      # What it writes with nine bits, it cannot read itself.
    return shop.filter(["compress", "-c", "-f", "-b", bits], members[0][1]), f"-b {bits}"


@writer(weight=1, holds_one=True, packs=True)
def gzip_of_python(rng, members, shop):
    """What Python's own module writes, name and time included."""
    out = io.BytesIO()
    with gzip.GzipFile("some/näme.bin" if rng.random() < 0.5 else "", "wb", rng.randrange(0, 10), out, 1_700_000_000) as stream:
        stream.write(members[0][1])
    return out.getvalue(), "GzipFile"


@writer(weight=1, holds_one=True, packs=True)
def szdd(rng, members, shop):
    """As setup disks hold their files."""
    directory, _ = shop.laid_out([("payload.bin", members[0][1])])
    shop.run(["mscompress", "payload.bin"], directory / "in")
    return next((directory / "in").glob("*_")).read_bytes(), "mscompress"


@writer(weight=2, holds_one=True, packs=True)
def openpgp_packed(rng, members, shop):
    """Neither locked nor signed: compressed, in OpenPGP's packets."""
    directory, _ = shop.laid_out([("payload", members[0][1])])
    home = directory / "home"
    home.mkdir(mode=0o700)
    options = ["--compress-algo", pick(rng, ("zip", "zlib", "bzip2")), "-z", rng.randrange(1, 10), *some(rng, (["--armor"],), 0.5)]
    shop.run(["gpg", "--homedir", home, "--batch", "--quiet", *options, "-o", "out", "--store", "in/payload"], directory)
    return (directory / "out").read_bytes(), "gpg " + " ".join(map(str, options))


@writer(weight=1, holds_one=True, packs=True)
def uuencoded(rng, members, shop):
    directory, paths = shop.laid_out([("payload", members[0][1])])
    option = pick(rng, ("--uuencode", "--b64encode"))
    shop.run(["bsdtar", "-c", "-f", "out", option, "-C", "in", "--", *paths], directory)
    return (directory / "out").read_bytes(), "bsdtar " + option
