#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/console_world.h"

namespace cordon {
namespace {

using testing::SizeIs;

class RepeatGuardTest : public testing::Test {
 protected:
  RepeatGuardTest() {
    world_.account.queue(world_.access.deployment().event_queue());
    world_.account.queue(world_.access.deployment().dead_letters());
    for (const char* id : {"a", "b"}) {
      world_.account.dead_letters.letters.push_back(
          {Claim{id, ReceiptHandle(id), id, 1, world_.account.clock.system_now()}, "",
           DeadOrigin::events});
    }
  }

  ServerResponse replay(const std::string& body, const std::string& key,
                        ApiRole role = ApiRole::operator_) {
    ServerRequest one = world_.request("POST", "/api/v1/letters/replay", role);
    one.body = body;
    one.headers.add("Idempotency-Key", key);
    return world_.answer(one);
  }
  std::vector<std::string>& replayed() { return world_.account.dead_letters.replayed; }

  ConsoleWorld world_;
};

TEST_F(RepeatGuardTest, TheSameRequestIsCarriedOutOnceAndAnsweredTheSame) {
  const ServerResponse first = replay(R"({"ids":["a"]})", "k1");
  const ServerResponse again = replay(R"({"ids":["a"]})", "k1");

  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_FALSE(first.headers.has("Idempotency-Replayed"));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(again.headers.get("Idempotency-Replayed"), "true");
  EXPECT_THAT(replayed(), SizeIs(1));
}

TEST_F(RepeatGuardTest, AKeyIsOneRequestsAndOneBearers) {
  ASSERT_EQ(replay(R"({"ids":["a"]})", "k1").status, 200);

  const ServerResponse another = replay(R"({"ids":["b"]})", "k1");
  EXPECT_EQ(another.status, 422);
  EXPECT_EQ(another.headers.get("Content-Type"), "application/problem+json");
  EXPECT_THAT(replayed(), SizeIs(1));
  EXPECT_EQ(replay(R"({"ids":["b"]})", "k1", ApiRole::admin).status, 200);
  EXPECT_THAT(replayed(), SizeIs(2));
}

TEST_F(RepeatGuardTest, WhatFailedMayBeTriedAgain) {
  world_.account.dead_letters.failures = 1;

  EXPECT_EQ(replay(R"({"ids":["a"]})", "k1").status, 503);
  EXPECT_EQ(replay(R"({"ids":["a"]})", "k1").status, 200);

  EXPECT_THAT(replayed(), SizeIs(1));
}

TEST_F(RepeatGuardTest, AfterADayAKeyIsNew) {
  ASSERT_EQ(replay(R"({"ids":["a"]})", "k1").status, 200);
  world_.account.clock.advance(std::chrono::hours(24));

  EXPECT_FALSE(replay(R"({"ids":["b"]})", "k1").headers.has("Idempotency-Replayed"));

  EXPECT_THAT(replayed(), SizeIs(2));
}

TEST_F(RepeatGuardTest, OneThatIsUnderWayIsNotBegunAgain) {
  // Somebody's console is at it: the same request, taken and not answered.
  ASSERT_EQ(replay(R"({"ids":["a"]})", "").status, 400);
  ASSERT_EQ(replay(R"({"ids":["a"]})", "a b").status, 400);
  ASSERT_EQ(replay(R"({"ids":["a"]})", std::string(129, 'k')).status, 400);
  int acts = 0;
  RepeatGuard guard(world_.store, world_.account.clock);
  ServerRequest request{.method = "POST", .target = "/x"};
  request.headers.add("Idempotency-Key", "k");
  const auto answer = [&](const RepeatGuard::Act& act) {
    return guard.answer(request, "ci", RepeatGuard::Keeping::answers, Deadline::never(), {}, act);
  };

  const auto outer = answer([&]() -> Result<ServerResponse> {
    ++acts;
    const auto inner = answer([&]() -> Result<ServerResponse> {
      ++acts;
      return ServerResponse{.status = 200};
    });
    EXPECT_EQ(inner->status, 409);
    EXPECT_TRUE(inner->headers.has("Retry-After"));
    return ServerResponse{.status = 202, .body = "{}"};
  });

  EXPECT_EQ(outer->status, 202);
  EXPECT_EQ(answer([&]() -> Result<ServerResponse> {
              ++acts;
              return ServerResponse{};
            })->status,
            202);
  EXPECT_EQ(acts, 1);
}

TEST_F(RepeatGuardTest, WhereNobodyCanRememberNothingIsDone) {
  RepeatGuard guard(world_.store, world_.account.clock);
  std::stop_source stop;
  stop.request_stop();  // The fake fails then, as a database that is away does.
  ServerRequest request{.method = "POST", .target = "/x"};
  request.headers.add("Idempotency-Key", "k");

  const auto answer = guard.answer(request, "ci", RepeatGuard::Keeping::answers, Deadline::never(),
                                   stop.get_token(), []() -> Result<ServerResponse> {
                                     ADD_FAILURE() << "it was carried out";
                                     return ServerResponse{};
                                   });

  EXPECT_FALSE(answer);
}

TEST_F(RepeatGuardTest, ASecretIsToldOnceAndKeptNowhere) {
  RepeatGuard guard(world_.store, world_.account.clock);
  ServerRequest request{.method = "POST", .target = "/x"};
  int acts = 0;
  const auto ask = [&] {
    return guard.answer(request, "ci", RepeatGuard::Keeping::nothing, Deadline::never(), {},
                        [&]() -> Result<ServerResponse> {
                          ++acts;
                          return ServerResponse{.status = 200, .body = "secret"};
                        });
  };
  EXPECT_TRUE(ask());

  request.headers.add("Idempotency-Key", "k");

  EXPECT_EQ(ask().error().code, Errc::invalid);
  EXPECT_EQ(acts, 1);
}

}  // namespace
}  // namespace cordon
