#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "console/failed_attempts.h"
#include "console/password_hasher.h"
#include "core/ports/person_store.h"

namespace cordon {

/// Somebody who says who he is.
struct SignInAttempt {
  std::string address;
  std::string name;
  std::string password;
  std::optional<std::string> code = std::nullopt;
};

/// What came of it. Why somebody was refused is told to nobody.
struct SignInOutcome {
  std::optional<Person> person = std::nullopt;  ///< Who it is; none: refused.
  std::chrono::seconds wait{0};                 ///< Not zero: was not looked at, for so long.
};

/// Looks at passwords and one-time codes. Whether there is nobody of a name, the password or the
/// code is wrong, a code is missing or was used, or the person may not sign in: the answer is the
/// same, after the same work. Counts failures by address and by name. Threads: any.
class SignIn {
 public:
  /// All of it outlives it.
  SignIn(PersonStore& people, PasswordHasher& passwords, const Clock& clock, Metrics& metrics)
      : people_(people),
        passwords_(passwords),
        clock_(clock),
        metrics_(metrics),
        addresses_(kAddressLimit, clock),
        names_(kNameLimit, clock) {}

  /// Errors: those of store and hasher; nobody is signed in then.
  Result<SignInOutcome> look_at(const SignInAttempt& attempt, Deadline deadline,
                                std::stop_token stop);
  /// Of somebody who is signed in, before he changes what he signs in with: his password alone.
  Result<SignInOutcome> look_again(const SignInAttempt& attempt, Deadline deadline,
                                   std::stop_token stop);

  /// For other secrets that an address could guess: how long it has to wait; where it need not, a
  /// failure is counted until it is taken back.
  std::chrono::seconds begin(const std::string& address) { return addresses_.begin(address); }
  void take_back(const std::string& address) { addresses_.take_back(address); }

 private:
  enum class Codes : unsigned char { asked_for, left_out };

  Result<SignInOutcome> look(const SignInAttempt& attempt, Codes codes, Deadline deadline,
                             const std::stop_token& stop);
  Result<std::optional<Person>> judge(const SignInAttempt& attempt, Codes codes, Deadline deadline,
                                      const std::stop_token& stop);
  Result<bool> use_code(const Person& person, const std::string& code, Deadline deadline,
                        const std::stop_token& stop);

  PersonStore& people_;
  PasswordHasher& passwords_;
  const Clock& clock_;
  Metrics& metrics_;
  FailedAttempts addresses_;
  FailedAttempts names_;
};

}  // namespace cordon
