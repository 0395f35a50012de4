"""What carries files without being called an archive: mail, mailboxes, office documents, self-extracting scripts, LHA by its
specification (Debian has no program that writes it)."""
import email.encoders
import email.header
import email.message
import email.mime.application
import email.mime.base
import email.mime.message
import email.mime.multipart
import email.mime.text
import email.policy
import io
import struct
import zipfile

from writers import pick, some, writer


def _attachment(rng, name, data):
    part = email.mime.base.MIMEBase(*pick(rng, (("application", "octet-stream"), ("application", "zip"), ("image", "jpeg"))))
    part.set_payload(data)
    # Quoted-printable is for text; real mailers take it for text alone.
    plain = data.isascii() and b"\0" not in data
    if plain and rng.random() < 0.3:
        email.encoders.encode_quopri(part)
    else:
        email.encoders.encode_base64(part)
    part.add_header("Content-Disposition", pick(rng, ("attachment", "inline")), filename=name.rsplit("/", 1)[-1])
    return part


def attachments(rng, members):
    """The part of a mail that holds them."""
    top = email.mime.multipart.MIMEMultipart("mixed", f"=={rng.randrange(10 ** 9)}==")
    for name, data in members:
        top.attach(_attachment(rng, name, data))
    return top


def _mail(rng, members):
    top = email.mime.multipart.MIMEMultipart(pick(rng, ("mixed", "mixed", "related", "alternative")), f"=={rng.randrange(10 ** 9)}==")
    top["From"], top["To"] = "A <a@example.com>", "b@example.com"
    top["Subject"] = email.header.Header(pick(rng, ("Invoice", "Über die Lieferung", "Re: files")), "utf-8").encode()
    top["Date"], top["Message-ID"] = "Tue, 14 Nov 2023 22:13:20 +0000", f"<{rng.randrange(10 ** 9)}@example.com>"
    top.attach(email.mime.text.MIMEText("See the attachment.\n", pick(rng, ("plain", "html"))))
    for name, data in members:
        top.attach(_attachment(rng, name, data))
    return top


@writer(weight=6, packs=True)
def mail(rng, members, shop):
    message, said = _mail(rng, members), ["mail"]
    if rng.random() < 0.2:
        outer = _mail(rng, [])
        outer.attach(email.mime.message.MIMEMessage(message))
        message, said = outer, ["mail in mail"]
    policy = pick(rng, (email.policy.compat32, email.policy.SMTP))
    said.append("CRLF" if policy is email.policy.SMTP else "LF")
    content = message.as_bytes(policy=policy)
    if rng.random() < 0.1 and content.isascii():      # Saved by an editor that writes its own encoding, or by an old Mac.
        how = pick(rng, ("utf-16", "utf-8-sig", "bare CR"))
        said.append(how)
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r") if how == "bare CR" else content.decode().encode(how)
    return content, " ".join(said)


@writer(weight=2, packs=True)
def mailbox(rng, members, shop):
    cut = rng.randrange(len(members) + 1)
    mails = [_mail(rng, members[:cut]), _mail(rng, members[cut:])]
    return b"".join(b"From a@example.com Tue Nov 14 22:13:20 2023\n" + m.as_bytes(unixfrom=False) + b"\n\n" for m in mails), "mbox"


OFFICE = {
    "docx": ("word/document.xml", "word/embeddings/", b'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/'
             b'wordprocessingml/2006/main"><w:body/></w:document>'),
    "xlsx": ("xl/workbook.xml", "xl/embeddings/", b'<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/'
             b'spreadsheetml/2006/main"><sheets/></workbook>'),
    "odt": ("content.xml", "Pictures/", b'<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:'
            b'xmlns:office:1.0"/>'),
    "epub": ("OEBPS/content.opf", "OEBPS/", b'<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"/>'),
    "jar": ("META-INF/MANIFEST.MF", "com/example/", b"Manifest-Version: 1.0\r\n\r\n"),
}


@writer(weight=5)
def office(rng, members, shop):
    kind = pick(rng, tuple(OFFICE))
    main, folder, content = OFFICE[kind]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        def add(name, data, method=zipfile.ZIP_DEFLATED):
            archive.writestr(zipfile.ZipInfo(name), data, method)
        if kind in ("docx", "xlsx"):
            add("[Content_Types].xml", b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                b'<Default Extension="bin" ContentType="application/octet-stream"/></Types>')
        if kind in ("odt", "epub"):
            mime = b"application/vnd.oasis.opendocument.text" if kind == "odt" else b"application/epub+zip"
            add("mimetype", mime, zipfile.ZIP_STORED)
        add(main, content)
        for name, data in members:
            add(folder + name, data, pick(rng, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    return out.getvalue(), kind


@writer(weight=2)
def self_extracting_script(rng, members, shop):
    directory, paths = shop.laid_out(members)
    options = pick(rng, (["--gzip"], ["--bzip2"], ["--xz"], ["--nocomp"], ["--gzip", "--nomd5", "--nocrc"], ["--gzip", "--base64"],
                         ["--zstd"]))
    options = [*options, *some(rng, (["--sha256"], ["--notemp"]), 0.2)]
    shop.run(["makeself", "--quiet", *options, "in", "out.run", "a label", "./start"], directory)
    return (directory / "out.run").read_bytes(), "makeself " + " ".join(options)


def _crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


@writer(weight=2, ascii_names=True)
def lha_stored(rng, members, shop):
    """Header levels 0, 1 and 2 with method -lh0-, which stores."""
    level, out = rng.randrange(3), b""
    for name, data in members:
        path, sizes = name.encode(), struct.pack("<II", len(data), len(data))
        crc = struct.pack("<H", _crc16(data))
        if level == 2:
            body = b"-lh0-" + sizes + struct.pack("<I", 1_700_000_000) + b"\x20\x02" + crc + b"U"
            body += struct.pack("<HBH", 5, 0, 0) + struct.pack("<HB", len(path) + 3, 1) + path + struct.pack("<H", 0)
            head = bytearray(struct.pack("<H", 2 + len(body)) + body)
            struct.pack_into("<H", head, 27, _crc16(head))      # Of the header, while this field is zero.
        else:
            body = b"-lh0-" + sizes + struct.pack("<I", 0x57000000) + b"\x20" + bytes([level, len(path)]) + path + crc
            body += b"U" + b"\0\0" if level == 1 else b""
            head = bytes([len(body), sum(body) & 255]) + body
        out += head + data
    return out + b"\0", f"level {level}"
