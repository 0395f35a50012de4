#pragma once

#include <cstddef>
#include <span>

namespace cordon {

/// RC4, in place. Broken as a cipher, but old documents and databases hide their keys behind it,
/// and OpenSSL has it in a provider of its own that the worker's sandbox cannot load. `key` is not
/// empty.
void rc4(std::span<const std::byte> key, std::span<std::byte> bytes);

}  // namespace cordon
