#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "clamav/pdf_objects.h"
#include "clamav/pdf_syntax.h"

namespace cordon {

/// Cross-reference tables say at which offset an object begins. They are not used to find objects,
/// but a reader that believes them may take one object for another: an offset may lead to the
/// second digit of "14 0 obj", which is then object 4.

/// Called with an object's number and its offset; returns false to stop.
using UseXrefEntry = std::function<bool(std::int64_t number, std::uint64_t offset)>;

/// Every entry of every table in the classic form (ISO 32000-1, 7.5.4) that begins at a word
/// "xref". False: stopped, or `budget` is spent up.
bool each_table_entry(std::span<const std::byte> pdf, PdfBudget& budget, const UseXrefEntry& use);

/// Every entry in the decoded `content` of a cross-reference stream (7.5.8). False when it is not
/// of that form, or stopped.
bool each_stream_entry(const PdfValue& dictionary, std::span<const std::byte> content,
                       const UseXrefEntry& use);

/// True when whoever reads at `offset` finds the object of that number, or none. `places` as in
/// PdfObjects, in the order of the file.
bool leads_to(std::span<const std::byte> pdf, std::span<const PdfObjects::Place> places,
              std::int64_t number, std::uint64_t offset);

}  // namespace cordon
