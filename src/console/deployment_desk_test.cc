#include "console/deployment_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "console/deployment_response.h"
#include "testing/console_world.h"

namespace cordon {
namespace {

using testing::HasSubstr;

class DeploymentDeskTest : public testing::Test {
 protected:
  /// Work that goes on until it is stopped, or told to end.
  std::future<ServerResponse> long_work(const std::string& alone_on = "",
                                        std::stop_token stop = {}) {
    const std::size_t before = started_.load();
    auto running = std::async(std::launch::async, [this, alone_on, stop] {
      return world_.desk.answer({.time = std::chrono::seconds(60), .alone_on = alone_on}, stop,
                                [this](const DeploymentWork& work) -> Result<ServerResponse> {
                                  ++started_;
                                  while (!work.runtime.stop.stop_requested() && !ended_)
                                    std::this_thread::yield();
                                  if (ended_) return ServerResponse{.status = 200};
                                  return Error{Errc::cancelled, "stopped"};
                                });
    });
    while (started_.load() == before) std::this_thread::yield();
    return running;
  }
  ServerResponse short_work(const std::string& alone_on = "") {
    return world_.desk.answer({.time = std::chrono::seconds(60), .alone_on = alone_on}, {},
                              [](const DeploymentWork&) -> Result<ServerResponse> {
                                return ServerResponse{.status = 200};
                              });
  }

  ConsoleWorld world_;
  std::atomic<std::size_t> started_ = 0;
  std::atomic<bool> ended_ = false;
};

TEST_F(DeploymentDeskTest, StopsWorkThatTakesTooLong) {
  auto work = long_work();
  world_.watch.until_waiting(1);
  world_.watch.advance(std::chrono::seconds(60));

  const ServerResponse answer = work.get();

  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(ConsoleWorld::detail(answer), HasSubstr("60 s"));
  EXPECT_THAT(ConsoleWorld::detail(answer), HasSubstr("what was done until then stays"));
}

TEST_F(DeploymentDeskTest, StopsWorkWhoseClientIsGone) {
  std::stop_source client;
  auto work = long_work("", client.get_token());

  client.request_stop();

  EXPECT_EQ(work.get().status, 503);
  EXPECT_EQ(short_work().status, 200) << "its place is free again";
}

TEST_F(DeploymentDeskTest, DoesABoundedAmountOfWorkAtATime) {
  std::vector<std::future<ServerResponse>> works;
  for (std::size_t i = 0; i < DeploymentDesk::kWorkersMax; ++i) works.push_back(long_work());

  const ServerResponse one_more = short_work();

  EXPECT_EQ(one_more.status, 503);
  EXPECT_EQ(one_more.headers.get("Retry-After"), "5");
  EXPECT_EQ(world_.get("/api/v1/problems").status, 200);
  ended_ = true;
  for (auto& work : works) EXPECT_EQ(work.get().status, 200);
  EXPECT_EQ(short_work().status, 200);
}

TEST_F(DeploymentDeskTest, OneThingIsChangedByOneAtATime) {
  auto work = long_work("bucket uploads");

  const ServerResponse second = short_work("bucket uploads");

  EXPECT_EQ(second.status, 409);
  EXPECT_THAT(ConsoleWorld::detail(second), HasSubstr("bucket uploads"));
  EXPECT_EQ(short_work("bucket more").status, 200);
  ended_ = true;
  work.get();
  EXPECT_EQ(short_work("bucket uploads").status, 200);
}

TEST(EqualCommand, IsSafeToPaste) {
  FakeAccount account;
  account.who.endpoint = "http://127.0.0.1:4566";
  const DeploymentAccess access(account);

  EXPECT_EQ(equal_command(access, {"quarantine", "restore", "v:a b", "--to", "s3://b/it's;rm -rf"}),
            "cordon quarantine restore 'v:a b' --to 's3://b/it'\\''s;rm -rf' --deployment main "
            "--region eu-west-1 --endpoint-url http://127.0.0.1:4566");
}

}  // namespace
}  // namespace cordon
