// What a database on a disk of our own has to stand.
//
// A result is deleted from its queue once the store took it, so a commit must be on the disk: the
// journal is a write-ahead log (readers and the writer do not wait for each other) and each commit
// is synced (synchronous=FULL; NORMAL would lose the last ones with the power). Batches make that
// cheap. Locks are waited for until the statement's deadline, because another program may write
// (`cordon console token new`); long statements look at deadline and stop request every 10,000
// steps of SQLite's machine. A disk that is full fails the statement, whose transaction is rolled
// back: nothing is half there.

#include "store/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "base/files.h"
#include "base/narrow.h"
#include "base/unique_fd.h"

namespace cordon {
namespace {

constexpr SqlDialect kDialect{.blob = "BLOB",
                              .serial = "INTEGER PRIMARY KEY AUTOINCREMENT",
                              .number_key = "INTEGER PRIMARY KEY",
                              .without_rowid = " WITHOUT ROWID",
                              .begin_write = "BEGIN IMMEDIATE",
                              .lock_write = ""};
constexpr int kStepsBetweenLooks = 10'000;
constexpr std::chrono::milliseconds kLockPause{5};

struct Finalize {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;

/// What the callbacks of SQLite look at while a statement runs.
class WaitScope {
 public:
  WaitScope(const SqlWait*& place, const SqlWait& wait) : place_(place) { place_ = &wait; }
  WaitScope(const WaitScope&) = delete;
  WaitScope& operator=(const WaitScope&) = delete;
  ~WaitScope() { place_ = nullptr; }

