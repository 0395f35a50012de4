#include "store/sql_store.h"

#include <utility>

#include "store/agent_rows.h"
#include "store/answer_rows.h"
#include "store/audit_rows.h"
#include "store/finding_reader.h"
#include "store/finding_writer.h"
#include "store/person_rows.h"
#include "store/retention.h"
#include "store/schema.h"
#include "store/session_rows.h"
#include "store/token_rows.h"

namespace cordon {

void SqlStore::Pool::put(Connection connection) {
  {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  freed_.notify_one();
}

Result<SqlStore::Pool::Connection> SqlStore::Pool::take(const SqlWait& wait) {
  std::unique_lock lock(mutex_);
  const auto is_free = [this] { return !idle_.empty(); };
  const bool taken = wait.deadline.is_never()
                         ? freed_.wait(lock, wait.stop, is_free)
                         : freed_.wait_until(lock, wait.stop, wait.deadline.time(), is_free);
  if (taken) {
    Connection connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  if (wait.stop.stop_requested()) return Error{Errc::cancelled, "stopped before the database"};
  return Error{Errc::timeout, "no connection to the database became free in time"};
}

template <typename Body>
auto SqlStore::read(Deadline deadline, std::stop_token stop, Body&& body)
    -> decltype(body(std::declval<SqlSession&>())) {
  const SqlWait wait{deadline, std::move(stop)};
  Pool& pool = reads_by_writer_ ? writer_ : readers_;
  CORDON_TRY(Pool::Connection connection, pool.take(wait));
  SqlSession session(*connection, wait);
  auto outcome = body(session);
  pool.put(std::move(connection));
  return outcome;
}

template <typename Body>
auto SqlStore::write(Deadline deadline, std::stop_token stop, Body&& body)
    -> decltype(body(std::declval<SqlSession&>())) {
  const SqlWait wait{deadline, std::move(stop)};
  CORDON_TRY(Pool::Connection connection, writer_.take(wait));
  auto outcome = in_write_transaction(*connection, wait, body);
  writer_.put(std::move(connection));
  return outcome;
}

Result<std::unique_ptr<SqlStore>> SqlStore::open(const SqlConnector& connect, std::size_t readers,
                                                 SystemTime now, const SqlWait& wait) {
  std::unique_ptr<SqlStore> store(new SqlStore());
  CORDON_TRY(Pool::Connection writer, connect(wait));
  CORDON_TRY(bring_up_to_date(*writer, now, wait));
  store->writer_.put(std::move(writer));
  for (std::size_t i = 0; i < readers; ++i) {
    CORDON_TRY(Pool::Connection reader, connect(wait));
    store->readers_.put(std::move(reader));
  }
  store->reads_by_writer_ = readers == 0;
  return store;
}

Result<TakenResults> SqlStore::add(std::span<const ScanResult> results, Deadline deadline,
                                   std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return add_results(session, results); });
}

Result<void> SqlStore::handle(ProblemId problem, const HandledMark& mark, Deadline deadline,
                              std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return mark_handled(session, problem, mark); });
}

Result<std::size_t> SqlStore::forget_before(SystemTime time, std::size_t count_max,
                                            Deadline deadline, std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return forget_results(session, time, count_max); });
}

Result<Page<ScanResult>> SqlStore::results(const ResultFilter& filter, const PageRequest& page,
                                           Deadline deadline, std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_results(session, filter, page); });
}

Result<ScanResult> SqlStore::result(const std::string& id, Deadline deadline,
                                    std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_result(session, id); });
}

Result<Page<Problem>> SqlStore::problems(const ProblemFilter& filter, const PageRequest& page,
                                         Deadline deadline, std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_problems(session, filter, page); });
}

Result<Problem> SqlStore::problem(ProblemId id, Deadline deadline, std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_problem(session, id); });
}

Result<Page<ScanResult>> SqlStore::occurrences(ProblemId problem, const PageRequest& page,
                                               Deadline deadline, std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_occurrences(session, problem, page); });
}

Result<Page<Rollup>> SqlStore::rollups(const RollupFilter& filter, const PageRequest& page,
                                       Deadline deadline, std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_rollups(session, filter, page); });
}

