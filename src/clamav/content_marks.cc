#include "clamav/content_marks.h"

#include <algorithm>
#include <array>

#include "clamav/header_checks.h"

// Sources: the formats' own specifications where there is one (WIM, QCOW2, VHD, VHDX, SquashFS,
// EROFS, ext4, UBI, UDF, PST, MTF, EWF ...), else the mark that all programs for the format look
// for. A mark has four bytes or more, so that ordinary data does not match by chance; shorter ones
// are in header_checks.h, with the fields that must agree.

namespace cordon {
namespace {

using namespace std::string_view_literals;
using enum ContentClass;

// clang-format off: one row a line, so that the table can be read as one.
constexpr auto kMarks = std::to_array<ContentMark>({
    // File systems.
    {disk_image, "FAT file system", 0, "", is_fat},
    {disk_image, "exFAT file system", 3, "EXFAT   "sv},
    {disk_image, "NTFS file system", 3, "NTFS    "sv},
    {disk_image, "ReFS file system", 3, "ReFS\0\0\0\0"sv},
    {disk_image, "HPFS file system", 8192, "\x49\xE8\x95\xF9\xC5\xE9\x53\xFA"sv},
    {disk_image, "ext2, ext3 or ext4 file system", 0, "", is_ext},
    {disk_image, "XFS file system", 0, "XFSB"sv},
    {disk_image, "Btrfs file system", 65600, "_BHRfS_M"sv},
    {disk_image, "bcachefs file system", 4120, "\xC6\x85\x73\xF6\x4E\x1A\x45\xCA"sv},
    {disk_image, "bcachefs file system", 4120, "\xC6\x85\x73\xF6\x66\xCE\x90\xA9"sv},
    {disk_image, "ZFS file system", 0, "", is_zfs},
    {disk_image, "ReiserFS file system", 65588, "ReIsErFs"sv},
    {disk_image, "ReiserFS file system", 65588, "ReIsEr2Fs"sv},
    {disk_image, "ReiserFS file system", 65588, "ReIsEr3Fs"sv},
    {disk_image, "ReiserFS file system", 8244, "ReIsErFs"sv},
    {disk_image, "ReiserFS file system", 65536, "ReIsEr4"sv},
    {disk_image, "F2FS file system", 1024, "\x10\x20\xF5\xF2"sv},
    {disk_image, "JFS file system", 32768, "JFS1"sv},
    {disk_image, "NILFS2 file system", 0, "", is_nilfs},
    {disk_image, "Minix file system", 0, "", is_minix},
    {disk_image, "GFS2 file system", 65536, "\x01\x16\x19\x70"sv},
    {disk_image, "OCFS2 file system", 8192, "OCFSV2"sv},
    {disk_image, "VxFS file system", 1024, "\xF5\xFC\x01\xA5"sv},
    {disk_image, "VxFS file system", 8192, "\xA5\x01\xFC\xF5"sv},
    {disk_image, "BFS file system", 0, "\xCE\xFA\xAD\x1B"sv},
    {disk_image, "UFS file system", 9564, "\x54\x19\x01\0"sv},
    {disk_image, "UFS file system", 9564, "\0\x01\x19\x54"sv},
    {disk_image, "UFS file system", 9564, "\x19\x01\x54\x19"sv},
    {disk_image, "UFS file system", 9564, "\x19\x54\x01\x19"sv},
    {disk_image, "UFS file system", 1372, "\x54\x19\x01\0"sv},
    {disk_image, "UFS file system", 1372, "\0\x01\x19\x54"sv},
    {disk_image, "UFS file system", 66908, "\x19\x01\x54\x19"sv},
    {disk_image, "UFS file system", 66908, "\x19\x54\x01\x19"sv},
    {disk_image, "UFS file system", 263516, "\x19\x01\x54\x19"sv},
    {disk_image, "UFS file system", 263516, "\x19\x54\x01\x19"sv},
    {disk_image, "HFS file system", 0, "", is_classic_hfs},
    {disk_image, "HFS+ file system", 1024, "H+\0\4"sv},
    {disk_image, "HFS+ file system", 1024, "HX\0\5"sv},
    {disk_image, "APFS file system", 32, "NXSB"sv},
    {disk_image, "Amiga file system", 0, "DOS\0"sv},
    {disk_image, "Amiga file system", 0, "DOS\1"sv},
    {disk_image, "Amiga file system", 0, "DOS\2"sv},
    {disk_image, "Amiga file system", 0, "DOS\3"sv},
    {disk_image, "cramfs file system", 0, "\x45\x3D\xCD\x28"sv},
    {disk_image, "cramfs file system", 0, "\x28\xCD\x3D\x45"sv},
    {disk_image, "cramfs file system", 512, "\x45\x3D\xCD\x28"sv},
    {disk_image, "romfs file system", 0, "-rom1fs-"sv},
    {disk_image, "SquashFS file system", 0, "hsqs"sv},
    {disk_image, "SquashFS file system", 0, "sqsh"sv},
    {disk_image, "SquashFS file system", 0, "shsq"sv},
    {disk_image, "SquashFS file system", 0, "qshs"sv},
    {disk_image, "SquashFS file system", 0, "hsqt"sv},
    {disk_image, "SquashFS file system", 0, "tqsh"sv},
    {disk_image, "SquashFS file system", 0, "sqlz"sv},
    {disk_image, "EROFS file system", 1024, "\xE2\xE1\xF5\xE0"sv},
    {disk_image, "JFFS2 file system", 0, "", is_jffs2},
    {disk_image, "YAFFS file system", 0, "", is_yaffs},
    {disk_image, "UBI image", 0, "UBI#"sv},
    {disk_image, "UBIFS file system", 0, "\x31\x18\x10\x06"sv},
    {disk_image, "UDF file system", 0, "", is_udf},
    {disk_image, "High Sierra file system", 32777, "CDROM\1"sv},
    {disk_image, "Xbox disc image", 65536, "MICROSOFT*XBOX*MEDIA"sv},
    // Disks and their parts.
    {disk_image, "disk with partitions (GPT)", 512, "EFI PART\0\0\1\0"sv},
    {disk_image, "disk with partitions (GPT)", 2048, "EFI PART\0\0\1\0"sv},
    {disk_image, "disk with partitions (GPT)", 4096, "EFI PART\0\0\1\0"sv},
    {disk_image, "disk with partitions (MBR)", 0, "", is_partitioned_disk},
    {disk_image, "disk with partitions (Apple)", 0, "", is_apple_partitioned_disk},
    {disk_image, "disk with partitions (Sun)", 0, "", is_sun_label},
    {disk_image, "disk with partitions (BSD)", 0, "\x57\x45\x56\x82"sv},
    {disk_image, "disk with partitions (BSD)", 512, "\x57\x45\x56\x82"sv},
    {disk_image, "LVM volume", 512, "LABELONE"sv},
    {disk_image, "LVM volume", 0, "LABELONE"sv},
    {disk_image, "Linux RAID member", 4096, "\xFC\x4E\x2B\xA9"sv},
    {disk_image, "Linux RAID member", 0, "\xFC\x4E\x2B\xA9"sv},
    // Disks of virtual machines, and copies of discs.
    {disk_image, "VHD disk image", 0, "conectix"sv},
    {disk_image, "VHD disk image", -512, "conectix"sv},
    {disk_image, "VHD disk image", -511, "conectix"sv},
    {disk_image, "VHDX disk image", 0, "vhdxfile"sv},
    {disk_image, "VDI disk image", 64, "\x7F\x10\xDA\xBE"sv},
    {disk_image, "VMDK disk image", 0, "KDMV"sv},
    {disk_image, "VMDK disk image", 0, "COWD"sv},
    {disk_image, "VMDK disk image", 0, "", is_vmdk_descriptor},
    {disk_image, "QCOW disk image", 0, "QFI\xFB"sv},
    {disk_image, "QED disk image", 0, "QED\0"sv},
    {disk_image, "Parallels disk image", 0, "WithoutFreeSpace"sv},
    {disk_image, "Parallels disk image", 0, "WithouFreSpacExt"sv},
    {disk_image, "Bochs disk image", 0, "Bochs Virtual HD Image"sv},
    {disk_image, "cloop disk image", 0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop"sv},
    {disk_image, "CHD disk image", 0, "MComprHD"sv},
    {disk_image, "Apple disk image (UDIF)", -512, "koly\0\0\0\4\0\0\2\0"sv},
    {disk_image, "Apple disk image (UDIF)", 0, "koly\0\0\0\4\0\0\2\0"sv},
    {disk_image, "Apple disk image (sparse)", 0, "sprs"sv},
    {disk_image, "Apple disk image (Disk Copy)", 0, "", is_disk_copy},
    {disk_image, "EWF disk image", 0, "EVF\x09\x0D\x0A\xFF\0"sv},
    {disk_image, "EWF disk image", 0, "LVF\x09\x0D\x0A\xFF\0"sv},
    {disk_image, "EWF disk image", 0, "EVF2\x0D\x0A\x81\0"sv},
    {disk_image, "EWF disk image", 0, "LEF2\x0D\x0A\x81\0"sv},
    {disk_image, "AFF disk image", 0, "AFF10\x0D\x0A\0"sv},
    {disk_image, "Nero disc image", 0, "", is_nero_image},
    {disk_image, "DiscJuggler disc image", 0, "", is_discjuggler_image},
    {disk_image, "Alcohol disc image (MDS)", 0, "MEDIA DESCRIPTOR"sv},
    {disk_image, "raw disc image (2,352-byte sectors)", 0,
     "\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0"sv},
    {disk_image, "packed disc image", 0, "CISO"sv},
    {disk_image, "packed disc image", 0, "ZISO"sv},
    {disk_image, "packed disc image", 0, "IsZ!"sv},
    {disk_image, "packed disc image", 0, "DAA\0\0\0\0\0"sv},
    {disk_image, "packed disc image", 0, "WBFS"sv},
    {disk_image, "packed disc image", 0, "RVZ\1"sv},
    {disk_image, "packed disc image", 0, "WIA\1"sv},
    {disk_image, "packed disc image", 0, "\x01\xC0\x0B\xB1"sv},
    {disk_image, "Amiga disk archive (DMS)", 0, "DMS!"sv},
    {disk_image, "Windows image (WIM)", 0, "MSWIM\0\0\0"sv},
    {disk_image, "Windows image (WIM)", 0, "WLPWM\0\0\0"sv},
    {disk_image, "Ghost disk image", 0, "", is_ghost_image},
    {disk_image, "Partimage disk image", 0, "PaRtImAgE-VoLuMe"sv},
    {disk_image, "partclone disk image", 0, "partclone-image"sv},
    {disk_image, "ntfsclone disk image", 0, "\0ntfsclone-image"sv},
    {disk_image, "True Image disk image", 0, "\xB4\x6E\x68\x44"sv},
    {disk_image, "True Image disk image", 0, "\xCE\x24\xB9\xA2\x20\0\0\0"sv},
    // Firmware.
    {disk_image, "Android sparse image", 0, "\x3A\xFF\x26\xED"sv},
    {disk_image, "Android boot image", 0, "ANDROID!"sv},
    {disk_image, "Android boot image", 0, "VNDRBOOT"sv},
    {disk_image, "Android super image", 4096, "\x67\x44\x6C\x61"sv},
    {disk_image, "Android update payload", 0, "CrAU"sv},
    {disk_image, "U-Boot image", 0, "\x27\x05\x19\x56"sv},
    {disk_image, "TRX firmware image", 0, "HDR0"sv},
    // Mail stores.
    {mail_store, "Outlook store (PST, OST)", 0, "!BDN"sv},
    {mail_store, "Outlook Express store (DBX)", 0, "\xCF\xAD\x12\xFE"sv},
    {mail_store, "Outlook Express store (MBX)", 0, "JMF6"sv},
    {mail_store, "Outlook Express store (MBX)", 0, "JMF9"sv},
    {mail_store, "Notes database (NSF)", 0, "\x1A\0\0\3\0\0"sv},
    {mail_store, "Notes database (NSF)", 0, "\x1A\0\0\4\0\0"sv},
    {mail_store, "Exchange store (EDB)", 4, "\xEF\xCD\xAB\x89\x20\x06\0\0"sv},
    {mail_store, "The Bat! store (TBB)", 0, "\x21\x09\x70\x19"sv},
    // Archives, and single files in formats of their own.
    {archive, "ACE archive", 7, "**ACE**"sv},
    {archive, "ALZ archive", 0, "ALZ\1"sv},
    {archive, "EGG archive", 0, "EGGA"sv},
    {archive, "ARC archive", 0, "", is_arc},
    {archive, "Compact Pro archive", 0, "", is_compact_pro},
    {archive, "StuffIt archive", 10, "rLau"sv},
    {archive, "StuffIt archive", 0, "StuffIt (c)1997-"sv},
    {archive, "StuffIt archive", 0, "StuffIt!"sv},
    {archive, "ZOO archive", 20, "\xDC\xA7\xC4\xFD"sv},
    {archive, "ZPAQ archive", 0, "7kSt\xA0\x31\x83\xD3\x8C\xB2\x28\xB0\xD3"sv},
    {archive, "ZPAQ archive", 0, "zPQ\1"sv},
    {archive, "ZPAQ archive", 0, "zPQ\2"sv},
    {archive, "PAQ archive", 0, "paq8"sv},
    {archive, "PMarc archive", 2, "-pm0-"sv},
    {archive, "PMarc archive", 2, "-pm1-"sv},
    {archive, "PMarc archive", 2, "-pm2-"sv},
    {archive, "PMarc archive", 2, "-pms-"sv},
    {archive, "SQX archive", 7, "-sqx-"sv},
    {archive, "JAR archive (of ARJ's maker)", 14, "\x1AJar\x1B\0"sv},
    {archive, "UltraCompressor archive", 0, "UC2\x1A"sv},
    {archive, "KGB archive", 0, "KGB_arch -"sv},
    {archive, "GCA archive", 0, "GCA0"sv},
    {archive, "LZX archive", 0, "LZX\0"sv},
    {archive, "Electron archive (asar)", 0, "", is_electron_archive},
    {archive, "lzop file", 0, "\x89LZO\0\r\n\x1A\n"sv},
    {archive, "lrzip file", 0, "LRZI"sv},
    {archive, "rzip file", 0, "RZIP"sv},
    {archive, "Snappy stream", 0, "\xFF\x06\0\0sNaPpY"sv},
    {archive, "LZ4 file in its old format", 0, "\x02\x21\x4C\x18"sv},
    {archive, "Zstandard file in an old format", 0, "\x22\xB5\x2F\xFD"sv},
    {archive, "Zstandard file in an old format", 0, "\x23\xB5\x2F\xFD"sv},
    {archive, "Zstandard file in an old format", 0, "\x24\xB5\x2F\xFD"sv},
    {archive, "Zstandard file in an old format", 0, "\x25\xB5\x2F\xFD"sv},
    {archive, "Zstandard file in an old format", 0, "\x26\xB5\x2F\xFD"sv},
    {archive, "Zstandard file in an old format", 0, "\x27\xB5\x2F\xFD"sv},
    {archive, "LZFSE file", 0, "bvx-"sv},
    {archive, "LZFSE file", 0, "bvx1"sv},
    {archive, "LZFSE file", 0, "bvx2"sv},
    {archive, "LZFSE file", 0, "bvxn"sv},
    {archive, "packed file (Mozilla's LZ4)", 0, "mozLz40\0"sv},
    {archive, "packed file (pack)", 0, "", is_packed_huffman},
    {archive, "packed file (zisofs)", 0, "\x37\xE4\x53\x96\xC9\xDB\xD6\x07"sv},
    {archive, "packed file (Windows)", 0, "\x0A\x51\xE5\xC0"sv},
    {archive, "packed file (Windows)", 0, "MAM\x04"sv},
    {archive, "packed file (Windows)", 0, "MAM\x84"sv},
    {archive, "packed file (SZDD of QBasic)", 0, "SZ \x88\xF0\x27\x33\xD1"sv},
    {archive, "packed file (PowerPacker)", 0, "PP20"sv},
    {archive, "packed file (XPK)", 0, "XPKF"sv},
    {archive, "Windows help file", 0, "?_\3\0"sv},
    // Installers and packages.
    {installer, "InstallShield cabinet", 0, "ISc("sv},
    {installer, "InstallShield archive", 0, "\x13\x5D\x65\x8C"sv},
    {installer, "Symbian package (SIS)", 0, "\x7A\x1A\x20\x10"sv},
    {installer, "Symbian package (SIS)", 8, "\x19\x04\0\x10"sv},
    {installer, "NSIS installer", 0, "", is_nsis},
    {installer, "Inno Setup installer", 0, "", is_inno_setup},
    {installer, "InstallShield installer", 0, "", is_installshield},
    {installer, "PyInstaller program", 0, "", is_pyinstaller},
    {installer, "Flatpak bundle", 0, "flatpak\0\1\0\x89\xE5"sv},
    {installer, "AppImage", 8, "AI\1\0\0\0\0\0"sv},
    {installer, "AppImage", 8, "AI\2\0\0\0\0\0"sv},
    // Backups.
    {backup, "PostgreSQL dump", 0, "PGDMP\1"sv},
    {backup, "Windows backup (MTF)", 0, "TAPE"sv},
    {backup, "XtraBackup stream", 0, "XBSTCK01"sv},
    {backup, "MongoDB dump", 0, "\x6D\xE2\x99\x81"sv},
    {backup, "Android backup", 0, "ANDROID BACKUP\n"sv},
    {backup, "file system dump (dump)", 24, "\x6B\xEA\0\0"sv, starts_dump},
    {backup, "file system dump (dump)", 24, "\x6C\xEA\0\0"sv, starts_dump},
    {backup, "file system dump (dump)", 24, "\x19\x01\x54\x19"sv, starts_dump},
    {backup, "file system dump (xfsdump)", 0, "xFSdump0"sv},
});
// clang-format on

bool is_printable(std::string_view mark) {
  return std::ranges::all_of(mark, [](char c) { return (c >= ' ' && c <= '~') || c == '\n'; });
}

}  // namespace

std::span<const ContentMark> content_marks() { return kMarks; }

bool matches(const ContentMark& mark, std::span<const std::byte> content) {
  if (!mark.mark.empty()) {
    const auto size = static_cast<std::ptrdiff_t>(content.size());
    const std::ptrdiff_t at = mark.at < 0 ? size + mark.at : mark.at;
    if (at < 0 || size - at < static_cast<std::ptrdiff_t>(mark.mark.size())) return false;
    const auto found = content.subspan(static_cast<std::size_t>(at));
    const auto bytes = std::as_bytes(std::span(mark.mark));
    if (!std::ranges::equal(found.first(bytes.size()), bytes)) return false;
    if (is_printable(mark.mark) && looks_like_text(found)) return false;
  }
  return mark.check == nullptr || mark.check(content);
}

}  // namespace cordon
