"""Samples made at run time by the programs that people use: name -> function of the bench that returns the content.

No sample has a marker: what the programs lock is a harmless text.
"""
import base64
import gzip
import io
import tarfile
import zipfile

import pykeepass

TEXT = b"".join(b"Line %d of a harmless text.\n" % line for line in range(200))


def prepare(bench):
    """One text, and one key for each kind of program."""
    bench.write("a.txt", TEXT)
    bench.write("mail.txt", b"Content-Type: text/plain\n\n" + TEXT)
    bench.run("gpg --batch --quiet --passphrase '' --quick-generate-key alice@example.com rsa2048 default never && "
              "gpg --batch --quiet --passphrase '' --quick-add-key $(gpg --list-keys --with-colons | awk -F: "
              "'/^fpr/{print $10; exit}') rsa2048 encr never && "
              "gpg --batch --quiet --passphrase '' --quick-generate-key bob@example.com future-default default never")
    bench.run("openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 9 -subj /CN=alice")
    bench.run("age-keygen -o age.key")
    bench.write("plain.pdf", pdf())


def zip_of(content, name="a.bin"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def tar_gz_of(content):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("a.bin")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return gzip.compress(out.getvalue())


def pdf():
    import documents
    return documents.pdf(stream=b"BT (harmless text) Tj ET\n" * 200)


def gpg(options, name="a.txt"):
    command = f"gpg --batch --quiet --yes --trust-model always --pinentry-mode loopback --passphrase secret {options} -o out.gpg {name}"
    return lambda bench: bench.made(command, "out.gpg")


def openssl(options):
    return lambda bench: bench.run(f"openssl {options}")


def mail_part(headers, body):
    return (b"From: alice@example.com\r\nTo: bob@example.com\r\nSubject: text\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n"
            b"--b\r\n" + headers.replace(b"\n", b"\r\n") + b"\r\n" + body.replace(b"\n", b"\r\n") + b"\r\n--b--\r\n")


def attached(make, name=b"a.bin"):
    headers = b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=" + name + b"\n"
    return lambda bench: mail_part(headers, base64.encodebytes(make(bench)))


def pgp_mime(make, protocol):
    def message(bench):
        return (b"From: alice@example.com\nTo: bob@example.com\nSubject: text\nMIME-Version: 1.0\nContent-Type: multipart/"
                + protocol + b"; boundary=\"b\"\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--b\n"
                b"Content-Type: application/octet-stream; name=encrypted.asc\n\n" + make(bench) + b"\n--b--\n")
    return message


def quoted(make):
    return lambda bench: b"Alice wrote:\n" + b"".join(b"> " + line + b"\n" for line in make(bench).split(b"\n")) + b"Thanks.\n"


def behind(head, make):
    return lambda bench: head + make(bench)


def qpdf(options, password="secret"):
    command = f"qpdf --allow-weak-crypto {{}} --encrypt '{password}' owner {options} -- plain.pdf out.pdf"
    return lambda bench, before="": bench.made(command.format(before) + "; test -s out.pdf", "out.pdf")


def packed(command, name):
    return lambda bench: bench.made(f"rm -f {name}; {command}", name)


def soffice(bench, form, name):
    """The file `name` in another form; its first start makes a profile."""
    command = f"soffice -env:UserInstallation=file://$PWD/profile --headless --convert-to {form} --outdir converted {name}"
    bench.run(command)
    return bench.folder / "converted" / f"{name.split('.')[0]}.{form}"


def encrypted_table(how, *password, content=TEXT):
    """An .xls of LibreOffice, whose workbook is encrypted by [MS-OFFCRYPTO]."""
    def make(bench):
        import workbooks
        bench.write("table.csv", content)
        stream = workbooks.stream_of(soffice(bench, "xls", "table.csv").read_bytes())
        return workbooks.document(getattr(workbooks, how)(stream, *password))
    return make


def kdbx(bench):
    path = bench.folder / "out.kdbx"
    path.unlink(missing_ok=True)
    database = pykeepass.create_database(str(path), password="secret")
    database.add_entry(database.root_group, "title", "name", "word", notes=TEXT.decode())
    database.save()
    return path.read_bytes()


def git_crypt(bench):
    return bench.run("rm -rf repository && git init -q repository && cd repository && git-crypt init >&2 && "
                     "echo '*.txt filter=git-crypt' > .gitattributes && cp ../a.txt . && git add . && git cat-file -p :a.txt")


def luks(kind, parameters):
    command = (f"truncate -s 20M luks.img && printf secret | cryptsetup luksFormat --batch-mode --type {kind} {parameters} "
               "luks.img -")
    return packed(command, "luks.img")


def partitioned(label, make):
    """A disk with one partition, 1 MiB from its beginning."""
    def disk(bench):
        bench.write("volume.img", make(bench))
        return bench.made(f"rm -f disk.img; truncate -s 23M disk.img && printf 'label: {label}\\nstart=2048, size=40960\\n' | "
                          "sfdisk --quiet disk.img && dd if=volume.img of=disk.img bs=512 seek=2048 conv=notrunc status=none",
                          "disk.img")
    return disk


ARMORED = gpg("-c --armor")
CMS_PEM = openssl("cms -encrypt -aes256 -binary -in a.txt -outform PEM c.pem")
SALTED = "enc -aes-256-cbc -pbkdf2 -pass pass:secret -in a.txt"
LUKS_1 = luks("luks1", "--pbkdf-force-iterations 1000")
LUKS_2 = luks("luks2", "--pbkdf-force-iterations 4 --pbkdf-memory 32 --pbkdf-parallel 1")

LOCKED = {
    # GnuPG
    "gpg-password": gpg("-c"),
    "gpg-password-3des": gpg("-c --cipher-algo 3DES --s2k-mode 1"),
    "gpg-key": gpg("-e -r alice@example.com"),
    "gpg-elliptic-key": gpg("-e -r bob@example.com"),
    "gpg-two-keys-and-password": gpg("-e -c -r alice@example.com -r bob@example.com"),
    "gpg-hidden-recipient": gpg("-e -R alice@example.com"),
    "gpg-signed-and-encrypted": gpg("-s -e -r alice@example.com -u alice@example.com"),
    "gpg-armored": ARMORED,
    "gpg-armored-with-comment": gpg("-c --armor --comment 'for: you' --emit-version"),
    "gpg-armored-key": gpg("-e --armor -r alice@example.com"),
    "gpg-behind-a-line-of-text": behind(b"The message:\n", ARMORED),
    "gpg-behind-a-page-of-text": behind(TEXT, ARMORED),
    "gpg-quoted-in-a-reply": quoted(ARMORED),
    "gpg-pgp-mime-mail": pgp_mime(ARMORED, b"encrypted; protocol=\"application/pgp-encrypted\""),
    "gpg-in-the-text-of-a-mail": lambda bench: mail_part(b"Content-Type: text/plain\n", ARMORED(bench)),
    "gpg-attached-to-a-mail": attached(gpg("-c")),
    "gpg-armored-in-base64-in-a-mail": attached(ARMORED),
    # OpenSSL: CMS and S/MIME
    "openssl-cms-der": openssl("cms -encrypt -aes256 -binary -in a.txt -outform DER c.pem"),
    "openssl-cms-der-without-lengths": openssl("cms -encrypt -stream -aes256 -binary -in a.txt -outform DER c.pem"),
    "openssl-cms-authenticated": openssl("cms -encrypt -aes-256-gcm -binary -in a.txt -outform DER c.pem"),
    "openssl-cms-password": openssl("cms -encrypt -aes256 -pwri_password secret -binary -in a.txt -outform DER"),
    "openssl-cms-encrypted-data": openssl("cms -EncryptedData_encrypt -aes256 -secretkey " + "5a" * 32
                                          + " -binary -in a.txt -outform DER"),
    "openssl-cms-pem": CMS_PEM,
    "openssl-cms-pem-behind-text": behind(TEXT, CMS_PEM),
    "openssl-pkcs7-pem": openssl("smime -encrypt -aes256 -binary -in a.txt -outform PEM c.pem"),
    "openssl-cms-mail": openssl("cms -encrypt -aes256 -in mail.txt -subject text c.pem"),
    "openssl-smime-mail": openssl("smime -encrypt -aes256 -in mail.txt -from a@example.com -to b@example.com -subject text c.pem"),
    "openssl-smime-in-a-part-of-a-mail": attached(openssl("cms -encrypt -aes256 -in mail.txt -outform DER c.pem"), b"smime.p7m"),
    "openssl-pkcs12": openssl("pkcs12 -export -inkey k.pem -in c.pem -passout pass:secret"),
    "openssl-pkcs12-legacy": openssl("pkcs12 -export -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -inkey k.pem -in c.pem -passout pass:secret"),
    # OpenSSL: enc
    "openssl-enc": openssl(SALTED),
    "openssl-enc-ctr": openssl(SALTED.replace("cbc", "ctr")),
    "openssl-enc-base64": openssl(SALTED + " -a"),
    "openssl-enc-base64-in-one-line": openssl(SALTED + " -a -A"),
    "openssl-enc-base64-in-a-part-of-a-mail": lambda bench: mail_part(
        b"Content-Type: text/plain\n", openssl(SALTED + " -a")(bench)),
    # age
    "age": lambda bench: bench.run("age -e -i age.key a.txt"),
    "age-armored": lambda bench: bench.run("age -e -a -i age.key a.txt"),
    "age-armored-behind-text": lambda bench: TEXT + bench.run("age -e -a -i age.key a.txt"),
    # PDF
    "qpdf-rc4-40": qpdf("40"), "qpdf-rc4-128": qpdf("128 --use-aes=n"), "qpdf-aes-128": qpdf("128 --use-aes=y"),
    "qpdf-aes-128-plain-metadata": qpdf("128 --use-aes=y --cleartext-metadata"),
    "qpdf-aes-256": qpdf("256"), "qpdf-aes-256-revision-5": qpdf("256 --force-R5"),
    "qpdf-object-streams": lambda bench: qpdf("256")(bench, "--object-streams=generate"),
    "qpdf-linearized": lambda bench: qpdf("256")(bench, "--linearize"),
    "qpdf-behind-a-page-of-spaces": behind(b" " * 900, qpdf("256")),
    "qpdf-with-padding": lambda bench: qpdf("256")(bench) + bytes(5000),
    # Archives
    "arj": packed("arj a -gsecret -i out.arj a.txt", "out.arj"),
    "arj-one-of-two": packed("arj a -i out.arj mail.txt && arj a -gsecret -i out.arj a.txt", "out.arj"),
    "7z": packed("7z a -psecret out.7z a.txt", "out.7z"),
    "7z-names-too": packed("7z a -psecret -mhe=on out.7z a.txt", "out.7z"),
    "7z-one-of-two": packed("7z a out.7z mail.txt && 7z a -psecret out.7z a.txt", "out.7z"),
    "7z-not-packed": packed("7z a -mx=0 -psecret out.7z a.txt", "out.7z"),
    "zip-aes": packed("7z a -tzip -mem=AES256 -psecret out.zip a.txt", "out.zip"),
    "zip-zipcrypto": packed("7z a -tzip -mem=ZipCrypto -psecret out.zip a.txt", "out.zip"),
    # Workbooks
    "xls-rc4": encrypted_table("rc4", "secret"), "xls-crypto-api": encrypted_table("crypto_api", "secret"),
    "xls-obfuscated": encrypted_table("xor", "secret"),
    # Volumes
    "luks-1": LUKS_1, "luks-2": LUKS_2,
    "luks-2-with-a-damaged-first-header": lambda bench: bytes(512) + LUKS_2(bench)[512:],
    "luks-in-a-partition": partitioned("dos", LUKS_1), "luks-in-a-gpt-partition": partitioned("gpt", LUKS_2),
    # Others
    "kdbx-4": kdbx,
    "scrypt": lambda bench: bench.run("scrypt enc -M 1000000 -t 0.1 --passphrase env:PASSPHRASE a.txt"),
    "git-crypt": git_crypt,
}


def bundle(form):
    return openssl(f"crl2pkcs7 -nocrl -certfile c.pem -outform {form}")


def base64_noise(bench):
    return base64.encodebytes(bench.run("openssl rand 3000"))


def bench_crl(bench):
    bench.write("ca.cnf", b"[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\ndefault_md = sha256\ndefault_crl_days = 9\n")
    bench.write("index.txt", b"")
    return bench.run("openssl ca -config ca.cnf -gencrl -keyfile k.pem -cert c.pem")


OPEN = {
    # GnuPG
    "gpg-clearsigned": gpg("--clearsign -u alice@example.com"),
    "gpg-detached-signature": gpg("--detach-sign -u alice@example.com"),
    "gpg-detached-armored-signature": gpg("--detach-sign --armor -u alice@example.com"),
    "gpg-signed-not-compressed": gpg("--sign -z 0 -u alice@example.com"),
    "gpg-stored": gpg("--store -z 0"),
    "gpg-key": lambda bench: bench.run("gpg --export alice@example.com"),
    "gpg-armored-key": lambda bench: bench.run("gpg --armor --export"),
    "gpg-secret-key": lambda bench: bench.run("gpg --batch --pinentry-mode loopback --passphrase '' --armor --export-secret-keys bob@example.com"),
    "gpg-mail-with-signature": pgp_mime(gpg("--detach-sign --armor -u alice@example.com"), b"signed"),
    "gpg-prose": lambda bench: TEXT + b"Such a message begins with\n\n-----BEGIN PGP MESSAGE-----\n\nand has lines of base64, up to\n"
                               b"-----END PGP MESSAGE-----\n",
    # OpenSSL: CMS and S/MIME
    "openssl-certificate": openssl("x509 -in c.pem"), "openssl-certificate-der": openssl("x509 -in c.pem -outform DER"),
    "openssl-certificate-as-text": openssl("x509 -in c.pem -text"),
    "openssl-revocations": bench_crl,
    "openssl-bundle": bundle("PEM"), "openssl-bundle-der": bundle("DER"),
    "openssl-request": openssl("req -new -key k.pem -subj /CN=a"),
    "openssl-key": openssl("pkcs8 -topk8 -nocrypt -in k.pem"),
    "openssl-key-with-password": openssl("pkcs8 -topk8 -passout pass:secret -in k.pem"),
    "openssl-key-with-password-der": openssl("pkcs8 -topk8 -passout pass:secret -in k.pem -outform DER"),
    "openssl-key-with-password-traditional": openssl("rsa -aes256 -traditional -passout pass:secret -in k.pem"),
    "openssl-pkcs12-without-encryption": openssl("pkcs12 -export -certpbe NONE -keypbe NONE -inkey k.pem -in c.pem -passout pass:secret"),
    "openssl-signed-mail": openssl("smime -sign -in mail.txt -signer c.pem -inkey k.pem -subject text"),
    "openssl-detached-signature": openssl("cms -sign -binary -in a.txt -signer c.pem -inkey k.pem -outform DER"),
    "openssl-signature-in-pem": openssl("cms -sign -binary -in a.txt -signer c.pem -inkey k.pem -outform PEM"),
    # OpenSSL: enc
    "openssl-enc-without-salt-and-cipher": openssl("enc -none -in a.txt"),
    "openssl-base64-of-text": openssl("enc -a -in a.txt"),
    "openssl-base64-of-noise": base64_noise,
    "openssl-enc-prose": lambda bench: b"Salted__ is how such a file begins, and U2FsdGVkX1 in base64.\n" + TEXT,
    "openssl-enc-secret-in-settings": lambda bench: b"database:\n  password: " + openssl(SALTED + " -a -A")(bench) + b"\n",
    # age
    "age-key": lambda bench: bench.run("cat age.key"),
    "age-prose": lambda bench: b"age-encryption.org/v1\nis the first line of an age file.\n" + TEXT,
    # PDF: the user password is empty
    "pdf": lambda bench: pdf(),
    "qpdf-rc4-40": qpdf("40", ""), "qpdf-rc4-128": qpdf("128 --use-aes=n", ""), "qpdf-aes-128": qpdf("128 --use-aes=y", ""),
    "qpdf-aes-128-plain-metadata": qpdf("128 --use-aes=y --cleartext-metadata", ""),
    "qpdf-aes-256": qpdf("256", ""), "qpdf-aes-256-revision-5": qpdf("256 --force-R5", ""),
    "qpdf-object-streams": lambda bench: qpdf("256", "")(bench, "--object-streams=generate"),
    # Archives
    "arj": packed("arj a -i out.arj a.txt", "out.arj"), "7z": packed("7z a out.7z a.txt", "out.7z"),
    "zip": packed("7z a -tzip out.zip a.txt", "out.zip"),
    # Workbooks: every copy of Office knows the password
    "xls-rc4": encrypted_table("rc4"), "xls-crypto-api": encrypted_table("crypto_api"), "xls-obfuscated": encrypted_table("xor"),
    # Others
    "git-file": lambda bench: bench.run("git hash-object a.txt; cat a.txt"),
}
