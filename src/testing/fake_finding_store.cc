#include "testing/fake_finding_store.h"

#include <algorithm>
#include <limits>

namespace cordon {
namespace {

template <typename T>
bool one_of(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

std::optional<Error> FakeFindingStore::over(Deadline deadline, const std::stop_token& stop) const {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  if (deadline.passed(clock_)) return Error{Errc::timeout, "too late"};
  return std::nullopt;
}

void FakeFindingStore::fail_next_add(Error error, int times) {
  std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) failures_.push_back(error);
}

std::size_t FakeFindingStore::size() const {
  std::lock_guard lock(mutex_);
  return results_.size();
}

std::size_t FakeFindingStore::batches() const {
  std::lock_guard lock(mutex_);
  return batches_;
}

std::optional<ProblemId> FakeFindingStore::number_of(const std::optional<ProblemKey>& key) const {
  for (const auto& [id, known] : problems_) {
    if (key == known.key) return id;
  }
  return std::nullopt;
}

std::optional<ProblemId> FakeFindingStore::problem_now(const ObjectVersion& object) const {
  const auto found = objects_.find(object);
  return found == objects_.end() ? std::nullopt : found->second.problem;
}

std::optional<ProblemId> FakeFindingStore::note_problem(const ScanResult& result) {
  const std::optional<ProblemKey> key = problem_of(result);
  if (!key) return std::nullopt;
  const SystemTime at = time_of_ms(ms_of(result.scanned_at));
  std::optional<ProblemId> id = number_of(key);
  if (!id) problems_.emplace(*(id = ++last_problem_), Known{*key, at, at});
  Known& known = problems_.at(*id);
  known.first = std::min(known.first, at);
  known.last = std::max(known.last, at);
  return id;
}

void FakeFindingStore::note_sum(const ScanResult& result) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto day = std::chrono::floor<std::chrono::days>(result.scanned_at);
  Rollup& sum =
      rollups_[{day.time_since_epoch().count(), result.verdict.disposition, *result.bucket}];
  sum.day = day;
  sum.bucket = *result.bucket;
  sum.verdict = result.verdict.disposition;
  ++sum.results;
  sum.skipped += result.skipped ? 1 : 0;
  sum.bytes =
      std::min(sum.bytes + std::min(result.size.value_or(0), std::uint64_t{1} << 50U), kMost);
}

void FakeFindingStore::take(const ScanResult& result) {
  const std::optional<ProblemId> problem = note_problem(result);
  const auto [found, is_new] = objects_.try_emplace(object_version_of(result));
  Object& object = found->second;
  if (is_new) object.number = ++last_object_;
  if (is_new || order_of(result) > object.newest) {
    object.newest = order_of(result);
    object.problem = problem;
  }
  note_sum(result);
  results_.emplace(order_of(result), result);
}

std::optional<Error> FakeFindingStore::next_failure() {
  if (failures_.empty()) return std::nullopt;
  const Error error = failures_.front();
  failures_.pop_front();
  return error;
}

Result<TakenResults> FakeFindingStore::add(std::span<const ScanResult> results, Deadline deadline,
                                           std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  if (const auto error = next_failure()) return *error;
  if (results.size() > 1'000 || !std::all_of(results.begin(), results.end(), is_storable)) {
    return Error{Errc::invalid, "not storable"};
  }
  TakenResults taken;
  std::map<ObjectVersion, std::optional<ProblemId>> before;
  for (const ScanResult& result : results) {
    if (!ids_.insert(result.id).second) {
      ++taken.known;
      continue;
    }
    ++taken.added;
    const ObjectVersion object = object_version_of(result);
    if (!before.contains(object)) before[object] = problem_now(object);
    take(result);
  }
  for (const auto& [object, problem] : before) {
    const std::optional<ProblemId> now = problem_now(object);
    if (now && now != problem) problems_.at(*now).is_open = true;
  }
  ++batches_;
  return taken;
}

Result<void> FakeFindingStore::handle(ProblemId problem, const HandledMark& mark, Deadline deadline,
                                      std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  const auto found = problems_.find(problem);
  if (found == problems_.end()) return Error{Errc::not_found, "no such problem"};
  found->second.is_open = false;
  found->second.handled = mark;
  return {};
}

Result<std::size_t> FakeFindingStore::forget_before(SystemTime time, std::size_t count_max,
                                                    Deadline deadline, std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  std::vector<Order> old;
  for (const auto& [order, result] : results_) {
    if (order.first >= ms_of(time) || old.size() == count_max) break;
    const Object& object = objects_.at(object_version_of(result));
    const bool is_open = object.problem && problems_.at(*object.problem).is_open;
    if (object.newest != order || !is_open) old.push_back(order);
  }
  for (const Order& order : old) {
    const ObjectVersion object = object_version_of(results_.at(order));
    if (objects_.at(object).newest == order) objects_.erase(object);
    ids_.erase(order.second);
    results_.erase(order);
  }
  std::erase_if(problems_, [this](const auto& one) {
    return std::none_of(results_.begin(), results_.end(), [&](const auto& result) {
      return problem_of(result.second) == one.second.key;
    });
  });
  return old.size();
}

Result<Page<ScanResult>> FakeFindingStore::results(const ResultFilter& filter,
                                                   const PageRequest& page, Deadline deadline,
                                                   std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  Page<ScanResult> out;
  for (auto it = results_.rbegin(); it != results_.rend(); ++it) {
    const auto& [order, result] = *it;
    if (page.after && order >= Order{page.after->numbers[0], page.after->text}) continue;
    if (!matches(filter, result)) continue;
    if (out.rows.size() == rows_of(page)) {
      const Order last = order_of(out.rows.back());
      out.next = PageCursor{{last.first, 0}, last.second};
      break;
    }
    out.rows.push_back(result);
  }
  return out;
}

Result<ScanResult> FakeFindingStore::result(const std::string& id, Deadline deadline,
                                            std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  for (const auto& [order, result] : results_) {
    if (result.id == id) return result;
  }
  return Error{Errc::not_found, "no such result"};
}

Problem FakeFindingStore::told(ProblemId id, const Known& known) const {
  Problem problem{.id = id,
                  .sha256 = known.key.sha256,
                  .verdict = known.key.verdict,
                  .cause = known.key.cause,
                  .first_seen = known.first,
                  .last_seen = known.last,
                  .handled = known.handled};
  std::int64_t newest = 0;
  for (const auto& [name, object] : objects_) {
    if (object.problem != id) continue;
    ++problem.objects;
    if (object.number < newest) continue;
    newest = object.number;
    problem.example = ObjectRef{name.bucket, name.key, name.version};
  }
  problem.state = known.is_open ? ProblemState::open : ProblemState::handled;
  if (problem.objects == 0) problem.state = ProblemState::gone;
  return problem;
}

bool FakeFindingStore::is_asked_for(const ProblemFilter& filter, const Problem& problem) const {
  const bool is_there =
      !filter.bucket || std::any_of(objects_.begin(), objects_.end(), [&](const auto& one) {
        return one.first.bucket == *filter.bucket && one.second.problem == problem.id;
      });
  return is_there && one_of(filter.states, problem.state) &&
         one_of(filter.verdicts, problem.verdict) &&
         (!filter.cause || problem.cause == *filter.cause) &&
         (!filter.sha256 || problem.sha256 == filter.sha256) &&
         (!filter.since || problem.last_seen >= *filter.since);
}

Result<Page<Problem>> FakeFindingStore::problems(const ProblemFilter& filter,
                                                 const PageRequest& page, Deadline deadline,
                                                 std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  Page<Problem> out;
  for (auto it = problems_.rbegin(); it != problems_.rend(); ++it) {
    const Problem problem = told(it->first, it->second);
    if (page.after && problem.id >= page.after->numbers[0]) continue;
    if (!is_asked_for(filter, problem)) continue;
    if (out.rows.size() == rows_of(page)) {
      out.next = PageCursor{{out.rows.back().id, 0}, ""};
      break;
    }
    out.rows.push_back(problem);
  }
  return out;
}

Result<Problem> FakeFindingStore::problem(ProblemId id, Deadline deadline, std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  const auto found = problems_.find(id);
  if (found == problems_.end()) return Error{Errc::not_found, "no such problem"};
  return told(id, found->second);
}

Result<Page<ScanResult>> FakeFindingStore::occurrences(ProblemId problem, const PageRequest& page,
                                                       Deadline deadline, std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  std::map<std::int64_t, const ScanResult*, std::greater<>> found;
  for (const auto& [name, object] : objects_) {
    if (object.problem == problem) found[object.number] = &results_.at(object.newest);
  }
  Page<ScanResult> out;
  std::int64_t last = 0;
  for (const auto& [number, result] : found) {
    if (page.after && number >= page.after->numbers[0]) continue;
    if (out.rows.size() == rows_of(page)) {
      out.next = PageCursor{{last, 0}, ""};
      break;
    }
    out.rows.push_back(*result);
    last = number;
  }
  return out;
}

Result<Page<Rollup>> FakeFindingStore::rollups(const RollupFilter& filter, const PageRequest& page,
                                               Deadline deadline, std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  Page<Rollup> out;
  PageCursor last;
  for (const auto& [key, sum] : rollups_) {
    const auto& [day, verdict, bucket] = key;
    const PageCursor place{{day, static_cast<std::int64_t>(verdict)}, bucket.str()};
    const auto order = [](const PageCursor& one) { return std::tie(one.numbers, one.text); };
    if (page.after && order(place) <= order(*page.after)) continue;
    if (filter.bucket && bucket != *filter.bucket) continue;
    if ((filter.first && sum.day < *filter.first) || (filter.last && sum.day > *filter.last)) {
      continue;
    }
    if (out.rows.size() == rows_of(page)) {
      out.next = last;
      break;
    }
    out.rows.push_back(sum);
    last = place;
  }
  return out;
}

Result<void> FakeFindingStore::keep_reports(std::span<const AgentReport> reports, Deadline deadline,
                                            std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  if (const auto error = next_failure()) return *error;
  for (const AgentReport& report : reports) {
    const auto known = std::find_if(reports_.begin(), reports_.end(), [&](const auto& one) {
      return one.agent == report.agent && one.account == report.account &&
             one.region == report.region;
    });
    if (known == reports_.end()) {
      reports_.push_back(report);
    } else if (known->reported_at < report.reported_at) {
      *known = report;
    }
  }
  return {};
}

// Pages begin where their number says; nothing is forgotten between two of them in tests.
Result<Page<AgentReport>> FakeFindingStore::agent_reports(SystemTime since, const PageRequest& page,
                                                          Deadline deadline, std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  Page<AgentReport> out;
  const std::int64_t first = page.after ? page.after->numbers[0] : 0;
  for (auto at = static_cast<std::size_t>(first); at < reports_.size(); ++at) {
    if (reports_[at].reported_at < since) continue;
    if (out.rows.size() == rows_of(page)) {
      out.next = PageCursor{{static_cast<std::int64_t>(at), 0}, ""};
      break;
    }
    out.rows.push_back(reports_[at]);
  }
  return out;
}

Result<std::size_t> FakeFindingStore::forget_agents_before(SystemTime time, Deadline deadline,
                                                           std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  return std::erase_if(reports_, [&](const AgentReport& one) { return one.reported_at < time; });
}

Result<Repetition> FakeFindingStore::begin_request(const RepeatableRequest& request,
                                                   Deadline deadline, std::stop_token stop) {
  using State = Repetition::State;
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  std::erase_if(answers_, [&](const auto& one) {
    const auto& [known, answer] = one.second;
    return known.at <= request.at - (answer ? kKept : kUnderWay);
  });
  const auto [found, is_new] = answers_.try_emplace(request.key, request, std::nullopt);
  if (is_new) return Repetition{};
  const auto& [known, answer] = found->second;
  if (known.request != request.request) return Repetition{.state = State::another};
  if (!answer) return Repetition{.state = State::under_way};
  return Repetition{.state = State::answered, .answer = *answer};
}

Result<void> FakeFindingStore::keep_answer(const RepeatableRequest& request,
                                           const KeptAnswer& answer, Deadline deadline,
                                           std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  const auto found = answers_.find(request.key);
  if (found != answers_.end() && found->second.first == request) found->second.second = answer;
  return {};
}

Result<void> FakeFindingStore::give_up(const RepeatableRequest& request, Deadline deadline,
                                       std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  const auto found = answers_.find(request.key);
  if (found != answers_.end() && found->second.first == request) answers_.erase(found);
  return {};
}

Result<void> FakeFindingStore::add_token(const ApiToken& token, Deadline deadline,
                                         std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  const bool is_taken = std::any_of(tokens_.begin(), tokens_.end(), [&](const ApiToken& one) {
    return (one.name == token.name && !one.revoked) || one.digest == token.digest;
  });
  if (is_taken) return Error{Errc::changed, "there is one of this name"};
  tokens_.push_back(token);
  return {};
}

Result<std::vector<ApiToken>> FakeFindingStore::tokens(Deadline deadline, std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  std::vector<ApiToken> all = tokens_;
  std::sort(all.begin(), all.end(), [](const ApiToken& a, const ApiToken& b) {
    return std::tie(a.name, a.created) < std::tie(b.name, b.created);
  });
  return all;
}

Result<std::optional<ApiToken>> FakeFindingStore::find_token(const std::string& digest,
                                                             Deadline deadline,
                                                             std::stop_token stop) {
  using MaybeToken = std::optional<ApiToken>;
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  for (const ApiToken& token : tokens_) {
    if (token.digest == digest) return MaybeToken(token);
  }
  return MaybeToken();
}

Result<void> FakeFindingStore::revoke_token(const std::string& name, SystemTime now,
                                            Deadline deadline, std::stop_token stop) {
  if (const auto error = over(deadline, stop)) return *error;
  std::lock_guard lock(mutex_);
  for (ApiToken& token : tokens_) {
    if (token.name != name || token.revoked) continue;
    token.revoked = now;
    return {};
  }
  return Error{Errc::not_found, "no such token"};
}

}  // namespace cordon
