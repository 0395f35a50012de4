#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace cordon {

/// A TLS server for tests, on a loopback port, with a self-signed certificate made on the spot. It
/// answers every request of every connection with "secure".
class TlsPeer {
 public:
  /// `name` goes into the certificate: an IP address or a DNS name.
  explicit TlsPeer(const std::string& name, int days_valid = 1);
  ~TlsPeer();

  std::uint16_t port() const;
  /// The certificate as a PEM file that lives as long as the peer.
  std::string certificate_file() const;
  /// How many handshakes were begun, finished or not.
  int handshakes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cordon
