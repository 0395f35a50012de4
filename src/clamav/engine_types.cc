#include <array>

#include "clamav/content_marks.h"

// All types of the engine (libclamav 1.4, filetypes.h). A type that a newer engine adds is not in
// the list and makes an object Unscannable until somebody has looked at what the engine does with
// it.

namespace cordon {
namespace {

using enum ContentClass;
using enum Proof;

constexpr auto kTypes = std::to_array<EngineType>({
    // Containers that a second reader opens as well.
    {"CL_TYPE_ZIP", {archive, second_reader, "zip"}},
    {"CL_TYPE_ZIPSFX", {archive, second_reader, "zip"}},
    {"CL_TYPE_7Z", {archive, second_reader, "7z"}},
    {"CL_TYPE_7ZSFX", {archive, second_reader, "7z"}},
    {"CL_TYPE_RAR", {archive, second_reader, "rar"}},
    {"CL_TYPE_RARSFX", {archive, second_reader, "rar"}},
    {"CL_TYPE_OLD_TAR", {archive, second_reader, "tar"}},
    {"CL_TYPE_POSIX_TAR", {archive, second_reader, "tar"}},
    {"CL_TYPE_CPIO_OLD", {archive, second_reader, "cpio"}},
    {"CL_TYPE_CPIO_ODC", {archive, second_reader, "cpio"}},
    {"CL_TYPE_CPIO_NEWC", {archive, second_reader, "cpio"}},
    {"CL_TYPE_CPIO_CRC", {archive, second_reader, "cpio"}},
    {"CL_TYPE_GZ", {archive, second_reader, "gzip"}},
    {"CL_TYPE_BZ", {archive, second_reader, "bzip2"}},
    {"CL_TYPE_XZ", {archive, second_reader, "XZ"}},
    {"CL_TYPE_LHA_LZH", {archive, second_reader, "LHA"}},
    {"CL_TYPE_MSCAB", {archive, second_reader, "cabinet"}},
    {"CL_TYPE_CABSFX", {archive, second_reader, "cabinet"}},
    {"CL_TYPE_XAR", {archive, second_reader, "xar (also .pkg)"}},
    {"CL_TYPE_ISO9660", {disk_image, second_reader, "ISO 9660"}},
    // Containers that only the engine opens.
    {"CL_TYPE_ARJ", {archive, engine_sums, "ARJ"}},
    {"CL_TYPE_ARJSFX", {archive, engine_sums, "ARJ"}},
    {"CL_TYPE_MSCHM", {archive, engine_checked, "CHM"}},
    {"CL_TYPE_MSSZDD", {archive, second_reader, "SZDD"}},
    {"CL_TYPE_AUTOIT", {installer, engine_checked, "AutoIt script in a program"}},
    {"CL_TYPE_MAIL", {document, second_reader, "mail"}},
    {"CL_TYPE_TNEF", {document, second_reader, "TNEF (winmail.dat)"}},
    {"CL_TYPE_MHTML", {document, second_reader, "MHTML"}},
    {"CL_TYPE_UUENCODED", {document, second_reader, "uuencoded text"}},
    {"CL_TYPE_BINHEX", {document, second_reader, "BinHex"}},
    {"CL_TYPE_MSOLE2", {document, second_reader, "compound file (Office 97, MSI, MSG)"}},
    {"CL_TYPE_MSWORD", {document, second_reader, "compound file (Office 97, MSI, MSG)"}},
    {"CL_TYPE_MSXL", {document, second_reader, "compound file (Office 97, MSI, MSG)"}},
    {"CL_TYPE_MSPPT", {document, second_reader, "compound file (Office 97, MSI, MSG)"}},
    {"CL_TYPE_HWPOLE2", {document, second_reader, "Hangul document in a compound file"}},
    {"CL_TYPE_HWP3", {document, engine_checked, "Hangul document"}},
    {"CL_TYPE_HWP5", {document, engine_checked, "Hangul document"}},
    {"CL_TYPE_OOXML_HWP", {document, second_reader, "Hangul document in a zip"}},
    {"CL_TYPE_OOXML_WORD", {document, second_reader, "Office Open XML"}},
    {"CL_TYPE_OOXML_PPT", {document, second_reader, "Office Open XML"}},
    {"CL_TYPE_OOXML_XL", {document, second_reader, "Office Open XML"}},
    {"CL_TYPE_ONENOTE", {document, second_reader, "OneNote section"}},
    {"CL_TYPE_PDF", {document, second_reader, "PDF"}},
    {"CL_TYPE_XDP", {document, engine_checked, "XDP"}},
    {"CL_TYPE_XML_WORD", {document, second_reader, "Office 2003 XML"}},
    {"CL_TYPE_XML_XL", {document, second_reader, "Office 2003 XML"}},
    {"CL_TYPE_XML_HWP", {document, second_reader, "Office 2003 XML"}},
    {"CL_TYPE_RTF", {document, second_reader, "RTF"}},
    {"CL_TYPE_SWF", {media, engine_checked, "Flash"}},
    // What it opens in part, or knows and does not open.
    {"CL_TYPE_DMG", {disk_image, unsupported, "Apple disk image (UDIF)"}},
    {"CL_TYPE_PART_HFSPLUS", {disk_image, unsupported, "HFS+ file system"}},
    {"CL_TYPE_UDF", {disk_image, unsupported, "UDF file system"}},
    {"CL_TYPE_GPT", {disk_image, unsupported, "disk with partitions (GPT)"}},
    {"CL_TYPE_APM", {disk_image, unsupported, "disk with partitions (Apple)"}},
    {"CL_TYPE_NULSFT", {installer, unsupported, "NSIS installer"}},
    {"CL_TYPE_ISHIELD_MSI", {installer, unsupported, "InstallShield installer"}},
    {"CL_TYPE_SIS", {installer, unsupported, "Symbian package (SIS)"}},
    {"CL_TYPE_EGG", {archive, unsupported, "EGG archive"}},
    {"CL_TYPE_EGGSFX", {archive, unsupported, "EGG archive"}},
    {"CL_TYPE_ALZ", {archive, unsupported, "ALZ archive"}},
    {"CL_TYPE_CRYPTFF", {archive, unsupported, "file packed by CryptFF"}},
    {"CL_TYPE_SCRENC", {text, engine_checked, "encoded script (JScript.Encode)"}},
    // Bytes that are all there is.
    {"CL_TYPE_MSEXE", {program, nothing_to_open, "Windows program"}},
    {"CL_TYPE_ELF", {program, nothing_to_open, "ELF program"}},
    {"CL_TYPE_MACHO", {program, nothing_to_open, "Mach-O program"}},
    {"CL_TYPE_MACHO_UNIBIN", {program, nothing_to_open, "Mach-O program"}},
    {"CL_TYPE_JAVA", {program, nothing_to_open, "Java class"}},
    {"CL_TYPE_PYTHON_COMPILED", {program, nothing_to_open, "compiled Python"}},
    {"CL_TYPE_LNK", {program, nothing_to_open, "Windows shortcut"}},
    {"CL_TYPE_TEXT_ASCII", {text, nothing_to_open, "text"}},
    {"CL_TYPE_TEXT_UTF8", {text, nothing_to_open, "text"}},
    {"CL_TYPE_TEXT_UTF16LE", {text, nothing_to_open, "text"}},
    {"CL_TYPE_TEXT_UTF16BE", {text, nothing_to_open, "text"}},
    {"CL_TYPE_HTML", {text, nothing_to_open, "HTML"}},
    {"CL_TYPE_HTML_UTF16", {text, nothing_to_open, "HTML"}},
    {"CL_TYPE_SCRIPT", {text, nothing_to_open, "script"}},
    {"CL_TYPE_PS", {text, nothing_to_open, "PostScript"}},
    {"CL_TYPE_GRAPHICS", {media, nothing_to_open, "image"}},
    {"CL_TYPE_GIF", {media, nothing_to_open, "image"}},
    {"CL_TYPE_PNG", {media, nothing_to_open, "image"}},
    {"CL_TYPE_JPEG", {media, nothing_to_open, "image"}},
    {"CL_TYPE_TIFF", {media, nothing_to_open, "image"}},
    {"CL_TYPE_RIFF", {media, nothing_to_open, "sound or video"}},
    {"CL_TYPE_IGNORED", {data, nothing_to_open, "sound, video, font or database"}},
    {"CL_TYPE_BINARY_DATA", {data, nothing_to_open, "data of no type that anything here knows"}},
    // The end of a boot record without partitions; a partition whose content nothing claims.
    {"CL_TYPE_MBR", {data, nothing_to_open, "boot record without partitions"}},
    {"CL_TYPE_PART_ANY", {data, nothing_to_open, "data of no type that anything here knows"}},
    {"CL_TYPE_ANY", {data, nothing_to_open, "data of no type that anything here knows"}},
});

}  // namespace

std::span<const EngineType> engine_types() { return kTypes; }

}  // namespace cordon
