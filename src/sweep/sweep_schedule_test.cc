#include "sweep/sweep_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include <utility>

#include "sweep/sweep.h"
#include "testing/agent_world.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_document_store.h"

namespace cordon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A checkpoint that several agents keep.
class SharedStore final : public DocumentStore {
 public:
  explicit SharedStore(FakeDocumentStore& shared) : shared_(shared) {}
  Result<std::optional<StoredDocument>> read(const std::optional<ETag>& known, Deadline deadline,
                                             std::stop_token stop) override {
    return shared_.read(known, deadline, std::move(stop));
  }
  Result<StoredDocument> write(const std::string& document, const std::optional<ETag>& expected,
                               Deadline deadline, std::stop_token stop) override {
    return shared_.write(document, expected, deadline, std::move(stop));
  }

 private:
  FakeDocumentStore& shared_;
};

class Requests final : public ScanRequestQueue {
 public:
  Result<std::vector<RefusedRequest>> send(const std::vector<ObjectEvent>& requests, Deadline,
                                           std::stop_token) override {
    if (before_send) std::exchange(before_send, nullptr)();
    for (const ObjectEvent& one : requests) sent.push_back(one.object.key.str());
    return std::vector<RefusedRequest>();
  }
  std::vector<std::string> sent;
  std::function<void()> before_send;
};

class SweepScheduleTest : public testing::Test {
 protected:
  /// One agent's part: its own name, log and metrics; the rest is everybody's.
  struct Agent {
    Agent(SweepScheduleTest& test, std::string name)
        : schedule(
              {.interval = [&test] { return test.every_; },
               .buckets = [&test](Deadline, std::stop_token) -> Result<WatchedBuckets> {
                 ++test.asked_;
                 return test.watched_;
               },
               .checkpoint =
                   [&test](const BucketName& bucket) {
                     return std::make_unique<SharedStore>(test.checkpoints_[bucket]);
                   },
               .sweep =
                   [&test, name](const BucketName& bucket, SystemTime last, std::stop_token stop) {
                     ++test.sweeps_;
                     return test.sweep(name, bucket, last, std::move(stop));
                   },
               .clock = test.clock_,
               .log = log,
               .metrics = metrics}) {}

    std::string lines;
    SimulatedClock log_clock;
    Log log{LogLevel::debug, log_clock, [this](std::string_view line) { lines += line; }};
    Metrics metrics;
    SweepSchedule schedule;
  };

  Result<SweepCheckpoint> sweep(const std::string& holder, const BucketName& bucket,
                                SystemTime last, std::stop_token stop) {
    SweepOptions options{.holder = holder, .grace = std::chrono::seconds(-24L * 3600 * 365 * 100)};
    Sweep one(options, {catalogue_, world_.store, requests_, checkpoints_[bucket],
                        [this](const auto&, const auto&) { return world_.policy; }, clock_,
                        world_.random, world_.log, world_.metrics});
    return one.run(
        {.bucket = bucket, .unless_finished_after = last}, [](const SweepCheckpoint&) {},
        std::move(stop));
  }

  World world_;
  FakeBucketCatalogue catalogue_{world_.store};
  Requests requests_;
  std::map<BucketName, FakeDocumentStore> checkpoints_;
  SimulatedClock clock_;
  std::optional<hours> every_ = hours(24);
  Result<WatchedBuckets> watched_ = WatchedBuckets{.buckets = {kUploads}};
  int sweeps_ = 0;
  int asked_ = 0;  ///< So often for the buckets.
};

TEST_F(SweepScheduleTest, SweepsEachBucketAsOftenAsTheSettingsSay) {
  Agent agent(*this, "one");
  world_.store.put(kUploads, ObjectKey("lost"), "x");

  agent.schedule.look({});
  EXPECT_THAT(requests_.sent, ElementsAre("lost"));
  clock_.advance(hours(23));
  agent.schedule.look({});
  EXPECT_EQ(sweeps_, 1);

  clock_.advance(hours(1));
  agent.schedule.look({});
  EXPECT_EQ(sweeps_, 2);
}

TEST_F(SweepScheduleTest, AsksForBucketsWhenOneIsDueOrMayBeNew) {
  Agent agent(*this, "one");
  const auto look_after = [&](minutes time) {
    clock_.advance(time);
    agent.schedule.look({});
    return std::exchange(asked_, 0);
  };
  EXPECT_EQ(look_after(minutes(0)), 1);
  for (int i = 1; i < 15; ++i) EXPECT_EQ(look_after(minutes(1)), 0) << i;
  watched_->buckets.emplace_back("new");
  EXPECT_EQ(look_after(minutes(1)), 1);
  EXPECT_EQ(sweeps_, 2);

  every_ = hours(1);  // Other settings count at once.
  EXPECT_EQ(look_after(minutes(1)), 1);
}

TEST_F(SweepScheduleTest, WithoutAnIntervalNothingIsLookedAt) {
  Agent agent(*this, "one");
  every_.reset();
  watched_ = Error{Errc::denied, "nobody should ask"};

  agent.schedule.look({});

  EXPECT_EQ(sweeps_, 0);
  EXPECT_EQ(agent.lines, "");
}

