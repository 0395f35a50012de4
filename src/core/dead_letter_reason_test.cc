#include "core/dead_letter_reason.h"

#include <utility>

#include <gtest/gtest.h>

namespace cordon {
namespace {

TEST(DeadLetterReason, TellsTheCauseInLettersOfAnyVersion) {
  const std::pair<const char*, DeadCause> kReasons[] = {
      {"not-protected: bucket x is not protected", DeadCause::not_protected},
      {"not understood: message: not JSON", DeadCause::malformed},
      {"invalid: the event says that file share", DeadCause::contradicted},
      {"given up after 5 deliveries: denied: ReceiveMessage", DeadCause::denied},
      {"given up after 5 deliveries: timeout: no complete reply", DeadCause::unavailable},
      {"given up after 5 deliveries: unavailable: no verdict from the engine: x",
       DeadCause::engine},
      {"given up after 5 deliveries: throttled: SlowDown", DeadCause::unavailable},
      {"given up after 5 deliveries: worker_died: x", DeadCause::engine},
      {"given up after", DeadCause::unexplained},
      {"", DeadCause::unexplained},
      {"somebody else's words", DeadCause::unexplained},
  };
  for (const auto& [reason, cause] : kReasons) {
    SCOPED_TRACE(reason);
    EXPECT_EQ(cause_of(reason), cause);
    EXPECT_EQ(parse_dead_cause(name_of(cause)), cause);
  }
}

TEST(DeadLetterReason, WhatIsWrittenIsRead) {
  EXPECT_EQ(cause_of(not_protected_reason("bucket x")), DeadCause::not_protected);
  EXPECT_EQ(cause_of(not_understood_reason("denied: not JSON")), DeadCause::malformed);
  EXPECT_EQ(cause_of(given_up_reason(5, "denied: no")), DeadCause::denied);
  EXPECT_EQ(cause_of(given_up_reason(5, "unavailable: " + no_verdict_text("x"))),
            DeadCause::engine);
}

}  // namespace
}  // namespace cordon
