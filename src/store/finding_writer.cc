// A batch of results in some dozen statements, however many results it has: over a network each
// statement is a round trip, and SQLite prepares each anew. So everything is read for the whole
// batch, decided here, and written for the whole batch. That is right because there is one writer.

#include "store/finding_writer.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/verdict_numbers.h"

namespace cordon {
namespace {

constexpr std::size_t kResultsMax = 1'000;
constexpr std::size_t kNamesMax = 100;            // Of one result, that can be searched for.
constexpr std::size_t kRowsPerStatement = 2'000;  // PostgreSQL takes 65,535 parameters.
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

using Rows = std::vector<std::vector<SqlValue>>;

/// A result that is not in the database yet, and the numbers of what it is about.
struct Incoming {
  const ScanResult& result;
  std::int64_t at;
  std::string document;
  std::optional<ProblemKey> key;
  std::string key_digest;  ///< Of `key`.
  std::int64_t bucket = 0;
  std::int64_t object = 0;
  std::optional<std::int64_t> problem = std::nullopt;
  std::int64_t seq = 0;
};

/// A row of `objects`.
struct ObjectRow {
  std::int64_t newest = 0;
  std::int64_t newest_at = kLeast;
  std::string newest_id;
  std::optional<std::int64_t> problem;
  bool is_changed = false;
};

/// What a batch changes of a problem.
struct ProblemChange {
  std::int64_t first_at = kMost;
  std::int64_t last_at = kLeast;
  std::int64_t objects = 0;  ///< Come less gone.
  bool is_joined = false;
};
using ProblemChanges = std::map<std::int64_t, ProblemChange>;

// "INSERT ... VALUES" of all rows in pieces; the rows that `end` returns, if it does.
Result<std::vector<SqlRow>> insert(SqlSession& session, std::string_view head, Rows rows,
                                   std::string_view end, std::string_view columns) {
  std::vector<SqlRow> out;
  for (std::size_t i = 0; i < rows.size(); i += kRowsPerStatement) {
    const std::size_t count = std::min(kRowsPerStatement, rows.size() - i);
    const auto begin = std::make_move_iterator(rows.begin() + static_cast<std::ptrdiff_t>(i));
    SqlStatement statement(head);
    statement.rows(Rows(begin, begin + static_cast<std::ptrdiff_t>(count))).add(end);
    CORDON_TRY(std::vector<SqlRow> returned, session.query(statement, columns));
    std::move(returned.begin(), returned.end(), std::back_inserter(out));
  }
  return out;
}

std::vector<SqlValue> bytes_of(const std::set<std::string>& texts) {
  std::vector<SqlValue> out;
  for (const std::string& text : texts) out.push_back(SqlValue::of(std::string_view(text)));
  return out;
}

// --- what is new -----------------------------------------------------------------------------

Result<std::set<std::string>> known_ids(SqlSession& session, std::span<const ScanResult> results) {
  std::set<std::string> ids;
  for (const ScanResult& result : results) ids.insert(result.id);
  SqlStatement statement("SELECT id FROM results WHERE id IN ");
  statement.list(bytes_of(ids));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "b"));
  std::set<std::string> known;
  for (const SqlRow& row : rows) known.insert(row.bytes(0));
  return known;
}

Incoming incoming_of(const ScanResult& result) {
  Incoming one{.result = result,
               .at = ms_of(result.scanned_at),
               .document = ascii_json(to_json(result)),
               .key = problem_of(result),
               .key_digest = {}};
  if (one.key) one.key_digest = digest_of(*one.key);
  return one;
}

// --- numbers of buckets, objects and problems, which are made where there are none ------------

Result<void> number_buckets(SqlSession& session, std::vector<Incoming>& batch) {
  std::set<std::string> names;
  for (const Incoming& one : batch) names.insert(one.result.bucket->str());
  std::map<std::string, std::int64_t> known;
  SqlStatement find("SELECT id, name FROM buckets WHERE name IN ");
  find.list(bytes_of(names));
  CORDON_TRY(std::vector<SqlRow> found, session.query(find, "nb"));
  for (const SqlRow& row : found) names.erase(row.bytes(1));
  Rows missing;
  for (const std::string& name : names) missing.push_back({SqlValue::of(std::string_view(name))});
  CORDON_TRY(std::vector<SqlRow> made, insert(session, "INSERT INTO buckets (name) VALUES ",
                                              std::move(missing), " RETURNING id, name", "nb"));
  std::move(made.begin(), made.end(), std::back_inserter(found));
  for (const SqlRow& row : found) known[row.bytes(1)] = row.number(0);
  for (Incoming& one : batch) one.bucket = known[one.result.bucket->str()];
  return {};
}

