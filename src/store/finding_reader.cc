// Lists by the sort key of the last row (never by a count of rows to pass over): each page is one
// walk along an index from where the last one ended, however far that is.
//
// Documents may have 1 MiB each, so a page of results is cut where it has 8 MiB: a reader gets
// fewer rows than it asked for, and the cursor to go on.

#include "store/finding_reader.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "core/scan_result_decoding.h"
#include "store/verdict_numbers.h"

namespace cordon {
namespace {

constexpr std::int64_t kPageBytesMax = 8 << 20;

/// "WHERE a AND b", as far as there is something to ask.
class Conditions {
 public:
  explicit Conditions(SqlStatement& statement) : statement_(statement) {}
  SqlStatement& next() {
    return statement_.add(std::exchange(is_first_, false) ? " WHERE " : " AND ");
  }

 private:
  SqlStatement& statement_;
  bool is_first_ = true;
};

std::vector<SqlValue> numbers_of(const std::vector<Disposition>& verdicts) {
  std::vector<SqlValue> out;
  for (const Disposition verdict : verdicts) out.push_back(SqlValue::of(number_of(verdict)));
  return out;
}

// What is greater than everything that begins with the prefix, and is the least such text; none
// when there is no such text (0xFF without end).
std::optional<std::string> behind_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFFU) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1U);
  return prefix;
}

SqlValue limit_of(const PageRequest& page) {
  return SqlValue::of(static_cast<std::int64_t>(rows_of(page)) + 1);  // One more: is there more?
}

// --- documents -------------------------------------------------------------------------------

/// A row of a list of results before its document is read.
struct Listed {
  std::int64_t seq;
  std::int64_t bytes;
  PageCursor cursor;
};

Result<std::map<std::int64_t, ScanResult>> documents_of(SqlSession& session,
                                                        const std::vector<Listed>& listed) {
  std::map<std::int64_t, ScanResult> out;
  if (listed.empty()) return out;
  std::vector<SqlValue> seqs;
  for (const Listed& one : listed) seqs.push_back(SqlValue::of(one.seq));
  SqlStatement statement("SELECT seq, body FROM documents WHERE seq IN ");
  statement.list(std::move(seqs));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "nt"));
  for (const SqlRow& row : rows) {
    Result<ScanResult> result = decode_scan_result(row.bytes(1));
    if (!result) return foreign_row();
    out.emplace(row.number(0), *std::move(result));
  }
  return out;
}

// `listed` may hold one row more than the page has. What retention took meanwhile is left out.
Result<Page<ScanResult>> page_of(SqlSession& session, std::vector<Listed> listed,
                                 std::size_t rows_max) {
  std::int64_t bytes = 0;
  std::size_t count = 0;
  while (count < std::min(listed.size(), rows_max)) {
    bytes += listed[count].bytes;
    if (count > 0 && bytes > kPageBytesMax) break;
    ++count;
  }
  Page<ScanResult> page;
  if (count < listed.size()) page.next = listed[count - 1].cursor;
  listed.resize(count);
  CORDON_TRY(auto documents, documents_of(session, listed));
  for (const Listed& one : listed) {
    const auto found = documents.find(one.seq);
    if (found != documents.end()) page.rows.push_back(std::move(found->second));
  }
  return page;
}

void ask_for_results(const ResultFilter& filter, Conditions& where) {
  if (filter.bucket) {
    where.next()
        .add("r.bucket = (SELECT id FROM buckets WHERE name = ")
        .value(SqlValue::of(std::string_view(filter.bucket->str())))
        .add(")");
  }
  if (!filter.key_prefix.empty()) {
    where.next().add("o.name >= ").value(SqlValue::of(std::string_view(filter.key_prefix)));
    if (const auto behind = behind_prefix(filter.key_prefix)) {
      where.next().add("o.name < ").value(SqlValue::of(std::string_view(*behind)));
    }
  }
  if (!filter.verdicts.empty()) {
    where.next().add("r.verdict IN ").list(numbers_of(filter.verdicts));
  }
  if (filter.signature) {
    where.next()
        .add("r.seq IN (SELECT seq FROM names WHERE name = ")
        .value(SqlValue::of(std::string_view(*filter.signature)))
        .add(")");
  }
  if (filter.sha256) {
    where.next().add("r.sha256 = ").value(SqlValue::of(std::string_view(*filter.sha256)));
  }
  if (filter.since) where.next().add("r.at >= ").value(SqlValue::of(ms_of(*filter.since)));
  if (filter.until) where.next().add("r.at < ").value(SqlValue::of(ms_of(*filter.until)));
}

// --- problems --------------------------------------------------------------------------------

