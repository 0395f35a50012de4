"""What carries files behind or inside something else: pictures with an archive behind them, PDF attachments, XML with base64,
form bodies, opaque-signed mail, zip members packed in newer ways."""
import base64
import io
import pathlib
import struct
import zipfile
import zlib

import document_writers
from writers import pick, some, writer

PNG = (b"\x89PNG\r\n\x1a\n" + bytes.fromhex("0000000d49484452000000010000000108000000003a7e9b55")
       + bytes.fromhex("0000000a49444154789c63600000000200014821 27a9".replace(" ", "")) + bytes.fromhex("0000000049454e44ae426082"))
SELF_EXTRACTOR = "/usr/bin/unzipsfx"
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


def _zip(rng, members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, pick(rng, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    return out.getvalue()


@writer(weight=3)
def archive_behind_a_picture(rng, members, shop):
    """As people join them with `cat`; unzip and 7-Zip open the result."""
    picture = pick(rng, (PNG, GIF))
    return picture + _zip(rng, members), "PNG" if picture is PNG else "GIF"


@writer(weight=2)
def zip_behind_a_program(rng, members, shop):
    """A self-extracting zip: Info-ZIP's own program with the zip behind it, whose offsets `zip -A` may move."""
    directory = shop.fresh()
    (directory / "a.exe").write_bytes(pathlib.Path(SELF_EXTRACTOR).read_bytes() + _zip(rng, members))
    adjusted = rng.random() < 0.5
    if adjusted:
        shop.run(["zip", "-q", "-A", "a.exe"], directory)
    return (directory / "a.exe").read_bytes(), "zip -A" if adjusted else "cat"


@writer(weight=3)
def joined_archives(rng, members, shop):
    """Two archives of one kind behind each other, as `cat` joins them; the members are in either."""
    def packed(what):
        directory, paths = shop.laid_out(what)
        command = {"tar": ["tar", "-c", "-f", "../out", "--"], "zip": ["zip", "-q", "../out.zip", "--"],
                   "7z": ["7zz", "a", "-mx=1", "../out.7z", "--"], "arj": ["arj", "a", "-i", "-y", "../out.arj"],
                   "cab": ["gcab", "-cz", "../out.cab"]}[kind]
        shop.run([*command, *paths], directory / "in")
        return next(directory.glob("out*")).read_bytes()
    kind = pick(rng, ("tar", "zip", "7z", "arj", "cab"))
    members = [(f"{at}.bin", data) for at, (_, data) in enumerate(members)]      # Names are not what this is about.
    other, first = packed([("other.txt", b"another archive\n")]), rng.random() < 0.5
    one = packed(members)
    return (one + other if first else other + one), f"{kind}, {'first' if first else 'second'}"


@writer(weight=2, ascii_names=True)
def boot_archive(rng, members, shop):
    """What Linux boots with: a plain cpio, zeros, and a packed cpio behind it."""
    directory, paths = shop.laid_out(members)
    early = shop.run(["cpio", "-o", "--quiet", "-H", "newc"], directory, stdin=b"in\n")
    late = shop.run(["cpio", "-o", "--quiet", "-H", "newc"], directory / "in", stdin="".join(path + "\n" for path in paths).encode())
    packer = pick(rng, (["gzip", "-c"], ["xz", "-c", "--check=crc32"], ["zstd", "-qc"], ["lz4", "-lqc"], ["bzip2", "-c"]))
    return early + bytes(-len(early) % 512) + shop.filter(packer, late), packer[0]


def _plain_pdf():
    parts = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>"]
    out, offsets = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", []
    for number, part in enumerate(parts, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 4\n0000000000 65535 f \n" + table + b"trailer\n<</Root 1 0 R/Size 4>>\nstartxref\n%d\n%%%%EOF\n" % len(out)


@writer(weight=4)
def pdf_attachments(rng, members, shop):
    directory, paths = shop.laid_out(members)
    (directory / "plain.pdf").write_bytes(_plain_pdf())
    attach = [word for at, path in enumerate(paths) for word in ("--add-attachment", f"in/{path}", f"--key={at}", "--")]
    options = [f"--object-streams={pick(rng, ('generate', 'disable', 'preserve'))}", f"--compress-streams={pick(rng, 'yn')}",
               *some(rng, (["--linearize"], ["--qdf"], ["--recompress-flate", "--compression-level=1"], ["--min-version=1.7"]))]
    shop.run(["qpdf", "--deterministic-id", *options, "plain.pdf", *attach, "out.pdf"], directory)
    return (directory / "out.pdf").read_bytes(), "qpdf " + " ".join(options)


XML = {
    "flat-odf": (b'<?xml version="1.0" encoding="UTF-8"?>\n<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
                 b'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" office:mimetype="application/vnd.oasis.opendocument.text">'
                 b"<office:body><office:text>", b"<draw:object-ole><office:binary-data>", b"</office:binary-data></draw:object-ole>",
                 b"</office:text></office:body></office:document>\n"),
    "word-2003": (b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<?mso-application progid="Word.Document"?>\n<w:wordDocument '
                  b'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body>', b'<w:docOleData><w:binData w:name="oledata.mso">',
                  b"</w:binData></w:docOleData>", b"</w:body></w:wordDocument>\n"),
    "flat-opc": (b'<?xml version="1.0" encoding="UTF-8"?>\n<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">',
                 b'<pkg:part pkg:name="/word/embeddings/a.bin" pkg:compression="store"><pkg:binaryData>', b"</pkg:binaryData></pkg:part>",
                 b"</pkg:package>\n"),
}


@writer(weight=3, packs=True)
def xml_with_base64(rng, members, shop):
    kind = pick(rng, tuple(XML))
    head, before, after, tail = XML[kind]
    wrapped = rng.random() < 0.6
    body = b"".join(before + (base64.encodebytes(data) if wrapped else base64.b64encode(data)) + after for _, data in members)
    return head + body + tail, kind + (" in lines" if wrapped else "")


@writer(weight=2)
def form_body(rng, members, shop):
    """RFC 7578, as a server that stores the raw request leaves it."""
    boundary = b"----WebKitFormBoundary%016d" % rng.randrange(10 ** 16)
    out = b""
    for name, data in members:
        out += b"--" + boundary + b'\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n'
        out += b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n"
    return out + b"--" + boundary + b"--\r\n", "multipart/form-data"


@writer(weight=2, packs=True)
def mail_opaque_signed(rng, members, shop):
    """S/MIME whose content is inside the signature."""
    directory = shop.fresh()
    (directory / "in.eml").write_bytes(document_writers.attachments(rng, members).as_bytes())
    shop.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem",
              "-out", "cert.pem", "-days", "9", "-subj", "/CN=a"], directory)
    form = pick(rng, ("SMIME", "SMIME", "DER", "PEM"))
    program = pick(rng, ("smime", "cms"))
    shop.run(["openssl", program, "-sign", "-nodetach", "-in", "in.eml", "-signer", "cert.pem", "-inkey", "key.pem", "-outform", form,
              "-out", "out", *some(rng, (["-binary"], ["-nocerts"]))], directory)
    return (directory / "out").read_bytes(), f"openssl {program} {form}"


@writer(weight=3)
def zip_newer_methods(rng, members, shop):
    """APPNOTE 6.3.8: Zstandard (93) and XZ (95), which Python and Info-ZIP do not write."""
    method, packer = pick(rng, ((93, ["zstd", "-qc"]), (95, ["xz", "-c", "--check=crc32"])))
    out, directory = b"", b""
    for name, data in members:
        packed, raw = shop.filter(packer, data), name.encode()
        fields = struct.pack("<HHHHHIIIHH", 63, 0x800, method, 0, 0x21, zlib.crc32(data), len(packed), len(data), len(raw), 0)
        directory += struct.pack("<IH", 0x02014B50, 63) + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + raw
        out += struct.pack("<I", 0x04034B50) + fields + raw + packed
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(members), len(members), len(directory), len(out), 0)
    return out + directory + end, str(method)


@writer(weight=1)
def browser_extension(rng, members, shop):
    """CRX 3: a header with signatures, and a zip behind it."""
    head = rng.randbytes(rng.randrange(200, 700))
    return b"Cr24" + struct.pack("<II", 3, len(head)) + head + _zip(rng, members), "CRX 3"
