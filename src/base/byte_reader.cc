#include "base/byte_reader.h"

#include "base/narrow.h"

namespace cordon {

Result<std::string> ByteReader::text(std::size_t bytes_max) {
  CORDON_TRY(const std::uint32_t length, u32());
  if (length > bytes_max) return Error{Errc::invalid, "text is longer than allowed"};
  CORDON_TRY(const std::span<const std::byte> raw, bytes(length));
  return std::string(reinterpret_cast<const char*>(raw.data()), raw.size());
}

void ByteWriter::text(std::string_view value) {
  u32(narrow<std::uint32_t>(value.size()));
  out_.append(value);
}

void ByteWriter::bytes(std::span<const std::byte> value) {
  out_.append(reinterpret_cast<const char*>(value.data()), value.size());
}

}  // namespace cordon
