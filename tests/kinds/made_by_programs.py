"""What real programs make of a folder of harmless files: name -> (command, verdict, reason).

The command runs in an empty folder that has `tree/` (a text, noise, a folder) and `text` and `noise`; it leaves `out`.
Verdicts: docs/formats/verdicts.md.
"""
CLOSED = ("Unscannable", "unsupported")
CLEAN = ("Clean", None)


def image(size, command):
    return f"truncate -s {size} out && {command}"


def cut(command, name):
    """The same without its last part."""
    return f"{command} && head -c $(($(stat -c %s {name}) * 3 / 4)) {name} > out"



MADE = {
    # File systems.
    "ext2": (image("1M", "mkfs.ext2 -q -d tree out"), *CLOSED),
    "ext4": (image("2M", "mkfs.ext4 -q -d tree out"), *CLOSED),
    "fat12": (image("1440K", "mkfs.vfat -F 12 out"), *CLOSED),
    "fat16": (image("16M", "mkfs.vfat -F 16 out"), *CLOSED),
    "fat32": (image("40M", "mkfs.vfat -F 32 out"), *CLOSED),
    "exfat": (image("4M", "mkfs.exfat out"), *CLOSED),
    "ntfs": (image("4M", "mkntfs -F -q out"), *CLOSED),
    "jfs": (image("17M", "mkfs.jfs -q out"), *CLOSED),
    "reiserfs": (image("34M", "mkfs.reiserfs -q -f -f out"), *CLOSED),
    "f2fs": (image("64M", "mkfs.f2fs -q out"), *CLOSED),
    # These want large images, of which all but the beginning is zeros.
    "xfs": (image("300M", "mkfs.xfs -q -f out") + " && truncate -s 1M out", *CLOSED),
    "btrfs": (image("120M", "mkfs.btrfs -q out") + " && truncate -s 1M out", *CLOSED),
    "nilfs2": (image("160M", "mkfs.nilfs2 -q out") + " && truncate -s 1M out", *CLOSED),
    "minix": (image("1M", "mkfs.minix out"), *CLOSED),
    "minix-3": (image("1M", "mkfs.minix -3 out"), *CLOSED),
    "hfs": (image("2M", "hformat out"), *CLOSED),
    "ufs1": ("makefs -t ffs -s 2m out tree", *CLOSED),
    "ufs2": ("makefs -t ffs -o version=2 -s 2m out tree", *CLOSED),
    "cramfs": ("mkfs.cramfs tree out", *CLOSED),
    "cramfs-big-endian": ("mkfs.cramfs -N big tree out", *CLOSED),
    "romfs": ("genromfs -d tree -f out", *CLOSED),
    "squashfs": ("mksquashfs tree out -quiet -no-progress -noappend", *CLOSED),
    "squashfs-xz": ("mksquashfs tree out -comp xz -quiet -no-progress -noappend", *CLOSED),
    "erofs": ("mkfs.erofs out tree", *CLOSED),
    "jffs2": ("mkfs.jffs2 -r tree -o out -l", *CLOSED),
    "jffs2-big-endian": ("mkfs.jffs2 -r tree -o out -b", *CLOSED),
    "ubifs": ("mkfs.ubifs -r tree -m 2048 -e 126976 -c 100 -o out", *CLOSED),
    "ubi": ("mkfs.ubifs -r tree -m 2048 -e 126976 -c 100 -o u && printf '[u]\\nmode=ubi\\nimage=u\\nvol_id=0\\n"
            "vol_size=2MiB\\nvol_type=dynamic\\nvol_name=u\\n' > u.ini && ubinize -m 2048 -p 128KiB -o out u.ini", *CLOSED),
    "udf": (image("4M", "mkudffs --blocksize=2048 out"), *CLOSED),
    "udf-of-512-byte-sectors": (image("4M", "mkudffs --blocksize=512 out"), *CLOSED),
    "udf-beside-iso": ("genisoimage -quiet -udf -o out tree", *CLOSED),
    "hfs-beside-iso": ("genisoimage -quiet -hfs -o out tree", *CLOSED),
    "iso": ("genisoimage -quiet -J -R -o out tree", *CLEAN),
    "iso-by-xorriso": ("xorriso -as mkisofs -quiet -J -R -o out tree", *CLEAN),
    "iso-cut": (cut("genisoimage -quiet -J -R -o whole tree", "whole"), *CLOSED),
    # Disks.
    "mbr": (image("2M", "echo 2048,,83 | sfdisk -q out"), *CLOSED),
    "gpt": (image("2M", "printf 'label: gpt\\n,,\\n' | sfdisk -q out"), *CLOSED),
    "sun": (image("20M", "printf 'label: sun\\n,,\\n' | sfdisk -q out"), *CLOSED),
    **{f"qemu-{form}": (f"qemu-img create -q -f {form} out 1M", *CLOSED)
       for form in ("vpc", "vhdx", "vdi", "vmdk", "qcow", "qcow2", "qed", "parallels")},
    "qemu-vpc-fixed": ("qemu-img create -q -f vpc -o subformat=fixed out 1M", *CLOSED),
    "qemu-vmdk-stream": ("qemu-img convert -f raw -O vmdk -o subformat=streamOptimized noise out", *CLOSED),
    "qemu-vmdk-descriptor": ("qemu-img create -q -f vmdk -o subformat=monolithicFlat out 1M", *CLOSED),
    "wim": ("wimcapture tree out", *CLOSED),
    "esd": ("wimcapture tree out --solid", *CLOSED),
    "ewf": ("ewfacquire -u -t e noise && mv e.E01 out", *CLOSED),
    "partclone": (image("1M", "mkfs.ext2 -q out") + " && mv out d && partclone.ext2 -c -s d -o out -F", *CLOSED),
    # Archives and packed files.
    "lzop": ("lzop -o out text", *CLOSED),
    "lrzip": ("lrzip -q -o out noise", *CLOSED),
    "zpaq": ("zpaq a out.zpaq tree && mv out.zpaq out", *CLOSED),
    "arc": ("arc a out.arc text && mv out.arc out", *CLOSED),
    "arj": ("arj a -r out.arj tree && mv out.arj out", *CLEAN),
    "arj-cut": (cut("arj a -r whole.arj tree", "whole.arj"), *CLOSED),
    "arj-volume": ("arj a -y -v20k -r whole.arj tree && mv whole.arj out", *CLOSED),
    "cabinet": ("gcab -cz out tree/*", *CLEAN),
    "cabinet-cut": (cut("gcab -cz whole noise", "whole"), *CLOSED),
    "szdd": ("mscompress text && mv text_ out", *CLEAN),
    "szdd-cut": (cut("mscompress text", "text_"), *CLOSED),
    # Installers.
    "nsis": ("printf 'OutFile \"out\"\\nSection\\nFile text\\nSectionEnd\\n' > a.nsi && makensis -V1 a.nsi", *CLOSED),
    **{f"makeself-{how}": (f"makeself --quiet --nox11 --{how} tree out label true", *CLEAN)
       for how in ("gzip", "bzip2", "xz", "nocomp")},
    "makeself-cut": (cut("makeself --quiet --nox11 tree whole label true", "whole"), *CLOSED),
    "script-before-squashfs": (
        "mksquashfs tree s -quiet -no-progress && (printf '#!/bin/sh\\nexit 0\\n'; cat s) > out", *CLOSED),
    "script-before-noise": ("(printf '#!/bin/sh\\nexit 0\\n'; cat noise) > out", *CLOSED),
    "program": ("cat /bin/true > out", *CLEAN),
    "program-before-tar-gz": ("tar czf t tree && cat /bin/true t > out", *CLEAN),
    "program-before-cut-tar-gz": ("tar czf t tree && (cat /bin/true; head -c 20000 t) > out", *CLOSED),
    "program-before-squashfs": ("mksquashfs tree s -quiet -no-progress && cat /bin/true s > out", *CLOSED),
    # Texts that begin like one of them.
    **{f"text-{word}": (f"yes '{word} is a word, 1, 2, 3' | head -n 200 > out", *CLEAN)
       for word in ("hsqs", "KDMV", "XFSB", "!BDN", "TAPE", "CISO", "070701;1", "BZh", "LRZI", "DOS")},
}
