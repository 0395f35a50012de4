#include "console/password_hasher.h"

#include <sodium.h>

#include <array>

#include "base/secret.h"

namespace cordon {
namespace {

constexpr int kInsideMax = 2;
constexpr int kWaitingMax = 4;

}  // namespace

Result<std::unique_ptr<PasswordHasher>> PasswordHasher::make(PasswordCost cost) {
  if (sodium_init() < 0) return Error{Errc::unavailable, "libsodium finds no random numbers"};
  std::unique_ptr<PasswordHasher> made(new PasswordHasher(cost));
  std::string unknown(32, '\0');
  const WipedLater wiped(unknown);
  randombytes_buf(unknown.data(), unknown.size());
  CORDON_TRY(made->nobodys_, made->hash_now(unknown));
  return made;
}

Result<std::string> PasswordHasher::hash_now(std::string_view password) const {
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), cost_.passes,
                            cost_.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error{Errc::unavailable, "there is not enough memory to look at a password"};
  }
  return std::string(out.data());
}

Result<std::string> PasswordHasher::hash(std::string_view password, Deadline deadline,
                                         std::stop_token stop) {
  CORDON_TRY(enter(deadline, stop));
  Result<std::string> made = hash_now(password);
  leave();
  return made;
}

Result<bool> PasswordHasher::verify(const std::optional<std::string>& hash,
                                    std::string_view password, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(enter(deadline, stop));
  const int differs =
      crypto_pwhash_str_verify(hash.value_or(nobodys_).c_str(), password.data(), password.size());
  leave();
  return hash && differs == 0;
}

Result<void> PasswordHasher::enter(Deadline deadline, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto is_free = [this] { return inside_ < kInsideMax; };
  if (!is_free() && waiting_ >= kWaitingMax) {
    return Error{Errc::throttled, "too many passwords are being looked at"};
  }
  ++waiting_;
  const bool entered = deadline.is_never() ? left_.wait(lock, stop, is_free)
                                           : left_.wait_until(lock, stop, deadline.time(), is_free);
  --waiting_;
  if (entered) {
    ++inside_;
    return {};
  }
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped before a password"};
  return Error{Errc::timeout, "too many passwords were being looked at"};
}

void PasswordHasher::leave() {
  {
    std::lock_guard lock(mutex_);
    --inside_;
  }
  left_.notify_one();
}

}  // namespace cordon
