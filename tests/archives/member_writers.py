"""zip, 7z, cabinets, ARJ, LHA, WIM, XAR, WARC and discs: archives with a name for each member and ways to pack each."""
import io
import os
import struct
import zipfile

from writers import pick, some, writer


class _Unseekable(io.RawIOBase):
    """As a pipe is: the writer cannot go back, so sizes stand behind the data."""

    def __init__(self):
        self.parts = []

    def writable(self):
        return True

    def write(self, data):
        self.parts.append(bytes(data))
        return len(data)

    def flush(self):
        pass


@writer(weight=8)
def zip_python(rng, members, shop):
    out = _Unseekable() if rng.random() < 0.3 else io.BytesIO()
    prefix = b"#!/usr/bin/env python3\n" if isinstance(out, io.BytesIO) and rng.random() < 0.15 else b""
    out.write(prefix)
    said = []
    with zipfile.ZipFile(out, "a" if prefix else "w") as archive:
        if rng.random() < 0.2:
            archive.writestr("a folder/", b"")
        for name, data in members:
            entry = zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20))
            entry.compress_type = pick(rng, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2,
                                             zipfile.ZIP_LZMA))
            said.append(str(entry.compress_type))
            entry.external_attr = pick(rng, (0, 0o100644 << 16, 0o100755 << 16, 0x20))
            entry.create_system = pick(rng, (0, 3))
            if rng.random() < 0.3:
                entry.extra = struct.pack("<HHBI", 0x5455, 5, 1, 1_700_000_000)
            if rng.random() < 0.1:
                entry.comment = b"a comment"
            with archive.open(entry, "w", force_zip64=rng.random() < 0.2) as member:
                member.write(data)
        if rng.random() < 0.2:
            archive.comment = pick(rng, (b"a comment", b"PK and some more words", b"x" * 5000))
    data = out.getvalue() if isinstance(out, io.BytesIO) else b"".join(out.parts)
    return data, f"methods {' '.join(said)}{' streamed' if isinstance(out, _Unseekable) else ''}{' prefix' if prefix else ''}"


@writer(weight=6)
def zip_info(rng, members, shop):
    directory, paths = shop.laid_out(members)
    options = [f"-{rng.randrange(0, 10)}", *some(rng, (["-Z", "bzip2"], ["-Z", "store"], ["-fd"], ["-fz"], ["-X"], ["-D"],
                                                      ["-UN=UTF8"], ["-r"]))]
    if "-Z" in options:      # A method and a level go together for one of them alone.
        options = [options[0] if options[0] != "-0" else "-6", *options[1:3]]
    if rng.random() < 0.3:
        archive = shop.run(["zip", "-q", *options, "-", "--", *paths], directory / "in")
        return archive, "zip to a pipe " + " ".join(options)
    shop.run(["zip", "-q", *options, "../out.zip", "--", *paths], directory / "in")
    if rng.random() < 0.2:
        extra = directory / "in" / "added later"
        extra.write_bytes(b"added later\n")
        shop.run(["zip", "-q", "-g", "../out.zip", "added later"], directory / "in")
    if rng.random() < 0.2:
        shop.run(["zip", "-q", "-z", "out.zip"], directory, stdin=b"a comment\n.\n")
    data = (directory / "out.zip").read_bytes()
    return data, "zip " + " ".join(options)


@writer(weight=6)
def zip_seven(rng, members, shop):
    directory, paths = shop.laid_out(members)
    method = pick(rng, ("Copy", "Deflate", "Deflate64", "Deflate64", "BZip2", "LZMA", "PPMd", "XZ"))
    options = ["-tzip", f"-mm={method}", f"-mx={pick(rng, (1, 5, 9))}", *some(rng, (["-mcu=on"], ["-mcl=on"], ["-mtc=on"]), 0.2)]
    shop.run(["7zz", "a", *options, "../out.zip", "--", *paths], directory / "in")
    return (directory / "out.zip").read_bytes(), "7zz " + " ".join(options)


@writer(weight=3)
def zip_bsd(rng, members, shop):
    directory, paths = shop.laid_out(members)
    options = pick(rng, ("zip:compression=store", "zip:compression=deflate", "zip:zip64", "zip:experimental"))
    shop.run(["bsdtar", "-c", "--format=zip", "--options", options, "-f", "out", "-C", "in", "--", *paths], directory)
    return (directory / "out").read_bytes(), "bsdtar " + options


@writer(weight=10)
def seven_zip(rng, members, shop):
    directory, paths = shop.laid_out(members)
    method = pick(rng, ("LZMA2", "LZMA", "PPMd", "BZip2", "Deflate", "Deflate64", "Copy", "LZMA2:lc=1:lp=2:pb=0", "LZMA:lc=0:lp=2",
                        "PPMd:o=4:mem=20", "LZMA2:d=64k"))
    options = [f"-m0={method}", f"-mx={pick(rng, (1, 3, 5))}", "-mmt=1"]
    options += some(rng, (["-ms=off"], ["-mhc=off"], ["-mtc=on"], ["-mtr=off"], ["-mqs=on"]), 0.3)
    if rng.random() < 0.4:
        options += [f"-mf={pick(rng, ('BCJ', 'BCJ2', 'ARM', 'ARMT', 'ARM64', 'RISCV', 'PPC', 'SPARC', 'IA64', 'Delta:4', 'Swap4'))}"]
    if rng.random() < 0.2 and len(paths) > 1:
        shop.run(["7zz", "a", *options, "../out.7z", "--", *paths[:1]], directory / "in")
        paths = paths[1:]
    if rng.random() < 0.1:
        options = ["-sfx/usr/lib/p7zip/7zCon.sfx", *options] if os.path.exists("/usr/lib/p7zip/7zCon.sfx") else options
    shop.run(["7zz", "a", *options, "../out.7z", "--", *paths], directory / "in")
    return next(directory.glob("out.*")).read_bytes(), "7zz " + " ".join(options)


