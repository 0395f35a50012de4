#include "clamav/pdf_encryption.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/text.h"

// OpenSSL does AES and the digests. RC4 it has only in a module that is loaded from a file, which
// the sandbox does not let a worker open; it is a few lines.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

/// ISO 32000-2, 7.6.4.3.2: what fills a password up; all of an empty one.
constexpr auto kPadding =
    "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08"
    "\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"sv;
constexpr std::size_t kBlockBytes = 16;

std::string text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string md5_of(std::string_view text) { return text_of(md5(as_bytes_of(text))); }

class Rc4 {
 public:
  explicit Rc4(std::string_view key) {
    for (unsigned i = 0; i < 256; ++i) state_[i] = static_cast<std::uint8_t>(i);
    for (unsigned i = 0, j = 0; i < 256 && !key.empty(); ++i) {
      j = (j + state_[i] + static_cast<unsigned char>(key[i % key.size()])) & 0xFFU;
      std::swap(state_[i], state_[j]);
    }
  }

  std::byte next(std::byte byte) {
    i_ = (i_ + 1) & 0xFFU;
    j_ = (j_ + state_[i_]) & 0xFFU;
    std::swap(state_[i_], state_[j_]);
    return byte ^ std::byte{state_[(state_[i_] + state_[j_]) & 0xFFU]};
  }

 private:
  std::array<std::uint8_t, 256> state_{};
  unsigned i_ = 0;
  unsigned j_ = 0;
};

std::string rc4(std::string_view key, std::string text) {
  Rc4 cipher(key);
  for (char& c : text) c = std::to_integer<char>(cipher.next(static_cast<std::byte>(c)));
  return text;
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

enum class Direction : std::uint8_t { decrypt = 0, encrypt = 1 };

/// AES in CBC mode without padding. Nothing when the key has no length of AES, or OpenSSL fails.
CipherContext aes_cbc(std::string_view key, std::string_view start, Direction direction) {
  const EVP_CIPHER* cipher = nullptr;
  if (key.size() == 16) cipher = EVP_aes_128_cbc();
  if (key.size() == 32) cipher = EVP_aes_256_cbc();
  CipherContext context(EVP_CIPHER_CTX_new());
  if (cipher == nullptr || context == nullptr || start.size() != kBlockBytes ||
      EVP_CipherInit_ex(
          context.get(), cipher, nullptr, reinterpret_cast<const unsigned char*>(key.data()),
          reinterpret_cast<const unsigned char*>(start.data()), static_cast<int>(direction)) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1) {
    return nullptr;
  }
  return context;
}

/// Whole blocks. Empty when OpenSSL fails.
std::string run(EVP_CIPHER_CTX* context, std::string_view blocks) {
  std::string out(blocks.size() + kBlockBytes, '\0');
  int made = 0;
  if (context == nullptr ||
      EVP_CipherUpdate(context, reinterpret_cast<unsigned char*>(out.data()), &made,
                       reinterpret_cast<const unsigned char*>(blocks.data()),
                       static_cast<int>(blocks.size())) != 1) {
    return {};
  }
  out.resize(static_cast<std::size_t>(made));
  return out;
}

std::string digest_of(const EVP_MD* kind, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), out.data(), &size, kind, nullptr) != 1) return {};
  return {reinterpret_cast<const char*>(out.data()), size};
}

/// ISO 32000-2, 7.6.4.3.4, algorithm 2.B, for the empty password.
std::string hash_256(std::string_view salt, std::int64_t revision) {
  std::string key = digest_of(EVP_sha256(), salt);
  if (revision < 6) return key;
  for (unsigned round = 0; key.size() >= 32; ++round) {
    std::string repeated;
    for (int i = 0; i < 64; ++i) repeated += key;
    const auto context = aes_cbc(key.substr(0, 16), key.substr(16, 16), Direction::encrypt);
    const std::string mixed = run(context.get(), repeated);
    if (mixed.empty()) return {};
    unsigned sum = 0;
    for (const char c : mixed.substr(0, 16)) sum += static_cast<unsigned char>(c);
    const std::array<const EVP_MD*, 3> kinds = {EVP_sha256(), EVP_sha384(), EVP_sha512()};
    key = digest_of(kinds[sum % 3], mixed);
    if (round >= 63 && static_cast<unsigned char>(mixed.back()) <= round + 1 - 32) break;
  }
  return key.substr(0, 32);
}

std::int64_t number_under(const PdfValue& dictionary, std::string_view key, std::int64_t missing) {
  const PdfValue* value = dictionary.find(key);
  return value != nullptr && value->kind == PdfValue::Kind::number ? value->number : missing;
}

std::string text_under(const PdfValue& dictionary, std::string_view key) {
  const PdfValue* value = dictionary.find(key);
  return value != nullptr ? value->text : "";
}

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
  return out;
}

}  // namespace

