#pragma once

#include <cstddef>
#include <span>

namespace cordon {

/// True when liblzma takes `content` for an .lzma file: some KiB come out of its beginning, or all
/// of it. For heads that could be anything else; damage further behind is not looked for.
///
/// Pure; looks at 64 KiB at most, and takes at most 64 MiB of memory for a moment.
bool decodes_as_lzma(std::span<const std::byte> content);

}  // namespace cordon
