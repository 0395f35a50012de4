// What the contract cannot see: files, locks, disks, servers, other programs.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "store/open_store.h"
#include "store/schema.h"
#include "testing/finding_store_contract.h"
#include "testing/postgres_server.h"

namespace cordon {
namespace {

using Store = std::unique_ptr<SqlStore>;

Deadline soon() { return Deadline::after(RealClock(), std::chrono::milliseconds(300)); }

std::vector<ScanResult> one_result(const std::string& id) { return {ReportedFinding(id)}; }

/// Statements that another program could run on the file.
void run_on_file(const std::filesystem::path& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  sqlite3_close(db);
}

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreTest() { EXPECT_NE(::mkdtemp(folder_.data()), nullptr); }
  ~SqliteStoreTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path path() const { return folder_ + "/console.db"; }
  Result<Store> open(Deadline deadline = Deadline::never()) {
    return open_store(SqliteLocation{path()}, 2, clock_, deadline, {});
  }

  std::string folder_ = testing::TempDir() + "cordon-store-XXXXXX";
  RealClock clock_;
};

TEST_F(SqliteStoreTest, KeepsWhatItTookAndNobodyElseMayReadIt) {
  ASSERT_TRUE(open().value()->add(one_result("1"), Deadline::never(), {}));

  const Result<ScanResult> found = open().value()->result("1", Deadline::never(), {});

  EXPECT_TRUE(found);
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

/// Whether another process sees that this one uses the file: the byte range is SQLite's, for shared
/// locks.
bool is_seen_as_used(const std::filesystem::path& path) {
  constexpr off_t kSharedFirst = 0x40000002;
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(path.c_str(), O_RDWR);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_start = kSharedFirst;
    lock.l_len = 510;
    const bool is_used = ::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    ::_exit(is_used ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

TEST_F(SqliteStoreTest, OtherProgramsSeeThatItIsInUse) {
  const Store store = open().value();
  ASSERT_TRUE(store->add(one_result("1"), Deadline::never(), {}));
  ASSERT_TRUE(is_seen_as_used(path()));

  const Store again = open().value();

  EXPECT_TRUE(is_seen_as_used(path()));
}

TEST_F(SqliteStoreTest, RefusesADatabaseOfANewerProgramAndSaysWhatToDo) {
  ASSERT_TRUE(open());
  run_on_file(path(), "INSERT INTO cordon_schema VALUES (99, 0)");

  const Result<Store> store = open();

  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::invalid);
  EXPECT_NE(store.error().what.find("a newer cordon made it"), std::string::npos);
}

TEST_F(SqliteStoreTest, RefusesWhatIsNoDatabaseOfOurs) {
  std::ofstream(path()) << std::string(5'000, 'x');
  EXPECT_EQ(code_of(open()), Errc::invalid);
  std::filesystem::remove(path());

  run_on_file(path(), "CREATE TABLE results (other TEXT)");
  EXPECT_EQ(code_of(open()), Errc::invalid);
  run_on_file(path(), "SELECT other FROM results");  // As it was.

  EXPECT_EQ(
      code_of(open_store(SqliteLocation{folder_ + "/none/db"}, 1, clock_, Deadline::never(), {})),
      Errc::not_found);
}

TEST_F(SqliteStoreTest, ALockedDatabaseIsUnavailableAndNothingIsLost) {
  const Store store = open().value();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);

  EXPECT_EQ(code_of(store->add(one_result("1"), soon(), {})), Errc::unavailable);
  EXPECT_TRUE(store->results({}, {}, soon(), {}));  // Readers do not wait for writers.
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(code_of(store->add(one_result("1"), Deadline::never(), stop.get_token())),
            Errc::cancelled);

  sqlite3_close(other);
  EXPECT_EQ(store->add(one_result("1"), soon(), {}).value().added, 1U);
}

TEST_F(SqliteStoreTest, AFullDiskIsUnavailableAndLeavesNothingHalfDone) {
  const Store store = open().value();
  ASSERT_TRUE(store->add(one_result("before"), Deadline::never(), {}));
  std::vector<ScanResult> many;
  for (int i = 0; i < 500; ++i)
    many.push_back(ReportedFinding(std::to_string(i)).sha256(sha_of("1")));
  rlimit unlimited{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 100'000, .rlim_max = unlimited.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);

  const auto refused = store->add(many, Deadline::never(), {});

  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  EXPECT_EQ(code_of(refused), Errc::unavailable);
  EXPECT_EQ(store->results({}, {}, Deadline::never(), {}).value().rows.size(), 1U);
  EXPECT_EQ(store->problems({}, {}, Deadline::never(), {}).value().rows.size(), 1U);
  EXPECT_EQ(store->add(many, Deadline::never(), {}).value().added, 500U);
}

TEST_F(SqliteStoreTest, RowsThatNobodyOfUsWroteAreSaidToBe) {
  const std::pair<const char*, const char*> damages[] = {
      {"a document that is none", "UPDATE documents SET body = '{}'"},
      {"a document that is a number", "UPDATE documents SET body = x'00'"},
      {"another verdict", "UPDATE problems SET verdict = 77"},
      {"fewer objects than none", "UPDATE problems SET objects = -1"},
      {"a text for a number", "UPDATE problems SET first_at = 'yesterday'"},
      {"a day that no calendar has", "UPDATE rollups SET day = 9223372036854775807"},
  };
  for (const auto& [damage, sql] : damages) {
    SCOPED_TRACE(damage);
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    const Store store = open().value();
    ASSERT_TRUE(store->add(one_result("1"), Deadline::never(), {}));
    run_on_file(path(), sql);

    const std::optional<Errc> codes[] = {code_of(store->results({}, {}, Deadline::never(), {})),
                                         code_of(store->problems({}, {}, Deadline::never(), {})),
                                         code_of(store->rollups({}, {}, Deadline::never(), {}))};

    EXPECT_EQ(std::count(std::begin(codes), std::end(codes), Errc::invalid), 1);
    EXPECT_EQ(std::count(std::begin(codes), std::end(codes), std::nullopt), 2);
  }
}

Person a_person() { return {.name = "ada", .role = ApiRole::admin, .password_hash = "$hash"}; }

TEST_F(SqliteStoreTest, PeopleThatNobodyOfUsWroteAreSaidToBe) {
  const Store store = open().value();
  ASSERT_TRUE(store->add_person(a_person(), Deadline::never(), {}));
  ASSERT_TRUE(store->add_session({.digest = "d", .person = "ada"}, Deadline::never(), {}));
  for (const char* sql : {"UPDATE people SET role = x'726f6f74'", "UPDATE people SET role = x''",
                          "UPDATE people SET invitation_expires = 1"}) {
    run_on_file(path(), "UPDATE people SET role = x'61646d696e', invitation_expires = NULL");
    ASSERT_TRUE(store->find_session("d", Deadline::never(), {}).value());
    run_on_file(path(), sql);

    EXPECT_EQ(code_of(store->find_person("ada", Deadline::never(), {})), Errc::invalid) << sql;
    EXPECT_EQ(code_of(store->find_session("d", Deadline::never(), {})), Errc::invalid) << sql;
  }
}

TEST_F(SqliteStoreTest, OneByteThatIsChangedBreaksTheChain) {
  const Store store = open().value();
  for (const char* target : {"a", "b", "c"}) {
    ASSERT_TRUE(store->append({.who = "person:ada", .target = target}, Deadline::never(), {}));
  }
  const auto is_whole = [&] {
    std::int64_t number = 0;
    std::string hash = audit_origin();
    const auto records = store->records_after(0, 1'000, Deadline::never(), {}).value();
    for (const AuditRecord& one : records) {
      if (!follows(one, number, hash)) return false;
      number = one.number;
      hash = one.hash;
    }
    return true;
  };
  ASSERT_TRUE(is_whole());
  for (const std::string sql :
       {"UPDATE audit SET target = x'63' WHERE number = 2",
        "UPDATE audit SET at = at + 1 WHERE number = 2",
        "UPDATE audit SET hash = previous WHERE number = 2", "DELETE FROM audit WHERE number = 2",
        // Two change places.
        "UPDATE audit SET number = -number WHERE number < 3; "
        "UPDATE audit SET number = 3 + number WHERE number < 0"}) {
    run_on_file(path(), "CREATE TABLE kept AS SELECT * FROM audit; " + sql);
    EXPECT_FALSE(is_whole()) << sql;
    run_on_file(path(), "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; DROP TABLE kept");
    ASSERT_TRUE(is_whole()) << sql;
  }
}

TEST_F(SqliteStoreTest, ADatabaseOfAnOlderProgramGetsWhatItLacks) {
  ASSERT_TRUE(open().value()->add(one_result("1"), Deadline::never(), {}));
  run_on_file(path(),
              "DROP TABLE people; DROP TABLE sessions; DROP TABLE audit; "
              "DELETE FROM cordon_schema WHERE version = 3");

  const Store store = open().value();

  EXPECT_TRUE(store->result("1", Deadline::never(), {}));
  EXPECT_TRUE(store->add_first_person(a_person(), Deadline::never(), {}));
}

TEST_F(SqliteStoreTest, ALongStatementEndsAtItsDeadline) {
  const Store store = open().value();
  run_on_file(path(),
              "INSERT INTO buckets (id, name) VALUES (1, x'62');"
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
              "INSERT INTO results (id, object, bucket, at, verdict, document_bytes) "
              "SELECT CAST(i AS BLOB), 1, 1, i, 0, 1 FROM n");
  const Deadline deadline = Deadline::after(clock_, std::chrono::milliseconds(1));

  // Nothing matches, so everything is looked at.
  const auto page = store->results({.key_prefix = "x"}, {}, deadline, {});

  EXPECT_EQ(code_of(page), Errc::timeout);
  EXPECT_TRUE(store->results({.key_prefix = "x"}, {}, Deadline::never(), {}));
}

/// Four writers on two stores, each with results of its own and some that all have.
void write_from_all_sides(SqlStore& one, SqlStore& other) {
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&, writer] {
        SqlStore& store = writer % 2 == 0 ? one : other;
        for (int i = 0; i < 20; ++i) {
          const std::vector<ScanResult> batch = {
              ReportedFinding("shared-" + std::to_string(i)).key("s" + std::to_string(i)),
              ReportedFinding(std::to_string(writer) + "-" + std::to_string(i))
                  .key("k" + std::to_string(writer * 20 + i))
                  .sha256(sha_of("7"))};
          EXPECT_TRUE(store.add(batch, Deadline::never(), {}));
        }
      });
    }
  }
  const auto all = one.results({}, {.rows_max = 1'000}, Deadline::never(), {}).value();
  EXPECT_EQ(all.rows.size(), 100U);
  const auto problem = one.problems({.sha256 = sha_of("7")}, {}, Deadline::never(), {}).value();
  ASSERT_EQ(problem.rows.size(), 1U);
  EXPECT_EQ(problem.rows[0].objects, 80U);
  const auto sums = one.rollups({}, {}, Deadline::never(), {}).value();
  ASSERT_EQ(sums.rows.size(), 1U);
  EXPECT_EQ(sums.rows[0].results, 100U);
}

TEST_F(SqliteStoreTest, TwoProgramsWriteWithoutLosingAnything) {
  const Store one = open().value();
  const Store other = open().value();

  write_from_all_sides(*one, *other);
}

class PostgresStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string missing = PostgresServer::missing();
    if (!missing.empty()) GTEST_SKIP() << missing;
    server_ = PostgresServer::start().value();
    uri_ = server_->make_database().value();
  }
  Result<Store> open() {
    return open_store(PostgresLocation{uri_}, 2, clock_, Deadline::never(), {});
  }

  RealClock clock_;
  std::unique_ptr<PostgresServer> server_;
  std::string uri_;
};

TEST_F(PostgresStoreTest, TwoProgramsWriteWithoutLosingAnything) {
  const Store one = open().value();
  const Store other = open().value();

  write_from_all_sides(*one, *other);
}

TEST_F(PostgresStoreTest, AServerThatWasAwayIsUsedAgain) {
  const Store store = open().value();
  ASSERT_TRUE(store->add(one_result("1"), Deadline::never(), {}));
  ASSERT_TRUE(store->result("1", Deadline::never(), {}));

  ASSERT_TRUE(server_->crash_and_restart());

  EXPECT_EQ(code_of(store->add(one_result("2"), Deadline::never(), {})), Errc::unavailable);
  EXPECT_EQ(store->add(one_result("2"), Deadline::never(), {}).value().added, 1U);
}

TEST_F(PostgresStoreTest, AStatementThatIsGivenUpLeavesNothingBehind) {
  const Store store = open().value();
  const Store other = open().value();
  ASSERT_TRUE(store->add(one_result("1"), Deadline::never(), {}));
  std::stop_source stop;
  std::jthread locked([&] {  // Holds the table for as long as the test needs.
    static_cast<void>(
        server_->run_sql(uri_, "BEGIN; LOCK TABLE results IN EXCLUSIVE MODE; SELECT pg_sleep(2)"));
  });
  int number = 1;
  Result<TakenResults> given_up = TakenResults{};
  while (given_up) {  // Until the lock is there.
    given_up = store->add(one_result(std::to_string(++number)), soon(), {});
  }
  EXPECT_EQ(given_up.error().code, Errc::timeout);

  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(code_of(other->add(one_result("x"), Deadline::never(), stop.get_token())),
            Errc::cancelled);
  locked.join();
  const std::string again = std::to_string(number);
  EXPECT_EQ(store->add(one_result(again), Deadline::never(), {}).value().added, 1U);
  EXPECT_EQ(store->add(one_result("x"), Deadline::never(), {}).value().added, 1U);
}

TEST_F(PostgresStoreTest, RefusesADatabaseOfANewerProgram) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(server_->run_sql(uri_, "INSERT INTO cordon_schema VALUES (99, 0)"));

  EXPECT_EQ(code_of(open()), Errc::invalid);
}

TEST(DatabaseNames, AreOfAFileOrOfAServer) {
  EXPECT_EQ(std::get<SqliteLocation>(parse_database("sqlite:/a b/c.db").value()).path, "/a b/c.db");
  EXPECT_EQ(std::get<SqliteLocation>(parse_database("sqlite::memory:").value()).path, "");
  EXPECT_EQ(std::get<PostgresLocation>(parse_database("postgresql://u@h/d").value()).uri,
            "postgresql://u@h/d");
  for (const char* wrong : {"", "sqlite:", "console.db", "mysql://h/d", "postgresql:"}) {
    EXPECT_EQ(code_of(parse_database(wrong)), Errc::invalid) << wrong;
  }
}

TEST(PostgresStore, AServerThatIsNotThereIsUnavailable) {
  const RealClock clock;
  const auto store = open_store(PostgresLocation{"postgresql://u@/d?host=/nonexistent"}, 1, clock,
                                Deadline::never(), {});

  EXPECT_EQ(code_of(store), Errc::unavailable);
}

}  // namespace
}  // namespace cordon
