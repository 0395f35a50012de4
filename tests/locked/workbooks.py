"""[MS-XLS] 2.2.10, [MS-OFFCRYPTO] 2.3.5 to 2.3.7: workbooks of Excel 97 with a password, by PyCryptodome."""
import hashlib
import struct

from Cryptodome.Cipher import ARC4

import documents
from office import BUILT_IN, OTHER_SALT, SALT

BOF, BOUND_SHEET, FILE_PASS, INTERFACE_HEADER = 0x0809, 0x0085, 0x002F, 0x00E1
NEVER_ENCRYPTED = {BOF, FILE_PASS, INTERFACE_HEADER, 0x0194, 0x0195, 0x0138, 0x0196}
BLOCK = 1024

PAD = bytes.fromhex("bbffffbaffffb98000be0f00bf0f00")
INITIAL = [0xE1F0, 0x1D0F, 0xCC9C, 0x84C0, 0x110C, 0x0E10, 0xF1CE, 0x313E, 0x1872, 0xE139, 0xD40F, 0x84F9, 0x280C, 0xA96A, 0x4EC3]
MATRIX = [int(word, 16) for word in """
    AEFC 4DD9 9BB2 2745 4E8A 9D14 2A09 7B61 F6C2 FDA5 EB6B C6F7 9DCF 2BBF 4563 8AC6 05AD 0B5A 16B4 2D68 5AD0
    0375 06EA 0DD4 1BA8 3750 6EA0 DD40 D849 A0B3 5147 A28E 553D AA7A 44D5 6F45 DE8A AD35 4A4B 9496 390D 721A
    EB23 C667 9CEF 29FF 53FE A7FC 5FD9 47D3 8FA6 0F6D 1EDA 3DB4 7B68 F6D0 B861 60E3 C1C6 93AD 377B 6EF6 DDEC
    45A0 8B40 06A1 0D42 1A84 3508 6A10 AA51 4483 8906 022D 045A 08B4 1168 76B4 ED68 CAF1 85C3 1BA7 374E 6E9C
    3730 6E60 DCC0 A9A1 4363 86C6 1DAD 3331 6662 CCC4 89A9 0373 06E6 0DCC 1021 2042 4084 8108 1231 2462 48C4""".split()]


def stream_of(file, name="Workbook"):
    """One stream of a compound file, large or small."""
    size = 1 << struct.unpack_from("<H", file, 30)[0]
    sector = lambda number: file[(number + 1) * size:(number + 2) * size]
    table = b"".join(sector(number) for number in struct.unpack_from("<109I", file, 76) if number < 0xFFFFFFFA)
    follow = lambda number, links: [] if number >= 0xFFFFFFFA else [number] + follow(struct.unpack_from("<I", links, 4 * number)[0], links)
    chain = lambda first: b"".join(sector(number) for number in follow(first, table))
    first_directory, cutoff, first_mini = struct.unpack_from("<I4xII", file, 48)
    entries = chain(first_directory)
    found = {}
    for at in range(0, len(entries), 128):
        length, = struct.unpack_from("<H", entries, at + 64)
        found[entries[at:at + max(length - 2, 0)].decode("utf-16-le")] = struct.unpack_from("<II", entries, at + 116)
    first, length = found[name]
    if length >= cutoff:
        return chain(first)[:length]
    mini, links = chain(found["Root Entry"][0]), chain(first_mini)
    return b"".join(mini[64 * number:64 * number + 64] for number in follow(first, links))[:length]


