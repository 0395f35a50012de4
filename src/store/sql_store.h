#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/ports/agent_report_store.h"
#include "core/ports/answer_store.h"
#include "core/ports/audit_log.h"
#include "core/ports/finding_queries.h"
#include "core/ports/finding_store.h"
#include "core/ports/person_store.h"
#include "core/ports/session_store.h"
#include "core/ports/token_store.h"
#include "store/sql_connection.h"

namespace cordon {

/// Makes one more connection to the same database.
using SqlConnector = std::function<Result<std::unique_ptr<SqlConnection>>(const SqlWait& wait)>;

/// Everything that a console keeps, in a database of SQL: one connection writes, and some others
/// read. What is the same on SQLite and PostgreSQL, which is everything but the connections.
/// Threads: any.
class SqlStore final : public FindingStore,
                       public FindingQueries,
                       public AgentReportStore,
                       public AnswerStore,
                       public TokenStore,
                       public PersonStore,
                       public SessionStore,
                       public AuditLog {
 public:
  /// Opens the connections and brings the tables up to date. `readers`: how many reads may run at
  /// once; 0: the writer's connection reads, too (a database that belongs to one connection).
  static Result<std::unique_ptr<SqlStore>> open(const SqlConnector& connect, std::size_t readers,
                                                SystemTime now, const SqlWait& wait);

  Result<TakenResults> add(std::span<const ScanResult> results, Deadline deadline,
                           std::stop_token stop) override;
  Result<void> handle(ProblemId problem, const HandledMark& mark, Deadline deadline,
                      std::stop_token stop) override;
  Result<std::size_t> forget_before(SystemTime time, std::size_t count_max, Deadline deadline,
                                    std::stop_token stop) override;

  Result<Page<ScanResult>> results(const ResultFilter& filter, const PageRequest& page,
                                   Deadline deadline, std::stop_token stop) override;
  Result<ScanResult> result(const std::string& id, Deadline deadline,
                            std::stop_token stop) override;
  Result<Page<Problem>> problems(const ProblemFilter& filter, const PageRequest& page,
                                 Deadline deadline, std::stop_token stop) override;
  Result<Problem> problem(ProblemId id, Deadline deadline, std::stop_token stop) override;
  Result<Page<ScanResult>> occurrences(ProblemId problem, const PageRequest& page,
                                       Deadline deadline, std::stop_token stop) override;
  Result<Page<Rollup>> rollups(const RollupFilter& filter, const PageRequest& page,
                               Deadline deadline, std::stop_token stop) override;

  Result<void> keep_reports(std::span<const AgentReport> reports, Deadline deadline,
                            std::stop_token stop) override;
  Result<Page<AgentReport>> agent_reports(SystemTime since, const PageRequest& page,
                                          Deadline deadline, std::stop_token stop) override;
  Result<std::size_t> forget_agents_before(SystemTime time, Deadline deadline,
                                           std::stop_token stop) override;

  Result<Repetition> begin_request(const RepeatableRequest& request, Deadline deadline,
                                   std::stop_token stop) override;
  Result<void> keep_answer(const RepeatableRequest& request, const KeptAnswer& answer,
                           Deadline deadline, std::stop_token stop) override;
  Result<void> give_up(const RepeatableRequest& request, Deadline deadline,
                       std::stop_token stop) override;

  Result<void> add_token(const ApiToken& token, Deadline deadline, std::stop_token stop) override;
  Result<std::vector<ApiToken>> tokens(Deadline deadline, std::stop_token stop) override;
  Result<std::optional<ApiToken>> find_token(const std::string& digest, Deadline deadline,
                                             std::stop_token stop) override;
  Result<void> revoke_token(const std::string& name, SystemTime now, Deadline deadline,
                            std::stop_token stop) override;

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
  /// Connections that are handed out one user at a time.
  class Pool {
   public:
    using Connection = std::unique_ptr<SqlConnection>;
    void put(Connection connection);
    /// Blocks until one is free. Errors: cancelled, timeout.
    Result<Connection> take(const SqlWait& wait);

   private:
    std::mutex mutex_;
    std::condition_variable_any freed_;
    std::vector<Connection> idle_;
  };

  SqlStore() = default;
  template <typename Body>
  auto read(Deadline deadline, std::stop_token stop, Body&& body)
      -> decltype(body(std::declval<SqlSession&>()));
  template <typename Body>
  auto write(Deadline deadline, std::stop_token stop, Body&& body)
      -> decltype(body(std::declval<SqlSession&>()));

  Pool writer_;
  Pool readers_;
  bool reads_by_writer_ = false;
};

}  // namespace cordon