using ObjectName = std::tuple<std::int64_t, std::string, std::string>;
ObjectName object_name_of(const Incoming& one) {
  const ObjectVersion where = object_version_of(one.result);
  return {one.bucket, where.key.str(), where.version.str()};
}
std::vector<SqlValue> values_of(const ObjectName& name) {
  return {SqlValue::of(std::get<0>(name)), SqlValue::of(std::string_view(std::get<1>(name))),
          SqlValue::of(std::string_view(std::get<2>(name)))};
}

using ObjectRows = std::map<std::int64_t, ObjectRow>;

// The rows of the batch's objects that are there; takes their names out of `names`.
Result<void> find_objects(SqlSession& session, std::set<ObjectName>& names,
                          std::map<ObjectName, std::int64_t>& numbers, ObjectRows& objects) {
  Rows wanted;
  for (const ObjectName& name : names) wanted.push_back(values_of(name));
  // CROSS, so that SQLite looks each of them up: it searches the whole table for
  // "(bucket, name, version) IN (VALUES ...)", and may for a plain join.
  SqlStatement statement(
      "SELECT o.id, o.bucket, o.name, o.version, o.newest, o.newest_at, o.newest_id, o.problem "
      "FROM (VALUES ");
  statement.rows(std::move(wanted))
      .add(
          ") AS v CROSS JOIN objects o "
          "WHERE o.bucket = v.column1 AND o.name = v.column2 AND o.version = v.column3");
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "nnbbnnbN"));
  for (const SqlRow& row : rows) {
    const ObjectName name{row.number(1), row.bytes(2), row.bytes(3)};
    numbers[name] = row.number(0);
    objects[row.number(0)] = {.newest = row.number(4),
                              .newest_at = row.number(5),
                              .newest_id = row.bytes(6),
                              .problem = row.maybe_number(7)};
    names.erase(name);
  }
  return {};
}

Result<ObjectRows> number_objects(SqlSession& session, std::vector<Incoming>& batch) {
  std::set<ObjectName> names;
  for (const Incoming& one : batch) names.insert(object_name_of(one));
  std::map<ObjectName, std::int64_t> numbers;
  ObjectRows objects;
  CORDON_TRY(find_objects(session, names, numbers, objects));
  Rows missing;
  for (const ObjectName& name : names) {
    std::vector<SqlValue> row = values_of(name);
    row.insert(row.end(), {SqlValue::of(std::int64_t{0}), SqlValue::of(kLeast),
                           SqlValue::of(std::string_view(""))});
    missing.push_back(std::move(row));
  }
  CORDON_TRY(const std::vector<SqlRow> made,
             insert(session,
                    "INSERT INTO objects (bucket, name, version, newest, newest_at, newest_id) "
                    "VALUES ",
                    std::move(missing), " RETURNING id, bucket, name, version", "nnbb"));
  for (const SqlRow& row : made) {
    numbers[{row.number(1), row.bytes(2), row.bytes(3)}] = row.number(0);
    objects[row.number(0)] = {};
  }
  for (Incoming& one : batch) one.object = numbers[object_name_of(one)];
  return objects;
}

Rows missing_problems(const std::vector<Incoming>& batch, std::set<std::string> digests) {
  Rows rows;
  for (const Incoming& one : batch) {  // In the order of the batch: so they are listed.
    if (!one.key || digests.erase(one.key_digest) == 0) continue;
    rows.push_back({SqlValue::of(std::string_view(one.key_digest)), SqlValue::of(one.key->sha256),
                    SqlValue::of(number_of(one.key->verdict)),
                    SqlValue::of(std::string_view(one.key->cause)), SqlValue::of(one.at),
                    SqlValue::of(one.at), SqlValue::of(std::int64_t{0}),
                    SqlValue::of(std::int64_t{1})});
  }
  return rows;
}

Result<void> number_problems(SqlSession& session, std::vector<Incoming>& batch) {
  std::set<std::string> digests;
  for (const Incoming& one : batch) {
    if (one.key) digests.insert(one.key_digest);
  }
  if (digests.empty()) return {};
  SqlStatement find("SELECT id, digest FROM problems WHERE digest IN ");
  find.list(bytes_of(digests));
  CORDON_TRY(std::vector<SqlRow> found, session.query(find, "nb"));
  for (const SqlRow& row : found) digests.erase(row.bytes(1));
  CORDON_TRY(std::vector<SqlRow> made,
             insert(session,
                    "INSERT INTO problems (digest, sha256, verdict, cause, first_at, last_at, "
                    "objects, is_open) VALUES ",
                    missing_problems(batch, digests), " RETURNING id, digest", "nb"));
  std::move(made.begin(), made.end(), std::back_inserter(found));
  std::map<std::string, std::int64_t> numbers;
  for (const SqlRow& row : found) numbers[row.bytes(1)] = row.number(0);
  for (Incoming& one : batch) {
    if (one.key) one.problem = numbers[one.key_digest];
  }
  return {};
}

