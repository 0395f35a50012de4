#include "console/password_hasher.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "testing/result_code.h"

namespace cordon {
namespace {

TEST(PasswordHasher, KnowsAPasswordByItsHash) {
  const auto hasher = PasswordHasher::make({1, 8192}).value();
  const std::string hash = hasher->hash("correct horse", Deadline::never(), {}).value();
  const auto fits = [&](const std::optional<std::string>& kept, const std::string& password) {
    return hasher->verify(kept, password, Deadline::never(), {}).value();
  };

  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << hash;
  EXPECT_NE(hash, hasher->hash("correct horse", Deadline::never(), {}).value()) << "its salt";
  EXPECT_TRUE(fits(hash, "correct horse"));
  EXPECT_FALSE(fits(hash, "Correct horse"));
  EXPECT_FALSE(fits(hash, ""));
  EXPECT_FALSE(fits(hash, std::string("correct horse\0", 14)));
  EXPECT_FALSE(fits(std::nullopt, "correct horse"));
  EXPECT_FALSE(fits("no hash", "correct horse"));
}

TEST(PasswordHasher, WhatItCostsIsWhatTheRfcSays) {
  const auto hasher = PasswordHasher::make(kPasswordCost).value();

  EXPECT_TRUE(hasher->hash("x", Deadline::never(), {})
                  .value()
                  .starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
}

// Two have memory, four wait, and the seventh of them is told to come again.
TEST(PasswordHasher, LooksAtFewAtATime) {
  const auto hasher = PasswordHasher::make({20, std::size_t{8} << 20U}).value();
  std::vector<std::optional<Errc>> codes(24);
  {
    std::vector<std::jthread> threads;
    for (std::optional<Errc>& code : codes) {
      threads.emplace_back([&] { code = code_of(hasher->hash("x", Deadline::never(), {})); });
    }
  }
  const auto done = std::count(codes.begin(), codes.end(), std::nullopt);
  EXPECT_GE(done, 1);
  EXPECT_EQ(done + std::count(codes.begin(), codes.end(), Errc::throttled), 24);
  EXPECT_TRUE(hasher->hash("x", Deadline::never(), {})) << "they have left";
}

}  // namespace
}  // namespace cordon
