#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// True when readers of PDF take `content` for theirs: the mark stands in its first 1,024 bytes
/// (ISO 32000-1, annex H, note 13).
bool is_pdf(std::span<const std::byte> content);

/// Gives the decoded bytes of every stream in a PDF file: page contents, attachments, scripts,
/// forms, metadata, object streams, fonts and pictures, these as DCT, JPX, CCITT or JBIG2 encode
/// them. The bare pixels of a picture are left out when all that refers to it draws it, as those in
/// a PNG are: see pdf_pictures.h. Also JavaScript that stands in a dictionary as a text. No
/// cross-reference table is believed: a stream is wherever an object's dictionary is followed by
/// the word. What contradicts itself (two filters, a length that disagrees with the mark of the
/// end) is read in each way.
///
/// A file whose user password is empty is decrypted.
///
/// Problems: encrypted (by another password), unsupported (a stream is damaged or its dictionary
/// cannot be read; the others were given), limit, too_large, staging. Pure but for
/// `temp_directory`. Time: what the streams decode to, and some passes over the file.
Unpacking read_pdf_streams(std::span<const std::byte> pdf,
                           const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                           const UseMember& use);

}  // namespace cordon