 private:
  const SqlWait*& place_;
};

// Mode 0600 before SQLite opens it: names of objects and digests of tokens are nobody else's.
//
// A file that is there is not opened, only to be closed again: closing any descriptor of a file
// takes away every lock that this process has on it (POSIX), also those of its other connections.
// The next program that ends would think that it was the last one, and delete the journal that is
// in use.
Result<void> make_private(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd || errno == EEXIST) return {};
  return errno_error("making the database " + path.string(), errno);
}

// The parameters outlive the statement, so SQLite makes no copies.
int bind(sqlite3_stmt* statement, int place, const SqlValue& value) {
  if (value.is_null) return sqlite3_bind_null(statement, place);
  switch (value.type) {
    case SqlValue::Type::number:
      return sqlite3_bind_int64(statement, place, value.number);
    case SqlValue::Type::bytes:
      return sqlite3_bind_blob64(statement, place, value.bytes.data(), value.bytes.size(),
                                 SQLITE_STATIC);
    case SqlValue::Type::text:
      return sqlite3_bind_text64(statement, place, value.bytes.data(), value.bytes.size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
  }
  return SQLITE_MISUSE;
}

std::string bytes_in(sqlite3_stmt* statement, int column) {
  // SAFETY: the pointer is valid until the next step; it is null for no bytes.
  const void* data = sqlite3_column_blob(statement, column);
  const int size = sqlite3_column_bytes(statement, column);
  return data == nullptr ? std::string()
                         : std::string(static_cast<const char*>(data), static_cast<size_t>(size));
}

// None for a type that we do not write.
std::optional<SqlValue> value_in(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return SqlValue::of(std::int64_t{sqlite3_column_int64(statement, column)});
    case SQLITE_BLOB:
      return SqlValue::of(std::string_view(bytes_in(statement, column)));
    case SQLITE_TEXT:
      return SqlValue::text(bytes_in(statement, column));
    case SQLITE_NULL:
      return SqlValue::null(SqlValue::Type::number);
    default:  // Not an enum: a number with a fraction.
      return std::nullopt;
  }
}

Result<SqlRow> row_in(sqlite3_stmt* statement, std::string_view columns) {
  std::vector<SqlValue> values;
  values.reserve(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::optional<SqlValue> value = value_in(statement, static_cast<int>(i));
    if (!value || !fits(*value, columns[i])) return foreign_row();
    values.push_back(*std::move(value));
  }
  return SqlRow(std::move(values));
}

}  // namespace

void SqliteConnection::Close::operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
SqliteConnection::~SqliteConnection() = default;

const SqlDialect& SqliteConnection::dialect() const { return kDialect; }
bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

void SqliteConnection::roll_back() noexcept {
  // SQLite itself has rolled back after some errors. A rollback needs no lock and no room.
  if (in_transaction()) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

// Called while another connection holds the lock; 0 gives up.
int SqliteConnection::wait_for_lock(void* self, int /*attempt*/) {
  const auto& me = *static_cast<const SqliteConnection*>(self);
  if (me.wait_ == nullptr || me.wait_->deadline.passed(me.clock_)) return 0;
  return me.clock_.wait_for(kLockPause, me.wait_->stop) ? 1 : 0;
}

int SqliteConnection::is_over(void* self) {
  const auto& me = *static_cast<const SqliteConnection*>(self);
  if (me.wait_ == nullptr) return 0;
  return me.wait_->stop.stop_requested() || me.wait_->deadline.passed(me.clock_) ? 1 : 0;
}

Error SqliteConnection::error_of(int code) const {
  const std::string text = name_ + ": " + (db_ ? sqlite3_errmsg(db_.get()) : sqlite3_errstr(code));
  if (wait_ != nullptr && wait_->stop.stop_requested()) {
    return Error{Errc::cancelled, "stopped while the database worked"};
  }
  const int extended = db_ ? sqlite3_extended_errcode(db_.get()) : code;
  if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY) {
    return Error{Errc::changed, text};
  }
  switch (code & 0xFF) {  // Not an enum: the primary codes of SQLite.
    case SQLITE_INTERRUPT:
      return Error{Errc::timeout, name_ + ": the database did not answer in time"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error{Errc::unavailable, text + ": another program is writing"};
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
      return Error{Errc::unavailable, text};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return Error{Errc::denied, text};
    case SQLITE_NOTADB:
      return Error{Errc::invalid, text + "; name another file with --database"};
    case SQLITE_CORRUPT:
      return Error{Errc::invalid, text + "; restore it from a backup"};
    default:
      return Error{Errc::invalid, text};
  }
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const SqliteFile& file,
                                                                 const Clock& clock,
                                                                 const SqlWait& wait) {
  const std::string name = file.path.empty() ? ":memory:" : file.path.string();
  if (!file.path.empty()) CORDON_TRY(make_private(file.path));
  std::unique_ptr<SqliteConnection> made(new SqliteConnection(clock, name));
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(
      name.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  made->db_.reset(db);
  if (code != SQLITE_OK) return made->error_of(code);
  CORDON_TRY(made->prepare_database(wait));
  return made;
}

Result<void> SqliteConnection::prepare_database(const SqlWait& wait) {
  sqlite3_extended_result_codes(db_.get(), 1);
  sqlite3_busy_handler(db_.get(), &SqliteConnection::wait_for_lock, this);
  sqlite3_progress_handler(db_.get(), kStepsBetweenLooks, &SqliteConnection::is_over, this);
  // Nothing that a prepared file says of itself is run.
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  CORDON_TRY(run(SqlStatement("PRAGMA journal_mode = WAL"), "t", wait));
  CORDON_TRY(run(SqlStatement("PRAGMA synchronous = FULL"), "", wait));
  CORDON_TRY(run(SqlStatement("PRAGMA journal_size_limit = 67108864"), "n", wait));
  return {};
}

Result<std::vector<SqlRow>> SqliteConnection::run(const SqlStatement& statement,
                                                  std::string_view columns, const SqlWait& wait) {
  const WaitScope scope(wait_, wait);
  if (is_over(this) != 0) return error_of(SQLITE_INTERRUPT);
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), statement.sql().c_str(),
                                      narrow<int>(statement.sql().size() + 1), 0, &raw, nullptr);
  const Prepared prepared(raw);
  if (code != SQLITE_OK) return error_of(code);
  int place = 0;
  for (const SqlValue& value : statement.parameters()) {
    if (const int bound = bind(raw, ++place, value); bound != SQLITE_OK) return error_of(bound);
  }
  std::vector<SqlRow> rows;
  int step = sqlite3_step(raw);
  for (; step == SQLITE_ROW; step = sqlite3_step(raw)) {
    if (columns.size() > static_cast<std::size_t>(sqlite3_column_count(raw))) return foreign_row();
    CORDON_TRY(SqlRow row, row_in(raw, columns));
    rows.push_back(std::move(row));
  }
  if (step != SQLITE_DONE) return error_of(step);
  return rows;
}

}  // namespace cordon