// --- the results themselves ------------------------------------------------------------------

Result<void> insert_results(SqlSession& session, std::vector<Incoming>& batch) {
  Rows rows;
  for (const Incoming& one : batch) {
    rows.push_back({SqlValue::of(std::string_view(one.result.id)), SqlValue::of(one.object),
                    SqlValue::of(one.bucket), SqlValue::of(one.at),
                    SqlValue::of(number_of(one.result.verdict.disposition)),
                    SqlValue::of(one.problem), SqlValue::of(content_sha256(one.result)),
                    SqlValue::of(static_cast<std::int64_t>(one.document.size()))});
  }
  CORDON_TRY(const std::vector<SqlRow> made,
             insert(session,
                    "INSERT INTO results (id, object, bucket, at, verdict, problem, sha256, "
                    "document_bytes) VALUES ",
                    std::move(rows), " RETURNING seq, id", "nb"));
  std::map<std::string, std::int64_t> seqs;
  for (const SqlRow& row : made) seqs[row.bytes(1)] = row.number(0);
  for (Incoming& one : batch) one.seq = seqs[one.result.id];
  return {};
}

Result<void> insert_documents(SqlSession& session, std::vector<Incoming>& batch) {
  Rows documents;
  Rows names;
  for (Incoming& one : batch) {
    documents.push_back({SqlValue::of(one.seq), SqlValue::text(std::move(one.document))});
    std::set<std::string> distinct;
    for (const std::string& name : one.result.verdict.virus_names) {
      if (distinct.size() < kNamesMax) distinct.insert(name);
    }
    for (const std::string& name : distinct) {
      names.push_back({SqlValue::of(std::string_view(name)), SqlValue::of(one.seq)});
    }
  }
  CORDON_TRY(
      insert(session, "INSERT INTO documents (seq, body) VALUES ", std::move(documents), "", ""));
  CORDON_TRY(insert(session, "INSERT INTO names (name, seq) VALUES ", std::move(names), "", ""));
  return {};
}

// --- what follows from them ------------------------------------------------------------------

// An object moves from the problem of its newest result so far to that of its newest result.
void move_objects(const std::vector<Incoming>& batch, ObjectRows& objects,
                  ProblemChanges& changes) {
  std::map<std::int64_t, std::optional<std::int64_t>> before;
  for (const Incoming& one : batch) {
    ObjectRow& row = objects[one.object];
    before.emplace(one.object, row.problem);
    if (std::tie(one.at, one.result.id) <= std::tie(row.newest_at, row.newest_id)) continue;
    row = {.newest = one.seq,
           .newest_at = one.at,
           .newest_id = one.result.id,
           .problem = one.problem,
           .is_changed = true};
  }
  for (const auto& [object, problem] : before) {
    const std::optional<std::int64_t>& now = objects[object].problem;
    if (problem == now) continue;
    if (problem) --changes[*problem].objects;
    if (now) {
      ++changes[*now].objects;
      changes[*now].is_joined = true;
    }
  }
}

Result<void> write_objects(SqlSession& session, const ObjectRows& objects) {
  Rows rows;
  for (const auto& [number, row] : objects) {
    if (!row.is_changed) continue;
    rows.push_back({SqlValue::of(number), SqlValue::of(row.newest), SqlValue::of(row.newest_at),
                    SqlValue::of(std::string_view(row.newest_id)), SqlValue::of(row.problem)});
  }
  if (rows.empty()) return {};
  SqlStatement statement(
      "UPDATE objects SET newest = v.column2, newest_at = v.column3, newest_id = v.column4, "
      "problem = v.column5 FROM (VALUES ");
  statement.rows(std::move(rows)).add(") AS v WHERE objects.id = v.column1");
  return session.run(statement);
}

Result<void> write_problems(SqlSession& session, const ProblemChanges& changes) {
  Rows rows;
  for (const auto& [number, change] : changes) {
    rows.push_back({SqlValue::of(number), SqlValue::of(change.first_at),
                    SqlValue::of(change.last_at), SqlValue::of(change.objects),
                    SqlValue::of(std::int64_t{change.is_joined ? 1 : 0})});
  }
  if (rows.empty()) return {};
  SqlStatement statement(
      "UPDATE problems SET "
      "first_at = CASE WHEN v.column2 < first_at THEN v.column2 ELSE first_at END, "
      "last_at = CASE WHEN v.column3 > last_at THEN v.column3 ELSE last_at END, "
      "objects = problems.objects + v.column4, "
      "is_open = CASE WHEN v.column5 = 1 THEN 1 ELSE is_open END FROM (VALUES ");
  statement.rows(std::move(rows)).add(") AS v WHERE problems.id = v.column1");
  return session.run(statement);
}

