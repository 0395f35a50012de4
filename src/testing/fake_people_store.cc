#include "testing/fake_people_store.h"

#include <algorithm>

namespace cordon {

std::optional<Error> FakePeopleStore::over(Deadline deadline, const std::stop_token& stop) const {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  if (deadline.passed(clock_)) return Error{Errc::timeout, "too late"};
  return std::nullopt;
}

std::size_t FakePeopleStore::sessions() const {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

std::vector<AuditRecord> FakePeopleStore::records() const {
  std::lock_guard lock(mutex_);
  return records_;
}

std::vector<Person> FakePeopleStore::all_people() const {
  std::vector<Person> all;
  for (const auto& [name, person] : people_) all.push_back(person);
  return all;
}

Result<void> FakePeopleStore::check_admin_stays(const Person& before, const Person& after) const {
  if (!is_acting_admin(before) || has_acting_admin(all_people(), after)) return {};
  return Error{Errc::changed, "the last admin"};
}

Result<std::vector<Person>> FakePeopleStore::people(Deadline deadline, std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  return all_people();
}

Result<std::optional<Person>> FakePeopleStore::find_person(const std::string& name,
                                                           Deadline deadline,
                                                           std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  const auto found = people_.find(name);
  return found == people_.end() ? std::optional<Person>() : std::optional(found->second);
}

Result<std::optional<Person>> FakePeopleStore::find_invited(const std::string& digest,
                                                            Deadline deadline,
                                                            std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  for (const auto& [name, person] : people_) {
    if (person.invitation && person.invitation->digest == digest) return std::optional(person);
  }
  return std::optional<Person>();
}

Result<void> FakePeopleStore::add_person(const Person& person, Deadline deadline,
                                         std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  if (people_.emplace(person.name, person).second) return {};
  return Error{Errc::changed, "there is one of this name"};
}

Result<void> FakePeopleStore::add_first_person(const Person& person, Deadline deadline,
                                               std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  if (!people_.empty()) return Error{Errc::changed, "there is somebody already"};
  people_.emplace(person.name, person);
  return {};
}

Result<Person> FakePeopleStore::change_person(const std::string& name, AdminRule rule,
                                              const PersonEdit& edit, Deadline deadline,
                                              std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  const auto found = people_.find(name);
  if (found == people_.end()) return Error{Errc::not_found, "there is nobody of this name"};
  Person after = found->second;
  CORDON_TRY(edit(after));
  after.name = name;
  if (rule == AdminRule::one_stays) CORDON_TRY(check_admin_stays(found->second, after));
  return found->second = after;
}

Result<void> FakePeopleStore::remove_person(const std::string& name, Deadline deadline,
                                            std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  const auto found = people_.find(name);
  if (found == people_.end()) return Error{Errc::not_found, "there is nobody of this name"};
  Person gone = found->second;
  gone.is_disabled = true;
  CORDON_TRY(check_admin_stays(found->second, gone));
  people_.erase(found);
  std::erase_if(sessions_, [&](const auto& one) { return one.second.person == name; });
  return {};
}

Result<void> FakePeopleStore::add_session(const Session& session, Deadline deadline,
                                          std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  if (sessions_.emplace(session.digest, session).second) return {};
  return Error{Errc::changed, "there is one of this digest"};
}

Result<std::optional<SignedIn>> FakePeopleStore::find_session(const std::string& digest,
                                                              Deadline deadline,
                                                              std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  const auto session = sessions_.find(digest);
  if (session == sessions_.end()) return std::optional<SignedIn>();
  const auto person = people_.find(session->second.person);
  if (person == people_.end() || person->second.generation != session->second.generation) {
    return std::optional<SignedIn>();
  }
  return std::optional(SignedIn{session->second, person->second});
}

Result<void> FakePeopleStore::touch_session(const std::string& digest, SystemTime now,
                                            Deadline deadline, std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  const auto found = sessions_.find(digest);
  if (found == sessions_.end()) return {};
  found->second.last_seen = std::max(found->second.last_seen, now);
  return {};
}

Result<void> FakePeopleStore::end_session(const std::string& digest, Deadline deadline,
                                          std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  sessions_.erase(digest);
  return {};
}

Result<std::size_t> FakePeopleStore::forget_stale_sessions(SystemTime now, Deadline deadline,
                                                           std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  return std::erase_if(sessions_, [&](const auto& one) { return !is_fresh(one.second, now); });
}

Result<AuditRecord> FakePeopleStore::append(const AuditEntry& entry, Deadline deadline,
                                            std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  records_.push_back(records_.empty()
                         ? audit_record_after(0, audit_origin(), entry)
                         : audit_record_after(records_.back().number, records_.back().hash, entry));
  return records_.back();
}

Result<Page<AuditRecord>> FakePeopleStore::newest_records(const PageRequest& page,
                                                          Deadline deadline, std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  Page<AuditRecord> out;
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    if (page.after && record->number >= page.after->numbers[0]) continue;
    if (out.rows.size() == rows_of(page)) {
      out.next = PageCursor{{out.rows.back().number, 0}, ""};
      break;
    }
    out.rows.push_back(*record);
  }
  return out;
}

Result<std::vector<AuditRecord>> FakePeopleStore::records_after(std::int64_t number,
                                                                std::size_t count_max,
                                                                Deadline deadline,
                                                                std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  std::vector<AuditRecord> out;
  for (const AuditRecord& record : records_) {
    if (record.number > number && out.size() < std::min<std::size_t>(count_max, 1'000)) {
      out.push_back(record);
    }
  }
  return out;
}

}  // namespace cordon
