#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// Gives the decoded parts of a mail, or of several in a mailbox (RFC 5322, 2045 to 2049, 2231,
/// mboxrd): bodies, attachments, what stands in front of the first boundary and behind the last,
/// what is encoded within text (read_text_encodings). Also of form bodies without headers, web
/// archives (MHTML) and saved HTTP answers. Parts of nothing but blanks are left out; parts in
/// parts and in forwarded mails are given, the multiparts and forwarded mails around them are not,
/// unless they are encoded as a whole.
///
/// Liberal: where mail programs differ in how they read it, the parts of each reading are given, so
/// a part may come more than once or in pieces. Lines end with CRLF, LF or CR; UTF-16 is read too.
///
/// Problems: unsupported (a part that continues in another mail; what is cut off within a text
/// encoding), limit (also: nested too deeply), too_large, staging. What is encrypted is given like
/// any other part.
/// Cost: a few passes over its lines, at most 48; decoded parts above 4 MiB go through an unlinked
/// file in `temp_directory`.
Unpacking read_mail_parts(std::span<const std::byte> mail,
                          const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                          const UseMember& use);

/// True for what read_mail_parts is to be asked about whatever anyone says about its type: fields
/// that mails have within the first few lines, or a boundary with the fields of a part behind it.
/// Prose and programs are none.
///
/// Pure; looks at the first 16 KiB.
bool looks_like_mail(std::span<const std::byte> content);

}  // namespace cordon
