"""Programs and what compilers, debuggers and key tools write."""
import compileall
import pathlib
import struct
import tempfile

from making import needs, run

C = "#include <stdio.h>\nint value = 3;\nint main(void) { printf(\"hello %d\\n\", value); return 0; }\n"
PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "yes"\nmsgstr "ja"\n'
DTS = '/dts-v1/;\n/ { model = "a board"; chosen { bootargs = "console=ttyS0"; }; };\n'


def make(place):
    needs("gcc", "objcopy", "ar", "strip", "msgfmt", "dtc", "openssl", "gpg", "gzip")
    with tempfile.TemporaryDirectory(prefix="ordinary-") as directory:
        root = pathlib.Path(directory)
        _compiled(place, root)
        _keys(place, root)


def _compiled(place, root):
    (root / "a.c").write_text(C)
    for name, options in {"program": [], "static": ["-static"], "debug": ["-g"], "library.so": ["-shared", "-fPIC"], "object.o": ["-c"],
                          "not-pie": ["-no-pie", "-O2"], "lto.o": ["-c", "-flto"], "packed-debug": ["-g", "-gz=zlib"]}.items():
        run("gcc", *options, "-o", place.path("elf", name), "a.c", cwd=root)
    for name, options in {"assembly.s": ["-S"], "macros.i": ["-E"]}.items():
        run("gcc", *options, "-o", place.path(name.split(".")[1], name), "a.c", cwd=root)
    run("strip", "-o", place.path("elf", "stripped"), place.path("elf", "program"))
    for form, kind in {"srec": "srec", "ihex": "ihex", "binary": "rawbin", "verilog": "vmem"}.items():
        run("objcopy", "-O", form, place.path("elf", "object.o"),
            place.path(kind, f"a.{kind}"))
    run("ar", "rcs", place.path("a", "library.a"), place.path("elf", "object.o"))
    (root / "a.py").write_text("def greet(name):\n    return f'hello {name}'\n")
    compileall.compile_file(root / "a.py", quiet=1, legacy=True)
    place.put("pyc", "a.pyc", (root / "a.pyc").read_bytes())
    (root / "a.po").write_text(PO)
    run("msgfmt", "-o", place.path("mo", "made.mo"), "a.po", cwd=root)
    (root / "a.dts").write_text(DTS)
    run("dtc", "-q", "-o", place.path("dtb", "made.dtb"), "a.dts", cwd=root)
    # WebAssembly 1.0: a type, a function that returns 42, an export. Mach-O: a header and one command.
    place.put("wasm", "made.wasm", bytes.fromhex("0061736d010000000105016000017f030201000707010361626300000a06010400412a0b"))
    place.put("macho", "made.o", struct.pack("<8I", 0xFEEDFACF, 0x01000007, 3, 1, 1, 24, 0, 0) + struct.pack("<6I", 2, 24, 0, 0, 0, 0))
    place.put("class", "A.class", bytes.fromhex("cafebabe000000340007070002010001410700040100106a6176612f6c616e672f4f626a656374"
                                                "01000a536f7572636546696c65010006412e6a61766100210001000300000000000000010005000000020006"))


def _keys(place, root):
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "9", "-subj", "/CN=a",
        cwd=root)
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec.pem", cwd=root)
    for kind, name in (("pem", "key.pem"), ("pem", "cert.pem"), ("pem", "ec.pem")):
        place.put(kind, name, (root / name).read_bytes())
    run("openssl", "x509", "-in", "cert.pem", "-outform", "DER", "-out", place.path("der", "cert.der"), cwd=root)
    run("openssl", "rsa", "-in", "key.pem", "-outform", "DER", "-out", place.path("der", "key.der"), cwd=root)
    run("openssl", "rsa", "-in", "key.pem", "-pubout", "-out", place.path("pub", "key.pub"), cwd=root)
    run("openssl", "crl2pkcs7", "-nocrl", "-certfile", "cert.pem", "-out", place.path("p7b", "chain.p7b"), cwd=root)
    run("openssl", "crl2pkcs7", "-nocrl", "-certfile", "cert.pem", "-outform", "DER", "-out", place.path("p7b", "chain.der.p7b"), cwd=root)
    run("openssl", "req", "-new", "-key", "key.pem", "-subj", "/CN=b", "-out", place.path("csr", "request.csr"), cwd=root)
    (root / "a.txt").write_text("a text that is signed\n")
    run("openssl", "smime", "-sign", "-in", "a.txt", "-signer", "cert.pem", "-inkey", "key.pem", "-text", "-out",
        place.path("eml", "signed-smime.eml"), cwd=root)
    run("openssl", "dgst", "-sha256", "-sign", "key.pem", "-out", place.path("sig", "a.sig"), "a.txt", cwd=root)
    home = root / "gpg"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    try:
        run(*gpg, "--quick-gen-key", "A <a@example.com>", "ed25519", "sign", "1y")
        place.put("asc", "public.asc", run(*gpg, "--armor", "--export"))
        place.put("gpg", "public.gpg", run(*gpg, "--export"))
        place.put("asc", "clear-signed.asc", run(*gpg, "--clearsign", "-o", "-", root / "a.txt"))
        place.put("asc", "detached.asc", run(*gpg, "--armor", "--detach-sign", "-o", "-", root / "a.txt"))
        place.put("sig", "detached.sig", run(*gpg, "--detach-sign", "-o", "-", root / "a.txt"))
        place.put("openpgp-signed", "signed.gpg", run(*gpg, "--sign", "-o", "-", root / "a.txt"))
        place.put("openpgp-signed", "signed.asc", run(*gpg, "--armor", "--sign", "-o", "-", root / "a.txt"))
        place.put("openpgp-signed", "packed.gpg", run(*gpg, "--store", "-o", "-", root / "a.txt"))
    finally:
        run("gpgconf", "--homedir", home, "--kill", "all")