@writer(weight=3)
def seven_zip_bsd(rng, members, shop):
    directory, paths = shop.laid_out(members)
    method = pick(rng, ("store", "deflate", "bzip2", "lzma1", "lzma2", "ppmd"))
    shop.run(["bsdtar", "-c", "--format=7zip", "--options", f"7zip:compression={method}", "-f", "out", "-C", "in", "--", *paths],
             directory)
    return (directory / "out").read_bytes(), "bsdtar " + method


@writer(weight=5)
def cabinet(rng, members, shop):
    directory, paths = shop.laid_out([member for member in members if member[1]] or members)
    options = some(rng, (["--zip"], ["--nopath"]), 0.6)
    if "--nopath" in options and len({path.rsplit("/", 1)[-1] for path in paths}) < len(paths):
        options.remove("--nopath")
    shop.run(["gcab", "-c", *options, "../out.cab", *paths], directory / "in")
    return (directory / "out.cab").read_bytes(), "gcab " + " ".join(options)


@writer(weight=4, ascii_names=True)
def arj(rng, members, shop):
    directory, paths = shop.laid_out(members)
    options = [f"-m{rng.randrange(0, 5)}", *some(rng, (["-jh65535"], ["-jt"]), 0.2)]
    shop.run(["arj", "a", "-i", "-y", "-r", *options, "../out.arj", *paths], directory / "in")
    return (directory / "out.arj").read_bytes(), "arj " + " ".join(options)


@writer(weight=1, closed=True)
def wim(rng, members, shop):
    directory, paths = shop.laid_out(members)
    if rng.random() < 0.5:
        shop.run(["7zz", "a", "-twim", "../out.wim", "--", *paths], directory / "in")
        return (directory / "out.wim").read_bytes(), "7zz"
    options = [f"--compress={pick(rng, ('none', 'XPRESS', 'LZX', 'LZMS'))}", *some(rng, (["--solid"],))]
    shop.run(["wimcapture", "in", "out.wim", *options], directory)
    return (directory / "out.wim").read_bytes(), "wimcapture " + " ".join(options)


@writer(weight=3)
def xar(rng, members, shop):
    directory, paths = shop.laid_out(members)
    method = pick(rng, ("none", "gzip", "gzip", "bzip2", "lzma", "xz"))
    shop.run(["bsdtar", "-c", "--format=xar", "--options", f"xar:compression={method}", "-f", "out", "-C", "in", "--", *paths],
             directory)
    return (directory / "out").read_bytes(), "bsdtar xar " + method


@writer(weight=2)
def warc(rng, members, shop):
    directory, paths = shop.laid_out(members)
    packed = pick(rng, ([], ["-z"]))
    shop.run(["bsdtar", "-c", "--format=warc", *packed, "-f", "out", "-C", "in", "--", *paths], directory)
    return (directory / "out").read_bytes(), "bsdtar warc " + " ".join(packed)


@writer(weight=4)
def disc_genisoimage(rng, members, shop):
    directory, _ = shop.laid_out(members)
    options = some(rng, (["-J", "-joliet-long"], ["-R"], ["-udf"], ["-l"], ["-allow-lowercase"], ["-U"], ["-V", "A DISC"],
                         ["-iso-level", "3"], ["-hide-rr-moved"]), 0.5)
    shop.run(["genisoimage", "-quiet", "-input-charset", "utf-8", *options, "-o", "out.iso", "in"], directory)
    return (directory / "out.iso").read_bytes(), "genisoimage " + " ".join(options)


@writer(weight=1)
def disc_xorriso(rng, members, shop):
    directory, _ = shop.laid_out(members)
    options = some(rng, (["-J"], ["-R"], ["-r"], ["-iso-level", "3"], ["-partition_offset", "16"], ["-iso-level", "4"]), 0.4)
    shop.run(["xorriso", "-as", "mkisofs", "-quiet", *options, "-o", "out.iso", "in"], directory)
    return (directory / "out.iso").read_bytes(), "xorriso " + " ".join(options)


@writer(weight=2)
def disc_bsd(rng, members, shop):
    directory, paths = shop.laid_out(members)
    options = ",".join(["iso9660:volume-id=A_DISC", *some(rng, (["iso9660:!joliet"], ["iso9660:!rockridge"],
                                                                  ["iso9660:zisofs=direct"], ["iso9660:iso-level=3"]))])
    shop.run(["bsdtar", "-c", "--format=iso9660", "--options", options, "-f", "out", "-C", "in", "--", *paths], directory)
    return (directory / "out").read_bytes(), "bsdtar " + options
