"""Checksums which Python's library does not have, as S3 writes them: big-endian, base64."""
import base64
import functools
import hashlib
import zlib


@functools.cache
def _table(polynomial):
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        table.append(value)
    return table


def _reflected_crc(data, polynomial, bits):
    table, mask = _table(polynomial), (1 << bits) - 1
    value = mask
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return (value ^ mask).to_bytes(bits // 8, "big")


def of(algorithm, data):
    raw = {
        "crc32": lambda: zlib.crc32(data).to_bytes(4, "big"),
        "crc32c": lambda: _reflected_crc(data, 0x82F63B78, 32),
        "crc64nvme": lambda: _reflected_crc(data, 0x9A6C9329AC4BC9B5, 64),
        "sha1": lambda: hashlib.sha1(data).digest(),
        "sha256": lambda: hashlib.sha256(data).digest(),
    }[algorithm]()
    return base64.b64encode(raw).decode()


assert _reflected_crc(b"123456789", 0x82F63B78, 32).hex() == "e3069283"
assert _reflected_crc(b"123456789", 0x9A6C9329AC4BC9B5, 64).hex() == "ae8b14860a799888"
