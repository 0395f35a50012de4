#include "core/totp.h"

#include <gtest/gtest.h>

#include "testing/seeded_random.h"

namespace cordon {
namespace {

constexpr std::string_view kRfcSecret = "12345678901234567890";

SystemTime at(std::int64_t seconds) { return SystemTime(std::chrono::seconds(seconds)); }

// https://www.rfc-editor.org/rfc/rfc6238#appendix-B: the last six of its eight digits (SHA-1).
TEST(Totp, HasTheCodesOfTheRfc) {
  const std::pair<std::int64_t, const char*> vectors[] = {
      {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
      {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
  for (const auto& [seconds, code] : vectors) {
    // A clock of nanoseconds ends in 2262, before the last of them.
    EXPECT_EQ(code_of(kRfcSecret, seconds / 30), code) << seconds;
  }
  EXPECT_EQ(code_step_of(at(59)), 1);
  EXPECT_EQ(code_step_of(at(2000000000)), 2000000000 / 30);
}

// https://www.rfc-editor.org/rfc/rfc4226#appendix-D
TEST(Totp, HasTheCodesOfHotp) {
  const char* codes[] = {"755224", "287082", "359152", "969429", "338314",
                         "254676", "287922", "162583", "399871", "520489"};
  for (std::int64_t step = 0; step < 10; ++step) EXPECT_EQ(code_of(kRfcSecret, step), codes[step]);
}

TEST(Totp, TakesTheStepBeforeAndTheOneAfter) {
  const SystemTime now = at(3'000);
  for (std::int64_t step = 97; step <= 103; ++step) {
    const auto found = step_of_code(kRfcSecret, code_of(kRfcSecret, step), now, 0);
    EXPECT_EQ(found.has_value(), step >= 99 && step <= 101) << step;
    if (found) {
      EXPECT_EQ(*found, step);
    }
  }
}

TEST(Totp, ACodeCountsOnceAndNoneBeforeIt) {
  const SystemTime now = at(3'000);
  const std::string code = code_of(kRfcSecret, 100);

  const auto first = step_of_code(kRfcSecret, code, now, 0);
  ASSERT_TRUE(first);

  EXPECT_FALSE(step_of_code(kRfcSecret, code, now, *first));
  EXPECT_FALSE(step_of_code(kRfcSecret, code_of(kRfcSecret, 99), now, *first));
  EXPECT_TRUE(step_of_code(kRfcSecret, code_of(kRfcSecret, 101), now, *first));
  for (const char* wrong : {"", "1", "12345", "1234567", "abcdef"}) {
    EXPECT_FALSE(step_of_code(kRfcSecret, wrong, now, 0)) << wrong;
  }
}

// https://www.rfc-editor.org/rfc/rfc4648#section-10, without padding.
TEST(Totp, WritesSecretsAsAuthenticatorsReadThem) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "MY"},
                                                         {"fo", "MZXQ"},
                                                         {"foo", "MZXW6"},
                                                         {"foob", "MZXW6YQ"},
                                                         {"fooba", "MZXW6YTB"},
                                                         {"foobar", "MZXW6YTBOI"}};
  for (const auto& [bytes, text] : vectors) EXPECT_EQ(base32(bytes), text);
  EXPECT_EQ(otpauth_uri("foobar", "ada@example.org"),
            "otpauth://totp/Cordon:ada%40example.org?secret=MZXW6YTBOI&issuer=Cordon&"
            "algorithm=SHA1&digits=6&period=30");
}

TEST(Totp, ASecretIs20RandomBytes) {
  SeededRandom random;
  const std::string one = new_code_secret(random);

  EXPECT_EQ(one.size(), 20U);
  EXPECT_NE(one, new_code_secret(random));
}

}  // namespace
}  // namespace cordon
