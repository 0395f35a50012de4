"""tar, cpio, ar and what is made of them (Debian packages, RPM), by GNU tar, bsdtar, GNU cpio, binutils, dpkg and Python."""
import io
import os
import tarfile

from writers import pick, some, writer

PACKED_BY = ([], [], [], ["-z"], ["-j"], ["-J"], ["--zstd"], ["--lzip"], ["--lzma"], ["-Z"], ["-I", "lz4"])


def _links(rng, directory, paths):
    """Hard and symbolic links, a folder and a pipe beside the members; returns the paths in a random order."""
    root, more = directory / "in", []
    if rng.random() < 0.3:
        os.link(root / paths[0], root / "hard link")
        more.append("hard link")
    if rng.random() < 0.3:
        os.symlink(paths[-1], root / "soft link")
        more.append("soft link")
    if rng.random() < 0.3:
        (root / "empty folder").mkdir()
        more.append("empty folder")
    if rng.random() < 0.1:
        os.mkfifo(root / "a pipe")
        more.append("a pipe")
    together = [*paths, *more]
    rng.shuffle(together)
    return together


@writer(weight=10)
def tar_gnu(rng, members, shop):
    directory, paths = shop.laid_out(members)
    form = pick(rng, ("v7", "oldgnu", "gnu", "gnu", "ustar", "posix", "posix"))
    if form in ("v7", "ustar") and any(len(path.encode()) > 90 for path in paths):
        form = "gnu"
    paths = _links(rng, directory, paths) if form != "v7" else paths
    options = [f"--format={form}", *pick(rng, PACKED_BY)]
    if form in ("gnu", "oldgnu", "posix"):
        options += some(rng, (["--sparse", "--hole-detection=raw"], ["--label=a label"]))
    if form == "posix" and "--sparse" in options:
        options += [f"--sparse-version={pick(rng, ('0.0', '0.1', '1.0'))}"]
    if form == "posix":
        options += some(rng, (["--pax-option=comment:=written by a test"], ["--pax-option=exthdr.name=%d/h/%f"], ["--xattrs"]))
    if form == "gnu" and rng.random() < 0.2:
        options += ["--listed-incremental=snapshot"]
        paths = ["."]
    options += some(rng, (["-b", "1"], ["-b", "64"], ["--owner=root:0"], ["--numeric-owner"], ["--hard-dereference"],
                          ["--transform=s,^,moved/,"], ["-P"]), 0.2)
    shop.run(["tar", "-c", "-f", directory / "out", *options, "-C", "in", "--", *paths], directory)
    return (directory / "out").read_bytes(), "tar " + " ".join(options)


@writer(weight=3)
def tar_appended(rng, members, shop):
    """Written in two steps: what is updated or joined later stands behind, also twice under one name."""
    directory, paths = shop.laid_out(members)
    form = pick(rng, ("gnu", "posix"))
    cut = rng.randrange(len(paths) + 1)
    first, later = paths[:cut] or paths[:1], paths[cut:] or paths[-1:]
    shop.run(["tar", "-c", f"--format={form}", "-f", "out", "-C", "in", "--", *first], directory)
    if rng.random() < 0.5:
        shop.run(["tar", "-r", f"--format={form}", "-f", "out", "-C", "in", "--", *later], directory)
    else:
        shop.run(["tar", "-c", f"--format={form}", "-f", "more", "-C", "in", "--", *later], directory)
        shop.run(["tar", "-A", "-f", "out", "more"], directory)
    return (directory / "out").read_bytes(), f"{form}, {len(first)} and {len(later)} members"


