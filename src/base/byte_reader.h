#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cordon {

/// Reads a message of foreign bytes front to back. Every step checks what is left; integers are
/// little-endian. Errors: invalid.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : left_(bytes) {}

  Result<std::uint8_t> u8() { return number<std::uint8_t>(); }
  Result<std::uint16_t> u16() { return number<std::uint16_t>(); }
  Result<std::uint32_t> u32() { return number<std::uint32_t>(); }
  Result<std::uint64_t> u64() { return number<std::uint64_t>(); }

  Result<std::span<const std::byte>> bytes(std::size_t count) {
    if (count > left_.size()) return Error{Errc::invalid, "message ends too early"};
    const auto out = left_.first(count);
    left_ = left_.subspan(count);
    return out;
  }
  /// A u32 length, at most `bytes_max`, and that many bytes.
  Result<std::string> text(std::size_t bytes_max);
  /// Fails unless everything was read: trailing bytes are a lie too.
  Result<void> end() const {
    if (!left_.empty()) return Error{Errc::invalid, "message has trailing bytes"};
    return {};
  }
  std::size_t left() const { return left_.size(); }

 private:
  template <typename T>
  Result<T> number() {
    if (left_.size() < sizeof(T)) return Error{Errc::invalid, "message ends too early"};
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>(value | static_cast<T>(std::to_integer<T>(left_[i])) << (8 * i));
    }
    left_ = left_.subspan(sizeof(T));
    return value;
  }

  std::span<const std::byte> left_;
};

/// The other direction: appends little-endian integers and length-prefixed text to a string.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { number(value); }
  void u16(std::uint16_t value) { number(value); }
  void u32(std::uint32_t value) { number(value); }
  void u64(std::uint64_t value) { number(value); }
  void text(std::string_view value);
  void bytes(std::span<const std::byte> value);
  std::string take() && { return std::move(out_); }

 private:
  template <typename T>
  void number(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      out_.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFFU));
    }
  }

  std::string out_;
};

}  // namespace cordon
