// The contracts of everything that a console keeps, on the fake and on three real databases.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "store/open_store.h"
#include "testing/agent_report_store_contract.h"
#include "testing/answer_store_contract.h"
#include "testing/audit_log_contract.h"
#include "testing/fake_finding_store.h"
#include "testing/fake_people_store.h"
#include "testing/finding_store_contract.h"
#include "testing/fixed_seed.h"
#include "testing/person_store_contract.h"
#include "testing/postgres_server.h"
#include "testing/token_store_contract.h"

namespace cordon {
namespace {

class FakeSubject {
 public:
  std::string skip_reason() const { return ""; }
  FindingStore& store() { return fake_; }
  FindingQueries& queries() { return fake_; }
  AgentReportStore& agents() { return fake_; }
  AnswerStore& answers() { return fake_; }
  TokenStore& tokens() { return fake_; }
  PersonStore& people() { return people_; }
  SessionStore& sessions() { return people_; }
  AuditLog& audit() { return people_; }

 private:
  RealClock clock_;
  FakeFindingStore fake_{clock_};
  FakePeopleStore people_{clock_};
};

/// A store of SQL at some location.
class SqlSubject {
 public:
  std::string skip_reason() const { return skip_reason_; }
  FindingStore& store() { return *store_; }
  FindingQueries& queries() { return *store_; }
  AgentReportStore& agents() { return *store_; }
  AnswerStore& answers() { return *store_; }
  TokenStore& tokens() { return *store_; }
  PersonStore& people() { return *store_; }
  SessionStore& sessions() { return *store_; }
  AuditLog& audit() { return *store_; }

 protected:
  void open(const std::string& database) {
    const Result<DatabaseLocation> location = parse_database(database);
    auto store = open_store(location.value(), 2, clock_, Deadline::never(), {});
    if (!store) {
      skip_reason_ = store.error().what;
      ADD_FAILURE() << store.error().what;
      return;
    }
    store_ = std::move(store).value();
  }

  std::string skip_reason_;
  RealClock clock_;
  std::unique_ptr<SqlStore> store_;
};

class SqliteInMemory final : public SqlSubject {
 public:
  SqliteInMemory() { open("sqlite::memory:"); }
};

class SqliteInAFile final : public SqlSubject {
 public:
  SqliteInAFile() : folder_(testing::TempDir() + "cordon-store-XXXXXX") {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    open("sqlite:" + folder_ + "/console.db");
  }
  ~SqliteInAFile() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

 private:
  std::string folder_;
};

/// A database of its own for each test, on one server for all of them.
class OnPostgres final : public SqlSubject {
 public:
  OnPostgres() {
    skip_reason_ = PostgresServer::missing();
    if (!skip_reason_.empty()) return;
    static const std::unique_ptr<PostgresServer> server = PostgresServer::start().value();
    open(server->make_database().value());
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, FindingStoreContract, FakeSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, AgentReportStoreContract, FakeSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, AnswerStoreContract, FakeSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, TokenStoreContract, FakeSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, PersonStoreContract, FakeSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, AuditLogContract, FakeSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInMemory, FindingStoreContract, SqliteInMemory);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInMemory, AgentReportStoreContract, SqliteInMemory);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInMemory, AnswerStoreContract, SqliteInMemory);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInMemory, TokenStoreContract, SqliteInMemory);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInMemory, PersonStoreContract, SqliteInMemory);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInMemory, AuditLogContract, SqliteInMemory);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInAFile, FindingStoreContract, SqliteInAFile);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInAFile, AgentReportStoreContract, SqliteInAFile);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInAFile, AnswerStoreContract, SqliteInAFile);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInAFile, TokenStoreContract, SqliteInAFile);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInAFile, PersonStoreContract, SqliteInAFile);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteInAFile, AuditLogContract, SqliteInAFile);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, FindingStoreContract, OnPostgres);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, AgentReportStoreContract, OnPostgres);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, AnswerStoreContract, OnPostgres);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, TokenStoreContract, OnPostgres);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, PersonStoreContract, OnPostgres);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, AuditLogContract, OnPostgres);

}  // namespace
}  // namespace cordon
