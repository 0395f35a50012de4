"""Documents in the least form that a scanner takes for one."""
import struct

SECTOR = 512
FREE, END_OF_CHAIN, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def pdf(*, encrypted=False, stream=b"BT (text) Tj ET"):
    """A PDF of one page; the encrypted one names the standard handler and needs a password that nobody has."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
               b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
               b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <%s> /U <%s> >>" % (b"5a" * 32, b"a5" * 32)]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects if encrypted else objects[:4], 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    lock = b" /Encrypt 5 0 R /ID [<%s> <%s>]" % (b"11" * 16, b"11" * 16) if encrypted else b""
    return (out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1) + table + b"trailer\n<< /Root 1 0 R /Size %d"
            % (len(offsets) + 1) + lock + b" >>\nstartxref\n%d\n%%%%EOF\n" % len(out))


def _directory_entry(name, kind, start, size, child=FREE, right=FREE):
    text = name.encode("utf-16-le") + b"\0\0"
    return (text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, FREE, right, child) + bytes(36)
            + struct.pack("<IQ", start, size))


def ole2(*streams):
    """[MS-CFB] version 3: one FAT sector, one sector of directory (at most three streams), streams of 4096 bytes or more."""
    chains, body, sector = [FAT_SECTOR, END_OF_CHAIN], b"", 2
    entries = [_directory_entry("Root Entry", 5, END_OF_CHAIN, 0, child=1)]
    for position, (name, data) in enumerate(streams, 1):
        data = data.ljust(4096, b"\0")
        size = len(data)
        data = data.ljust(-(-len(data) // SECTOR) * SECTOR, b"\0")
        count = len(data) // SECTOR
        chains += [*range(sector + 1, sector + count), END_OF_CHAIN]
        right = position + 1 if position < len(streams) else FREE
        entries.append(_directory_entry(name, 2, sector, size, right=right))
        body, sector = body + data, sector + count
    assert len(streams) <= 3 and len(chains) <= 128
    header = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
              + struct.pack("<9I", 0, 1, 1, 0, 4096, END_OF_CHAIN, 0, END_OF_CHAIN, 0)
              + struct.pack("<109I", 0, *[FREE] * 108))
    fat = struct.pack("<128I", *chains, *[FREE] * (128 - len(chains)))
    return header + fat + b"".join(entries).ljust(SECTOR, b"\0") + body


def locked_docx(payload):
    """[MS-OFFCRYPTO]: what Office writes for any .docx, .xlsx or .pptx with a password."""
    return ole2(("EncryptionInfo", struct.pack("<HHI", 4, 4, 0x40) + b"<encryption/>"), ("EncryptedPackage", payload))


def word(body, *, locked):
    """A Word 97 main stream ([MS-DOC] FibBase: identifier, version, and the flag fEncrypted)."""
    flags = 0x1000 | (0x0100 if locked else 0)
    return ole2(("WordDocument", struct.pack("<6H", 0xA5EC, 0x00C1, 0, 0x0409, 0, flags) + bytes(20) + body), ("1Table", b""))


def excel(body, *, locked):
    """An Excel 97 workbook stream ([MS-XLS]: BOF, then FilePass when there is a password)."""
    begin = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0x0DBB, 0x07CC, 0, 6)
    lock = struct.pack("<HH", 0x002F, 54) + struct.pack("<HHH", 1, 1, 1) + bytes(48) if locked else b""
    return ole2(("Workbook", begin + lock + body))


def powerpoint(body, *, locked):
    """A PowerPoint 97 document ([MS-PPT] CurrentUserAtom: its token says whether there is a password)."""
    token = 0xF3D1C4DF if locked else 0xE391C05F
    atom = struct.pack("<HHIIII", 0, 0x0FF6, 0x20, 0x14, token, 0) + bytes(20)
    return ole2(("PowerPoint Document", body), ("Current User", atom))
