#include "clamav/office_locks.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

/// [MS-CFB] 2.2: streams begin at sectors of 512 or 4,096 bytes, short ones at mini sectors of 64.
constexpr std::size_t kMiniSectorBytes = 64;
/// What the checks below need of the beginning of a stream.
constexpr std::size_t kHeadBytesMax = 512;

bool starts_with(Bytes bytes, std::string_view mark) {
  return bytes.size() >= mark.size() &&
         std::ranges::equal(bytes.first(mark.size()), std::as_bytes(std::span(mark)));
}

unsigned little16(Bytes bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]) | std::to_integer<unsigned>(bytes[at + 1]) << 8U;
}

/// Names of streams and storages that only encrypted documents have:
///  * [MS-OFFCRYPTO] 2.3.5.4: the properties of a binary document whose content is encrypted;
///  * 2.2: what rights management does to a document, and the content of a binary one.
constexpr std::array kLockedNames = {"EncryptedSummary"sv, "DRMEncryptedTransform"sv,
                                     "DRMEncryptedDataSpace"sv,
                                     "\x09"
                                     "DRMContent"sv,
                                     "\x09"
                                     "DRMViewerContent"sv};
/// 2.3: the package of an Office document with a password.
constexpr std::string_view kPackage = "EncryptedPackage";

/// [MS-CFB] 2.6.1: a directory entry is 128 bytes: the name in UTF-16, and its length in bytes with
/// the zero behind it at offset 64.
bool has_name(Bytes entry, std::string_view name) {
  if (entry.size() < 128 || little16(entry, 64) != 2 * (name.size() + 1)) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (little16(entry, 2 * i) != static_cast<unsigned char>(name[i])) return false;
  }
  return true;
}

bool has_locked_name(Bytes entry) {
  return std::ranges::any_of(kLockedNames,
                             [&](std::string_view name) { return has_name(entry, name); });
}

/// [MS-DOC] 2.5.2: FibBase begins its stream; bit 8 of the flags at offset 10 is fEncrypted.
/// Versions from Word 97 on; older ones are rare and have no FIB like it.
bool is_locked_word(Bytes head) {
  if (head.size() < 32 || !starts_with(head, "\xEC\xA5")) return false;
  const unsigned version = little16(head, 2);
  return version >= 0x00C0 && version <= 0x0112 && (little16(head, 10) & 0x0100U) != 0;
}

/// [MS-XLS] 2.1.7.20.3: BOF of a workbook, at most one WriteProtect or so, then FilePass. Excel 95
/// has a shorter BOF.
bool is_locked_excel(Bytes head) {
  if (!starts_with(head, "\x09\x08\x10\0\0\x06\x05\0"sv) &&
      !starts_with(head, "\x09\x08\x08\0\0\x05\x05\0"sv)) {
    return false;
  }
  constexpr int kRecordsMax = 4;
  constexpr unsigned kFilePass = 0x002F;
  std::size_t at = 0;
  for (int record = 0; record < kRecordsMax && at + 4 <= head.size(); ++record) {
    if (little16(head, at) == kFilePass) return true;
    at += 4 + little16(head, at + 2);
  }
  return false;
}

/// [MS-PPT] 2.3.2: the stream "Current User" is one CurrentUserAtom; this token says that the
/// document is encrypted.
bool is_locked_powerpoint(Bytes head) {
  return head.size() >= 16 && starts_with(head, "\0\0\xF6\x0F"sv) &&
         starts_with(head.subspan(8), "\x14\0\0\0\xDF\xC4\xD1\xF3"sv);
}

}  // namespace

OfficeLock office_lock(Bytes compound_file) {
  OfficeLock lock = OfficeLock::none;
  for (std::size_t at = 0; at < compound_file.size(); at += kMiniSectorBytes) {
    const Bytes rest = compound_file.subspan(at);
    const Bytes head = rest.first(std::min(kHeadBytesMax, rest.size()));
    if (has_locked_name(head) || is_locked_word(head) || is_locked_powerpoint(head)) {
      return OfficeLock::content;
    }
    if (is_locked_excel(head)) {
      lock = OfficeLock::workbook;
    } else if (has_name(head, kPackage) && lock == OfficeLock::none) {
      lock = OfficeLock::package;
    }
  }
  return lock;
}

}  // namespace cordon
