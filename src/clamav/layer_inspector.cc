#include "clamav/layer_inspector.h"

#include <algorithm>
#include <functional>
#include <string>

#include "clamav/rar5_headers.h"
#include "clamav/zip_directory.h"

// Why this exists: libclamav says "nothing found" for several kinds of content that it never looked
// into, with every alert switched on. The engine's per-layer callback hands us each layer with its
// type, so each such kind is caught at any depth of nesting, not only at the outermost file.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

bool starts_with(Bytes bytes, std::string_view mark) {
  return bytes.size() >= mark.size() &&
         std::ranges::equal(bytes.first(mark.size()), bytes_of(mark));
}

constexpr std::string_view kRar4Mark{"Rar!\x1A\x07\x00", 7};
constexpr std::string_view kRar5Mark{"Rar!\x1A\x07\x01\x00", 8};
constexpr std::string_view kZipMark{"PK\x03\x04", 4};

bool is_rar(Bytes bytes) { return starts_with(bytes, kRar4Mark) || starts_with(bytes, kRar5Mark); }

/// Zstandard, LZ4 frame, lzip, compress; and LZMA alone, which has no mark: properties 0x5D, a
/// dictionary of whole 64 KiB, and an unknown or sensible size.
bool is_compressed_stream(Bytes bytes) {
  for (const std::string_view mark :
       {"\x28\xB5\x2F\xFD", "\x04\x22\x4D\x18", "LZIP\x01", "\x1F\x9D"}) {
    if (starts_with(bytes, mark)) return true;
  }
  if (bytes.size() < 14 || !starts_with(bytes, std::string_view("\x5D\0\0", 3))) return false;
  const bool size_unknown = starts_with(bytes.subspan(5), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF");
  return size_unknown || starts_with(bytes.subspan(10), std::string_view("\0\0\0", 3));
}

/// Programs that read RAR carry the mark as a constant, so the first header behind it must make
/// sense: RAR 4 technote, type 0x73 of 13 bytes; RAR 5, a short header of type 1 or 4.
bool starts_archive(Bytes bytes) {
  if (bytes.size() < 14) return false;
  if (starts_with(bytes, kRar4Mark)) {
    return bytes[9] == std::byte{0x73} && bytes[12] == std::byte{13} && bytes[13] == std::byte{0};
  }
  if (!starts_with(bytes, kRar5Mark)) return false;
  const auto size = std::to_integer<unsigned>(bytes[12]);
  return size > 0 && size < 0x80 && (bytes[13] == std::byte{1} || bytes[13] == std::byte{4});
}

/// A self-extracting archive is a program with the archive behind it.
std::optional<std::size_t> find_rar(Bytes layer) {
  constexpr std::string_view kMark{"Rar!\x1A\x07", 6};
  const std::boyer_moore_horspool_searcher searcher(kMark.begin(), kMark.end());
  const std::string_view text(reinterpret_cast<const char*>(layer.data()), layer.size());
  for (auto from = text.begin();;) {
    const auto at = std::search(from, text.end(), searcher);
    if (at == text.end()) return std::nullopt;
    const auto offset = static_cast<std::size_t>(at - text.begin());
    if (starts_archive(layer.subspan(offset))) return offset;
    from = at + 1;
  }
}

constexpr std::size_t kSectorBytes = 512;

/// [MS-DOC] 2.5.2: FibBase stands at the start of its stream, hence of a sector; bit 8 of the flags
/// at offset 10 is fEncrypted. Versions from Word 97 on; older ones are rare and have no FIB like
/// it.
bool is_encrypted_word(Bytes sector) {
  if (!starts_with(sector, "\xEC\xA5")) return false;
  const auto version = std::to_integer<unsigned>(sector[2]) | std::to_integer<unsigned>(sector[3])
                                                                  << 8U;
  return version >= 0x00C0 && version <= 0x0112 && (sector[11] & std::byte{1}) != std::byte{0};
}

/// [MS-XLS] 2.1.7.20.3: BOF of a workbook, at most one WriteProtect or so, then FilePass.
bool is_encrypted_excel(Bytes sector) {
  if (!starts_with(sector, std::string_view("\x09\x08\x10\0\0\x06\x05\0", 8))) return false;
  constexpr int kRecordsMax = 4;
  std::size_t at = 0;
  for (int record = 0; record < kRecordsMax && at + 4 <= sector.size(); ++record) {
    if (sector[at] == std::byte{0x2F} && sector[at + 1] == std::byte{0}) return true;
    at += 4 + (std::to_integer<std::size_t>(sector[at + 2]) |
               std::to_integer<std::size_t>(sector[at + 3]) << 8U);
  }
  return false;
}

bool is_encrypted_binary_office(Bytes layer) {
  for (std::size_t at = kSectorBytes; at + kSectorBytes <= layer.size(); at += kSectorBytes) {
    const Bytes sector = layer.subspan(at, kSectorBytes);
    if (is_encrypted_word(sector) || is_encrypted_excel(sector)) return true;
  }
  return false;
}

/// Their members are layers of their own, and what stands at their end is one of these.
bool holds_files_unpacked(std::string_view engine_type) {
  return engine_type.find("TAR") != std::string_view::npos ||
         engine_type.find("CPIO") != std::string_view::npos || engine_type == "CL_TYPE_ISO9660" ||
         engine_type == "CL_TYPE_MAIL";
}

/// [MS-OFFCRYPTO] 2.3: an encrypted Office document is a compound file with a stream of this name.
/// Its directory entry is 128 bytes, aligned, the name first, its length in bytes at offset 64.
bool is_encrypted_office(Bytes layer) {
  constexpr std::string_view kName{"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0\0\0", 34};
  for (std::size_t at = 0; at + 128 <= layer.size(); at += 128) {
    if (layer[at] != std::byte{'E'} || !starts_with(layer.subspan(at), kName)) continue;
    if (layer[at + 64] == std::byte{34} && layer[at + 65] == std::byte{0}) return true;
  }
  return false;
}

void inspect_zip(Bytes layer, bool surely_zip, std::uint64_t layer_bytes_max,
                 LayerFindings& findings) {
  const Result<ZipSummary> zip = read_zip_directory(layer);
  if (!zip) {
    if (zip.error().code == Errc::throttled) {
      findings.problems.push_back({Reason::limit, zip.error().what});
    } else if (surely_zip) {
      findings.problems.push_back({Reason::unsupported, zip.error().what});
    }
    return;
  }
  if (zip->encrypted) findings.problems.push_back({Reason::encrypted, "password-protected zip"});
  if (zip->member_bytes_max >= layer_bytes_max) {
    findings.problems.push_back(
        {Reason::too_large, "a zip member of " + std::to_string(zip->member_bytes_max) +
                                " bytes is larger than the engine can read"});
  }
  if (zip->foreign_method) findings.unpack_at = 0;
  if (surely_zip) findings.children_expected = zip->scannable_members;
}

void inspect_rar(Bytes rar, LayerFindings& findings) {
  if (!starts_with(rar, kRar5Mark)) return;  // libarchive reports what is wrong with a RAR 4.
  const Result<Rar5Summary> headers = read_rar5_headers(rar);
  if (!headers) {
    findings.problems.push_back({Reason::unsupported, headers.error().what});
  } else if (headers->encrypted) {
    findings.problems.push_back({Reason::encrypted, "password-protected rar"});
  } else if (headers->multi_volume) {
    findings.problems.push_back({Reason::unsupported, "a rar member continues in another file"});
  }
}

void inspect_7z(Bytes layer, LayerFindings& findings) {
  // A list that libarchive cannot read (encrypted headers among them) is the engine's to judge:
  // it has an alert for encryption, and nothing else is known here.
  const Result<std::uint64_t> files = count_7z_members(layer);
  findings.children_expected = files.ok() ? *files : 1;
}

}  // namespace