TEST_F(SweepScheduleTest, OfTwoAgentsOneSweeps) {
  Agent one(*this, "one");
  Agent two(*this, "two");
  world_.store.put(kUploads, ObjectKey("lost"), "x");
  // The second comes while the first is at it.
  requests_.before_send = [&] { two.schedule.look({}); };

  one.schedule.look({});

  EXPECT_EQ(sweeps_, 2);
  EXPECT_THAT(requests_.sent, ElementsAre("lost"));
  EXPECT_THAT(one.lines, HasSubstr("sweep.done"));
  EXPECT_THAT(two.lines, HasSubstr("\"debug\",\"event\":\"sweep.elsewhere\""));
  EXPECT_THAT(two.lines, Not(HasSubstr("sweep.failed"))) << "somebody else is at it";

  two.schedule.look({});  // Its turn is over, and what it found is known to both.
  EXPECT_EQ(sweeps_, 2);
  for (Agent* agent : {&one, &two}) {
    EXPECT_THAT(agent->metrics.text(),
                HasSubstr("cordon_oldest_unscanned_seconds{bucket=\"uploads\"}"));
  }
}

TEST_F(SweepScheduleTest, TakesOverWhatADeadAgentLeftWhenItsLeaseIsOver) {
  Agent agent(*this, "two");
  world_.store.put(kUploads, ObjectKey("a"), "x");
  world_.store.put(kUploads, ObjectKey("b"), "x");
  checkpoints_[kUploads].put(to_json({.purpose = purpose_of({.bucket = kUploads}),
                                      .holder = "one",
                                      .lease_until = clock_.system_now() + minutes(10),
                                      .started = clock_.system_now(),
                                      .after = CatalogueCursor{ObjectKey("a")}}));

  agent.schedule.look({});
  EXPECT_THAT(requests_.sent, IsEmpty());
  EXPECT_THAT(agent.metrics.text(), Not(HasSubstr("cordon_oldest_unscanned_seconds{")));

  clock_.advance(minutes(11));
  agent.schedule.look({});
  EXPECT_THAT(requests_.sent, ElementsAre("b"));
}

TEST_F(SweepScheduleTest, ABucketThatFailsHoldsUpNoOther) {
  Agent agent(*this, "one");
  world_.store.put(kUploads, ObjectKey("lost"), "x");
  watched_ = WatchedBuckets{.buckets = {BucketName("gone"), kUploads},
                            .unknown = {{BucketName("theirs"), {Errc::denied, "no role"}}}};

  agent.schedule.look({});

  EXPECT_THAT(requests_.sent, ElementsAre("lost"));
  EXPECT_THAT(agent.lines, HasSubstr("\"gone\""));
  EXPECT_THAT(agent.lines, HasSubstr("no role"));
}

TEST_F(SweepScheduleTest, SaysHowManyObjectsLieInArchives) {
  Agent agent(*this, "one");
  world_.store.put(kUploads, ObjectKey("cold"), "x",
                   {{"scan-result", "Unscannable"}, {"message", "archived: restore it"}});
  catalogue_.archival[ObjectKey("cold")] = Archival::archived;

  agent.schedule.look({});

  EXPECT_THAT(agent.metrics.text(), HasSubstr("cordon_archived_objects{bucket=\"uploads\"} 1"));
  EXPECT_THAT(agent.metrics.text(),
              HasSubstr("cordon_oldest_unscanned_seconds{bucket=\"uploads\"} 0"));
}

TEST_F(SweepScheduleTest, TellsNoAgeOfABucketThatIsNoLongerSwept) {
  Agent agent(*this, "one");
  world_.store.put(kUploads, ObjectKey("lost"), "x");
  agent.schedule.look({});
  ASSERT_THAT(agent.metrics.text(), HasSubstr("bucket=\"uploads\""));

  // A look that cannot tell keeps what is known.
  watched_ = WatchedBuckets{.buckets = {}, .unknown = {{kUploads, {Errc::denied, "no role"}}}};
  clock_.advance(hours(1));
  agent.schedule.look({});
  EXPECT_THAT(agent.metrics.text(), HasSubstr("bucket=\"uploads\""));

  watched_ = WatchedBuckets{};
  clock_.advance(hours(1));
  agent.schedule.look({});
  EXPECT_THAT(agent.metrics.text(), Not(HasSubstr("bucket=\"uploads\"")));
}

TEST_F(SweepScheduleTest, TellsNoAgeOnceSweepsAreSwitchedOff) {
  Agent agent(*this, "one");
  world_.store.put(kUploads, ObjectKey("lost"), "x");
  agent.schedule.look({});
  ASSERT_THAT(agent.metrics.text(), HasSubstr("bucket=\"uploads\""));

  every_ = std::nullopt;
  agent.schedule.look({});
  EXPECT_THAT(agent.metrics.text(), Not(HasSubstr("bucket=\"uploads\"")));
}

TEST_F(SweepScheduleTest, LooksAgainEveryMinuteUntilTheStopRequest) {
  Log log(LogLevel::error, clock_, [](std::string_view) {});
  Metrics metrics;
  std::stop_source stop;
  int looks = 0;
  SweepSchedule schedule({.interval = [&]() -> std::optional<hours> {
                            if (++looks == 2) stop.request_stop();
                            return std::nullopt;
                          },
                          .buckets = nullptr,
                          .checkpoint = nullptr,
                          .sweep = nullptr,
                          .clock = clock_,
                          .log = log,
                          .metrics = metrics});

  schedule.run(stop.get_token());

  EXPECT_THAT(clock_.waits(), ElementsAre(minutes(1), testing::_));
  EXPECT_EQ(looks, 2);
}

}  // namespace
}  // namespace cordon
