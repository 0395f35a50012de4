#include "core/failure_verdicts.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

constexpr Errc kAll[] = {Errc::not_found, Errc::changed,   Errc::denied,
                         Errc::invalid,   Errc::throttled, Errc::unavailable,
                         Errc::timeout,   Errc::cancelled, Errc::worker_died};
constexpr auto kCauses = static_cast<int>(ErrorCause::zip_directory_is_there) + 1;

TEST(FailureVerdicts, NoFailureIsClean) {
  for (const Errc code : kAll) {
    for (int cause = 0; cause < kCauses; ++cause) {
      for (const bool last : {false, true}) {
        const Error error{code, "what", static_cast<ErrorCause>(cause)};
        for (const auto& verdict :
             {verdict_for_read_failure(error, last), verdict_for_scan_failure(error, last)}) {
          if (!verdict) continue;
          EXPECT_TRUE(verdict->disposition == Disposition::error ||
                      verdict->disposition == Disposition::unscannable)
              << name_of(code) << " " << cause;
          EXPECT_TRUE(verdict->reason.has_value());
        }
      }
    }
  }
}

TEST(FailureVerdicts, WhatTheNetworkDoesIsNoVerdictEvenTheLastTime) {
  for (const Errc code : {Errc::unavailable, Errc::timeout, Errc::throttled, Errc::cancelled}) {
    EXPECT_EQ(verdict_for_read_failure({code, "what"}, true), std::nullopt) << name_of(code);
  }
  EXPECT_EQ(verdict_for_scan_failure({Errc::unavailable, "what"}, true), std::nullopt);
}

TEST(FailureVerdicts, CredentialsAndClocksSayNothingAboutTheObject) {
  for (const ErrorCause cause : {ErrorCause::credentials, ErrorCause::clock_skew}) {
    const Error error{Errc::denied, "what", cause};
    EXPECT_FALSE(is_denied_for_object(error));
    EXPECT_FALSE(is_refusal(error));
    EXPECT_EQ(verdict_for_read_failure(error, true), std::nullopt);
  }
  EXPECT_TRUE(is_denied_for_object({Errc::denied, "what", ErrorCause::access_denied}));
  EXPECT_TRUE(is_refusal({Errc::invalid, "what"}));
  EXPECT_FALSE(is_refusal({Errc::changed, "what"}));
}

TEST(FailureVerdicts, WhatOnlyItsOwnerCanReadIsSaidSo) {
  const auto reason = [](ErrorCause why) {
    return verdict_for_read_failure({Errc::denied, "what", why}, false)->reason;
  };
  EXPECT_EQ(reason(ErrorCause::archived), Reason::archived);
  EXPECT_EQ(reason(ErrorCause::sse_c), Reason::sse_c);
  EXPECT_EQ(reason(ErrorCause::kms), Reason::kms);
  EXPECT_EQ(reason(ErrorCause::access_denied), Reason::access_denied);
}

TEST(FailureVerdicts, AFullMachineIsAVerdictOnlyWhenNoOtherTryIsLeft) {
  const Error full{Errc::unavailable, "the disk is full", ErrorCause::staging};
  EXPECT_EQ(verdict_for_read_failure(full, false), std::nullopt);
  EXPECT_EQ(verdict_for_read_failure(full, true)->reason, Reason::staging);
}

TEST(FailureVerdicts, ContentThatKillsWorkersOrTakesTooLongIsUnscannableInTheEnd) {
  EXPECT_EQ(verdict_for_scan_failure({Errc::worker_died, "what"}, false), std::nullopt);
  EXPECT_EQ(verdict_for_scan_failure({Errc::worker_died, "what"}, true)->reason,
            Reason::engine_crash);
  EXPECT_EQ(verdict_for_scan_failure({Errc::timeout, "what"}, true)->reason, Reason::timeout);
}

TEST(FailureVerdicts, AnEngineThatLookedAtNothingIsNotBelievedToFindItClean) {
  EXPECT_TRUE(is_credible(clean_verdict(1)));
  EXPECT_FALSE(is_credible(clean_verdict(0)));
  EXPECT_TRUE(is_credible(unscannable_verdict(Reason::timeout, "x")));
}

}  // namespace
}  // namespace cordon