LayerFindings inspect_layer(std::string_view engine_type, Bytes layer,
                            std::uint64_t layer_bytes_max) {
  LayerFindings findings;
  if (layer.size() >= layer_bytes_max) {
    // The engine cuts what it unpacks at exactly this size and goes on.
    findings.problems.push_back({Reason::too_large, "a part is larger than the engine can read"});
  }
  // HTML is searched in its normalised form only, and IGNORED (MP3, Ogg, SQLite, ...) not at all.
  findings.scan_as_data = engine_type == "CL_TYPE_IGNORED";
  findings.raw_pass = findings.scan_as_data || engine_type == "CL_TYPE_HTML";
  if (engine_type == "CL_TYPE_RAR" || is_rar(layer)) {
    findings.unpack_at = 0;
    inspect_rar(layer, findings);
    return findings;
  }
  if (is_compressed_stream(layer)) {
    findings.unpack_at = 0;
    findings.unpack_as = ArchiveKind::stream;
    return findings;
  }
  if (engine_type == "CL_TYPE_BZ") {
    // The engine unpacks the first of joined streams ("cat a.bz2 b.bz2", every parallel packer),
    // and is silent about a cut one, of which whole blocks of up to 900 kB are then missing.
    findings.unpack_at = 0;
    findings.unpack_as = ArchiveKind::stream;
    return findings;
  }
  const bool surely_zip = starts_with(layer, kZipMark) || engine_type == "CL_TYPE_ZIP";
  if (surely_zip) inspect_zip(layer, true, layer_bytes_max, findings);
  if (engine_type == "CL_TYPE_7Z") inspect_7z(layer, findings);
  if (engine_type == "CL_TYPE_MSOLE2" &&
      (is_encrypted_office(layer) || is_encrypted_binary_office(layer))) {
    findings.problems.push_back({Reason::encrypted, "password-protected Office document"});
  }
  // The engine unpacks a zip behind a picture or a document, but is silent about its locked
  // members.
  if (!surely_zip && !holds_files_unpacked(engine_type)) {
    inspect_zip(layer, false, layer_bytes_max, findings);
  }
  // Unpackers take a RAR behind any head, not only behind a program. What a compound file holds is
  // in pieces and has no head of its own.
  if (!surely_zip && !holds_files_unpacked(engine_type) && engine_type != "CL_TYPE_MSOLE2") {
    if (const auto at = find_rar(layer)) {
      findings.unpack_at = at;
      inspect_rar(layer.subspan(*at), findings);
    }
  }
  return findings;
}

}  // namespace cordon
