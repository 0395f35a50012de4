"""Contents to upload. Nothing here, and nothing compiled from it, holds the EICAR string."""
import io
import os
import struct
import zipfile
import zlib


def eicar():
    """The standard test file of the anti-virus industry, put together only in memory."""
    return ("X5O!P%@AP[4" + chr(92) + "PZX54(P^)7CC)7}" + "$EIC" + "AR-STAND" + "ARD-ANTIVI" + "RUS-TEST-FILE!" + "$H+H*").encode()


def clean(size=1000):
    """Bytes that compress badly and mean nothing. With a beginning of their own, for two random bytes are the mark of some format
    once in a few thousand times."""
    return (b"sample: " + os.urandom(size))[:size] if size >= 64 else os.urandom(size)


def zipped(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return stream.getvalue()


def infected_zip():
    return zipped(readme_txt=b"harmless", inner_zip=zipped(document_com=eicar()))


class _ZipCipher:
    """The traditional encryption of PKWARE's APPNOTE 6.1; Python reads it but does not write it."""

    def __init__(self, password):
        self.keys = [0x12345678, 0x23456789, 0x34567890]
        for byte in password:
            self._update(byte)

    @staticmethod
    def _crc(value, byte):
        return zlib.crc32(bytes([byte]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    def _update(self, byte):
        keys = self.keys
        keys[0] = self._crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = self._crc(keys[2], keys[1] >> 24)

    def encrypt(self, data):
        out = bytearray()
        for byte in data:
            temp = (self.keys[2] | 2) & 0xFFFF
            out.append(byte ^ (((temp * (temp ^ 1)) >> 8) & 0xFF))
            self._update(byte)
        return bytes(out)


def encrypted_zip(content=None, password=b"secret"):
    content = content if content is not None else eicar()
    crc = zlib.crc32(content)
    body = _ZipCipher(password).encrypt(os.urandom(11) + bytes([crc >> 24]) + content)
    name = b"locked.com"
    common = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0, 0x21, crc, len(body), len(content), len(name), 0)
    local = b"PK\x03\x04" + common + name + body
    central = (b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    archive = local + central + end
    with zipfile.ZipFile(io.BytesIO(archive)) as check:
        assert check.read("locked.com", pwd=password) == content
    return archive


def sparse_file(path, size, tail=b""):
    """A file of zeros that takes no room on the disk, with `tail` at its end."""
    with open(path, "wb") as file:
        file.truncate(size - len(tail))
        file.seek(0, os.SEEK_END)
        file.write(tail)
    return path
