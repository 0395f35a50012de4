#include "console/sign_in.h"

#include "core/totp.h"

namespace cordon {

Result<SignInOutcome> SignIn::look_at(const SignInAttempt& attempt, Deadline deadline,
                                      std::stop_token stop) {
  return look(attempt, Codes::asked_for, deadline, stop);
}

Result<SignInOutcome> SignIn::look_again(const SignInAttempt& attempt, Deadline deadline,
                                         std::stop_token stop) {
  return look(attempt, Codes::left_out, deadline, stop);
}

// Counted before the work, so that attempts at once are no more than attempts one by one; what came
// to no answer, because something here is away, is not held against anybody.
Result<SignInOutcome> SignIn::look(const SignInAttempt& attempt, Codes codes, Deadline deadline,
                                   const std::stop_token& stop) {
  std::chrono::seconds wait = addresses_.begin(attempt.address);
  if (wait.count() == 0) {
    wait = names_.begin(attempt.name);
    if (wait.count() > 0) addresses_.take_back(attempt.address);
  }
  if (wait.count() > 0) {
    metrics_.count("cordon_console_attempts_refused_total", {{"reason", "too-many"}});
    return SignInOutcome{.wait = wait};
  }
  Result<std::optional<Person>> found = judge(attempt, codes, deadline, stop);
  if (!found || *found) {
    addresses_.take_back(attempt.address);
    names_.take_back(attempt.name);
  }
  if (!found) return found.error();
  if (!*found) metrics_.count("cordon_console_attempts_refused_total", {{"reason", "sign-in"}});
  return SignInOutcome{.person = *std::move(found)};
}

// The password is looked at in any case, and before the code: a code is used up by those alone who
// know the password.
Result<std::optional<Person>> SignIn::judge(const SignInAttempt& attempt, Codes codes,
                                            Deadline deadline, const std::stop_token& stop) {
  CORDON_TRY(std::optional<Person> person, people_.find_person(attempt.name, deadline, stop));
  const bool may_sign_in = person && !person->is_disabled;
  CORDON_TRY(const bool knows, passwords_.verify(may_sign_in ? person->password_hash : std::nullopt,
                                                 attempt.password, deadline, stop));
  if (!knows) return std::optional<Person>();
  if (codes == Codes::left_out || !person->code_secret) return person;
  CORDON_TRY(const bool is_used, use_code(*person, attempt.code.value_or(""), deadline, stop));
  return is_used ? person : std::optional<Person>();
}

// In one step with whoever shows the same code at the same time: one of them is first.
Result<bool> SignIn::use_code(const Person& person, const std::string& code, Deadline deadline,
                              const std::stop_token& stop) {
  const SystemTime now = clock_.system_now();
  if (!step_of_code(*person.code_secret, code, now, person.code_step)) return false;
  const PersonEdit use = [&](Person& stored) -> Result<void> {
    const auto step = step_of_code(stored.code_secret.value_or(""), code, now, stored.code_step);
    if (!step) return Error{Errc::denied, "the code was used"};
    stored.code_step = *step;
    return {};
  };
  const Result<Person> used =
      people_.change_person(person.name, AdminRule::none, use, deadline, stop);
  if (used) return true;
  if (used.error().code == Errc::denied || used.error().code == Errc::not_found) return false;
  return used.error();
}

}  // namespace cordon
