"""Samples built from their formats' specifications, for programs that Debian does not have or that need a desktop.

Each is named with its specification. What would be encrypted is noise, which no program opens.
"""
import base64
import hashlib
import io
import random
import struct
import zipfile

TEXT = b"".join(b"Line %d of a harmless text.\n" % line for line in range(200))
NOISE = random.Random(3).randbytes(20_000)


def package(mimetype, *members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


# OpenDocument 1.2 part 3 and 1.3 part 2: META-INF/manifest.xml

ODT = b"application/vnd.oasis.opendocument.text"
ENCRYPTION = (b"<%(p)sencryption-data %(p)schecksum=\"AAAA\"><%(p)salgorithm %(p)salgorithm-name="
              b"\"http://www.w3.org/2001/04/xmlenc#aes256-cbc\" %(p)sinitialisation-vector=\"AAAA\"/></%(p)sencryption-data>")


def manifest(*entries, prefix=b"manifest:", encoding=None):
    text = (b"<?xml version=\"1.0\"?>\n<%(p)smanifest xmlns%(n)s=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\">"
            + b"".join(b"<%(p)sfile-entry %(p)sfull-path=\"" + name + b"\">" + inside + b"</%(p)sfile-entry>"
                       for name, inside in entries) + b"</%(p)smanifest>")
    text %= {b"p": prefix, b"n": b":" + prefix[:-1] if prefix else b""}
    return text.decode().encode(encoding) if encoding else text


def odt(text_manifest, *members):
    return package(ODT, *members, ("META-INF/manifest.xml", text_manifest))


def odf_entry(prefix=b"manifest:", encoding=None):
    return lambda _: odt(manifest((b"content.xml", ENCRYPTION), prefix=prefix, encoding=encoding), ("content.xml", NOISE))


def odf_package(_):
    return odt(manifest((b"/", b""), (b"encrypted-package", ENCRYPTION)), ("encrypted-package", NOISE))


# EPUB OCF 3.3, section 4.2.6.3

def encryption(*algorithms):
    return (b"<encryption xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\" xmlns:enc=\"http://www.w3.org/2001/04/xmlenc#\">"
            + b"".join(b"<enc:EncryptedData><enc:EncryptionMethod Algorithm=\"" + one + b"\"/><enc:CipherData>"
                       b"<enc:CipherReference URI=\"OEBPS/a\"/></enc:CipherData></enc:EncryptedData>" for one in algorithms)
            + b"</encryption>")


IDPF, ADOBE = b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC"
AES = b"http://www.w3.org/2001/04/xmlenc#aes128-cbc"


def epub(*members):
    return lambda _: package(b"application/epub+zip", ("META-INF/container.xml", b"<container/>"), ("OEBPS/a", NOISE), *members)


# [MS-CFB], [MS-OFFCRYPTO], [MS-OXORMMS]

def workbook(content):
    return package(b"", ("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>"), ("xl/media/a.txt", content))


def encrypted_workbook(how, *password, content=TEXT, **options):
    def make(_):
        import office
        return office.document(getattr(office, how)(workbook(content), *password, **options))
    return make


def ooxml_with_rights(_):
    import documents
    return documents.ole2(("DRMEncryptedTransform", NOISE), ("EncryptedPackage", NOISE), ("\x06Primary", TEXT))


def word_with_rights(_):
    import documents
    return documents.ole2(("\x09DRMContent", NOISE), ("WordDocument", TEXT))


def office(maker, locked):
    def make(_):
        import documents
        return getattr(documents, maker)(NOISE[:9000] if locked else TEXT, locked=locked)
    return make


# Databases

def rc4(key, content):
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in content:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def access(engine, version, *, key=0, newer=0):
    """The first page as mdbtools' HACKING describes it: 126 bytes from byte 24 are hidden, the key is at byte 62."""
    page = bytearray(4096)
    page[:20] = b"\0\1\0\0Standard " + engine + b" DB\0"
    page[20] = version
    page[62:66] = struct.pack("<I", key)
    page[0x299:0x29B] = struct.pack("<H", newer)
    page[24:150] = rc4(b"\xc7\xda\x39\x6b", page[24:150])
    return lambda _: bytes(page) + (NOISE[:4096] if key or newer else TEXT[:4096].ljust(4096, b"\0"))


def kdb(_):
    """KeePass 1.x: two marks, flags, version, seeds, numbers of groups and entries, a digest, rounds."""
    return struct.pack("<4I", 0x9AA2D903, 0xB54BFB65, 3, 0x00030004) + NOISE[:48] + struct.pack("<2I", 1, 1) + NOISE[:68] + NOISE


def password_safe(_):
    """formatV3.txt: mark, salt, rounds, digest of the stretched key, keys, vector, and blocks up to an end mark."""
    return b"PWS3" + NOISE[:32] + struct.pack("<I", 262144) + NOISE[:112] + NOISE[:3200] + b"PWS3-EOFPWS3-EOF" + NOISE[:32]


# Files

def aes_crypt(version, extensions=b""):
    return lambda _: b"AES" + bytes([version, 5 if version == 0 else 0]) + extensions + NOISE[:144] + NOISE


def ansible_vault(head):
    """docs.ansible.com, "Format of files encrypted with Ansible Vault": 80 hexadecimal digits a line."""
    digits = NOISE[:2000].hex().encode()
    return lambda _: head + b"\n" + b"\n".join(digits[at:at + 80] for at in range(0, len(digits), 80)) + b"\n"


def ecryptfs(_):
    """eCryptfs: the size, a number and the same with a pattern, flags, then two pages of headers in front of the content."""
    marks = struct.pack(">II", 0x01020304, 0x01020304 ^ 0x3C81B7F5)
    return struct.pack(">Q", 4000) + marks + struct.pack(">I", 0x03000002) + NOISE[:8192 - 20] + NOISE[:4096]


def bitlocker(_):
    """The boot sector of a BitLocker volume, in the form of Windows 7 and later."""
    sector = bytearray(512)
    sector[:11] = b"\xeb\x58\x90-FVE-FS-"
    sector[510:] = b"\x55\xaa"
    return bytes(sector) + NOISE


def bitlocker_to_go(_):
    sector = bytearray(512)
    sector[:11] = b"\xeb\x58\x90MSWIN4.1"
    sector[0x1A8:0x1B8] = bytes.fromhex("3bd66749292ed84a8399f6a339e3d001")
    sector[510:] = b"\x55\xaa"
    return bytes(sector) + NOISE


def pdf_with(entry, dictionary):
    def make(_):
        import documents
        plain = documents.pdf(stream=NOISE[:500])
        return plain.replace(b"trailer\n<<", b"9 0 obj\n" + dictionary + b"\nendobj\ntrailer\n<< " + entry + b" 9 0 R")
    return make


PUBLIC_KEY = b"<< /Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s5 /V 4 /R 65537 /CF << >> /Recipients [<3000>] >>"
STANDARD = b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <%s> /U <%s> >>" % (b"5a" * 32, b"a5" * 32)


def openpgp_of_old_programs(_):
    """RFC 4880: heads of the older kind, and data without protection of its integrity (packet type 9)."""
    key = b"\x84\x8c\x03" + NOISE[:8] + b"\x01" + struct.pack(">H", 1024) + b"\x85" + NOISE[:127]
    return key + b"\xa6" + struct.pack(">I", len(NOISE)) + NOISE


def openpgp_aead(_):
    """RFC 9580: a password with Argon2, and data of version 2."""
    password = b"\xc3\x58\x06\x26\x09\x02\x14\x04" + NOISE[:16] + b"\x03\x04\x10" + NOISE[:63]
    return password + b"\xd2\xff" + struct.pack(">I", 4 + len(NOISE)) + b"\x02\x09\x02\x10" + NOISE


def rar(flags):
    def make(_):
        import archives
        return archives.rar4_of(b"a", NOISE[:500], flags=flags)
    return make


LOCKED = {
    "opendocument-by-entry": odf_entry(), "opendocument-by-entry-other-prefix": odf_entry(prefix=b"m:"),
    "opendocument-by-entry-no-prefix": odf_entry(prefix=b""), "opendocument-by-entry-utf-16": odf_entry(encoding="utf-16"),
    "opendocument-as-a-whole": odf_package,
    "epub-encrypted": epub(("META-INF/encryption.xml", encryption(IDPF, AES))),
    "epub-with-rights": epub(("META-INF/rights.xml", b"<rights/>")),
    "epub-with-licence": epub(("META-INF/license.lcpl", b"{}")),
    "iwork-with-password": lambda _: package(b"", ("Index/Document.iwa", NOISE), (".iwpv2", NOISE[:100]), (".iwph", b"hint")),
    "ooxml-with-password-agile": encrypted_workbook("agile", "secret"),
    "ooxml-with-password-standard": encrypted_workbook("standard", "secret"), "ooxml-with-rights": ooxml_with_rights, "word-with-rights": word_with_rights,
    "word-97": office("word", True), "excel-97": office("excel", True), "powerpoint-97": office("powerpoint", True),
    "rights-managed-mail": lambda _: bytes.fromhex("76e80460c411e386") + NOISE,
    "access-jet-3-encoded": access(b"Jet", 0, key=0x12345678), "access-jet-4-encoded": access(b"Jet", 1, key=0x12345678),
    "access-ace-with-password": access(b"ACE", 3, newer=0x7C),
    "keepass-1": kdb, "password-safe": password_safe,
    "axcrypt": lambda _: bytes.fromhex("c0b9072e4f93f146a015792ca1d9e821") + NOISE,
    "aes-crypt-0": aes_crypt(0), "aes-crypt-1": aes_crypt(1), "aes-crypt-2": aes_crypt(2, b"\0\x13CREATED_BY\0aescrypt\0\0"),
    "aes-crypt-3": aes_crypt(3, b"\0\0"),
    "ansible-vault": ansible_vault(b"$ANSIBLE_VAULT;1.1;AES256"),
    "ansible-vault-with-label": ansible_vault(b"$ANSIBLE_VAULT;1.2;AES256;dev"),
    "android-backup": lambda _: b"ANDROID BACKUP\n5\n1\nAES-256\n" + NOISE[:64].hex().encode() + b"\n10000\n" + NOISE,
    "ecryptfs": ecryptfs,
    "encrypted-disk-image-2": lambda _: b"encrcdsa" + struct.pack(">2I", 2, 16) + NOISE,
    "encrypted-disk-image-1": lambda _: NOISE + b"cdsaencr",
    "bitlocker": bitlocker, "bitlocker-to-go": bitlocker_to_go,
    "pdf-with-certificates": pdf_with(b"/Encrypt", PUBLIC_KEY), "pdf-with-escaped-names": pdf_with(b"/#45ncrypt", STANDARD),
    "openpgp-of-old-programs": openpgp_of_old_programs, "openpgp-aead": openpgp_aead,
    "rar-4-encrypted": rar(4),
}

OPEN = {
    "opendocument": lambda _: odt(manifest((b"content.xml", b"")), ("content.xml", TEXT)),
    "opendocument-about-encryption": lambda _: odt(manifest((b"content.xml", b"")), ("content.xml", b"<a>an encryption-data element</a>")),
    "epub": epub(), "epub-with-obfuscated-fonts": epub(("META-INF/encryption.xml", encryption(IDPF, ADOBE))),
    "iwork": lambda _: package(b"", ("Index/Document.iwa", TEXT), ("Metadata/Properties.plist", TEXT)),
    "ooxml-with-the-password-of-office-agile": encrypted_workbook("agile"),
    "ooxml-with-the-password-of-office-sha1": encrypted_workbook("agile", digest=hashlib.sha1, bits=128),
    "ooxml-with-the-password-of-office-standard": encrypted_workbook("standard"),
    "word-97": office("word", False), "excel-97": office("excel", False), "powerpoint-97": office("powerpoint", False),
    "access-jet-4": access(b"Jet", 1), "access-ace": access(b"ACE", 2),
    "text-about-vaults": lambda _: b"$ANSIBLE_VAULT;1.1;AES256\nbegins a vault.\n" + TEXT,
    "vault-inside-of-settings": lambda _: b"password: !vault |\n  " + ansible_vault(b"$ANSIBLE_VAULT;1.1;AES256")(_).replace(b"\n", b"\n  "),
    "text-about-aes": lambda _: b"AES is a cipher.\n" + TEXT, "text-about-luks": lambda _: b"LUKS is a format.\n" + TEXT,
    "text-about-password-safe": lambda _: b"PWS3 is a mark.\n" + TEXT,
    "text-about-scrypt": lambda _: b"scrypt stretches keys.\n" + TEXT,
    "json-web-key": lambda _: b'{"kty":"oct","kid":"a","k":"' + base64.urlsafe_b64encode(NOISE[:64]) + b'"}\n',
    "csv-with-base64": lambda _: b"".join(b"%d,%s\n" % (i, base64.b64encode(hashlib.sha256(b"%d" % i).digest())) for i in range(500)),
    "signed-app": lambda _: package(b"", ("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n"), ("META-INF/CERT.SF", TEXT),
                                    ("classes.txt", TEXT)),
    "pdf-about-encryption": lambda _: __import__("documents").pdf(stream=b"BT (a trailer with /Encrypt 7 0 R) Tj ET\n" + TEXT),
    "noise": lambda _: NOISE,
}