constexpr std::string_view kSelectProblems =
    "SELECT p.id, p.sha256, p.verdict, p.cause, p.first_at, p.last_at, p.objects, p.is_open, "
    "p.handled_by, p.handled_at, p.handled_why, b.name, o.name, o.version FROM problems p "
    "LEFT JOIN objects o ON o.id = (SELECT MAX(x.id) FROM objects x WHERE x.problem = p.id) "
    "LEFT JOIN buckets b ON b.id = o.bucket";
constexpr std::string_view kProblemColumns = "nBnbnnnnBNBBBB";

ProblemState state_of(std::int64_t objects, bool is_open) {
  if (objects == 0) return ProblemState::gone;
  return is_open ? ProblemState::open : ProblemState::handled;
}

Result<Problem> problem_in(const SqlRow& row) {
  const std::optional<Disposition> verdict = verdict_of_number(row.number(2));
  if (!verdict || row.number(6) < 0) return foreign_row();
  Problem problem{.id = row.number(0),
                  .sha256 = row.maybe_bytes(1),
                  .verdict = *verdict,
                  .cause = row.bytes(3),
                  .first_seen = time_of_ms(row.number(4)),
                  .last_seen = time_of_ms(row.number(5)),
                  .objects = static_cast<std::uint64_t>(row.number(6)),
                  .state = state_of(row.number(6), row.number(7) != 0)};
  if (!row.is_null(8) && !row.is_null(9)) {
    problem.handled =
        HandledMark{.by = row.bytes(8), .at = time_of_ms(row.number(9)), .why = row.bytes(10)};
  }
  if (!row.is_null(11)) {
    problem.example =
        ObjectRef{BucketName(row.bytes(11)), ObjectKey(row.bytes(12)), VersionId(row.bytes(13))};
  }
  return problem;
}

std::string_view condition_of(ProblemState state) {
  switch (state) {
    case ProblemState::open:
      return "(p.objects > 0 AND p.is_open = 1)";
    case ProblemState::handled:
      return "(p.objects > 0 AND p.is_open = 0)";
    case ProblemState::gone:
      return "p.objects = 0";
  }
  return "p.objects = 0";
}

void ask_for_problems(const ProblemFilter& filter, Conditions& where) {
  if (!filter.states.empty()) {
    SqlStatement& statement = where.next().add("(");
    for (std::size_t i = 0; i < filter.states.size(); ++i) {
      statement.add(i == 0 ? "" : " OR ").add(condition_of(filter.states[i]));
    }
    statement.add(")");
  }
  if (!filter.verdicts.empty()) {
    where.next().add("p.verdict IN ").list(numbers_of(filter.verdicts));
  }
  if (filter.bucket) {
    where
        .next()
        // "+ 0", or SQLite walks through the bucket for each problem, and not through the
        // problem's objects.
        .add(
            "EXISTS (SELECT 1 FROM objects y WHERE y.problem = p.id AND y.bucket + 0 = "
            "(SELECT id FROM buckets WHERE name = ")
        .value(SqlValue::of(std::string_view(filter.bucket->str())))
        .add("))");
  }
  if (filter.cause) {
    where.next().add("p.cause = ").value(SqlValue::of(std::string_view(*filter.cause)));
  }
  if (filter.sha256) {
    where.next().add("p.sha256 = ").value(SqlValue::of(std::string_view(*filter.sha256)));
  }
  if (filter.since) where.next().add("p.last_at >= ").value(SqlValue::of(ms_of(*filter.since)));
}

// --- rollups ---------------------------------------------------------------------------------

Result<Rollup> rollup_in(const SqlRow& row) {
  const std::optional<Disposition> verdict = verdict_of_number(row.number(1));
  // Days of the years that texts of times can have.
  constexpr std::int64_t kDaysMax = 100'000;
  if (!verdict || row.number(0) < -kDaysMax || row.number(0) > kDaysMax || row.number(3) < 0 ||
      row.number(4) < 0 || row.number(5) < 0) {
    return foreign_row();
  }
  return Rollup{.day = std::chrono::sys_days(std::chrono::days(row.number(0))),
                .bucket = BucketName(row.bytes(2)),
                .verdict = *verdict,
                .results = static_cast<std::uint64_t>(row.number(3)),
                .skipped = static_cast<std::uint64_t>(row.number(4)),
                .bytes = static_cast<std::uint64_t>(row.number(5))};
}

SqlValue day_of(std::chrono::sys_days day) {
  return SqlValue::of(std::int64_t{day.time_since_epoch().count()});
}

}  // namespace

