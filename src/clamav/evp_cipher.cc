#include "clamav/evp_cipher.h"

#include <openssl/evp.h>

#include <array>
#include <limits>
#include <memory>

namespace cordon {
namespace {

const EVP_MD* digest_of(DigestKind kind) {
  switch (kind) {
    case DigestKind::md5:
      return EVP_md5();
    case DigestKind::sha1:
      return EVP_sha1();
    case DigestKind::sha256:
      return EVP_sha256();
    case DigestKind::sha384:
      return EVP_sha384();
    case DigestKind::sha512:
      return EVP_sha512();
  }
  return nullptr;
}

const EVP_CIPHER* cipher_of(AesMode mode, std::size_t key_bytes) {
  const bool ecb = mode == AesMode::ecb;
  switch (key_bytes) {
    case 16:
      return ecb ? EVP_aes_128_ecb() : EVP_aes_128_cbc();
    case 24:
      return ecb ? EVP_aes_192_ecb() : EVP_aes_192_cbc();
    case 32:
      return ecb ? EVP_aes_256_ecb() : EVP_aes_256_cbc();
    default:
      return nullptr;
  }
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

// SAFETY: unsigned char may alias any object.
const unsigned char* octets(const void* bytes) { return static_cast<const unsigned char*>(bytes); }

}  // namespace

struct RepeatedDigest::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(kind);
  }

  EVP_MD* kind = nullptr;
  EVP_MD_CTX* context = nullptr;
};

RepeatedDigest::RepeatedDigest(DigestKind kind) : state_(std::make_unique<State>()) {
  // Asked for by name once: with the constant, OpenSSL 3 looks it up for every digest.
  state_->kind = EVP_MD_fetch(nullptr, EVP_MD_get0_name(digest_of(kind)), nullptr);
  state_->context = EVP_MD_CTX_new();
}

RepeatedDigest::~RepeatedDigest() = default;

std::string RepeatedDigest::of(std::string_view first, std::string_view second) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const bool done = state_->kind != nullptr && state_->context != nullptr &&
                    EVP_DigestInit_ex(state_->context, state_->kind, nullptr) == 1 &&
                    EVP_DigestUpdate(state_->context, first.data(), first.size()) == 1 &&
                    EVP_DigestUpdate(state_->context, second.data(), second.size()) == 1 &&
                    EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1;
  return done ? std::string(digest.begin(), digest.begin() + size) : std::string();
}

std::optional<std::vector<std::byte>> aes(AesDirection direction, AesMode mode,
                                          std::string_view key, std::string_view iv,
                                          std::span<const std::byte> text) {
  constexpr std::size_t kBlockBytes = 16;
  const EVP_CIPHER* cipher = cipher_of(mode, key.size());
  const bool fits = iv.size() == (mode == AesMode::ecb ? 0U : kBlockBytes) &&
                    text.size() % kBlockBytes == 0 &&
                    text.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  if (cipher == nullptr || !fits || !context) return std::nullopt;
  std::vector<std::byte> out(text.size());
  int written = 0;
  const bool done =
      EVP_CipherInit_ex(context.get(), cipher, nullptr, octets(key.data()), octets(iv.data()),
                        direction == AesDirection::encrypt ? 1 : 0) == 1 &&
      EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
      EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &written,
                       octets(text.data()), static_cast<int>(text.size())) == 1 &&
      static_cast<std::size_t>(written) == text.size();
  return done ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace cordon
