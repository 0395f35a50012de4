#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/person.h"

namespace cordon {

/// Whether a change may leave a console whose people it cannot be run by any more.
enum class AdminRule : unsigned char {
  one_stays,  ///< The last one who can sign in and may do everything stays so.
  none,       ///< For whoever may write to the database anyway, and can make another one.
};

/// The people of a console. Threads: any. Errors of every method: as FindingStore.
class PersonStore {
 public:
  virtual ~PersonStore() = default;

  /// All of them, by name; at most 1,000, and no more are taken in.
  virtual Result<std::vector<Person>> people(Deadline deadline, std::stop_token stop) = 0;
  virtual Result<std::optional<Person>> find_person(const std::string& name, Deadline deadline,
                                                    std::stop_token stop) = 0;
  /// Whose invitation has this digest, also one that has expired.
  virtual Result<std::optional<Person>> find_invited(const std::string& digest, Deadline deadline,
                                                     std::stop_token stop) = 0;
  /// Errors: also changed: there is one of this name.
  virtual Result<void> add_person(const Person& person, Deadline deadline,
                                  std::stop_token stop) = 0;
  /// Errors: also changed: there is somebody already. Of two calls at once one succeeds.
  virtual Result<void> add_first_person(const Person& person, Deadline deadline,
                                        std::stop_token stop) = 0;
  /// Reads, has `edit` change it, and writes, with no other change in between; the name stays.
  /// Returns what is stored now. What the edit refuses changes nothing and is passed on.
  /// Errors: also not_found; changed: no admin would be left.
  virtual Result<Person> change_person(const std::string& name, AdminRule rule,
                                       const PersonEdit& edit, Deadline deadline,
                                       std::stop_token stop) = 0;
  /// Errors: also not_found; changed: no admin would be left.
  virtual Result<void> remove_person(const std::string& name, Deadline deadline,
                                     std::stop_token stop) = 0;
};

}  // namespace cordon
