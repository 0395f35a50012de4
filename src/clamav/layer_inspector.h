#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "clamav/embedded_containers.h"
#include "clamav/judge.h"
#include "clamav/office_locks.h"
#include "clamav/zip_directory.h"

namespace cordon {

inline constexpr const char* kLockedZip = "password-protected zip";

/// What has to be done about one layer (the object itself, or anything the engine unpacked from
/// it) because the engine will not.
struct LayerFindings {
  /// What cannot be helped.
  std::vector<LayerProblem> problems = {};
  /// The engine does not search the bytes of this type: search them ourselves.
  bool raw_pass = false;
  /// The engine does not look for archives and programs behind the head of this type: show it the
  /// same bytes without the first one, which is then data of no known type.
  bool scan_as_data = false;
  /// What a second reader must open: each member's content must have been seen by the engine, or is
  /// scanned by us.
  std::vector<Container> containers = {};
  /// Members of which a zip or ARJ tells size and sum, and that only the engine unpacks.
  std::vector<SizeAndSum> engine_only = {};
  /// Members of a zip that need a password: the engine may know it.
  std::vector<SizeAndSum> locked = {};
  /// An Office document with a password: it is locked, unless open_office_package or
  /// open_office_workbook opens it.
  OfficeLock office = OfficeLock::none;
  /// Pieces that the archive does not account for: to be scanned each on its own.
  std::vector<Extent> apart = {};

  bool operator==(const LayerFindings&) const = default;
};

/// A program for EFI firmware: the engine's check for damaged programs is for those of Windows.
/// Pure.
bool is_efi_program(std::span<const std::byte> content);

/// Looks at one layer before the engine does. `engine_type` is the engine's opinion about it
/// ("CL_TYPE_ZIP"); `layer_bytes_max` its size limit.
///
/// Pure. Cost: at most one memory scan; a fraction of one for archives.
LayerFindings inspect_layer(std::string_view engine_type, std::span<const std::byte> layer,
                            std::uint64_t layer_bytes_max);

}  // namespace cordon
