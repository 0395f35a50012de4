#pragma once

#include <cstddef>
#include <span>

namespace cordon {

/// What `office_lock` finds. Where the password may be the one that Office tries by itself, the
/// scanner tries it too.
enum class OfficeLock : unsigned char {
  none,
  package,   ///< An encrypted OOXML package; its password may be the one that Office knows.
  workbook,  ///< Excel 95 to 2003; the same password is possible.
  content,   ///< Word or PowerPoint 97 to 2003 with a password, or rights management.
};

/// How a compound file ([MS-CFB]) that is an Office document is locked. The engine raises no alert
/// for these.
///
/// Looks for the marks at every place where a stream can begin, without following the file's own
/// tables, which an attacker may have broken. Pure; one pass.
OfficeLock office_lock(std::span<const std::byte> compound_file);

}  // namespace cordon
