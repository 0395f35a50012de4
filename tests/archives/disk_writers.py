"""Disk images and installers: opened, or refused as a format that nobody here opens, and never Clean."""
from writers import pick, some, writer

FLOPPY_KIB, SMALL_DISK_KIB, ROOM_KIB = 1440, 4096, 600


def _filled_fat(rng, members, shop):
    """A directory with `disk`, a FAT file system that holds the members."""
    directory, paths = shop.laid_out([(name.replace("\\", "_"), data) for name, data in members])
    need = sum(len(data) for _, data in members) // 1024 + ROOM_KIB
    size = next((size for size in (FLOPPY_KIB, SMALL_DISK_KIB) if size > need), need + SMALL_DISK_KIB)
    options = some(rng, (["-n", "A DISK"], ["-s", "4"]))
    shop.run(["mkfs.fat", "-C", *options, "disk", size], directory)
    tops = sorted({path.split("/")[0] for path in paths})
    shop.run(["mcopy", "-s", "-i", "disk", *(f"in/{top}" for top in tops), "::"], directory)
    return directory, "mkfs.fat " + " ".join([*options, str(size)])


@writer(weight=1, ascii_names=True, closed=True)
def fat_image(rng, members, shop):
    directory, said = _filled_fat(rng, members, shop)
    return (directory / "disk").read_bytes(), said


@writer(weight=1, ascii_names=True, closed=True)
def virtual_disk(rng, members, shop):
    directory, said = _filled_fat(rng, members, shop)
    form = pick(rng, ("vdi", "vpc", "vmdk", "qcow2", "vhdx", "qed", "parallels"))
    packed = ["-c"] if form == "qcow2" and rng.random() < 0.5 else []
    shop.run(["qemu-img", "convert", "-f", "raw", "-O", form, *packed, "disk", "out"], directory)
    return (directory / "out").read_bytes(), f"{said}, qemu-img {form} {' '.join(packed)}"


@writer(weight=1, closed=True)
def ext_image(rng, members, shop):
    directory, _ = shop.laid_out(members)
    kind = pick(rng, ("ext2", "ext3", "ext4"))
    size = 6144 + sum(len(data) for _, data in members) // 1024 * 2
    options = ["-b", "1024", *(["-J", "size=1"] if kind == "ext3" else []), *some(rng, (["-I", "256"], ["-L", "a disk"]))]
    shop.run(["mke2fs", "-q", "-F", "-t", kind, *options, "-d", "in", "out", f"{size}k"], directory)
    return (directory / "out").read_bytes(), f"mke2fs {kind} {' '.join(options)}"


@writer(weight=1, closed=True)
def squashfs(rng, members, shop):
    directory, _ = shop.laid_out(members)
    options = ["-comp", pick(rng, ("gzip", "xz", "zstd", "lz4", "lzo")), "-quiet", "-no-progress"]
    shop.run(["mksquashfs", "in", "out", *options], directory)
    return (directory / "out").read_bytes(), "mksquashfs " + options[1]


@writer(weight=2, ascii_names=True)
def installer_nsis(rng, members, shop):
    directory, paths = shop.laid_out(members)
    method = pick(rng, ("zlib", "bzip2", "lzma", "/SOLID zlib", "/SOLID bzip2", "/SOLID lzma", "off"))
    pack = "SetCompress off" if method == "off" else f"SetCompressor {method}"
    files = "\n".join(f'File "in/{path}"' for path in paths)
    script = f"{pack}\nName a\nOutFile out.exe\nUnicode {pick(rng, ('true', 'false'))}\nSection\nSetOutPath $INSTDIR\n{files}\nSectionEnd\n"
    (directory / "a.nsi").write_text(script)
    shop.run(["makensis", "-V1", "a.nsi"], directory)
    return (directory / "out.exe").read_bytes(), "makensis " + method


WIX = """<?xml version="1.0" encoding="UTF-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
<Product Id="*" Name="a" UpgradeCode="11111111-1111-1111-1111-111111111111" Language="1033" Version="1.0" Manufacturer="a">
<Package InstallerVersion="200" Compressed="yes" Comments="made by a test"/><Media Id="1" Cabinet="a.cab" EmbedCab="yes"/>
<Directory Id="TARGETDIR" Name="SourceDir"><Component Id="C0" Guid="11111111-1111-1111-1111-111111111112">{files}</Component></Directory>
<Feature Id="F" Level="1"><ComponentRef Id="C0"/></Feature></Product></Wix>
"""


@writer(weight=2)
def installer_msi(rng, members, shop):
    """A cabinet in a stream of a compound file."""
    directory, paths = shop.laid_out([(f"{at}.bin", data) for at, (_, data) in enumerate(members)])
    files = "".join(f'<File Id="F{at}" Source="in/{path}" Name="{path}"/>' for at, path in enumerate(paths))
    (directory / "a.wxs").write_text(WIX.format(files=files))
    shop.run(["wixl", "-o", "out.msi", "a.wxs"], directory)
    return (directory / "out.msi").read_bytes(), "wixl"