std::optional<PdfEncryption> PdfEncryption::open(const PdfValue& dictionary, std::string_view id,
                                                 const PdfObjects& objects) {
  PdfEncryption encryption;
  encryption.version_ = number_under(dictionary, "V", 0);
  encryption.revision_ = number_under(dictionary, "R", 0);
  const PdfValue* metadata = dictionary.find("EncryptMetadata");
  encryption.encrypts_metadata_ = metadata == nullptr || metadata->number != 0;
  const bool standard = text_under(dictionary, "Filter") == "Standard";
  if (!standard || !encryption.read_filters(dictionary, objects)) return std::nullopt;
  const bool opened = encryption.version_ == 5 ? encryption.derive_key_256(dictionary)
                                               : encryption.derive_key(dictionary, id);
  if (!opened) return std::nullopt;
  return encryption;
}

/// ISO 32000-2, 7.6.6: crypt filters; before version 4 there is one way for everything.
bool PdfEncryption::read_filters(const PdfValue& dictionary, const PdfObjects& objects) {
  std::int64_t bits = number_under(dictionary, "Length", 40);
  if (version_ == 1 || version_ == 2 || version_ == 3) {
    filters_.push_back({.name = "", .method = Method::rc4});
    if (version_ == 1 || revision_ < 3) bits = 40;
  } else if (version_ == 4 || version_ == 5) {
    bits = 128;
    stream_filter_ = text_under(dictionary, "StmF");
    file_filter_ = text_under(dictionary, "EFF");
    if (stream_filter_.empty()) stream_filter_ = "Identity";
    if (file_filter_.empty()) file_filter_ = stream_filter_;
    text_filter_ = text_under(dictionary, "StrF");
    if (text_filter_.empty()) text_filter_ = "Identity";
    const PdfValue* all = dictionary.find("CF");
    const auto found = all ? objects.resolve(*all).values : std::vector<PdfValue>();
    for (const auto& [name, entry] : found.empty() ? PdfValue().entries : found.front().entries) {
      const std::vector<PdfValue> filter = objects.resolve(entry).values;
      const std::string method = filter.empty() ? "" : text_under(filter.front(), "CFM");
      Method is = Method::unknown;
      if (method == "V2") is = Method::rc4;
      if (method == "AESV2" || method == "AESV3") is = Method::aes;
      if (method == "None") is = Method::none;
      filters_.push_back({.name = name, .method = is});
      if (is == Method::rc4) bits = number_under(filter.front(), "Length", 128);
    }
    if (bits < 40) bits *= 8;  // Some writers count bytes.
  } else {
    return false;
  }
  if (bits < 40 || bits > 128) return false;
  key_bytes_ = static_cast<std::size_t>(bits / 8);
  return true;
}

/// Algorithms 2, 4 and 5 of ISO 32000-1, 7.6.3, for the empty password.
bool PdfEncryption::derive_key(const PdfValue& dictionary, std::string_view id) {
  const auto permissions = static_cast<std::uint64_t>(number_under(dictionary, "P", 0));
  std::string owner = text_under(dictionary, "O");
  owner.resize(32, '\0');
  std::string digest =
      md5_of(std::string(kPadding) + owner + little_endian(permissions, 4) + std::string(id) +
             (revision_ >= 4 && !encrypts_metadata_ ? "\xFF\xFF\xFF\xFF" : ""));
  if (revision_ >= 3) {
    for (int i = 0; i < 50; ++i) digest = md5_of(digest.substr(0, key_bytes_));
  }
  key_ = digest.substr(0, key_bytes_);
  const std::string user = text_under(dictionary, "U");
  if (revision_ < 3) return user.substr(0, 32) == rc4(key_, std::string(kPadding));
  std::string check = md5_of(std::string(kPadding) + std::string(id));
  for (unsigned i = 0; i < 20; ++i) {
    std::string round = key_;
    for (char& c : round) c = static_cast<char>(static_cast<unsigned char>(c) ^ i);
    check = rc4(round, check);
  }
  return user.size() >= 16 && user.substr(0, 16) == check;
}

/// Algorithms 2.A and 11 of ISO 32000-2, 7.6.4.
bool PdfEncryption::derive_key_256(const PdfValue& dictionary) {
  const std::string user = text_under(dictionary, "U");
  const std::string sealed = text_under(dictionary, "UE");
  if (user.size() < 48 || sealed.size() < 32 || (revision_ != 5 && revision_ != 6)) return false;
  if (hash_256(user.substr(32, 8), revision_) != user.substr(0, 32)) return false;
  const std::string unsealing = hash_256(user.substr(40, 8), revision_);
  const auto context = aes_cbc(unsealing, std::string(kBlockBytes, '\0'), Direction::decrypt);
  key_ = run(context.get(), sealed.substr(0, 32));
  return key_.size() == 32;
}