Result<Page<ScanResult>> read_results(SqlSession& session, const ResultFilter& filter,
                                      const PageRequest& page) {
  SqlStatement statement("SELECT r.seq, r.document_bytes, r.at, r.id FROM results r");
  if (!filter.key_prefix.empty()) statement.add(" JOIN objects o ON o.id = r.object");
  Conditions where(statement);
  ask_for_results(filter, where);
  if (page.after) {
    where.next()
        .add("(r.at, r.id) < ")
        .list({SqlValue::of(page.after->numbers[0]),
               SqlValue::of(std::string_view(page.after->text))});
  }
  statement.add(" ORDER BY r.at DESC, r.id DESC LIMIT ").value(limit_of(page));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "nnnb"));
  std::vector<Listed> listed;
  for (const SqlRow& row : rows) {
    listed.push_back({row.number(0), row.number(1), {{row.number(2), 0}, row.bytes(3)}});
  }
  return page_of(session, std::move(listed), rows_of(page));
}

Result<ScanResult> read_result(SqlSession& session, const std::string& id) {
  SqlStatement statement("SELECT seq, document_bytes FROM results WHERE id = ");
  statement.value(SqlValue::of(std::string_view(id)));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "nn"));
  std::vector<Listed> listed;
  for (const SqlRow& row : rows) listed.push_back({row.number(0), row.number(1), {}});
  CORDON_TRY(Page<ScanResult> page, page_of(session, std::move(listed), 1));
  if (!page.rows.empty()) return std::move(page.rows.front());
  return Error{Errc::not_found, "there is no result " + utf8_clean(id, 64)};
}

Result<Page<ScanResult>> read_occurrences(SqlSession& session, ProblemId problem,
                                          const PageRequest& page) {
  SqlStatement statement(
      "SELECT r.seq, r.document_bytes, o.id FROM objects o JOIN results r ON r.seq = o.newest "
      "WHERE o.problem = ");
  statement.value(SqlValue::of(problem));
  if (page.after) statement.add(" AND o.id < ").value(SqlValue::of(page.after->numbers[0]));
  statement.add(" ORDER BY o.id DESC LIMIT ").value(limit_of(page));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "nnn"));
  std::vector<Listed> listed;
  for (const SqlRow& row : rows) {
    listed.push_back({row.number(0), row.number(1), {{row.number(2), 0}, ""}});
  }
  return page_of(session, std::move(listed), rows_of(page));
}

Result<Page<Problem>> read_problems(SqlSession& session, const ProblemFilter& filter,
                                    const PageRequest& page) {
  SqlStatement statement(kSelectProblems);
  Conditions where(statement);
  ask_for_problems(filter, where);
  if (page.after) where.next().add("p.id < ").value(SqlValue::of(page.after->numbers[0]));
  statement.add(" ORDER BY p.id DESC LIMIT ").value(limit_of(page));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, kProblemColumns));
  Page<Problem> out;
  for (std::size_t i = 0; i < std::min(rows.size(), rows_of(page)); ++i) {
    CORDON_TRY(Problem problem, problem_in(rows[i]));
    out.rows.push_back(std::move(problem));
  }
  if (rows.size() > out.rows.size()) out.next = PageCursor{{out.rows.back().id, 0}, ""};
  return out;
}

Result<Problem> read_problem(SqlSession& session, ProblemId id) {
  SqlStatement statement(kSelectProblems);
  statement.add(" WHERE p.id = ").value(SqlValue::of(id));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, kProblemColumns));
  if (!rows.empty()) return problem_in(rows.front());
  return Error{Errc::not_found, "there is no problem " + std::to_string(id)};
}

Result<Page<Rollup>> read_rollups(SqlSession& session, const RollupFilter& filter,
                                  const PageRequest& page) {
  SqlStatement statement(
      "SELECT s.day, s.verdict, b.name, s.results, s.skipped, s.bytes FROM rollups s "
      "JOIN buckets b ON b.id = s.bucket");
  Conditions where(statement);
  if (filter.bucket) {
    where.next().add("b.name = ").value(SqlValue::of(std::string_view(filter.bucket->str())));
  }
  if (filter.first) where.next().add("s.day >= ").value(day_of(*filter.first));
  if (filter.last) where.next().add("s.day <= ").value(day_of(*filter.last));
  if (page.after) {
    where.next()
        .add("(s.day, s.verdict, b.name) > ")
        .list({SqlValue::of(page.after->numbers[0]), SqlValue::of(page.after->numbers[1]),
               SqlValue::of(std::string_view(page.after->text))});
  }
  statement.add(" ORDER BY s.day, s.verdict, b.name LIMIT ").value(limit_of(page));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "nnbnnn"));
  Page<Rollup> out;
  for (std::size_t i = 0; i < std::min(rows.size(), rows_of(page)); ++i) {
    CORDON_TRY(Rollup rollup, rollup_in(rows[i]));
    out.rows.push_back(std::move(rollup));
  }
  if (rows.size() > out.rows.size()) {
    const SqlRow& last = rows[out.rows.size() - 1];
    out.next = PageCursor{{last.number(0), last.number(1)}, last.bytes(2)};
  }
  return out;
}

}  // namespace cordon
