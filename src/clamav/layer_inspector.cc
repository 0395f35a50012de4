#include "clamav/layer_inspector.h"

#include <algorithm>
#include <string>

#include "clamav/closed_formats.h"
#include "clamav/locked_formats.h"
#include "clamav/mark_search.h"
#include "clamav/office_locks.h"
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
/// APPNOTE 8.5.3: the first of several volumes.
constexpr std::string_view kSplitZipMark{"PK\x07\x08PK\x03\x04", 8};
constexpr std::string_view kArMark{"!<arch>\n", 8};

bool is_rar(Bytes bytes) { return starts_with(bytes, kRar4Mark) || starts_with(bytes, kRar5Mark); }

/// LHA has its method where others have a mark: "-lh5-".
bool is_lha(Bytes bytes) {
  return bytes.size() > 21 && starts_with(bytes.subspan(2), "-l") &&
         (bytes[4] == std::byte{'h'} || bytes[4] == std::byte{'z'}) && bytes[6] == std::byte{'-'};
}

/// Zstandard (also behind a skippable frame), LZ4 frame, lzip, compress, RPM; and LZMA alone, which
/// has no mark: properties 0x5D, a dictionary of whole 64 KiB, and an unknown or sensible size.
bool is_compressed_stream(Bytes bytes) {
  for (const std::string_view mark :
       {"\x28\xB5\x2F\xFD", "\x04\x22\x4D\x18", "LZIP\x01", "\x1F\x9D", "\xED\xAB\xEE\xDB"}) {
    if (starts_with(bytes, mark)) return true;
  }
  const bool skippable = bytes.size() > 4 && (bytes[0] & std::byte{0xF0}) == std::byte{0x50} &&
                         starts_with(bytes.subspan(1), "\x2A\x4D\x18");
  if (skippable) return true;
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
  constexpr Mark kMark{.bytes = {"Rar!\x1A\x07", 6}, .rare = 4};
  for (std::size_t from = 0;;) {
    const auto at = find_mark(layer, kMark, from);
    if (!at || starts_archive(layer.subspan(*at))) return at;
    from = *at + 1;
  }
}

/// Their members are layers of their own, and what stands at their end is one of these.
bool holds_files_unpacked(std::string_view engine_type) {
  return engine_type.find("TAR") != std::string_view::npos ||
         engine_type.find("CPIO") != std::string_view::npos || engine_type == "CL_TYPE_ISO9660" ||
         engine_type == "CL_TYPE_MAIL";
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
  if (zip->multi_volume) {
    findings.problems.push_back({Reason::unsupported, "a zip whose members are in other files"});
  }
  if (zip->encrypted) findings.problems.push_back({Reason::encrypted, "password-protected zip"});
  if (zip->member_bytes_max >= layer_bytes_max) {
    findings.problems.push_back(
        {Reason::too_large, "a zip member of " + std::to_string(zip->member_bytes_max) +
                                " bytes is larger than the engine can read"});
  }
  if (zip->foreign_method) findings.unpack_at = 0;
  if (!surely_zip) return;
  findings.children_expected = zip->scannable_members;
  findings.apart = zip->unlisted;
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

void inspect_office(Bytes layer, LayerFindings& findings) {
  const OfficeLock lock = office_lock(layer);
  findings.office_package = lock == OfficeLock::package;
  if (lock == OfficeLock::content) {
    findings.problems.push_back({Reason::encrypted, "password-protected Office document"});
  }
}

/// What the engine leaves to us whole. True when nothing else is to be looked at.
bool inspect_foreign(std::string_view engine_type, Bytes layer, LayerFindings& findings) {
  if (engine_type == "CL_TYPE_RAR" || is_rar(layer)) {
    findings.unpack_at = 0;
    inspect_rar(layer, findings);
    return true;
  }
  if (starts_with(layer, kArMark) || is_lha(layer)) {
    findings.unpack_at = 0;
    return true;
  }
  // Of joined bzip2 streams ("cat a.bz2 b.bz2", every parallel packer) the engine unpacks the
  // first, and is silent about a cut one, of which whole blocks of up to 900 kB are then missing.
  if (engine_type == "CL_TYPE_BZ" || is_compressed_stream(layer)) {
    findings.unpack_at = 0;
    findings.unpack_as = ArchiveKind::stream;
    return true;
  }
  return false;
}

/// What the engine unpacks without a word about a missing end, or about what is behind the end.
std::optional<ArchiveKind> to_be_walked(std::string_view engine_type) {
  if (engine_type == "CL_TYPE_GZ") return ArchiveKind::gzip;
  if (engine_type == "CL_TYPE_XZ") return ArchiveKind::xz;
  if (engine_type.find("TAR") != std::string_view::npos) return ArchiveKind::tar;
  if (engine_type.find("CPIO") != std::string_view::npos) return ArchiveKind::cpio;
  return std::nullopt;
}

/// The engine unpacks a zip behind a picture or a document, but is silent about its locked members.
/// Unpackers take a RAR behind any head, not only behind a program. What a compound file holds is
/// in pieces and has no head of its own.
void inspect_embedded(std::string_view engine_type, Bytes layer, std::uint64_t layer_bytes_max,
                      LayerFindings& findings) {
  if (holds_files_unpacked(engine_type)) return;
  inspect_zip(layer, false, layer_bytes_max, findings);
  if (engine_type == "CL_TYPE_MSOLE2") return;
  if (const auto at = find_rar(layer)) {
    findings.unpack_at = at;
    inspect_rar(layer.subspan(*at), findings);
  }
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
  if (auto closed = about_closed_format(layer)) findings.problems.push_back(*std::move(closed));
  if (auto locked = about_locked_content(layer)) findings.problems.push_back(*std::move(locked));
  if (inspect_foreign(engine_type, layer, findings)) return findings;
  findings.walk_as = to_be_walked(engine_type);
  if (engine_type == "CL_TYPE_7Z") inspect_7z(layer, findings);
  if (engine_type == "CL_TYPE_MSOLE2") inspect_office(layer, findings);
  const bool surely_zip = starts_with(layer, kZipMark) || starts_with(layer, kSplitZipMark) ||
                          engine_type == "CL_TYPE_ZIP";
  if (surely_zip) {
    inspect_zip(layer, true, layer_bytes_max, findings);
  } else {
    inspect_embedded(engine_type, layer, layer_bytes_max, findings);
  }
  return findings;
}

}  // namespace cordon