PdfCipher::Method PdfEncryption::method_named(std::string_view name) const {
  if (name == "Identity") return Method::none;
  const auto filter = std::ranges::find(filters_, name, &Filter::name);
  return filter == filters_.end() ? Method::unknown : filter->method;
}

PdfCipher PdfEncryption::cipher_for(const PdfObjects::Place& place, const PdfValue& stream,
                                    const std::optional<std::string>& filter) const {
  const std::string type = text_under(stream, "Type");
  // Needed to find the keys, or left readable on purpose.
  if (type == "XRef" || (type == "Metadata" && !encrypts_metadata_)) return {};
  const std::string& of_kind = type == "EmbeddedFile" ? file_filter_ : stream_filter_;
  return keyed(method_named(filter.value_or(of_kind)), place);
}

PdfCipher PdfEncryption::text_cipher_for(const PdfObjects::Place& place) const {
  return keyed(method_named(text_filter_), place);
}

PdfCipher PdfEncryption::keyed(Method method, const PdfObjects::Place& place) const {
  PdfCipher cipher{.method = method, .key = key_};
  if (version_ == 5 || cipher.method == Method::none) return cipher;
  // ISO 32000-1, 7.6.2, algorithm 1: each object has a key of its own.
  if (place.number < 0) return {.method = Method::unknown};
  const std::string salt = cipher.method == Method::aes ? "sAlT" : "";
  cipher.key = md5_of(key_ + little_endian(static_cast<std::uint64_t>(place.number), 3) +
                      little_endian(static_cast<std::uint64_t>(place.generation), 2) + salt)
                   .substr(0, std::min<std::size_t>(key_.size() + 5, 16));
  return cipher;
}

namespace {

class Rc4Stage final : public PdfStage {
 public:
  Rc4Stage(const PdfCipher& cipher, PdfStage& next) : next_(next), cipher_(cipher.key) {}

  bool write(Bytes bytes) override {
    out_.clear();
    for (const std::byte byte : bytes) out_.push_back(cipher_.next(byte));
    return next_.write(out_);
  }
  bool finish() override { return next_.finish(); }

 private:
  PdfStage& next_;
  Rc4 cipher_;
  std::vector<std::byte> out_;
};

/// The first block is where CBC starts, the last is filled up with its own number of bytes too
/// many.
class AesStage final : public PdfStage {
 public:
  AesStage(const PdfCipher& cipher, PdfStage& next, PdfDamage& damage)
      : next_(next), damage_(damage), key_(cipher.key) {}

  bool write(Bytes bytes) override {
    held_ += text_of(bytes);
    if (!context_ && held_.size() >= kBlockBytes && !begin()) return false;
    // The last whole block waits: it may be the filled one.
    const std::size_t ready =
        held_.size() < 2 * kBlockBytes ? 0 : (held_.size() / kBlockBytes - 1) * kBlockBytes;
    return !context_ || ready == 0 || pass(ready, false);
  }

  bool finish() override {
    const std::size_t whole = held_.size() / kBlockBytes * kBlockBytes;
    if (whole != held_.size()) damage_.cut_off = true;
    if (context_ && whole > 0) pass(whole, true);
    return next_.finish();
  }

 private:
  bool begin() {
    context_ = aes_cbc(key_, held_.substr(0, kBlockBytes), Direction::decrypt);
    held_.erase(0, kBlockBytes);
    if (!context_) damage_.damaged = true;
    return context_ != nullptr;
  }

  bool pass(std::size_t bytes, bool last) {
    std::string plain = run(context_.get(), std::string_view(held_).substr(0, bytes));
    held_.erase(0, bytes);
    const std::size_t filled = plain.empty() ? 0 : static_cast<unsigned char>(plain.back());
    if (last && filled >= 1 && filled <= kBlockBytes) plain.resize(plain.size() - filled);
    return plain.empty() || next_.write(as_bytes_of(plain));
  }

  PdfStage& next_;
  PdfDamage& damage_;
  std::string key_;
  std::string held_;
  CipherContext context_;
};

}  // namespace

std::unique_ptr<PdfStage> make_decryption(const PdfCipher& cipher, PdfStage& next,
                                          PdfDamage& damage) {
  switch (cipher.method) {
    case PdfCipher::Method::none:
      return nullptr;
    case PdfCipher::Method::rc4:
      return std::make_unique<Rc4Stage>(cipher, next);
    case PdfCipher::Method::aes:
      return std::make_unique<AesStage>(cipher, next, damage);
    case PdfCipher::Method::unknown:
      damage.damaged = true;
      return nullptr;
  }
  return nullptr;
}

}  // namespace cordon
