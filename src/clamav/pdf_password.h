#pragma once

#include <map>
#include <string>
#include <vector>

#include "clamav/pdf_dictionary.h"

namespace cordon {

/// True when the encryption dictionary is one of the standard security handler, in a revision from
/// 2 to 6, and its user password is empty (ISO 32000-2 sections 7.6.4.3 and 7.6.4.4; revision 5 as
/// Adobe's Extension Level 3 has it). `identifiers` are the first parts of the file's /ID entries:
/// revisions 2 to 4 mix one of them into the key.
///
/// Pure. Cost: some hundred digests for each identifier.
bool opens_without_password(const std::map<std::string, PdfValue>& encryption,
                            const std::vector<std::string>& identifiers);

}  // namespace cordon
