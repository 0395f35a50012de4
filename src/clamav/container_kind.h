#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace cordon {

/// A format that holds other files and that a second reader opens beside the engine.
enum class ContainerKind : std::uint8_t {
  // Archives.
  zip,
  zip_from_front,  ///< By its members' own headers instead of its directory.
  seven_zip,
  rar,
  ar,  ///< Debian packages, static libraries.
  lha,
  cabinet,
  iso9660,
  iso9660_plain,  ///< By its first list of files, where it has another one (Joliet).
  xar,
  warc,
  tar,
  cpio,
  // Documents and messages.
  pdf,
  compound_file,  ///< Office 97, Outlook messages, Windows installers.
  rtf,
  markup,  ///< HTML and XML: what stands in it in base64.
  mail,    ///< Also mailboxes, form bodies and web archives.
  tnef,
  onenote,
  cms,            ///< What is signed or wrapped, and not encrypted.
  openpgp,        ///< The same.
  encoded_text,   ///< uuencode, yEnc, BinHex and armour without a mail around them.
  ms_compressed,  ///< SZDD and KWAJ.
  script,         ///< What a script or program carries behind itself.
  // One compressed file each.
  gzip,
  zlib,
  xz,
  bzip2,
  zstd,
  lz4,
  lzip,
  lzma,
  compress,
  rpm,  ///< Its payload.
};

/// A compressed file has one member.
bool is_compressed_file(ContainerKind kind);

/// What libarchive reads.
bool is_archive(ContainerKind kind);

/// True when the engine opens this kind as well; else its members are scanned by us, one by one.
bool engine_opens(ContainerKind kind);

/// Which container stands at the beginning of `content`, by its mark and by header fields that must
/// agree with it, so that a text or a table that begins like a mark is none. ISO 9660 has its mark
/// at 32 KiB.
///
/// Pure; looks at the first 64 KiB at most.
std::optional<ContainerKind> container_at_front(std::span<const std::byte> content);

/// True for a compressed file that was made from nothing and is whole: readers find no member in
/// it, as they do in one that was cut off. Pure.
bool is_empty_compressed_file(ContainerKind kind, std::span<const std::byte> content);

/// Where a container ends by its own header, for kinds that are not read from front to end. Nothing
/// when it does not say, or reaches beyond `content`. Pure.
std::optional<std::uint64_t> declared_end(ContainerKind kind, std::span<const std::byte> content);

}  // namespace cordon
