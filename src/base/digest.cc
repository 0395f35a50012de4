#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>

#include "base/check.h"

// OpenSSL's digests fail only for lack of memory or a broken provider; neither can be handled here,
// and a wrong digest must never be used, so a failure aborts.

namespace cordon {
namespace {

template <typename Digest>
Digest digest_of(const EVP_MD* kind, std::span<const std::byte> bytes) {
  Digest out{};
  unsigned int size = 0;
  CORDON_CHECK(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()),
                          &size, kind, nullptr) == 1);
  CORDON_CHECK(size == out.size());
  return out;
}

const EVP_MD* method(Hasher::Kind kind) {
  switch (kind) {
    case Hasher::Kind::md5:
      return EVP_md5();
    case Hasher::Kind::sha1:
      return EVP_sha1();
    case Hasher::Kind::sha256:
      return EVP_sha256();
    case Hasher::Kind::sha512:
      return EVP_sha512();
  }
  return nullptr;
}

}  // namespace

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher(Kind kind) : state_(std::make_unique<State>()) {
  CORDON_CHECK(state_->context != nullptr);
  CORDON_CHECK(EVP_DigestInit_ex(state_->context, method(kind), nullptr) == 1);
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> bytes) {
  CORDON_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Hasher::finish() {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CORDON_CHECK(EVP_DigestFinal_ex(state_->context, out, &size) == 1);
  return std::string(reinterpret_cast<const char*>(out), size);
}

Sha256Digest sha256(std::span<const std::byte> bytes) {
  return digest_of<Sha256Digest>(EVP_sha256(), bytes);
}
Sha256Digest sha256(std::string_view text) {
  return sha256(std::as_bytes(std::span(text.data(), text.size())));
}
Md5Digest md5(std::span<const std::byte> bytes) { return digest_of<Md5Digest>(EVP_md5(), bytes); }

Sha256Digest hmac_sha256(std::span<const std::byte> key, std::string_view message) {
  Sha256Digest out{};
  unsigned int size = 0;
  CORDON_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                    reinterpret_cast<unsigned char*>(out.data()), &size) != nullptr);
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cordon