Result<void> SqlStore::keep_reports(std::span<const AgentReport> reports, Deadline deadline,
                                    std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return upsert_reports(session, reports); });
}

Result<Page<AgentReport>> SqlStore::agent_reports(SystemTime since, const PageRequest& page,
                                                  Deadline deadline, std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_reports(session, since, page); });
}

Result<std::size_t> SqlStore::forget_agents_before(SystemTime time, Deadline deadline,
                                                   std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return remove_agents(session, time); });
}

Result<Repetition> SqlStore::begin_request(const RepeatableRequest& request, Deadline deadline,
                                           std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return take_request(session, request); });
}

Result<void> SqlStore::keep_answer(const RepeatableRequest& request, const KeptAnswer& answer,
                                   Deadline deadline, std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return write_answer(session, request, answer); });
}

Result<void> SqlStore::give_up(const RepeatableRequest& request, Deadline deadline,
                               std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return remove_request(session, request); });
}

Result<void> SqlStore::add_token(const ApiToken& token, Deadline deadline, std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return insert_token(session, token); });
}

Result<std::vector<ApiToken>> SqlStore::tokens(Deadline deadline, std::stop_token stop) {
  return read(deadline, std::move(stop), [](SqlSession& session) { return read_tokens(session); });
}

Result<std::optional<ApiToken>> SqlStore::find_token(const std::string& digest, Deadline deadline,
                                                     std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_token(session, digest); });
}

Result<void> SqlStore::revoke_token(const std::string& name, SystemTime now, Deadline deadline,
                                    std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return revoke_tokens(session, name, now); });
}

Result<std::vector<Person>> SqlStore::people(Deadline deadline, std::stop_token stop) {
  return read(deadline, std::move(stop), [&](SqlSession& session) { return read_people(session); });
}

Result<std::optional<Person>> SqlStore::find_person(const std::string& name, Deadline deadline,
                                                    std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_person(session, name); });
}

Result<std::optional<Person>> SqlStore::find_invited(const std::string& digest, Deadline deadline,
                                                     std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_invited(session, digest); });
}

Result<void> SqlStore::add_person(const Person& person, Deadline deadline, std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return insert_person(session, person); });
}

Result<void> SqlStore::add_first_person(const Person& person, Deadline deadline,
                                        std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return insert_first_person(session, person); });
}

Result<Person> SqlStore::change_person(const std::string& name, AdminRule rule,
                                       const PersonEdit& edit, Deadline deadline,
                                       std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return edit_person(session, name, rule, edit); });
}

Result<void> SqlStore::remove_person(const std::string& name, Deadline deadline,
                                     std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return delete_person(session, name); });
}

Result<void> SqlStore::add_session(const Session& signed_in, Deadline deadline,
                                   std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return insert_session(session, signed_in); });
}

Result<std::optional<SignedIn>> SqlStore::find_session(const std::string& digest, Deadline deadline,
                                                       std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_session(session, digest); });
}

Result<void> SqlStore::touch_session(const std::string& digest, SystemTime now, Deadline deadline,
                                     std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return update_session(session, digest, now); });
}

Result<void> SqlStore::end_session(const std::string& digest, Deadline deadline,
                                   std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return delete_session(session, digest); });
}

Result<std::size_t> SqlStore::forget_stale_sessions(SystemTime now, Deadline deadline,
                                                    std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return delete_stale_sessions(session, now); });
}

Result<AuditRecord> SqlStore::append(const AuditEntry& entry, Deadline deadline,
                                     std::stop_token stop) {
  return write(deadline, std::move(stop),
               [&](SqlSession& session) { return append_record(session, entry); });
}

Result<Page<AuditRecord>> SqlStore::newest_records(const PageRequest& page, Deadline deadline,
                                                   std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_newest_records(session, page); });
}

Result<std::vector<AuditRecord>> SqlStore::records_after(std::int64_t number, std::size_t count_max,
                                                         Deadline deadline, std::stop_token stop) {
  return read(deadline, std::move(stop),
              [&](SqlSession& session) { return read_records_after(session, number, count_max); });
}

}  // namespace cordon
