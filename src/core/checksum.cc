#include "core/checksum.h"

#include <array>
#include <optional>

#include "base/digest.h"
#include "base/text.h"

// Reflected CRCs, eight bytes at a step (Intel's "slicing by 8"): table k holds the effect of a
// byte that k more bytes follow. One template serves 32 and 64 bits; the tables are made at compile
// time.

namespace cordon {
namespace {

template <typename Word>
using Tables = std::array<std::array<Word, 256>, 8>;

template <typename Word>
constexpr Tables<Word> make_tables(Word polynomial) {
  Tables<Word> tables{};
  for (unsigned i = 0; i < 256; ++i) {
    Word crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1U) != 0 ? static_cast<Word>(crc >> 1U ^ polynomial) : crc >> 1U;
    }
    tables[0][i] = crc;
  }
  for (unsigned i = 0; i < 256; ++i) {
    for (unsigned k = 1; k < 8; ++k) {
      const Word before = tables[k - 1][i];
      tables[k][i] = static_cast<Word>(before >> 8U ^ tables[0][before & 0xFFU]);
    }
  }
  return tables;
}

constexpr Tables<std::uint32_t> kCrc32 = make_tables<std::uint32_t>(0xEDB88320U);
constexpr Tables<std::uint32_t> kCrc32c = make_tables<std::uint32_t>(0x82F63B78U);
constexpr Tables<std::uint64_t> kCrc64Nvme = make_tables<std::uint64_t>(0x9A6C9329AC4BC9B5U);

template <typename Word>
Word extend(const Tables<Word>& tables, Word crc, std::span<const std::byte> bytes) {
  crc = static_cast<Word>(~crc);
  while (bytes.size() >= 8) {
    std::uint64_t block = 0;
    for (unsigned i = 0; i < 8; ++i) block |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    block ^= crc;
    crc = 0;
    for (unsigned i = 0; i < 8; ++i) crc ^= tables[7 - i][block >> (8 * i) & 0xFFU];
    bytes = bytes.subspan(8);
  }
  for (const std::byte b : bytes) {
    crc = static_cast<Word>(crc >> 8U ^ tables[0][(crc ^ std::to_integer<Word>(b)) & 0xFFU]);
  }
  return static_cast<Word>(~crc);
}

std::string big_endian(std::uint64_t value, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    out[size - 1 - i] = static_cast<char>(value >> (8 * i) & 0xFFU);
  }
  return out;
}

}  // namespace

std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> bytes) {
  return extend(kCrc32, crc, bytes);
}
std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes) {
  return extend(kCrc32c, crc, bytes);
}
std::uint64_t crc64nvme(std::uint64_t crc, std::span<const std::byte> bytes) {
  return extend(kCrc64Nvme, crc, bytes);
}

std::string_view name_of(ObjectChecksum::Algorithm algorithm) {
  switch (algorithm) {
    case ObjectChecksum::Algorithm::crc32:
      return "crc32";
    case ObjectChecksum::Algorithm::crc32c:
      return "crc32c";
    case ObjectChecksum::Algorithm::crc64nvme:
      return "crc64nvme";
    case ObjectChecksum::Algorithm::md5:
      return "md5";
    case ObjectChecksum::Algorithm::sha1:
      return "sha1";
    case ObjectChecksum::Algorithm::sha256:
      return "sha256";
    case ObjectChecksum::Algorithm::sha512:
      return "sha512";
  }
  return "unknown";
}

struct RunningChecksum::State {
  ObjectChecksum::Algorithm algorithm;
  std::optional<Hasher> hasher = std::nullopt;
  std::uint32_t crc = 0;
  std::uint64_t crc_long = 0;
};

RunningChecksum::RunningChecksum(ObjectChecksum::Algorithm algorithm)
    : state_(std::make_unique<State>(State{algorithm})) {
  switch (algorithm) {
    case ObjectChecksum::Algorithm::crc32:
    case ObjectChecksum::Algorithm::crc32c:
    case ObjectChecksum::Algorithm::crc64nvme:
      return;
    case ObjectChecksum::Algorithm::md5:
      state_->hasher.emplace(Hasher::Kind::md5);
      return;
    case ObjectChecksum::Algorithm::sha1:
      state_->hasher.emplace(Hasher::Kind::sha1);
      return;
    case ObjectChecksum::Algorithm::sha256:
      state_->hasher.emplace(Hasher::Kind::sha256);
      return;
    case ObjectChecksum::Algorithm::sha512:
      state_->hasher.emplace(Hasher::Kind::sha512);
      return;
  }
}
RunningChecksum::RunningChecksum(RunningChecksum&&) noexcept = default;
RunningChecksum& RunningChecksum::operator=(RunningChecksum&&) noexcept = default;
RunningChecksum::~RunningChecksum() = default;

void RunningChecksum::update(std::span<const std::byte> bytes) {
  switch (state_->algorithm) {
    case ObjectChecksum::Algorithm::crc32:
      state_->crc = crc32(state_->crc, bytes);
      return;
    case ObjectChecksum::Algorithm::crc32c:
      state_->crc = crc32c(state_->crc, bytes);
      return;
    case ObjectChecksum::Algorithm::crc64nvme:
      state_->crc_long = crc64nvme(state_->crc_long, bytes);
      return;
    case ObjectChecksum::Algorithm::md5:
    case ObjectChecksum::Algorithm::sha1:
    case ObjectChecksum::Algorithm::sha256:
    case ObjectChecksum::Algorithm::sha512:
      state_->hasher->update(bytes);
      return;
  }
}

std::string RunningChecksum::finish() {
  switch (state_->algorithm) {
    case ObjectChecksum::Algorithm::crc32:
    case ObjectChecksum::Algorithm::crc32c:
      return base64(as_bytes_of(big_endian(state_->crc, 4)));
    case ObjectChecksum::Algorithm::crc64nvme:
      return base64(as_bytes_of(big_endian(state_->crc_long, 8)));
    case ObjectChecksum::Algorithm::md5:
    case ObjectChecksum::Algorithm::sha1:
    case ObjectChecksum::Algorithm::sha256:
    case ObjectChecksum::Algorithm::sha512:
      return base64(as_bytes_of(state_->hasher->finish()));
  }
  return {};
}

}  // namespace cordon
