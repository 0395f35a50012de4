#include "testing/tls_peer.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>

#include "base/check.h"
#include "testing/http_imposter.h"

// The bytes travel over a RawImposter: TLS runs on a pair of memory buffers beside it.

namespace cordon {
namespace {

struct FreeOpenSsl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
template <typename T>
using Owned = std::unique_ptr<T, FreeOpenSsl>;

Owned<X509> self_signed(EVP_PKEY* key, const std::string& name, int days_valid) {
  Owned<X509> certificate(X509_new());
  X509* const raw = certificate.get();
  X509_set_version(raw, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), 1);
  const long valid_seconds = 86'400L * days_valid;
  X509_gmtime_adj(X509_getm_notBefore(raw), valid_seconds > 0 ? -60 : 2 * valid_seconds);
  X509_gmtime_adj(X509_getm_notAfter(raw), valid_seconds);
  X509_set_pubkey(raw, key);
  X509_NAME* const subject = X509_get_subject_name(raw);
  const auto* const text = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(raw, subject);
  const bool is_address = name.find_first_not_of("0123456789.") == std::string::npos;
  const std::string alternative = (is_address ? "IP:" : "DNS:") + name;
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative.c_str());
  X509_add_ext(raw, extension, -1);
  X509_EXTENSION_free(extension);
  CORDON_CHECK(X509_sign(raw, key, EVP_sha256()) > 0);
  return certificate;
}

std::string write_pem(X509* certificate) {
  std::string path = (std::filesystem::temp_directory_path() / "cordon-tls-XXXXXX").string();
  const int fd = ::mkstemp(path.data());
  CORDON_CHECK(fd >= 0);
  FILE* const file = ::fdopen(fd, "w");
  CORDON_CHECK(PEM_write_X509(file, certificate) == 1);
  std::fclose(file);
  return path;
}

}  // namespace

struct TlsPeer::State {
  State(const std::string& name, int days_valid)
      : key(EVP_EC_gen("P-256")),
        certificate(self_signed(key.get(), name, days_valid)),
        pem(write_pem(certificate.get())),
        context(SSL_CTX_new(TLS_server_method())),
        peer([this](RawImposter::Connection& connection, int) { serve(connection); }) {
    SSL_CTX_use_certificate(context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
  }

  void serve(RawImposter::Connection& connection) {
    ++handshakes;
    const Owned<SSL> ssl(SSL_new(context.get()));
    BIO* const in = BIO_new(BIO_s_mem());
    BIO* const out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
    SSL_set_accept_state(ssl.get());
    std::string request;
    std::array<char, 4096> buffer{};
    for (;;) {  // Ends when the client leaves or TLS fails.
      const int got = SSL_read(ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (got > 0) request.append(buffer.data(), static_cast<std::size_t>(got));
      const int why = SSL_get_error(ssl.get(), got);
      if (request.ends_with("\r\n\r\n")) {
        constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecure";
        SSL_write(ssl.get(), kReply.data(), static_cast<int>(kReply.size()));
        request.clear();
      }
      flush(out, connection);
      if (got > 0) continue;
      if (why != SSL_ERROR_WANT_READ) return;
      const std::string bytes = connection.read_some();
      if (bytes.empty()) return;
      BIO_write(in, bytes.data(), static_cast<int>(bytes.size()));
    }
  }

  static void flush(BIO* out, RawImposter::Connection& connection) {
    std::array<char, 4096> buffer{};
    for (int n = 0; (n = BIO_read(out, buffer.data(), static_cast<int>(buffer.size()))) > 0;) {
      connection.send(std::string_view(buffer.data(), static_cast<std::size_t>(n)));
    }
  }

  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
  std::string pem;
  Owned<SSL_CTX> context;
  std::atomic<int> handshakes = 0;
  RawImposter peer;
};

TlsPeer::TlsPeer(const std::string& name, int days_valid)
    : state_(std::make_unique<State>(name, days_valid)) {}
TlsPeer::~TlsPeer() { ::unlink(state_->pem.c_str()); }

std::uint16_t TlsPeer::port() const { return state_->peer.port(); }
std::string TlsPeer::certificate_file() const { return state_->pem; }
int TlsPeer::handshakes() const { return state_->handshakes; }

}  // namespace cordon
