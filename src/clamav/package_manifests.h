#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cordon {

/// What the manifest in a package says about the other members, when they are encrypted:
///  * OpenDocument 1.2 part 3, section 4.8 (META-INF/manifest.xml): an element "encryption-data",
///    of a member or of the whole inner package;
///  * EPUB OCF 3.3, 4.2.6.3.1 (META-INF/encryption.xml): an "EncryptedData" other than by the two
///    ways of obfuscating fonts, which need no key.
/// Pure. The text may be UTF-16.
bool says_opendocument_encrypted(std::string_view manifest);
bool says_epub_encrypted(std::string_view encryption);

/// The name of what is locked in the zip archive that `package` is: an OpenDocument, an EPUB with
/// encryption or with a licence (rights.xml, sinf.xml, license.lcpl), an iWork document with a
/// password. Reads the archive's directory, and unpacks a manifest of at most 16 MiB.
std::optional<std::string_view> locked_package(std::span<const std::byte> package);

}  // namespace cordon
