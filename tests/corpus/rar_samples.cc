#include "corpus/rar_samples.h"

#include "base/byte_reader.h"
#include "base/narrow.h"
#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

/// A RAR 4 block: its checksum is the lower half of a CRC-32 from the type on.
std::string block4(std::uint8_t type, std::uint16_t flags, std::string_view fields) {
  ByteWriter body;
  body.u8(type);
  body.u16(flags);
  body.u16(narrow<std::uint16_t>(7 + fields.size()));
  body.bytes(as_bytes_of(fields));
  const std::string text = std::move(body).take();
  ByteWriter crc;
  crc.u16(static_cast<std::uint16_t>(crc32_of(text) & 0xFFFFU));
  return std::move(crc).take() + text;
}

/// Seven bits a byte, lowest first.
std::string number5(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(0x80U | (value & 0x7FU)));
  out.push_back(static_cast<char>(value));
  return out;
}

std::string block5(const std::string& fields) {
  const std::string text = number5(fields.size()) + fields;
  ByteWriter crc;
  crc.u32(crc32_of(text));
  return std::move(crc).take() + text;
}

std::string_view kept(std::string_view bytes, RarFlaw flaw) {
  return flaw == RarFlaw::truncated ? bytes.substr(0, bytes.size() / 2) : bytes;
}

}  // namespace

std::string rar4_of(std::string_view name, std::string_view bytes, RarFlaw flaw) {
  const std::uint16_t archive_flags = flaw == RarFlaw::encrypted_headers ? 0x0080 : 0;
  const std::uint16_t file_flags = flaw == RarFlaw::encrypted ? 0x8004 : 0x8000;
  ByteWriter file;
  file.u32(narrow<std::uint32_t>(bytes.size()));
  file.u32(narrow<std::uint32_t>(bytes.size()));
  file.u8(3);  // Unix
  file.u32(crc32_of(bytes));
  file.u32(0x5A210000);
  file.u8(20);    // version 2.0
  file.u8(0x30);  // stored
  file.u16(narrow<std::uint16_t>(name.size()));
  file.u32(0100644);
  file.bytes(as_bytes_of(name));
  std::string out("Rar!\x1A\x07\x00", 7);
  out += block4(0x73, archive_flags, std::string(6, '\0'));
  out += block4(0x74, file_flags, std::move(file).take());
  out += kept(bytes, flaw);
  if (flaw == RarFlaw::truncated) return out;
  return out + block4(0x7B, 0x4000, "");
}

std::string rar5_of(std::string_view name, std::string_view bytes, RarFlaw flaw) {
  std::string out("Rar!\x1A\x07\x01\x00", 8);
  if (flaw == RarFlaw::encrypted_headers) {
    out += block5(number5(4) + number5(0) + number5(0) + number5(0) + number5(15) +
                  std::string(16, 's'));
  }
  out += block5(number5(1) + number5(0) + number5(0));
  ByteWriter crc;
  crc.u32(crc32_of(bytes));
  std::string extra;
  if (flaw == RarFlaw::encrypted) {
    const std::string record = number5(1) + number5(0) + number5(0) + number5(15) +
                               std::string(16, 's') + std::string(16, 'i');
    extra = number5(record.size()) + record;
  }
  const std::uint64_t mode = flaw == RarFlaw::says_directory ? 040755 : 0100644;
  std::string header = number5(2) + number5(extra.empty() ? 2 : 3);
  if (!extra.empty()) header += number5(extra.size());
  header += number5(bytes.size()) + number5(4) + number5(bytes.size()) + number5(mode) +
            std::move(crc).take() + number5(0) + number5(1) + number5(name.size()) +
            std::string(name) + extra;
  out += block5(header);
  out += kept(bytes, flaw);
  if (flaw == RarFlaw::truncated) return out;
  return out + block5(number5(5) + number5(0) + number5(0));
}

}  // namespace cordon