@writer(weight=6)
def tar_python(rng, members, shop):
    out = io.BytesIO()
    form = pick(rng, (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    packed = pick(rng, ("", "", "gz", "bz2", "xz"))
    if form == tarfile.USTAR_FORMAT and any(len(name.encode()) > 90 for name, _ in members):
        form = tarfile.PAX_FORMAT
    with tarfile.open(None, f"w:{packed}", out, format=form, encoding="utf-8") as archive:
        if rng.random() < 0.3:
            folder = tarfile.TarInfo("folder")
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        if rng.random() < 0.2:
            device = tarfile.TarInfo("dev/null")
            device.type, device.devmajor, device.devminor = tarfile.CHRTYPE, 1, 3
            archive.addfile(device)
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), pick(rng, (0, 1_700_000_000, 1_700_000_000.25))
            entry.type = pick(rng, (tarfile.REGTYPE, tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE))
            if form == tarfile.PAX_FORMAT and rng.random() < 0.3:
                entry.pax_headers = {"SCHILY.xattr.user.note": "a note", "comment": "a comment"}
            archive.addfile(entry, io.BytesIO(data))
            if rng.random() < 0.1:
                link = tarfile.TarInfo(name + ".link")
                link.type, link.linkname = tarfile.LNKTYPE, name
                archive.addfile(link)
    return out.getvalue(), f"format {form} {packed}"


@writer(weight=5)
def tar_bsd(rng, members, shop):
    directory, paths = shop.laid_out(members)
    form = pick(rng, ("pax", "paxr", "gnutar", "ustar", "v7tar"))
    if form in ("ustar", "v7tar") and any(len(path.encode()) > 90 for path in paths):
        form = "pax"
    packed = pick(rng, ([], [], ["-z"], ["-j"], ["-J"], ["--lzma"], ["--zstd"], ["--lz4"], ["-Z"]))
    options = [f"--format={form}", *packed, *some(rng, (["-b", "1"], ["--options", "hdrcharset=UTF-8"]), 0.2)]
    if form == "v7tar":
        options = options[:1] + packed
    paths = _links(rng, directory, paths) if form != "v7tar" else paths
    shop.run(["bsdtar", "-c", "-f", "out", *options, "-C", "in", "--", *paths], directory)
    return (directory / "out").read_bytes(), "bsdtar " + " ".join(options)


@writer(weight=6)
def cpio_gnu(rng, members, shop):
    directory, paths = shop.laid_out(members)
    paths = _links(rng, directory, paths)
    form = pick(rng, ("bin", "odc", "newc", "newc", "crc", "hpodc", "hpbin"))
    options = ["-o", "--quiet", "-H", form, *some(rng, (["-B"], ["-C", "1024"], ["--null"]), 0.2)]
    if "--null" not in options:
        paths = [path for path in paths if "\n" not in path]
    end = "\0" if "--null" in options else "\n"
    out = shop.run(["cpio", *options], directory / "in", stdin="".join(path + end for path in paths).encode())
    return out, "cpio " + " ".join(options)


@writer(weight=3)
def cpio_bsd(rng, members, shop):
    directory, paths = shop.laid_out(members)
    form = pick(rng, ("cpio", "newc"))
    packed = pick(rng, ([], ["-z"], ["-J"]))
    shop.run(["bsdtar", "-c", "-f", "out", f"--format={form}", *packed, "-C", "in", "--", *paths], directory)
    return (directory / "out").read_bytes(), f"bsdtar {form} {' '.join(packed)}"


@writer(weight=4)
def ar_gnu(rng, members, shop):
    flat = [(name.rsplit("/", 1)[-1] + (str(i) if i else ""), data) for i, (name, data) in enumerate(members)]
    directory, paths = shop.laid_out(flat)
    options = pick(rng, ("rcS", "rcSD", "rcsU", "qcS"))
    shop.run(["ar", options, "../out", *paths], directory / "in")
    return (directory / "out").read_bytes(), "ar " + options


@writer(weight=3)
def deb(rng, members, shop):
    directory, _ = shop.laid_out(members)
    control = directory / "in" / "DEBIAN"
    control.mkdir()
    (control / "control").write_text("Package: a-package\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.com>\n"
                                     "Description: made by a test\n")
    options = [f"-Z{pick(rng, ('gzip', 'xz', 'zstd', 'none'))}", *some(rng, (["--no-uniform-compression"], ["-z1"]))]
    shop.run(["dpkg-deb", "--root-owner-group", *options, "-b", "in", "out.deb"], directory)
    return (directory / "out.deb").read_bytes(), "dpkg-deb " + " ".join(options)


RPM_SPEC = """Name: a-package
Version: 1
Release: 1
Summary: made by a test
License: MIT
BuildArch: noarch
%define _binary_payload {payload}
%description
made by a test
%install
mkdir -p %{{buildroot}}/opt
cp -r {files}/. %{{buildroot}}/opt/
%files
/opt
"""


@writer(weight=1, ascii_names=True)
def rpm(rng, members, shop):
    directory, _ = shop.laid_out([(name.replace(" ", "_"), data) for name, data in members])
    payload = pick(rng, ("w6.gzdio", "w9.bzdio", "w3.xzdio", "w3.zstdio", "w3.lzdio"))
    (directory / "a.spec").write_text(RPM_SPEC.format(payload=payload, files=directory / "in"))
    shop.run(["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {directory}/top", "--define", f"_dbpath {directory}/db",
              "--define", "__os_install_post %{nil}", "--define", "_build_id_links none", "--nodeps", "a.spec"], directory)
    return next((directory / "top" / "RPMS").rglob("*.rpm")).read_bytes(), "rpmbuild " + payload
