#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/ports/audit_log.h"
#include "core/ports/person_store.h"
#include "core/ports/session_store.h"

namespace cordon {

/// People, sessions and the audit log in memory, as a database has them. Threads: any.
class FakePeopleStore final : public PersonStore, public SessionStore, public AuditLog {
 public:
  explicit FakePeopleStore(const Clock& clock) : clock_(clock) {}

  std::size_t sessions() const;
  std::vector<AuditRecord> records() const;  ///< The oldest first.

  Result<std::vector<Person>> people(Deadline deadline, std::stop_token stop) override;
  Result<std::optional<Person>> find_person(const std::string& name, Deadline deadline,
                                            std::stop_token stop) override;
  Result<std::optional<Person>> find_invited(const std::string& digest, Deadline deadline,
                                             std::stop_token stop) override;
  Result<void> add_person(const Person& person, Deadline deadline, std::stop_token stop) override;
  Result<void> add_first_person(const Person& person, Deadline deadline,
                                std::stop_token stop) override;
  Result<Person> change_person(const std::string& name, AdminRule rule, const PersonEdit& edit,
                               Deadline deadline, std::stop_token stop) override;
  Result<void> remove_person(const std::string& name, Deadline deadline,
                             std::stop_token stop) override;

  Result<void> add_session(const Session& session, Deadline deadline,
                           std::stop_token stop) override;
  Result<std::optional<SignedIn>> find_session(const std::string& digest, Deadline deadline,
                                               std::stop_token stop) override;
  Result<void> touch_session(const std::string& digest, SystemTime now, Deadline deadline,
                             std::stop_token stop) override;
  Result<void> end_session(const std::string& digest, Deadline deadline,
                           std::stop_token stop) override;
  Result<std::size_t> forget_stale_sessions(SystemTime now, Deadline deadline,
                                            std::stop_token stop) override;

  Result<AuditRecord> append(const AuditEntry& entry, Deadline deadline,
                             std::stop_token stop) override;
  Result<Page<AuditRecord>> newest_records(const PageRequest& page, Deadline deadline,
                                           std::stop_token stop) override;
  Result<std::vector<AuditRecord>> records_after(std::int64_t number, std::size_t count_max,
                                                 Deadline deadline, std::stop_token stop) override;

 private:
  std::optional<Error> over(Deadline deadline, const std::stop_token& stop) const;
  std::vector<Person> all_people() const;
  Result<void> check_admin_stays(const Person& before, const Person& after) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Person> people_;
  std::map<std::string, Session> sessions_;
  std::vector<AuditRecord> records_;
};

}  // namespace cordon
