#include "core/api_token.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "testing/seeded_random.h"

namespace cordon {
namespace {

TEST(ApiToken, ASecretIs256RandomBitsAndOnlyItsDigestIsKept) {
  SeededRandom random;
  const std::string one = new_token_secret(random);
  const std::string other = new_token_secret(random);

  EXPECT_NE(one, other);
  EXPECT_EQ(one.size(), 7U + 43U);
  EXPECT_TRUE(is_token_secret(one));
  EXPECT_EQ(digest_of_secret(one).size(), 32U);
  EXPECT_EQ(hex(as_bytes_of(digest_of_secret("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ApiToken, KnowsWhatCannotBeASecret) {
  for (const std::string& text :
       {std::string(), std::string("cordon_"), std::string(50, 'x'),
        "cordon_" + std::string(42, 'x') + "\n", "cordon_" + std::string(44, 'x')}) {
    EXPECT_FALSE(is_token_secret(text)) << text;
  }
}

TEST(ApiToken, CountsUntilItIsRevokedOrOver) {
  const SystemTime now(std::chrono::hours(1'000));
  ApiToken token{.name = "n"};

  EXPECT_TRUE(is_valid(token, now));
  token.expires = now + std::chrono::seconds(1);
  EXPECT_TRUE(is_valid(token, now));
  EXPECT_FALSE(is_valid(token, *token.expires));
  token.expires.reset();
  token.revoked = now + std::chrono::hours(1);  // By a clock that is ahead.
  EXPECT_FALSE(is_valid(token, now));
}

TEST(ApiToken, HasANameForPeople) {
  EXPECT_TRUE(check_token_name("ci-2.main_x"));
  for (const std::string& wrong :
       {std::string(), std::string("a b"), std::string("a\n"), std::string(65, 'a')}) {
    EXPECT_FALSE(check_token_name(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace cordon