def records(stream):
    """(offset, type, data) of each record; zeros behind the last one are records of type 0."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4:at + 4 + length]
        at += 4 + length


def with_file_pass(stream, description):
    """The record behind the first BOF; sheets then begin later."""
    record = struct.pack("<HH", FILE_PASS, len(description)) + description
    begin = 4 + struct.unpack_from("<H", stream, 2)[0]
    out = bytearray(stream[:begin] + record + stream[begin:])
    for at, kind, data in records(stream):
        if kind == BOUND_SHEET:
            place, = struct.unpack_from("<I", data)
            struct.pack_into("<I", out, at + len(record) + 4, place + len(record))
    return bytes(out)


def encrypted(stream, crypt):
    """crypt(data, offset of the data in the stream): on what is encrypted in each record."""
    out = bytearray(stream)
    for at, kind, data in records(stream):
        if kind in NEVER_ENCRYPTED:
            continue
        plain = data[:4] if kind == BOUND_SHEET else b""
        out[at + 4:at + 4 + len(data)] = plain + crypt(data, at + 4)[len(plain):]
    return bytes(out)


def by_blocks(key_of):
    """RC4 with a key for each 1,024 bytes of the stream; what is not encrypted takes its part of the key too."""
    def crypt(data, at):
        first, last = at // BLOCK, (at + len(data)) // BLOCK
        keys = b"".join(ARC4.new(key_of(block)).encrypt(bytes(BLOCK)) for block in range(first, last + 1))
        return bytes(a ^ b for a, b in zip(data, keys[at - first * BLOCK:]))
    return crypt


def rc4_key(password):
    md5 = lambda text: hashlib.md5(text).digest()
    value = md5((md5(password.encode("utf-16-le"))[:5] + SALT) * 16)[:5]
    return lambda block: md5(value + struct.pack("<I", block))


def rc4(stream, password=BUILT_IN):
    """[MS-OFFCRYPTO] 2.3.6."""
    key_of = rc4_key(password)
    verifier = ARC4.new(key_of(0)).encrypt(OTHER_SALT + hashlib.md5(OTHER_SALT).digest())
    return encrypted(with_file_pass(stream, struct.pack("<3H", 1, 1, 1) + SALT + verifier), by_blocks(key_of))


def crypto_api(stream, password=BUILT_IN, bits=128):
    """[MS-OFFCRYPTO] 2.3.5."""
    sha1 = lambda text: hashlib.sha1(text).digest()
    value = sha1(SALT + password.encode("utf-16-le"))
    key_of = lambda block: sha1(value + struct.pack("<I", block))[:bits // 8].ljust(16 if bits == 40 else bits // 8, b"\0")
    name = "Microsoft Enhanced Cryptographic Provider v1.0\0".encode("utf-16-le")
    header = struct.pack("<8I", 4, 0, 0x6801, 0x8004, bits, 1, 0, 0) + name
    verifier = ARC4.new(key_of(0)).encrypt(OTHER_SALT + sha1(OTHER_SALT))
    description = (struct.pack("<3HII", 1, 4, 2, 4, len(header)) + header + struct.pack("<I", 16) + SALT + verifier[:16]
                   + struct.pack("<I", 20) + verifier[16:])
    return encrypted(with_file_pass(stream, description), by_blocks(key_of))


def xor_key(password):
    key, element = INITIAL[len(password) - 1], len(MATRIX) - 1
    for char in reversed(password):
        for _ in range(7):
            key ^= MATRIX[element] if char & 0x40 else 0
            char, element = char << 1, element - 1
    return key


def xor_verifier(password):
    value = 0
    for char in reversed(bytes([len(password)]) + password):
        value = (value >> 14 & 1 | value << 1 & 0x7FFF) ^ char
    return value ^ 0xCE4B


def xor_array(password):
    halves = xor_key(password).to_bytes(2, "little")
    text = (password + PAD)[:16]
    mixed = [a ^ halves[position % 2] for position, a in enumerate(text)]
    return bytes(value >> 1 | value << 7 & 0x80 for value in mixed)


def xor(stream, password=BUILT_IN):
    """[MS-OFFCRYPTO] 2.3.7."""
    password = password.encode()
    array = xor_array(password)

    def crypt(data, at):
        turned = [value << 5 & 0xFF | value >> 3 for value in data]
        return bytes(value ^ array[(at + len(data) + position) % 16] for position, value in enumerate(turned))

    return encrypted(with_file_pass(stream, struct.pack("<3H", 0, xor_key(password), xor_verifier(password))), crypt)


def document(stream):
    return documents.ole2(("Workbook", stream))
