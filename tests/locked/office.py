"""[MS-OFFCRYPTO] 2.3.4: a package with a password, as Office writes it, by PyCryptodome."""
import base64
import hashlib
import struct

from Cryptodome.Cipher import AES

import documents

BUILT_IN = "VelvetSweatshop"  # 2.4.2.3: the password that every copy of Office knows.
SALT, OTHER_SALT = bytes(range(16)), bytes(range(16, 32))


def padded(content, size=16):
    return content + bytes(-len(content) % size)


def stretched(digest, password, rounds):
    value = digest(SALT + password.encode("utf-16-le")).digest()
    for number in range(rounds):
        value = digest(struct.pack("<I", number) + value).digest()
    return value


def standard(package, password=BUILT_IN):
    """2.3.4.5: AES with 128 bits in ECB mode, SHA-1."""
    sha1 = lambda text: hashlib.sha1(text).digest()
    value = sha1(stretched(hashlib.sha1, password, 50_000) + bytes(4))
    filled = lambda byte: bytes(a ^ b for a, b in zip(bytes([byte]) * 64, value.ljust(64, b"\0")))
    cipher = AES.new((sha1(filled(0x36)) + sha1(filled(0x5C)))[:16], AES.MODE_ECB)
    name = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
    header = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 24, 0, 0) + name
    verifier = (struct.pack("<I", 16) + SALT + cipher.encrypt(OTHER_SALT) + struct.pack("<I", 20)
                + cipher.encrypt(padded(sha1(OTHER_SALT), 32)))
    info = struct.pack("<HHII", 4, 2, 0x24, len(header)) + header + verifier
    return info, struct.pack("<Q", len(package)) + cipher.encrypt(padded(package))


def agile(package, password=BUILT_IN, *, digest=hashlib.sha512, bits=256, rounds=100_000):
    """2.3.4.10: AES in CBC mode, the package in segments of 4,096 bytes, the description in XML."""
    value = stretched(digest, password, rounds)
    secret = hashlib.sha512(b"secret").digest()[:bits // 8]
    fitted = lambda text, size: text.ljust(size, b"\x36")[:size]

    def locked(block_key, text):
        key = fitted(digest(value + bytes.fromhex(block_key)).digest(), bits // 8)
        return base64.b64encode(AES.new(key, AES.MODE_CBC, SALT).encrypt(padded(text))).decode()

    body = b""
    for number, at in enumerate(range(0, len(package), 4096)):
        iv = fitted(digest(OTHER_SALT + struct.pack("<I", number)).digest(), 16)
        body += AES.new(secret, AES.MODE_CBC, iv).encrypt(padded(package[at:at + 4096]))
    common = (f'saltSize="16" blockSize="16" keyBits="{bits}" hashSize="{digest().digest_size}" cipherAlgorithm="AES" '
              f'cipherChaining="ChainingModeCBC" hashAlgorithm="{digest().name.upper()}"')
    xml = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<encryption xmlns="http://schemas.microsoft.com/office/2006/'
           'encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><keyData '
           f'{common} saltValue="{base64.b64encode(OTHER_SALT).decode()}"/><dataIntegrity encryptedHmacKey="AAAA" '
           'encryptedHmacValue="AAAA"/><keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/'
           f'password"><p:encryptedKey spinCount="{rounds}" {common} saltValue="{base64.b64encode(SALT).decode()}" '
           f'encryptedVerifierHashInput="{locked("fea7d2763b4b9e79", OTHER_SALT)}" encryptedVerifierHashValue="'
           f'{locked("d7aa0f6d3061344e", digest(OTHER_SALT).digest())}" encryptedKeyValue="{locked("146e0be7abacd0d6", secret)}"/>'
           '</keyEncryptor></keyEncryptors></encryption>')
    return struct.pack("<HHI", 4, 4, 0x40) + xml.encode().ljust(4096), struct.pack("<Q", len(package)) + body


def document(encrypted):
    info, package = encrypted
    return documents.ole2(("EncryptionInfo", info), ("EncryptedPackage", package))
