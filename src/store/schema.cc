// The tables, and why they look like this.
//
// results   one row per scan, small: what is searched. The document lies in a table of its own, so
//           that a search reads few pages. `seq` is the order of arrival; ids are made of time, so
//           their index grows at its end (random keys: fifteen times slower).
// objects   one row per version of an object: its newest result, and the problem that this tells
// of. problems  one row per content, verdict and cause. `objects` counts the rows above, so that a
// list
//           needs no counting.
// names     every signature of a result: it may have several, and people search for any of them.
// rollups   sums by day, verdict and bucket, which outlive the results.
// agents    the newest report of each, as it came.
// people    who may sign in. Names are given once: a row goes when its person does.
// sessions  who is signed in; a row counts as long as its person has its generation.
// audit     who changed what, each with the hash of the one before. Rows are added and nothing
// else.
// answers   what requests with an Idempotency-Key were answered, for a day; no status: under way.
//
// No foreign keys: everything is written by one writer (finding_writer.cc, retention.cc), in one
// transaction per batch, and the contract suite counts after it. What strangers named is bytes.

#include "store/schema.h"

#include <array>
#include <span>
#include <string>

#include "core/finding.h"

namespace cordon {
namespace {

constexpr std::string_view kVersionTable =
    "CREATE TABLE IF NOT EXISTS cordon_schema (version BIGINT NOT NULL, applied_at BIGINT NOT "
    "NULL)";

// In these {BLOB}, {SERIAL}, {KEY} and {NO_ROWID} are the dialect's. A step that was released is
// never edited; what has to change is a new step.
constexpr std::array<std::string_view, 20> kFirst = {
    "CREATE TABLE buckets (id {SERIAL}, name {BLOB} NOT NULL UNIQUE)",

    "CREATE TABLE problems (id {SERIAL}, digest {BLOB} NOT NULL UNIQUE, sha256 {BLOB}, "
    "verdict BIGINT NOT NULL, cause {BLOB} NOT NULL, first_at BIGINT NOT NULL, "
    "last_at BIGINT NOT NULL, objects BIGINT NOT NULL, is_open BIGINT NOT NULL, "
    "handled_by {BLOB}, handled_at BIGINT, handled_why {BLOB})",
    "CREATE INDEX problems_by_sha256 ON problems (sha256)",
    "CREATE INDEX problems_by_cause ON problems (cause)",
    "CREATE INDEX problems_open ON problems (id) WHERE is_open = 1",

    "CREATE TABLE objects (id {SERIAL}, bucket BIGINT NOT NULL, name {BLOB} NOT NULL, "
    "version {BLOB} NOT NULL, newest BIGINT NOT NULL, newest_at BIGINT NOT NULL, "
    "newest_id {BLOB} NOT NULL, problem BIGINT, UNIQUE (bucket, name, version))",
    "CREATE INDEX objects_by_problem ON objects (problem, id) WHERE problem IS NOT NULL",

    "CREATE TABLE results (seq {SERIAL}, id {BLOB} NOT NULL UNIQUE, object BIGINT NOT NULL, "
    "bucket BIGINT NOT NULL, at BIGINT NOT NULL, verdict BIGINT NOT NULL, problem BIGINT, "
    "sha256 {BLOB}, document_bytes BIGINT NOT NULL)",
    "CREATE INDEX results_by_time ON results (at, id)",
    "CREATE INDEX results_by_bucket ON results (bucket, at, id)",
    "CREATE INDEX results_by_verdict ON results (verdict, at, id)",
    "CREATE INDEX results_by_object ON results (object, at)",
    "CREATE INDEX results_by_problem ON results (problem) WHERE problem IS NOT NULL",
    "CREATE INDEX results_by_sha256 ON results (sha256) WHERE sha256 IS NOT NULL",

    "CREATE TABLE documents (seq {KEY}, body TEXT NOT NULL)",

    "CREATE TABLE names (name {BLOB} NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (name, seq))"
    "{NO_ROWID}",
    "CREATE INDEX names_by_result ON names (seq)",

    "CREATE TABLE rollups (day BIGINT NOT NULL, verdict BIGINT NOT NULL, bucket BIGINT NOT NULL, "
    "results BIGINT NOT NULL, skipped BIGINT NOT NULL, bytes BIGINT NOT NULL, "
    "PRIMARY KEY (day, verdict, bucket)){NO_ROWID}",

    "CREATE TABLE tokens (id {SERIAL}, name {BLOB} NOT NULL, role {BLOB} NOT NULL, "
    "digest {BLOB} NOT NULL UNIQUE, created BIGINT NOT NULL, expires BIGINT, revoked BIGINT)",
    "CREATE UNIQUE INDEX tokens_in_force ON tokens (name) WHERE revoked IS NULL",
};

constexpr std::array<std::string_view, 2> kAgents = {
    "CREATE TABLE agents (id {SERIAL}, account {BLOB} NOT NULL, region {BLOB} NOT NULL, "
    "name {BLOB} NOT NULL, at BIGINT NOT NULL, report TEXT NOT NULL, "
    "UNIQUE (account, region, name))",
    "CREATE INDEX agents_by_time ON agents (at)",
};

constexpr std::array<std::string_view, 5> kPeople = {
    "CREATE TABLE people (id {SERIAL}, name {BLOB} NOT NULL UNIQUE, role {BLOB} NOT NULL, "
    "password {BLOB}, invitation {BLOB} UNIQUE, invitation_expires BIGINT, code_secret {BLOB}, "
    "code_offered {BLOB}, code_step BIGINT NOT NULL, is_disabled BIGINT NOT NULL, "
    "generation BIGINT NOT NULL, created BIGINT NOT NULL)",

    "CREATE TABLE sessions (id {SERIAL}, digest {BLOB} NOT NULL UNIQUE, person {BLOB} NOT NULL, "
    "generation BIGINT NOT NULL, created BIGINT NOT NULL, last_seen BIGINT NOT NULL)",
    "CREATE INDEX sessions_by_use ON sessions (last_seen)",
    "CREATE INDEX sessions_by_age ON sessions (created)",

    "CREATE TABLE audit (number {KEY}, at BIGINT NOT NULL, who {BLOB} NOT NULL, "
    "action {BLOB} NOT NULL, target {BLOB} NOT NULL, outcome {BLOB} NOT NULL, "
    "detail {BLOB} NOT NULL, previous {BLOB} NOT NULL, hash {BLOB} NOT NULL)",
};

constexpr std::array<std::string_view, 2> kAnswers = {
    "CREATE TABLE answers (name {BLOB} NOT NULL PRIMARY KEY, request {BLOB} NOT NULL, "
    "at BIGINT NOT NULL, status BIGINT, type {BLOB}, tag {BLOB}, body {BLOB})",
    "CREATE INDEX answers_by_time ON answers (at)",
};

using Step = std::span<const std::string_view>;
constexpr std::array<Step, 4> kSteps = {Step(kFirst), Step(kAgents), Step(kPeople), Step(kAnswers)};
static_assert(kSteps.size() == kSchemaVersion);

std::string in_dialect(std::string_view sql, const SqlDialect& dialect) {
  const std::array<std::pair<std::string_view, std::string_view>, 4> words = {
      {{"{BLOB}", dialect.blob},
       {"{SERIAL}", dialect.serial},
       {"{KEY}", dialect.number_key},
       {"{NO_ROWID}", dialect.without_rowid}}};
  std::string out(sql);
  for (const auto& [word, meaning] : words) {
    for (std::size_t at = out.find(word); at != std::string::npos; at = out.find(word, at)) {
      out.replace(at, word.size(), meaning);
      at += meaning.size();
    }
  }
  return out;
}

Result<std::int64_t> version_in(SqlSession& session) {
  CORDON_TRY(const std::vector<SqlRow> rows,
             session.query(SqlStatement("SELECT MAX(version) FROM cordon_schema"), "N"));
  return rows.empty() ? 0 : rows.front().maybe_number(0).value_or(0);
}

Result<void> take_step(SqlSession& session, std::int64_t version, SystemTime now) {
  for (const std::string_view sql : kSteps[static_cast<std::size_t>(version - 1)]) {
    CORDON_TRY(session.run(SqlStatement(in_dialect(sql, session.dialect()))));
  }
  SqlStatement done("INSERT INTO cordon_schema (version, applied_at) VALUES ");
  done.list({SqlValue::of(version), SqlValue::of(ms_of(now))});
  return session.run(done);
}

Result<void> take_steps(SqlSession& session, SystemTime now) {
  CORDON_TRY(session.run(SqlStatement(kVersionTable)));
  CORDON_TRY(const std::int64_t found, version_in(session));
  if (found > kSchemaVersion || found < 0) {
    return Error{Errc::invalid, "the database has version " + std::to_string(found) +
                                    " of the tables and this program knows up to " +
                                    std::to_string(kSchemaVersion) +
                                    ": a newer cordon made it, so start that one"};
  }
  for (std::int64_t version = found + 1; version <= kSchemaVersion; ++version) {
    CORDON_TRY(take_step(session, version, now));
  }
  return {};
}

}  // namespace

Result<void> bring_up_to_date(SqlConnection& connection, SystemTime now, const SqlWait& wait) {
  return in_write_transaction(connection, wait, [now](SqlSession& session) -> Result<void> {
    return take_steps(session, now);
  });
}

}  // namespace cordon
