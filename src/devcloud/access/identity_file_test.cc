#include "devcloud/access/identity_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "testing/simulated_clock.h"

namespace cordon::cloud {
namespace {

class IdentityFile : public testing::Test {
 protected:
  ~IdentityFile() override { std::filesystem::remove(path_); }

  Result<void> load(const std::string& text) {
    std::ofstream(path_) << text;
    return load_identities(path_, book_, keys_, log_);
  }

  const std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                      ("identities-" + std::to_string(::getpid()) + ".json");
  SimulatedClock clock_;
  Log log_{LogLevel::off, clock_, [](std::string_view) {}};
  IdentityBook book_;
  KeyRing keys_;
};

constexpr const char* kPolicy =
    R"("policy":{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]})";

TEST_F(IdentityFile, GivesUsersTheirKeysAndPolicies) {
  const auto loaded = load(R"({"identities":[{"arn":"arn:aws:iam::000000000000:user/alice",)"
                           R"("accessKey":"AK","secret":"s",)" +
                           std::string(kPolicy) + "}]}");

  ASSERT_TRUE(loaded) << loaded.error().what;
  ASSERT_TRUE(keys_.find("AK"));
  EXPECT_EQ(keys_.find("AK")->identity.arn, "arn:aws:iam::000000000000:user/alice");
  EXPECT_EQ(book_.grants_of(keys_.find("AK")->identity)->policies.size(), 1U);
}

TEST_F(IdentityFile, ARoleWithAKeyActsAsItsSession) {
  const auto loaded = load(R"({"identities":[{"arn":"arn:aws:iam::000000000000:role/agent",)"
                           R"("accessKey":"AK","secret":"s",)" +
                           std::string(kPolicy) + "}]}");

  ASSERT_TRUE(loaded) << loaded.error().what;
  const Identity who = keys_.find("AK")->identity;
  EXPECT_EQ(who.arn, "arn:aws:sts::000000000000:assumed-role/agent/lasting");
  EXPECT_EQ(role_arn_of(who.arn), "arn:aws:iam::000000000000:role/agent");
  EXPECT_NE(book_.grants_of(who), nullptr);
}

TEST_F(IdentityFile, ARoleStaysInItsPartition) {
  const auto loaded = load(R"({"identities":[{"arn":"arn:aws-cn:iam::000000000000:role/p/agent",)"
                           R"("accessKey":"AK","secret":"s",)" +
                           std::string(kPolicy) + "}]}");

  ASSERT_TRUE(loaded) << loaded.error().what;
  const Identity who = keys_.find("AK")->identity;
  EXPECT_EQ(who.arn, "arn:aws-cn:sts::000000000000:assumed-role/agent/lasting");
  EXPECT_EQ(role_arn_of(who.arn), "arn:aws-cn:iam::000000000000:role/agent");
}

TEST_F(IdentityFile, SaysWhichEntryIsWrongAndWhy) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"{", "identities"},
      {R"({"identities":{}})", "identities"},
      {R"({"identities":[7]})", "identity 1: it is not an object"},
      {R"({"identities":[{"arn":"alice"}]})", "identity 1: \"arn\""},
      {R"({"identities":[{"arn":"arn:aws-xx:iam::000000000000:user/a"}]})", "identity 1: \"arn\""},
      {R"({"identities":[{"arn":"arn:aws:iam::000000000000:user/a"}]})", "accessKey"},
      {R"({"identities":[{"arn":"arn:aws:iam::000000000000:role/r"},)"
       R"({"arn":"arn:aws:iam::000000000000:role/r"}]})",
       "identity 2"},
      {R"({"identities":[{"arn":"arn:aws:iam::000000000000:role/q","policy":{}}]})", "Statement"},
  };
  for (const auto& [text, why] : kWrong) {
    SCOPED_TRACE(text);

    const auto loaded = load(text);

    ASSERT_FALSE(loaded);
    EXPECT_NE(loaded.error().what.find(why), std::string::npos) << loaded.error().what;
  }
}

}  // namespace
}  // namespace cordon::cloud