Result<void> write_rollups(SqlSession& session, const std::vector<Incoming>& batch) {
  struct Sum {
    std::int64_t results = 0, skipped = 0, bytes = 0;
  };
  // Far above what any store takes, and a thousand of them are far below the largest sum.
  constexpr std::uint64_t kObjectBytesMax = std::uint64_t{1} << 50U;
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, Sum> sums;
  for (const Incoming& one : batch) {
    const std::int64_t day =
        std::chrono::floor<std::chrono::days>(one.result.scanned_at).time_since_epoch().count();
    Sum& sum = sums[{day, number_of(one.result.verdict.disposition), one.bucket}];
    ++sum.results;
    sum.skipped += one.result.skipped ? 1 : 0;
    sum.bytes += static_cast<std::int64_t>(std::min(one.result.size.value_or(0), kObjectBytesMax));
  }
  Rows rows;
  for (const auto& [key, sum] : sums) {
    rows.push_back({SqlValue::of(std::get<0>(key)), SqlValue::of(std::get<1>(key)),
                    SqlValue::of(std::get<2>(key)), SqlValue::of(sum.results),
                    SqlValue::of(sum.skipped), SqlValue::of(sum.bytes)});
  }
  // SQLite would go on with fractions beyond 64 bits, PostgreSQL would refuse.
  CORDON_TRY(insert(session,
                    "INSERT INTO rollups (day, verdict, bucket, results, skipped, bytes) VALUES ",
                    std::move(rows),
                    " ON CONFLICT (day, verdict, bucket) DO UPDATE SET "
                    "results = rollups.results + excluded.results, "
                    "skipped = rollups.skipped + excluded.skipped, "
                    "bytes = CASE WHEN rollups.bytes > 9223372036854775807 - excluded.bytes "
                    "THEN 9223372036854775807 ELSE rollups.bytes + excluded.bytes END",
                    ""));
  return {};
}

Result<void> write_batch(SqlSession& session, std::vector<Incoming>& batch) {
  CORDON_TRY(number_buckets(session, batch));
  CORDON_TRY(ObjectRows objects, number_objects(session, batch));
  CORDON_TRY(number_problems(session, batch));
  CORDON_TRY(insert_results(session, batch));
  CORDON_TRY(insert_documents(session, batch));
  ProblemChanges changes;
  for (const Incoming& one : batch) {
    if (!one.problem) continue;
    ProblemChange& change = changes[*one.problem];
    change.first_at = std::min(change.first_at, one.at);
    change.last_at = std::max(change.last_at, one.at);
  }
  move_objects(batch, objects, changes);
  CORDON_TRY(write_objects(session, objects));
  CORDON_TRY(write_problems(session, changes));
  return write_rollups(session, batch);
}

}  // namespace

Result<TakenResults> add_results(SqlSession& session, std::span<const ScanResult> results) {
  if (results.size() > kResultsMax || !std::all_of(results.begin(), results.end(), is_storable)) {
    return Error{Errc::invalid, "a store takes up to 1,000 results of objects at once"};
  }
  TakenResults taken;
  if (results.empty()) return taken;
  CORDON_TRY(std::set<std::string> known, known_ids(session, results));
  std::vector<Incoming> batch;
  for (const ScanResult& result : results) {
    if (known.insert(result.id).second) batch.push_back(incoming_of(result));
  }
  taken = {.added = batch.size(), .known = results.size() - batch.size()};
  if (batch.empty()) return taken;
  CORDON_TRY(write_batch(session, batch));
  return taken;
}

Result<void> mark_handled(SqlSession& session, ProblemId problem, const HandledMark& mark) {
  SqlStatement statement("UPDATE problems SET is_open = 0, handled_by = ");
  statement.value(SqlValue::of(std::string_view(mark.by)))
      .add(", handled_at = ")
      .value(SqlValue::of(ms_of(mark.at)))
      .add(", handled_why = ")
      .value(SqlValue::of(std::string_view(mark.why)))
      .add(" WHERE id = ")
      .value(SqlValue::of(problem))
      .add(" RETURNING id");
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "n"));
  if (!rows.empty()) return {};
  return Error{Errc::not_found, "there is no problem " + std::to_string(problem)};
}

}  // namespace cordon
