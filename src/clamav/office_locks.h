#pragma once

#include <cstddef>
#include <span>

namespace cordon {

/// True when a compound file ([MS-CFB]) is an Office document with a password: the encrypted
/// package of OOXML, or Word, Excel or PowerPoint 97 to 2003. The engine raises no alert for these.
///
/// Looks for the marks at every place where a stream can begin, without following the file's own
/// tables, which an attacker may have broken. Pure; one pass.
bool is_locked_office(std::span<const std::byte> compound_file);

}  // namespace cordon
