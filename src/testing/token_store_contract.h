#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/ports/token_store.h"
#include "testing/result_code.h"

namespace cordon {

/// What every TokenStore owes its caller. A Subject sets up an empty one:
///
///   std::string skip_reason() const;      // empty: the suite runs
///   TokenStore& tokens();
template <typename Subject>
class TokenStoreContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = subject_.skip_reason();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
  TokenStore& store() { return subject_.tokens(); }
  static ApiToken token(const std::string& name, const std::string& secret) {
    return {.name = name,
            .digest = digest_of_secret(secret),
            .created = SystemTime(std::chrono::seconds(1'790'000'000))};
  }
  std::optional<ApiToken> find(const std::string& secret) {
    return store().find_token(digest_of_secret(secret), Deadline::never(), {}).value();
  }

  Subject subject_;
};

TYPED_TEST_SUITE_P(TokenStoreContract);

TYPED_TEST_P(TokenStoreContract, FindsATokenByItsDigestAlone) {
  ApiToken lasting = this->token("ci", "s1");
  ApiToken ending = this->token("backup", "s2");
  ending.expires = ending.created + std::chrono::hours(24);
  ASSERT_TRUE(this->store().add_token(lasting, Deadline::never(), {}));
  ASSERT_TRUE(this->store().add_token(ending, Deadline::never(), {}));

  EXPECT_EQ(this->find("s1"), lasting);
  EXPECT_EQ(this->find("s2"), ending);
  EXPECT_EQ(this->find("s3"), std::nullopt);
  EXPECT_EQ(this->store().tokens(Deadline::never(), {}).value(),
            (std::vector<ApiToken>{ending, lasting}));
}

TYPED_TEST_P(TokenStoreContract, ARevokedTokenIsKeptAndItsNameIsFree) {
  const ApiToken first = this->token("ci", "s1");
  const SystemTime now = first.created + std::chrono::minutes(1);
  ASSERT_TRUE(this->store().add_token(first, Deadline::never(), {}));
  EXPECT_EQ(code_of(this->store().add_token(this->token("ci", "s2"), Deadline::never(), {})),
            Errc::changed);

  ASSERT_TRUE(this->store().revoke_token("ci", now, Deadline::never(), {}));

  EXPECT_EQ(this->find("s1")->revoked, now);
  EXPECT_EQ(code_of(this->store().revoke_token("ci", now, Deadline::never(), {})), Errc::not_found);
  EXPECT_TRUE(this->store().add_token(this->token("ci", "s2"), Deadline::never(), {}));
  EXPECT_EQ(this->find("s2")->revoked, std::nullopt);
  EXPECT_EQ(this->store().tokens(Deadline::never(), {}).value().size(), 2U);
}

REGISTER_TYPED_TEST_SUITE_P(TokenStoreContract, FindsATokenByItsDigestAlone,
                            ARevokedTokenIsKeptAndItsNameIsFree);

}  // namespace cordon
