#include "clamav/sample_archives.h"

#include <array>
#include <span>

#include "base/byte_reader.h"
#include "base/narrow.h"
#include "base/text.h"

namespace cordon {
namespace {

/// Deflate writes bits from the lowest to the highest of each byte, Huffman codes highest first.
class BitWriter {
 public:
  void bits(unsigned value, int count) {
    for (int i = 0; i < count; ++i) bit((value >> i) & 1U);
  }
  void code(unsigned value, int count) {
    for (int i = count; i-- > 0;) bit((value >> i) & 1U);
  }
  std::string take() && {
    if (filled_ > 0) out_.push_back(static_cast<char>(current_));
    return std::move(out_);
  }

 private:
  void bit(unsigned one) {
    current_ |= one << filled_;
    if (++filled_ < 8) return;
    out_.push_back(static_cast<char>(current_));
    current_ = 0;
    filled_ = 0;
  }

  std::string out_;
  unsigned current_ = 0;
  int filled_ = 0;
};

std::string octal(std::uint64_t value, int digits) {
  std::string out(static_cast<std::size_t>(digits), '0');
  for (int i = digits; i-- > 0; value /= 8) {
    out[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 8);
  }
  return out;
}

void put(std::string& block, std::size_t at, std::string_view text) {
  block.replace(at, text.size(), text);
}

/// The fields that the local and the central header share, from "version needed" to "extra length".
void put_common(ByteWriter& out, const ZipMember& member, std::uint32_t packed_bytes) {
  const auto claimed = member.claimed_bytes >= 0 ? member.claimed_bytes
                                                 : static_cast<std::int64_t>(member.bytes.size());
  out.u16(20);
  out.u16(member.flags);
  out.u16(member.packed ? 8 : 0);
  out.u16(0);
  out.u16(0x5A21);
  out.u32(crc32_of(member.bytes));
  out.u32(packed_bytes);
  out.u32(narrow<std::uint32_t>(claimed));
  out.u16(narrow<std::uint16_t>(member.name.size()));
  out.u16(0);
}

}  // namespace

std::uint32_t crc32_of(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

std::string deflated(std::string_view bytes) {
  BitWriter out;
  out.bits(1, 1);  // last block
  out.bits(1, 2);  // fixed code
  for (const char c : bytes) {
    const unsigned literal = static_cast<unsigned char>(c);
    if (literal < 144) {
      out.code(0x30 + literal, 8);
    } else {
      out.code(0x190 + literal - 144, 9);
    }
  }
  out.code(0, 7);  // end of block
  return std::move(out).take();
}

std::string gzip_of(std::string_view bytes) {
  ByteWriter out;
  out.bytes(as_bytes_of(std::string_view("\x1F\x8B\x08\0\0\0\0\0\0\xFF", 10)));
  out.bytes(as_bytes_of(deflated(bytes)));
  out.u32(crc32_of(bytes));
  out.u32(static_cast<std::uint32_t>(bytes.size()));
  return std::move(out).take();
}

std::string tar_of(std::string_view name, std::string_view bytes) {
  std::string header(512, '\0');
  put(header, 0, name.substr(0, 99));
  put(header, 100, "0000644");
  put(header, 108, "0000000");
  put(header, 116, "0000000");
  put(header, 124, octal(bytes.size(), 11));
  put(header, 136, octal(0, 11));
  put(header, 148, "        ");
  header[156] = '0';
  put(header, 257, std::string_view("ustar\00000", 8));
  std::uint64_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(header, 148, octal(sum, 6) + std::string("\0 ", 2));
  std::string out = header + std::string(bytes);
  out.resize((out.size() + 511) / 512 * 512 + 1024, '\0');
  return out;
}

std::string zip_of(const std::vector<ZipMember>& members) {
  ByteWriter local, central;
  std::uint32_t offset = 0;
  std::uint32_t central_bytes = 0;
  for (const ZipMember& member : members) {
    const std::string data = member.packed ? deflated(member.bytes) : member.bytes;
    const auto packed_bytes = narrow<std::uint32_t>(data.size());
    local.u32(0x04034b50);
    put_common(local, member, packed_bytes);
    local.bytes(as_bytes_of(member.name));
    local.bytes(as_bytes_of(data));
    central.u32(0x02014b50);
    central.u16(20);
    put_common(central, member, packed_bytes);
    for (int i = 0; i < 5; ++i) central.u16(0);  // comment, disk, attributes
    central.u32(offset);
    central.bytes(as_bytes_of(member.name));
    const auto name_bytes = narrow<std::uint32_t>(member.name.size());
    offset += 30 + name_bytes + packed_bytes;
    central_bytes += 46 + name_bytes;
  }
  std::string out = std::move(local).take() + std::move(central).take();
  ByteWriter end;
  end.u32(0x06054b50);
  end.u32(0);
  end.u16(narrow<std::uint16_t>(members.size()));
  end.u16(narrow<std::uint16_t>(members.size()));
  end.u32(central_bytes);
  end.u32(offset);
  end.u16(0);
  return out + std::move(end).take();
}

std::string eicar() {
  std::string text = R"(X5O!P%@AP[4\PZX54(P^)7CC)7})";
  text += "$EICAR-STANDARD-";
  text += "ANTIVIRUS-TEST-FILE!";
  text += "$H+H*";
  return text;
}

std::string marker() { return std::string("cordon-test-") + "marker-one/" + "7f3a"; }

}  // namespace cordon
