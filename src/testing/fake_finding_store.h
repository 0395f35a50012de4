#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/ports/agent_report_store.h"
#include "core/ports/answer_store.h"
#include "core/ports/finding_queries.h"
#include "core/ports/finding_store.h"
#include "core/ports/token_store.h"

namespace cordon {

/// Findings, agents and tokens in memory, as a database has them; slow and plain. Threads: any.
class FakeFindingStore final : public FindingStore,
                               public FindingQueries,
                               public AgentReportStore,
                               public AnswerStore,
                               public TokenStore {
 public:
  explicit FakeFindingStore(const Clock& clock) : clock_(clock) {}

  /// The next calls that write results or reports fail so, and change nothing.
  void fail_next_add(Error error, int times = 1);
  std::size_t size() const;     ///< Results.
  std::size_t batches() const;  ///< Calls of `add` that succeeded.

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

 private:
  struct Known {
    ProblemKey key;
    SystemTime first, last;
    bool is_open = true;
    std::optional<HandledMark> handled = std::nullopt;
  };
  using Order = std::pair<std::int64_t, std::string>;  ///< Time and id.
  struct Object {
    std::int64_t number = 0;                          ///< Larger ones became known later.
    Order newest;                                     ///< Its newest result,
    std::optional<ProblemId> problem = std::nullopt;  ///< and what that tells of.
  };
  using RollupKey = std::tuple<std::int64_t, Disposition, BucketName>;

  /// Why a call fails that writes what agents sent; none: it does not.
  std::optional<Error> next_failure();
  std::optional<Error> over(Deadline deadline, const std::stop_token& stop) const;
  static Order order_of(const ScanResult& result) { return {ms_of(result.scanned_at), result.id}; }
  std::optional<ProblemId> number_of(const std::optional<ProblemKey>& key) const;
  std::optional<ProblemId> note_problem(const ScanResult& result);
  void note_sum(const ScanResult& result);
  std::optional<ProblemId> problem_now(const ObjectVersion& object) const;
  void take(const ScanResult& result);
  Problem told(ProblemId id, const Known& known) const;
  bool is_asked_for(const ProblemFilter& filter, const Problem& problem) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<Order, ScanResult> results_;
  std::set<std::string> ids_;
  std::map<ObjectVersion, Object> objects_;
  std::map<ProblemId, Known> problems_;
  std::map<RollupKey, Rollup> rollups_;
  std::vector<AgentReport> reports_;  ///< By the time that their agents became known.
  std::vector<ApiToken> tokens_;
  /// By key; without an answer: under way.
  std::map<std::string, std::pair<RepeatableRequest, std::optional<KeptAnswer>>> answers_;
  std::deque<Error> failures_;
  std::size_t batches_ = 0;
  std::int64_t last_object_ = 0;
  ProblemId last_problem_ = 0;
};

}  // namespace cordon
